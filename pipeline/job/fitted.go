package job

import (
	"context"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// Fitted is a trained net, ready to run, with what its runs share. It is used from one goroutine at a time.
type Fitted struct {
	fit     experiments.Fit
	model   *velocity.Model
	weights []float32
	engine  engine.Engine
	seed    uint64                        // of the noise that runs start from
	noise   string                        // name of its stream
	starts  map[int]*start                // by count
	dense   map[int]flow.Batch            // where a dense solve ends, by count
	judged  map[string]flow.Batch         // where it takes the noise that tuned solvers are judged on, by path
	once    map[string]metric.Measurement // metrics that do not depend on how the net is sampled, by name
}

// Open compiles the net of a fit with its weights. Its runs start from the noise of the seed. Close it after use.
func Open(e engine.Engine, fit experiments.Fit, weights []float32, seed uint64) (*Fitted, error) {
	return open(e, fit, weights, seed, runNoise)
}

// OpenFresh is Open with fresh noise of the same seed, which no choice has seen.
func OpenFresh(e engine.Engine, fit experiments.Fit, weights []float32, seed uint64) (*Fitted, error) {
	return open(e, fit, weights, seed, "fresh noise")
}

func open(e engine.Engine, fit experiments.Fit, weights []float32, seed uint64, noise string) (*Fitted, error) {
	net := fit.Recipe.VelocityNet()
	model, err := velocity.Compile(e, net, weights)
	if err != nil {
		return nil, err
	}
	return &Fitted{
		fit: fit, model: model, weights: weights, engine: e, seed: seed, noise: noise,
		starts: map[int]*start{}, dense: map[int]flow.Batch{}, judged: map[string]flow.Batch{}, once: map[string]metric.Measurement{},
	}, nil
}

// Key returns the key of the fit.
func (f *Fitted) Key() string { return f.fit.Key }

// Close frees the compiled net.
func (f *Fitted) Close() error { return f.model.Close() }

// start is what the runs of a fit share, whatever their solver and steps: their initial noise, and its velocity at t = 0,
// which the first run computes.
type start struct {
	x0, u   flow.Batch
	seconds float64 // that computing u took
}

func (f *Fitted) start(count int) *start {
	if f.starts[count] == nil {
		f.starts[count] = &start{x0: noise(f.fit.Recipe, f.seed, f.noise, count)}
	}
	return f.starts[count]
}

// runNoise is the stream of the noise that the runs of a plan start from.
const runNoise = "noise"

// Noise returns the points that runs of count samples start from, (count, d), given the seed of the reference.
func Noise(r experiments.Recipe, seed uint64, count int) flow.Batch {
	return noise(r, seed, runNoise, count)
}

// StepNoise returns the noise of the steps of runs that take any, given the seed of the reference, for points whose
// first has that id. It is a stream of its own.
func StepNoise(seed, first uint64) ode.StepNoise { return stepNoise(seed, runNoise, first) }

func stepNoise(seed uint64, stream string, first uint64) ode.StepNoise {
	return ode.NewStepNoise(seed, stream+" of the steps", first)
}

func noise(r experiments.Recipe, seed uint64, stream string, count int) flow.Batch {
	x0 := flow.NewBatch(count, r.Target.Dim())
	r.Source.Fill(x0, flow.NewStream(seed, stream), 0)
	return x0
}

// exactEnds returns where a dense solve of the net's velocity carries the noise of a run, (count, d).
func (f *Fitted) exactEnds(ctx context.Context, count int) (flow.Batch, error) {
	if x, ok := f.dense[count]; ok {
		return x, nil
	}
	x, _, err := ode.Solve(stopping(ctx, f.model.Field()), ode.RK4, ode.Uniform(experiments.DenseSteps), f.start(count).x0)
	if err == nil {
		f.dense[count] = x
	}
	return x, err
}

// stopping returns the field, which fails with the context's error once the context has ended.
func stopping(ctx context.Context, field flow.Field) flow.Field {
	return func(t float64, x flow.Batch) (flow.Batch, error) {
		if err := ctx.Err(); err != nil {
			return x, err
		}
		return field(t, x)
	}
}

// stoppingRows is stopping for a field with a time for each point.
func stoppingRows(ctx context.Context, field flow.RowField) flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		if err := ctx.Err(); err != nil {
			return x, err
		}
		return field(t, x)
	}
}

// remembering returns the net's field, with the velocity at the start computed only once for all runs. The shared velocity
// still counts as a call, and its time is added to saved.
func (f *Fitted) remembering(o *start, now func() time.Time, saved *float64) flow.Field {
	net := f.model.Field()
	return func(t float64, x flow.Batch) (flow.Batch, error) {
		if t > 0 || !slices.Equal(x.Data, o.x0.Data) {
			return net(t, x)
		}
		if o.u.Data != nil {
			*saved += o.seconds
			return o.u.Clone(), nil
		}
		began := now()
		u, err := net(t, x)
		if err == nil {
			o.u, o.seconds = u.Clone(), now().Sub(began).Seconds()
		}
		return u, err
	}
}
