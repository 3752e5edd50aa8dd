package pipeline

import (
	"context"

	"flowsweep/experiments"
	"flowsweep/store"
)

// work is what of a plan is left to do.
type work struct {
	fits       []todo
	trained    int // fits to train
	sampled    int // runs to sample
	measured   int // runs to measure, those to sample among them
	trainSteps int
}

// todo is what is left to do of one fit.
type todo struct {
	fit    experiments.Fit
	train  bool
	sample []experiments.Run // nothing is known of them
	again  []experiments.Run // sampled, but a metric is missing
}

// remaining asks the store which parts of the plan it holds. A nil store holds nothing.
func remaining(ctx context.Context, db *store.DB, plan experiments.Plan) (work, error) {
	var w work
	for _, fit := range plan.Fits {
		t, err := remainingOf(ctx, db, plan.Spec, fit)
		if err != nil {
			return w, err
		}
		if t.train {
			w.trained++
			w.trainSteps += fit.Recipe.Train.Steps
		}
		w.sampled += len(t.sample)
		w.measured += len(t.sample) + len(t.again)
		if t.train || len(t.sample)+len(t.again) > 0 {
			w.fits = append(w.fits, t)
		}
	}
	return w, nil
}

func remainingOf(ctx context.Context, db *store.DB, spec experiments.Spec, fit experiments.Fit) (todo, error) {
	t := todo{fit: fit}
	if db == nil {
		t.train, t.sample = true, fit.Runs
		return t, nil
	}
	state, err := db.FitState(ctx, fit.Key)
	if err != nil {
		return t, err
	}
	t.train = state != experiments.Finished
	for _, run := range fit.Runs {
		state, err := db.RunState(ctx, run.Key)
		if err != nil {
			return t, err
		}
		if state != experiments.Finished {
			t.sample = append(t.sample, run)
			continue
		}
		values, err := db.Metrics(ctx, run.Key, run.Reference)
		if err != nil {
			return t, err
		}
		if !measured(spec, values) {
			t.again = append(t.again, run)
		}
	}
	return t, nil
}

// measured reports whether the values hold every metric of the spec.
func measured(spec experiments.Spec, values []experiments.Value) bool {
	r := experiments.Result{Metrics: values}
	for _, m := range spec.Metrics {
		if _, ok := r.Metric(m.Name); !ok {
			return false
		}
	}
	return true
}
