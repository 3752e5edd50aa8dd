package saved

import (
	"context"
	"encoding/json"
	"fmt"

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
		Commit: run.Environment.Commit, Engine: run.Environment.Engine, Version: run.Environment.Version, Error: run.Error,
	}
	if r.Setting, err = Parser(ctx, db).Setting(fit.Config, run.Config); err != nil {
		return r, err
	}
	var seed struct{ Seed uint64 }
	if err := json.Unmarshal(fit.Config, &seed); err != nil {
		return r, fmt.Errorf("read the seed of fit %s: %w", fit.Key, err)
	}
	r.Seed = seed.Seed
	if reference != "" {
		run.References = []string{reference}
	}
	r.Metrics, _, err = Metrics(ctx, db, run)
	return r, err
}

// Metrics returns the metrics of a run against the first of its references, and by metric the nulls that are stored.
func Metrics(ctx context.Context, db *store.DB, run store.RunRecord) ([]experiments.Value, map[string]experiments.Null, error) {
	if len(run.References) == 0 {
		return nil, nil, nil
	}
	reference := run.References[0]
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
		null, ok, err := nullOf(stored, reference, v, sampling.Count)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			nulls[v.Name], values[i] = null, v.Against(null)
		}
	}
	return values, nulls, nil
}

// nullOf returns the null of a value among those of its reference. Of count points, as many are compared as the data allows:
// its null is that of the most points up to count.
func nullOf(stored map[string]experiments.Null, reference string, v experiments.Value, count int) (null experiments.Null, ok bool, err error) {
	for key, n := range stored {
		if n.Metric != v.Name || n.N > count || ok && n.N <= null.N {
			continue
		}
		want, err := experiments.NullKey(reference, v.Name, v.Version, n.N)
		if err != nil {
			return null, false, err
		}
		if key == want {
			null, ok = n, true
		}
	}
	return null, ok, nil
}
