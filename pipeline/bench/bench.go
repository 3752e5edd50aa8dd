// Package bench measures the program's own speed, beside an upper limit measured in the same run.
//
//	for _, b := range bench.Benches {
//		rows, table, err := b.Measure(ctx, bench.Options{Time: time.Second, Store: "runs.db"})
//	}
package bench

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
)

// Bench is one thing whose speed can be measured: rows are its JSON form, and table prints them for people.
type Bench struct {
	Name    string
	Measure func(ctx context.Context, o Options) (rows any, table func(w io.Writer), err error)
}

// Options say how to measure.
type Options struct {
	Time  time.Duration // about what one figure of train and store takes
	Store string        // beside which store and sweep measure, on the same disk
}

// Benches lists every bench by name.
var Benches = []Bench{{"train", measureTrain}, {"sample", measureSample}, {"metric", measureMetric}, {"store", measureStore}, {"sweep", measureSweep}, {"memory", measureMemory}}

// benchCase is a published piece of work that the program's speed is measured with.
type benchCase struct {
	name string
	spec string // YAML
}

// The standalone notebook of arXiv 2412.06264 and the 2-D notebook of facebookresearch/flow_matching.
var benchCases = []benchCase{
	{"guide-standalone", "{name: bench, target: moons, net: {width: 64, depth: 3, activation: elu}, train: {batch: 256, rate: 1e-2}}"},
	{"notebook-2d", "{name: bench, target: checkerboard, net: {width: 512, depth: 4, activation: silu}, train: {batch: 4096, rate: 1e-3}}"},
}

// benchEngines returns the engines of this machine, on one thread and, if they take more, on all cores.
func benchEngines() []engine.Engine {
	var list []engine.Engine
	for _, e := range engine.Engines {
		if _, _, err := engine.Pick(e.Name); err != nil {
			continue
		}
		list = append(list, e.WithThreads(1))
		if n := runtime.GOMAXPROCS(0); n > 1 && e.Name != engine.Go.Name {
			list = append(list, e.WithThreads(n))
		}
	}
	return list
}

// eachCase calls do for every engine and case.
func eachCase(do func(e engine.Engine, name string, fit experiments.Fit) error) error {
	for _, e := range benchEngines() {
		for _, c := range benchCases {
			spec, err := experiments.Parse(c.name, []byte(c.spec))
			if err != nil {
				return err
			}
			plan, err := spec.Plan()
			if err != nil {
				return err
			}
			if err := do(e, c.name, plan.Fits[0]); err != nil {
				return fmt.Errorf("bench %s on %s: %w", c.name, e.Name, err)
			}
		}
	}
	return nil
}
