package pipeline

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
)

// bench is one thing whose speed can be measured. What it measured is printed as JSON as it is, and by table for people.
type bench struct {
	name    string
	measure func(ctx context.Context, a *app, d time.Duration) (rows any, table func(w io.Writer), err error)
}

var benches = []bench{{"train", measureTrain}, {"sample", measureSample}, {"metric", measureMetric}, {"store", measureStore}}

func (a *app) benchCommand() *cobra.Command {
	asJSON, d := false, time.Duration(0)
	cmd := &cobra.Command{
		Use:   "bench (train|sample|metric|store)",
		Short: "Measure the program's own speed, beside an upper limit measured in the same run",
		Args:  cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			if d <= 0 {
				return usage(fmt.Errorf("--time %v: give a time above 0", d))
			}
			at := slices.IndexFunc(benches, func(b bench) bool { return b.name == args[0] })
			rows, table, err := benches[at].measure(cmd.Context(), a, d)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(a.stdout, rows)
			}
			w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
			table(w)
			return w.Flush()
		},
	}
	for _, b := range benches {
		cmd.ValidArgs = append(cmd.ValidArgs, b.name)
	}
	cmd.Flags().DurationVar(&d, "time", 2*time.Second, "about the `time` that one figure of train and store is measured for")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// benchCase is a fixed piece of work, published by others, that the program's speed is measured with.
type benchCase struct {
	name string
	spec string // YAML
}

// The standalone notebook of arXiv 2412.06264 and the 2-D notebook of facebookresearch/flow_matching.
var benchCases = []benchCase{
	{"guide-standalone", "{name: bench, target: moons, net: {width: 64, depth: 3, activation: elu}, train: {batch: 256, rate: 1e-2}}"},
	{"notebook-2d", "{name: bench, target: checkerboard, net: {width: 512, depth: 4, activation: silu}, train: {batch: 4096, rate: 1e-3}}"},
}

// benchEngines returns the engines this machine has, on one thread and, where they take more, on all cores.
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
