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
	var have store.States
	if db != nil {
		var err error
		if have, err = db.States(ctx, plan); err != nil {
			return w, err
		}
	}
	for _, fit := range plan.Fits {
		t := remainingOf(have, plan.Spec, fit)
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

func remainingOf(have store.States, spec experiments.Spec, fit experiments.Fit) todo {
	t := todo{fit: fit, train: have.Fits[fit.Key] != experiments.Finished}
	for _, run := range fit.Runs {
		switch {
		case have.Runs[run.Key] != experiments.Finished:
			t.sample = append(t.sample, run)
		case !measured(spec, have.Metrics[run.Key]):
			t.again = append(t.again, run)
		}
	}
	return t
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
