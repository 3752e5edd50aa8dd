package saved

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/store"
)

// Run returns the run with this full key, whether or not a sweep still plans it. Its metrics are those of Metrics.
func Run(ctx context.Context, db *store.DB, key string) (experiments.Result, error) {
	return RunAgainst(ctx, db, key, "")
}

// RunAgainst is Run with the metrics against the reference with this key, unless it is empty.
func RunAgainst(ctx context.Context, db *store.DB, key, reference string) (experiments.Result, error) {
	run, err := db.Run(ctx, key)
	if err != nil {
		return experiments.Result{}, err
	}
	fit, err := db.Fit(ctx, run.Fit)
	if err != nil {
		return experiments.Result{}, err
	}
	r := experiments.Result{
		Fit: fit.Key, Run: key, State: run.State, NFE: run.NFE, NFEMax: run.NFEMax, FitSeconds: fit.Seconds, SampleSeconds: run.Seconds, Params: fit.Params,
		Commit: run.Environment.Commit, Engine: run.Environment.Engine, Version: run.Environment.Version,
		Machine: run.Environment.Machine, Rounding: run.Environment.Rounding, Error: run.Error,
	}
	if r.Setting, err = Parser(ctx, db).Setting(fit.Config, run.Config); err != nil {
		return r, err
	}
	if err := addTuning(ctx, db, &r); err != nil {
		return r, err
	}
	var seed struct {
		Seed    uint64
		Teacher string
	}
	if err := json.Unmarshal(fit.Config, &seed); err != nil {
		return r, fmt.Errorf("read the seed of fit %s: %w", fit.Key, err)
	}
	r.Seed, r.Teacher = seed.Seed, seed.Teacher
	if reference != "" {
		run.References = []string{reference}
	}
	values, _, err := Metrics(ctx, db, run)
	r.AddMetrics(values)
	return r, err
}

// Metrics returns the metrics of a run against the reference of the latest sweep that needs it, or else the first that it was
// measured against, and by metric the nulls that are stored.
func Metrics(ctx context.Context, db *store.DB, run store.RunRecord) ([]experiments.Value, map[string]experiments.Null, error) {
	if len(run.References) == 0 {
		return nil, nil, nil
	}
	reference, err := latest(ctx, db, run)
	if err != nil {
		return nil, nil, err
	}
	values, err := db.Metrics(ctx, run.Key, reference)
	if err != nil {
		return nil, nil, err
	}
	stored, err := db.NullsFor(ctx, reference)
	if err != nil {
		return nil, nil, err
	}
	var sampling struct{ Count int }
	if err := json.Unmarshal(run.Config, &sampling); err != nil {
		return nil, nil, fmt.Errorf("read the sampling of run %s: %w", run.Key, err)
	}
	nulls := map[string]experiments.Null{}
	for i, v := range values {
		null, ok, err := experiments.NullOf(stored, reference, v, sampling.Count)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			nulls[v.Name], values[i] = null, v.Against(null)
		}
	}
	return values, nulls, nil
}

// latest returns the reference that the latest sweep measured the run against.
func latest(ctx context.Context, db *store.DB, run store.RunRecord) (string, error) {
	uses, err := db.Uses(ctx, "", run.Key)
	if err != nil {
		return "", err
	}
	for _, use := range uses {
		if slices.Contains(run.References, use.Reference) {
			return use.Reference, nil
		}
	}
	return run.References[0], nil
}
