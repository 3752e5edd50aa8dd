package saved

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/ode"
	"flowsweep/store"
)

// Tuned returns a sampling with the coefficients of its solver or the times of its grid, if that is a fitted one and they are stored.
// Without them it cannot be drawn from.
func Tuned(ctx context.Context, db *store.DB, fit string, s experiments.Sampling) (experiments.Sampling, bool, error) {
	if !s.Fitted() {
		return s, true, nil
	}
	t, ok, err := tuning(ctx, db, fit, s)
	if !ok || err != nil {
		return s, false, err
	}
	s, err = WithTable(s, t)
	return s, err == nil, err
}

// tuning returns the stored tuning for a sampling, if there is one.
func tuning(ctx context.Context, db *store.DB, fit string, s experiments.Sampling) (t experiments.Tuning, ok bool, err error) {
	key, err := experiments.TuningKey(fit, s)
	if err != nil {
		return t, false, err
	}
	t, err = db.Tuning(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return t, false, nil
	}
	return t, err == nil, err
}

// WithTable returns a sampling with the coefficients or the times of a tuning.
func WithTable(s experiments.Sampling, t experiments.Tuning) (experiments.Sampling, error) {
	if s.Grid.Fitted {
		var ts []float64
		err := json.Unmarshal([]byte(t.Table), &ts)
		if err == nil {
			_, err = ode.ExplicitGrid{Times: ts}.Make()
		}
		if err != nil || len(ts) != s.Steps+1 {
			return s, fmt.Errorf("the times of tuning %s are not those of %d steps (%v)", t.Key, s.Steps, err)
		}
		s.Grid = s.Grid.With(ts)
		return s, nil
	}
	var rows []ode.Row
	if err := json.Unmarshal([]byte(t.Table), &rows); err != nil || len(rows) != s.Steps {
		return s, fmt.Errorf("the coefficients of tuning %s are not those of %d steps (%v)", t.Key, s.Steps, err)
	}
	s.Solver = s.Solver.With(ode.TableOf(s.Times(), rows))
	return s, nil
}

// withTunings gives the results the coefficients of their solvers.
func withTunings(ctx context.Context, db *store.DB, sweep experiments.Sweep) (experiments.Sweep, error) {
	for i := range sweep.Results {
		if err := addTuning(ctx, db, &sweep.Results[i]); err != nil {
			return sweep, err
		}
	}
	return sweep, nil
}

// addTuning gives a result the coefficients of its solver, and how they were judged, if that is a fitted one.
func addTuning(ctx context.Context, db *store.DB, r *experiments.Result) error {
	if !r.Setting.Sample.Fitted() {
		return nil
	}
	t, ok, err := tuning(ctx, db, r.Fit, r.Setting.Sample)
	if !ok || err != nil {
		return err
	}
	r.Judged = new(experiments.Judged)
	if err := json.Unmarshal([]byte(t.Judged), r.Judged); err != nil {
		return fmt.Errorf("how tuning %s was judged: %w", t.Key, err)
	}
	r.Setting.Sample, err = WithTable(r.Setting.Sample, t)
	return err
}
