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
	fit      experiments.Fit
	model    *velocity.Model
	weights  []float32
	engine   engine.Engine
	seed     uint64 // of the noise that runs start from
	noise    string // name of its stream
	starts   map[from]*start
	dense    map[from]flow.Batch   // where a dense solve ends
	judged   map[string]flow.Batch // where it takes the noise that tuned solvers are judged on, by path
	drawn    flow.Batch            // given each of drawnFor, what posterior has drawn last
	drawnFor []float64

	once map[string]metric.Measurement // metrics that do not depend on how the net is sampled, by name
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
		starts: map[from]*start{}, dense: map[from]flow.Batch{}, judged: map[string]flow.Batch{}, once: map[string]metric.Measurement{},
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

// from is what a start depends on.
type from struct {
	count    int
	label    string
	guidance flow.Guidance
}

func fromOf(s experiments.Sampling) from { return from{s.Count, s.Label, s.Guidance} }

func (f *Fitted) start(s experiments.Sampling) *start {
	of := fromOf(s)
	if f.starts[of] == nil {
		x0 := noise(f.fit.Recipe, f.seed, f.noise, s.Count)
		x0.Given = conditions(f.fit.Recipe, s.Label, f.seed, f.noise, s.Count)
		f.starts[of] = &start{x0: x0}
	}
	return f.starts[of]
}

// runNoise is the stream of the noise that the runs of a plan start from.
const runNoise = "noise"

// Noise returns the points that runs of a setting start from, (count, d), with what they are given, given the seed of the reference.
func Noise(s experiments.Setting, seed uint64) flow.Batch {
	x0 := noise(s.Recipe, seed, runNoise, s.Sample.Count)
	x0.Given = Conditions(s, seed)
	return x0
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
func (f *Fitted) exactEnds(ctx context.Context, s experiments.Sampling) (flow.Batch, error) {
	of := fromOf(s)
	if x, ok := f.dense[of]; ok {
		return x, nil
	}
	x, _, err := ode.Solve(stopping(ctx, f.field(s).Field()), ode.RK4, ode.Uniform(experiments.DenseSteps), f.start(s).x0)
	if err == nil {
		f.dense[of] = x
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

// remembering returns the field of a start, with the velocity at the start computed only once for all runs. The shared velocity
// still counts as a call, and its time is added to saved.
func (o *start) remembering(net flow.Field, now func() time.Time, saved *float64) flow.Field {
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
