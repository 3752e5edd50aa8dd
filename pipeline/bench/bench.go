// Package bench measures the program's own speed, beside an upper limit measured in the same run.
//
//	for _, b := range bench.Benches {
//		rows, table, err := b.Measure(ctx, bench.Options{Time: time.Second, Store: "runs.db"})
//	}
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
)

// Bench is one thing whose speed can be measured: rows are its JSON form, of the type of Rows, and table prints them for people.
type Bench struct {
	Name    string
	Rows    any
	Measure func(ctx context.Context, o Options) (rows any, table func(w io.Writer), err error)
}

// Options say how to measure.
type Options struct {
	Time  time.Duration // about what one figure of train and store takes
	Store string        // beside which all others measure, on the same disk

	// What train and sample measure: everything, unless they are set.
	Case    string // the name of the only case
	Engine  string // the name of the only engine
	Threads int    // the cores that may be used; 0: one, and all
	Steps   int    // training steps, instead of Time
	Count   int    // points to sample, 0 for as many as a rate needs; fits of a crew

	Play string // path of what a process of crew is to do, which plays workers
}

// Check returns an error unless the options can be measured.
func (o Options) Check() error {
	if o.Time <= 0 {
		return fmt.Errorf("--time %v: the time must be positive", o.Time)
	}
	for _, f := range []struct {
		flag   string
		number int
	}{{"threads", o.Threads}, {"steps", o.Steps}, {"count", o.Count}} {
		if f.number < 0 {
			return fmt.Errorf("--%s %d: leave it out, or use a positive number", f.flag, f.number)
		}
	}
	if o.Steps == 1 {
		return errors.New("--steps 1: the first step only warms up, use 2 or more")
	}
	if _, err := o.cases(); err != nil {
		return err
	}
	if o.Engine != "" {
		if _, _, err := engine.Pick(o.Engine); err != nil {
			return fmt.Errorf("--engine: %w", err)
		}
	}
	return nil
}

// Benches lists every bench by name.
var Benches = []Bench{
	{"train", []trainSpeed{}, measureTrain},
	{"sample", []sampleSpeed{}, measureSample},
	{"metric", []metricSpeed{}, measureMetric},
	{"store", storeSpeed{}, measureStore},
	{"sweep", sweepSpeed{}, measureSweep},
	{"memory", []MemoryUse{}, measureMemory},
	{"crew", CrewSpeed{}, measureCrew},
}

// Case is a published piece of work that the program's speed is measured with.
type Case struct {
	Name         string
	Steps, Count int    // training steps and samples that take a core one to six seconds: what a comparison times
	spec         string // YAML
}

// Cases are the standalone notebook of arXiv 2412.06264 and the 2-D notebook of facebookresearch/flow_matching.
var Cases = []Case{
	{"guide-standalone", 2000, 50_688, "{name: bench, target: moons, net: {width: 64, depth: 3, activation: elu}, train: {batch: 256, rate: 1e-2}}"},
	{"notebook-2d", 20, 4608, "{name: bench, target: checkerboard, net: {width: 512, depth: 4, activation: silu}, train: {batch: 4096, rate: 1e-3}}"},
}

// Fit returns the case as a fit of a plan.
func (c Case) Fit() (fit experiments.Fit, err error) {
	spec, err := experiments.Parse(c.Name, []byte(c.spec))
	if err != nil {
		return fit, err
	}
	plan, err := spec.Plan()
	if err != nil {
		return fit, err
	}
	return plan.Fits[0], nil
}

// cases returns those to measure.
func (o Options) cases() ([]Case, error) {
	var names []string
	for _, c := range Cases {
		if c.Name == o.Case {
			return []Case{c}, nil
		}
		names = append(names, c.Name)
	}
	if o.Case != "" {
		return nil, fmt.Errorf("--case %q: use one of %s", o.Case, strings.Join(names, ", "))
	}
	return Cases, nil
}

// engines returns the engines of this machine that are to be measured, on the threads asked for: by default on one and, if
// they take more, on all cores.
func (o Options) engines() (list []engine.Engine) {
	only := o.Engine
	if only == engine.Auto {
		picked, _, _ := engine.Pick(only) // without one the list is empty
		only = picked.Name
	}
	for _, e := range engine.Engines {
		if _, _, err := engine.Pick(e.Name); err != nil || only != "" && only != e.Name {
			continue
		}
		if o.Threads > 0 {
			list = append(list, e.WithThreads(o.Threads))
			continue
		}
		list = append(list, e.WithThreads(1))
		if n := runtime.GOMAXPROCS(0); n > 1 && e.Name != engine.Go.Name {
			list = append(list, e.WithThreads(n))
		}
	}
	return list
}

// eachCase calls do for every engine and case that the options ask for.
func (o Options) eachCase(do func(e engine.Engine, name string, fit experiments.Fit) error) error {
	cases, err := o.cases()
	if err != nil {
		return err
	}
	if o.Threads > 0 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(o.Threads)) // batches are drawn on them, too
	}
	for _, e := range o.engines() {
		for _, c := range cases {
			fit, err := c.Fit()
			if err != nil {
				return err
			}
			if err := do(e, c.Name, fit); err != nil {
				return fmt.Errorf("bench %s on %s: %w", c.Name, e.Name, err)
			}
		}
	}
	return nil
}
