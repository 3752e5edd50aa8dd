// Package saved turns what the store holds back into values: sweeps with p-values, runs by key, weights and samples.
//
//	sweep, err := saved.Sweep(ctx, db, "two-moons")
//	run, err := saved.Run(ctx, db, sweep.Results[0].Run)
//	weights, err := saved.Weights(ctx, db, run.Setting.Recipe, run.Fit)
package saved

import (
	"context"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/velocity"
	"flowsweep/store"
)

// Sweep returns the named sweep, or the latest if name is empty, with the p-values, tags, aliases and notes of its results.
func Sweep(ctx context.Context, db *store.DB, name string) (experiments.Sweep, error) {
	sweep, err := db.Sweep(ctx, name)
	if err != nil {
		return sweep, err
	}
	return withNulls(ctx, db, sweep)
}

// Planned is Sweep for a sweep whose plan is at hand, so that its spec is not parsed again.
func Planned(ctx context.Context, db *store.DB, plan experiments.Plan) (experiments.Sweep, error) {
	sweep, err := db.PlannedSweep(ctx, plan)
	if err != nil {
		return sweep, err
	}
	return withNulls(ctx, db, sweep)
}

// withNulls adds what is stored beside the results: coefficients of tuned solvers, nulls, dense solves, baselines, tags, aliases and notes.
func withNulls(ctx context.Context, db *store.DB, sweep experiments.Sweep) (experiments.Sweep, error) {
	sweep, err := withTunings(ctx, db, sweep)
	if err != nil {
		return sweep, err
	}
	nulls, err := db.Nulls(ctx, sweep.Name)
	if err != nil {
		return sweep, err
	}
	dense, err := db.Dense(ctx, sweep.Name)
	if err != nil {
		return sweep, err
	}
	err = sweep.SetNulls(nulls)
	sweep.SetDense(dense)
	if err != nil {
		return sweep, err
	}
	remarks, err := db.Remarks(ctx, sweep.Name)
	if err != nil {
		return sweep, err
	}
	sweep.SetRemarks(remarks)
	aliases, err := db.AliasesOf(ctx, sweep.Name)
	if err != nil {
		return sweep, err
	}
	sweep.SetAliases(aliases)
	baselines, err := db.Baselines(ctx, sweep.Name)
	if err != nil {
		return sweep, err
	}
	return sweep, sweep.SetBaselines(baselines, nulls)
}

// Parser returns a parser of stored recipes that reads their data from the store.
func Parser(ctx context.Context, db *store.DB) experiments.Parser {
	return experiments.Parser{Open: func(sha256 string) ([]byte, error) { return db.Content(ctx, sha256) }, Large: db.DataFiles(ctx)}
}

// Weights returns the weights, (P), of a finished fit of the recipe.
func Weights(ctx context.Context, db *store.DB, r experiments.Recipe, fit string) ([]float32, error) {
	file, err := db.Weights(ctx, fit)
	if err != nil {
		return nil, err
	}
	return velocity.DecodeWeights(r.VelocityNet(), file)
}

// Samples returns the samples of a finished run, (count, d), on the scale that its net was trained on.
func Samples(ctx context.Context, db *store.DB, run string) (flow.Batch, error) {
	file, err := db.Samples(ctx, run)
	if err != nil {
		return flow.Batch{}, err
	}
	return flow.DecodeNPY(file)
}
