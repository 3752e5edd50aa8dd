package sweep

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/cost"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/live"
	"flowsweep/store"
)

// TryAll is how long Cost usually tries what was never measured here, of which each part takes a moment.
const (
	TryAll  = 2 * time.Second
	tryEach = 60 * time.Millisecond
)

// Cost estimates how long what is left of the plan takes, on the engine, from what a store that may be nil knows of this machine and
// from trying the rest for as long as is said.
func (w Work) Cost(ctx context.Context, db *store.DB, plan experiments.Plan, e engine.Engine, workers int, try time.Duration, now func() time.Time) (cost.Estimate, error) {
	known, err := cost.Read(ctx, db, Environment(e.Name))
	if err != nil {
		return cost.Estimate{}, err
	}
	left := w.costs(plan.Spec, workers)
	if left.Tunings, err = tuningsLeft(ctx, db, plan); err != nil {
		return cost.Estimate{}, err
	}
	if left.Nulls, err = nullsLeft(ctx, db, plan); err != nil {
		return cost.Estimate{}, err
	}
	return known.Estimate(left, cost.NewTrial(job.Try{Engine: e, Limit: tryEach, Now: now}, try)), nil
}

// costs returns what costs time.
func (w Work) costs(spec experiments.Spec, workers int) cost.Work {
	left := cost.Work{Spec: spec, Workers: workers, Processors: runtime.GOMAXPROCS(0)}
	for _, t := range w.fits {
		left.Parts = append(left.Parts, cost.Part{
			Fit: *t.fit, Train: t.train, Sample: slices.Concat(t.dense.sample, t.runs.sample), Again: slices.Concat(t.dense.again, t.runs.again),
		})
	}
	return left
}

// weigh tells the account of a sweep what steps and runs of each fit take, compared with each other.
func (w Work) weigh(spec experiments.Spec, account *live.Tracker) {
	weights, total := map[string]live.Weight{}, live.Weight{}
	each := cost.EachOf(w.costs(spec, 1))
	for _, t := range w.fits {
		weight := live.Weight(each[t.fit.Key])
		weights[t.fit.Key] = weight
		if t.train {
			total.Step += weight.Step * float64(t.fit.Recipe.Train.Steps)
		}
		total.Run += weight.Run * float64(t.runs.len()+t.dense.len())
	}
	account.Weigh(weights, total)
}

// tuningsLeft returns the tunings of a plan that are not stored.
func tuningsLeft(ctx context.Context, db *store.DB, plan experiments.Plan) (list []cost.Tuning, err error) {
	all, err := plan.Tunings()
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		if db != nil {
			if _, err := db.Tuning(ctx, t.Key); err == nil {
				continue
			} else if !errors.Is(err, store.ErrNotFound) {
				return nil, err
			}
		}
		list = append(list, cost.Tuning{Recipe: t.Fit.Recipe, Calls: float64(job.TuningCalls(t))})
	}
	return list, nil
}

// nullsLeft returns the nulls of a plan that are not stored.
func nullsLeft(ctx context.Context, db *store.DB, plan experiments.Plan) ([]experiments.NullPlan, error) {
	all, err := plan.Nulls()
	if err != nil || db == nil {
		return all, err
	}
	stored, err := db.Nulls(ctx, plan.Spec.Name)
	return slices.DeleteFunc(all, func(n experiments.NullPlan) bool {
		_, ok := stored[n.Key]
		return ok
	}), err
}

// Bytes returns how much the sweep will take on disk: copies of data files, weights, samples, and for each worker a checkpoint, which stays until the
// next one is written.
func (w Work) Bytes(workers int) float64 {
	total := w.data
	var checkpoints []float64
	for _, t := range w.fits {
		if t.train {
			weights, checkpoint, _ := job.Stored(t.fit.Recipe, 0)
			total += weights
			checkpoints = append(checkpoints, 2*checkpoint)
		}
		for _, run := range slices.Concat(t.dense.sample, t.runs.sample) {
			_, _, samples := job.Stored(t.fit.Recipe, run.Sampling.Count)
			total += samples
		}
	}
	slices.Sort(checkpoints)
	for _, c := range checkpoints[max(0, len(checkpoints)-workers):] {
		total += c
	}
	return total
}

// CheckSpace returns an error if the results need more than the bytes that are free, of which 0 means unknown. A fit that cannot be
// stored is lost after hours of training. Fits that are too large for the memory fail without a trace on the disk.
func (w Work) CheckSpace(workers int, free float64) error {
	var fits []*todo
	for _, t := range w.fits {
		if !t.train || job.CheckMemory(t.fit.Recipe.VelocityNet(), live.MachineMemory()) == nil {
			fits = append(fits, t)
		}
	}
	if need := newWork(fits).Bytes(workers) + w.data; free > 0 && need > free {
		return fmt.Errorf("data, weights, checkpoints and samples need %.1f GB beside the store, where %.1f GB are free: make room, or use --db on another disk",
			need/1e9, free/1e9)
	}
	return nil
}

// Megabytes estimates the memory of the largest fits that run at once.
func (w Work) Megabytes(workers int) float64 {
	var sizes []float64
	for _, t := range w.fits {
		samples := 0
		for _, run := range slices.Concat(t.dense.sample, t.runs.sample) {
			samples = max(samples, run.Sampling.Count)
		}
		sizes = append(sizes, job.Megabytes(t.fit.Recipe, samples))
	}
	slices.Sort(sizes)
	total := 100. // onnxruntime, and the program itself
	for _, s := range sizes[max(0, len(sizes)-workers):] {
		total += s
	}
	return total
}
