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
	NFE     float64    // velocity calls a sample, in the mean
	Most    int        // of the sample that took the most
	Seconds float64
}

// Sample draws the points of a run. All runs start from the same noise, so that they differ only in what is swept. A
// velocity shared with an earlier run counts with the time it took then. Sampling stops with the context, between two
// velocity calls.
func (f *Fitted) Sample(ctx context.Context, s experiments.Sampling, now func() time.Time) (Sampled, error) {
	o, saved := f.start(s.Count), 0.
	field, rows := f.model.Field(), f.model.RowField()
	if s.Path.Name == "" {
		field = f.remembering(o, now, &saved)
	}
	began := now()
	out, err := Draw(ctx, field, rows, f.fit.Recipe.Path, s, o.x0)
	out.Seconds = now().Sub(began).Seconds() + saved
	return out, err
}

// Draw carries the points x0, (n, d), to samples along a path: by field, or by rows if the solver is adaptive and gives each
// point its own steps. Both are the same velocity.
func Draw(ctx context.Context, field flow.Field, rows flow.RowField, path flow.Path, s experiments.Sampling, x0 flow.Batch) (out Sampled, err error) {
	if s.Path.Name != "" {
		field, rows = flow.Reschedule(field, path, s.Path), flow.RescheduleRows(rows, path, s.Path)
	}
	if s.Solver.Adaptive() {
		var calls []int
		out.Points, calls, err = ode.SolveAdaptive(stoppingRows(ctx, rows), s.Solver, s.Tolerance, x0)
		for _, n := range calls {
			out.NFE += float64(n) / float64(len(calls))
			out.Most = max(out.Most, n)
		}
	} else {
		out.Points, out.Most, err = ode.Solve(stopping(ctx, field), s.Solver, s.Times(), x0)
		out.NFE = float64(out.Most)
	}
	if err != nil {
		return out, fmt.Errorf("sample with %s: %w", s.Solver.Name, err)
	}
	for i, v := range out.Points.Data {
		out.Points.Data[i] = float64(float32(v))
	}
	return out, nil
}
