package pipeline

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

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

// benchSeconds is about how long one figure is measured.
const benchSeconds = 2

// trainSpeed is a row of `flowsweep bench train --json`.
type trainSpeed struct {
	Case    string  `json:"case"`
	Engine  string  `json:"engine"`
	Threads int     `json:"threads"`
	MsStep  float64 `json:"ms_per_step"`
	GFlops  float64 `json:"gflops"`      // of the step's matrix products
	Peak    float64 `json:"peak_gflops"` // of one large matrix product on the same engine and threads, in the same run
}

// sampleSpeed is a row of `flowsweep bench sample --json`: 50,000 samples by midpoint in 20 steps.
type sampleSpeed struct {
	Case      string  `json:"case"`
	Engine    string  `json:"engine"`
	Threads   int     `json:"threads"`
	PerSecond float64 `json:"samples_per_second"`
}

func (a *app) benchCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:       "bench (train|sample)",
		Short:     "Measure the program's own speed, beside an upper limit measured in the same run",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"train", "sample"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "train" {
				rows, err := benchTrain(cmd.Context())
				return errors.Join(err, a.printTrainSpeed(rows, asJSON))
			}
			rows, err := benchSample(cmd.Context())
			return errors.Join(err, a.printSampleSpeed(rows, asJSON))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
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

func benchTrain(ctx context.Context) (rows []trainSpeed, err error) {
	err = eachCase(func(e engine.Engine, name string, fit experiments.Fit) error {
		net, err := netOf(fit.Recipe)
		if err != nil {
			return err
		}
		before, err := peak(e)
		if err != nil {
			return err
		}
		seconds, err := stepSeconds(ctx, e, fit)
		if err != nil {
			return err
		}
		after, err := peak(e)
		if err != nil {
			return err
		}
		rows = append(rows, trainSpeed{
			Case: name, Engine: e.Name, Threads: e.Threads, MsStep: 1e3 * seconds,
			GFlops: stepFlops(net, fit.Recipe.Train.Batch) / seconds / 1e9, Peak: (before + after) / 2 / 1e9,
		})
		return nil
	})
	return rows, err
}

// peak measures the engine's peak. It is done before and after each case: a machine's speed wanders.
func peak(e engine.Engine) (float64, error) {
	size := 2048
	if e.Name == engine.Go.Name {
		size = 1024 // far slower, and no faster for larger ones
	}
	return e.Peak(size, benchSeconds*time.Second/2)
}

// errEnough ends a training that has been measured.
var errEnough = errors.New("measured")

// stepSeconds returns the mean time of a training step after the first, which warms up, over about benchSeconds.
func stepSeconds(ctx context.Context, e engine.Engine, fit experiments.Fit) (seconds float64, err error) {
	fit.Recipe.Train.Steps = 1 << 30
	net, err := netOf(fit.Recipe)
	if err != nil {
		return 0, err
	}
	t := fit.Recipe.Train
	training := velocity.Training{Steps: t.Steps, Batch: t.Batch, Ahead: runtime.GOMAXPROCS(0) > 1, Optimizer: velocity.Optimizer{Rate: t.Rate}}
	var start time.Time
	_, err = velocity.Train(ctx, e, net, training, 0, fit.Recipe.Path, pairs(fit), func(step int, _ float64) error {
		if step == 1 {
			start = time.Now()
			return nil
		}
		if passed := time.Since(start).Seconds(); passed > benchSeconds {
			seconds = passed / float64(step-1)
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return seconds, err
}

// stepFlops counts the floating-point operations of the matrix products of a step: one forward and two backward in each
// layer, but for the gradient of the inputs, which nobody needs.
func stepFlops(net velocity.Net, batch int) float64 {
	products := 0
	for i, p := range net.Params() {
		if len(p.Dims) != 2 {
			continue
		}
		products += 3 * p.Size()
		if i == 0 {
			products -= p.Size()
		}
	}
	if name := net.Architecture.Name; name == velocity.Attention.Name || name == velocity.Conv.Name {
		products *= net.Dim // their weights serve every coordinate
	}
	return 2 * float64(batch) * float64(products)
}

func benchSample(ctx context.Context) (rows []sampleSpeed, err error) {
	err = eachCase(func(e engine.Engine, name string, fit experiments.Fit) error {
		net, err := netOf(fit.Recipe)
		if err != nil {
			return err
		}
		model, err := velocity.Compile(e, net, net.Init(0))
		if err != nil {
			return err
		}
		defer model.Close()
		count := 50_000
		if e.Name == engine.Go.Name {
			count = 2_000 // a rate needs no more
		}
		x0 := flow.NewBatch(count, net.Dim)
		flow.NewStream(0, "noise").Normal(x0, 0)
		start := time.Now()
		if _, _, err := ode.Solve(model.Field(), ode.Midpoint, ode.Uniform(20), x0); err != nil {
			return err
		}
		rows = append(rows, sampleSpeed{name, e.Name, e.Threads, float64(count) / time.Since(start).Seconds()})
		return ctx.Err()
	})
	return rows, err
}

func (a *app) printTrainSpeed(rows []trainSpeed, asJSON bool) error {
	if asJSON {
		return printJSON(a.stdout, rows)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "case\tengine\tthreads\tms/step\tGFLOP/s\tpeak\tof peak\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%d\t%.3f\t%.1f\t%.1f\t%.0f %%\t\n", r.Case, r.Engine, r.Threads, r.MsStep, r.GFlops, r.Peak, 100*r.GFlops/r.Peak)
	}
	return w.Flush()
}

func (a *app) printSampleSpeed(rows []sampleSpeed, asJSON bool) error {
	if asJSON {
		return printJSON(a.stdout, rows)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "case\tengine\tthreads\tsamples/s\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%s\t%d\t%.0f\t\n", r.Case, r.Engine, r.Threads, r.PerSecond)
	}
	return w.Flush()
}
