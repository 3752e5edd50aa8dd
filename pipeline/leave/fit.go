package leave

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"flowsweep/experiments"
	"flowsweep/export/tracked"
)

// fit reads the fit of a result with its losses, and adds it to the sweep, unless it is read already.
func (l *loader) fit(ctx context.Context, t *tracked.Sweep, r experiments.Result) (*tracked.Fit, error) {
	if f, ok := l.fits[r.Fit]; ok {
		return f, nil
	}
	record, err := l.db.Fit(ctx, r.Fit)
	if err != nil {
		return nil, err
	}
	losses, err := l.db.Losses(ctx, r.Fit)
	if err != nil {
		return nil, err
	}
	f := tracked.Fit{
		Key: r.Fit, State: string(record.State), Error: record.Error, Seed: r.Seed, Start: record.Started, End: record.Finished,
		Seconds: record.Seconds, Weights: record.Params,
		Files: filesOf(record.Files, func(string) ([]byte, error) { return l.db.Weights(ctx, r.Fit) }),
	}
	f.Files = slices.DeleteFunc(f.Files, func(a tracked.File) bool { return !strings.HasSuffix(a.Name, ".safetensors") }) // no checkpoints
	for _, x := range losses {
		loss := tracked.Loss{Step: x.Step, Train: x.Value, HeldOut: x.HeldOut, Time: timeOf(f, x.Step, losses[len(losses)-1].Step)}
		if x.HeldOut == 0 {
			loss.HeldOut = math.NaN()
		}
		f.Losses = append(f.Losses, loss)
	}
	t.Fits = append(t.Fits, f)
	l.fits[r.Fit] = &f
	return &f, nil
}

// timeOf returns when a step was done, if all took the same time.
func timeOf(f tracked.Fit, step, last int) time.Time {
	if f.End.IsZero() || last == 0 {
		return f.Start
	}
	return f.Start.Add(time.Duration(float64(step) / float64(last) * float64(f.End.Sub(f.Start))))
}

// environment returns what is known of the program and the machine.
func environment(e experiments.Environment) (list []tracked.Param) {
	if e.OrNil() == nil {
		return nil
	}
	for _, p := range []tracked.Param{
		{Name: "version", Value: e.Version},
		{Name: "commit", Value: e.Commit},
		{Name: "dirty", Value: e.Dirty},
		{Name: "go", Value: e.Go},
		{Name: "os", Value: e.OS},
		{Name: "arch", Value: e.Arch},
		{Name: "cpu", Value: e.CPU},
		{Name: "cores", Value: int64(e.Cores)},
		{Name: "engine", Value: e.Engine},
		{Name: "machine", Value: e.Machine},
		{Name: "rounding", Value: e.Rounding},
	} {
		if p.Value != "" {
			list = append(list, p)
		}
	}
	return list
}
