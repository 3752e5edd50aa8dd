package pipeline

import (
	"context"
	"fmt"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// sampled is what one run drew.
type sampled struct {
	points  flow.Batch // (count, d), rounded to 32 bits, as they are stored
	nfe     float64    // velocity calls a sample, in the mean
	most    int        // of the sample that took the most
	seconds float64
}

// sample draws the points of a run. Every run starts from the same noise, so that runs differ by what was swept alone. A
// velocity that another run has computed counts with the time it took then. Sampling stops between two velocity calls
// when the context does.
func (f *fitted) sample(ctx context.Context, s experiments.Sampling, now func() time.Time) (sampled, error) {
	o, saved := f.opening(s.Count), 0.
	field, rows := f.model.Field(), f.model.RowField()
	if s.Path.Name == "" {
		field = f.remembering(o, now, &saved)
	}
	start := now()
	out, err := draw(ctx, field, rows, f.fit.Recipe.Path, s, o.x0)
	out.seconds = now().Sub(start).Seconds() + saved
	return out, err
}

// draw carries the points x0, (n, d), to samples as the sampling says, by the velocity of a path: the field, or where the
// solver chooses its own steps for each sample, the rows of the same velocity.
func draw(ctx context.Context, field flow.Field, rows flow.RowField, path flow.Path, s experiments.Sampling, x0 flow.Batch) (out sampled, err error) {
	if s.Path.Name != "" {
		field, rows = flow.Reschedule(field, path, s.Path), flow.RescheduleRows(rows, path, s.Path)
	}
	if s.Solver.Adaptive() {
		var calls []int
		out.points, calls, err = ode.SolveAdaptive(stoppingRows(ctx, rows), s.Solver, s.Tolerance, x0)
		for _, n := range calls {
			out.nfe += float64(n) / float64(len(calls))
			out.most = max(out.most, n)
		}
	} else {
		out.points, out.most, err = ode.Solve(stopping(ctx, field), s.Solver, s.Times(), x0)
		out.nfe = float64(out.most)
	}
	if err != nil {
		return out, fmt.Errorf("sample with %s: %w", s.Solver.Name, err)
	}
	for i, v := range out.points.Data {
		out.points.Data[i] = float64(float32(v))
	}
	return out, nil
}
