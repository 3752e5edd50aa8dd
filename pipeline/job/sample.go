package job

import (
	"context"
	"fmt"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// Sampled is the result of one run.
type Sampled struct {
	Points  flow.Batch // (count, d), rounded to 32 bits, as they are stored
	NFE     float64    // mean velocity calls per sample
	MaxNFE  int        // of the sample that took the most
	Seconds float64
}

// Sample draws the points of a run. All runs start from the same noise, so that they differ only in what is swept. A
// velocity shared with an earlier run counts with the time it took then. Sampling stops with the context, between two
// velocity calls.
func (f *Fitted) Sample(ctx context.Context, s experiments.Sampling, now func() time.Time) (Sampled, error) {
	if s.Dense() {
		return f.sampleDense(ctx, s, now)
	}
	o, saved, field := f.start(s), 0., f.field(s)
	v := Velocity{Path: f.fit.Recipe.Path, Field: field.Field(), Rows: field, Noise: stepNoise(f.seed, f.noise, 0)}
	if s.Path.Name == "" {
		v.Field = o.remembering(v.Field, now, &saved)
	}
	began := now()
	out, err := v.Sample(ctx, s, o.x0)
	out.Seconds = now().Sub(began).Seconds() + saved
	return out, err
}

// sampleDense draws the points of a dense solve, which metrics of the net may have computed already.
func (f *Fitted) sampleDense(ctx context.Context, s experiments.Sampling, now func() time.Time) (out Sampled, err error) {
	began := now()
	ends, err := f.exactEnds(ctx, s)
	out = Sampled{Points: ends.Clone(), MaxNFE: experiments.DenseSteps * ode.RK4.Stages() * s.Guidance.Calls(), Seconds: now().Sub(began).Seconds()}
	out.NFE = float64(out.MaxNFE)
	out.round()
	return out, err
}

// round rounds the points to 32 bits, as they are stored.
func (out Sampled) round() {
	for i, v := range out.Points.Data {
		out.Points.Data[i] = float64(float32(v))
	}
}

// Velocity is the velocity of a path, with its guidance, in the two forms that solvers need: with one time for all points, and with a
// time for each.
type Velocity struct {
	Path  flow.Path
	Field flow.Field
	Rows  flow.RowField
	Noise ode.StepNoise // for samplings with noise on the way
}

// Sample carries the points x0, (n, d), to samples, by the path of the sampling if that names one.
func (v Velocity) Sample(ctx context.Context, s experiments.Sampling, x0 flow.Batch) (out Sampled, err error) {
	if along := s.Solver.Along; along != nil && s.Path.Name == "" && v.Path.String() != along.String() {
		s.Path = *along
	}
	if s.Path.Name != "" {
		v.Field, v.Rows = flow.Reschedule(v.Field, v.Path, s.Path), flow.RescheduleRows(v.Rows, v.Path, s.Path)
		v.Path = s.Path
	}
	if s.Solver.Adaptive() {
		var calls []int
		out.Points, calls, err = ode.SolveAdaptive(stoppingRows(ctx, v.Rows), s.Solver, s.Tolerance, x0)
		for _, n := range calls {
			n *= s.Guidance.Calls()
			out.NFE += float64(n) / float64(len(calls))
			out.MaxNFE = max(out.MaxNFE, n)
		}
	} else {
		out.Points, out.MaxNFE, err = ode.SolveSDE(stopping(ctx, v.Field), v.Path, s.Solver, s.Times(), s.SDE, v.Noise, x0)
		out.MaxNFE *= s.Guidance.Calls()
		out.NFE = float64(out.MaxNFE)
	}
	if err != nil {
		return out, fmt.Errorf("sample with %s: %w", s.Solver.Name, err)
	}
	out.round()
	return out, nil
}
