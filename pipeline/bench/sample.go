package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
	"flowsweep/pipeline/ship"
)

// SampleSteps are the steps of midpoint that samples are drawn in.
const SampleSteps = 20

// sampleSpeed is a row of `flowsweep bench sample --json`: samples by midpoint in SampleSteps steps, either stepped in Go or
// by sampler.onnx as a whole.
type sampleSpeed struct {
	Case      string  `json:"case"`
	Engine    string  `json:"engine"`
	Threads   int     `json:"threads"` // cores that it may use
	PerSecond float64 `json:"samples_per_second"`
}

func measureSample(ctx context.Context, o Options) (any, func(w io.Writer), error) {
	rows, err := benchSample(ctx, o)
	return rows, func(w io.Writer) {
		fmt.Fprintln(w, "case\tengine\tthreads\tsamples/s\t")
		for _, r := range rows {
			fmt.Fprintf(w, "%s\t%s\t%d\t%.0f\t\n", r.Case, r.Engine, r.Threads, r.PerSecond)
		}
	}, err
}

func benchSample(ctx context.Context, o Options) (rows []sampleSpeed, err error) {
	err = o.eachCase(func(e engine.Engine, name string, fit experiments.Fit) error {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(e.Threads)) // samples are drawn on all of them
		net := fit.Recipe.VelocityNet()
		model, err := velocity.Compile(e, net, velocity.Init(net, 0))
		if err != nil {
			return err
		}
		defer model.Close()
		count := cmp.Or(o.Count, 50_000)
		if e.Name == engine.Go.Name {
			count = cmp.Or(o.Count, 2_000) // a rate needs no more
		}
		x0 := flow.NewBatch(count, net.Dim())
		flow.NewStream(0, "noise").Normal(x0, 0)
		speed := func(how string, sample func() error) error {
			start := time.Now()
			err := sample()
			rows = append(rows, sampleSpeed{name, how, e.Threads, float64(count) / time.Since(start).Seconds()})
			return err
		}
		err = speed(e.Name, func() error {
			_, _, err := ode.Solve(model.Field(), ode.Midpoint, ode.Uniform(SampleSteps), x0)
			return err
		})
		if err == nil && e.Name == engine.ONNXRuntime.Name {
			err = benchSampler(net, func(sample func(x0 flow.Batch) (flow.Batch, error)) error {
				return speed(ship.SamplerFile, func() error {
					_, err := sample(x0)
					return err
				})
			})
		}
		return errors.Join(err, ctx.Err())
	})
	return rows, err
}

// benchSampler opens a sampler file of the net and passes it to measure.
func benchSampler(n net.Net, measure func(sample func(x0 flow.Batch) (flow.Batch, error)) error) error {
	file, err := export.Sampler(n, velocity.Init(n, 0), ode.Midpoint, ode.Uniform(SampleSteps), export.About{}, export.SamplerOptions{})
	if err != nil {
		return err
	}
	opened, err := export.Open(file, export.OpenOptions{})
	if err != nil {
		return err
	}
	return errors.Join(measure(func(x0 flow.Batch) (flow.Batch, error) { return opened.Sampler(x0) }), opened.Close())
}
