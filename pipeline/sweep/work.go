package sweep

import (
	"context"
	"slices"

	"flowsweep/experiments"
	"flowsweep/store"
)

// Work is what is left to do of a plan.
type Work struct {
	ToTrain    int // fits
	ToSample   int // runs
	ToMeasure  int // runs, those to sample among them
	TrainSteps int

	fits []todo
}

// todo is what is left to do of one fit.
type todo struct {
	fit    experiments.Fit
	state  experiments.State // of the fit; "" where nothing is known of it
	train  bool
	sample []experiments.Run // not sampled yet, or without success
	again  []experiments.Run // sampled, but a metric is missing
	failed []string          // keys of those in sample whose latest try failed
}

// Remaining asks the store what is left to do of the plan. A nil store holds nothing.
func Remaining(ctx context.Context, db *store.DB, plan experiments.Plan) (Work, error) {
	var have store.States
	if db != nil {
		var err error
		if have, err = db.States(ctx, plan); err != nil {
			return Work{}, err
		}
	}
	var fits []todo
	for _, fit := range plan.Fits {
		fits = append(fits, remainingOf(have, plan.Spec, fit))
	}
	return newWork(fits), nil
}

// newWork counts what is left to do of the fits.
func newWork(fits []todo) Work {
	var w Work
	for _, t := range fits {
		if t.train {
			w.ToTrain++
			w.TrainSteps += t.fit.Recipe.Train.Steps
		}
		w.ToSample += len(t.sample)
		w.ToMeasure += len(t.sample) + len(t.again)
		if t.train || len(t.sample)+len(t.again) > 0 {
			w.fits = append(w.fits, t)
		}
	}
	return w
}

// failedOnly returns the part of the work that failed before: failed fits with their runs, and failed runs. It includes runs
// that were sampled but not measured, since their measuring may have failed.
func (w Work) failedOnly() Work {
	var fits []todo
	for _, t := range w.fits {
		switch {
		case t.state == experiments.Failed:
		case t.train:
			continue
		default:
			t.sample = slices.DeleteFunc(slices.Clone(t.sample), func(r experiments.Run) bool { return !slices.Contains(t.failed, r.Key) })
		}
		fits = append(fits, t)
	}
	return newWork(fits)
}

func remainingOf(have store.States, spec experiments.Spec, fit experiments.Fit) todo {
	t := todo{fit: fit, state: have.Fits[fit.Key]}
	t.train = t.state != experiments.Finished
	for _, run := range fit.Runs {
		switch state := have.Runs[run.Key]; {
		case state != experiments.Finished:
			t.sample = append(t.sample, run)
			if state == experiments.Failed {
				t.failed = append(t.failed, run.Key)
			}
		case !measured(spec, have.Metrics[run.Key]):
			t.again = append(t.again, run)
		}
	}
	return t
}

// measured reports whether every metric of the spec has a value.
func measured(spec experiments.Spec, values []experiments.Value) bool {
	r := experiments.Result{Metrics: values}
	for _, m := range spec.Metrics {
		if _, ok := r.Metric(m.Name); !ok {
			return false
		}
	}
	return true
}
