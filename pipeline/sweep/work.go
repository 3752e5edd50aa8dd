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
	ToSample   int // runs of the plan
	ToSolve    int // dense solves
	ToMeasure  int // runs, those to sample among them
	TrainSteps int
	Early      Early

	fits []*todo
	data float64 // bytes of data to copy into the store
}

// todo is what is left to do of one fit.
type todo struct {
	fit    *experiments.Fit  // of the plan
	until  int               // step up to which it is trained now, and measured, without its runs; 0 for all of it
	state  experiments.State // of the fit; "" where nothing is known of it
	train  bool
	runs   undone
	dense  undone
	failed []string // keys of runs to sample whose latest try failed
	lost   []string // and of those that are lost
}

// undone is what is left to do of some runs of a fit.
type undone struct {
	sample []experiments.Run // not sampled yet, or without success
	again  []experiments.Run // sampled, but a metric is missing
}

func (u undone) len() int { return len(u.sample) + len(u.again) }

// Remaining asks the store what is left to do of the plan. A nil store holds nothing.
func Remaining(ctx context.Context, db *store.DB, plan experiments.Plan) (Work, error) {
	var have store.States
	if db != nil {
		var err error
		if have, err = db.States(ctx, plan); err != nil {
			return Work{}, err
		}
	}
	fits := make([]*todo, 0, len(plan.Fits))
	for i := range plan.Fits {
		fits = append(fits, remainingOf(have, plan.Spec, &plan.Fits[i]))
	}
	w := newWork(fits)
	w.data = dataBytes(plan, have)
	if plan.Spec.EarlyStop.On() {
		err := w.stopEarly(ctx, db, plan)
		return w, err
	}
	return w, nil
}

// dataBytes returns the bytes of the data files of a plan that the store has not: each file that the spec names, and each set of rows
// that fits learn from or start at.
func dataBytes(plan experiments.Plan, have store.States) (bytes float64) {
	counted, files := map[any]bool{}, true
	count := func(stored bool) {
		for _, fit := range plan.Fits {
			if _, known := have.Fits[fit.Key]; known != stored {
				continue
			}
			files = files && !stored
			for _, c := range fit.Recipe.Contents() {
				if by := heldBy(c); !counted[by] {
					counted[by] = true
					bytes += sizeOf(c, stored)
				}
			}
		}
	}
	count(true) // these first, as others may share their data
	count(false)
	for _, f := range plan.Spec.Files {
		bytes += sizeOf(f, !files)
	}
	return bytes
}

// heldBy returns what is the same for the same content of recipes.
func heldBy(c experiments.DataFile) any {
	if c.Large != nil || len(c.Content) == 0 {
		return c.Large
	}
	return &c.Content[0]
}

// sizeOf returns the bytes of a content, or 0 if the store has it.
func sizeOf(c experiments.DataFile, stored bool) float64 {
	switch {
	case stored:
		return 0
	case c.Large != nil:
		return float64(c.Large.Size())
	default:
		return float64(len(c.Content))
	}
}

// newWork counts what is left to do of the fits.
func newWork(fits []*todo) Work {
	var w Work
	for _, t := range fits {
		if t.train {
			w.ToTrain++
			w.TrainSteps += t.fit.Recipe.Train.Steps
		}
		w.ToSample += len(t.runs.sample)
		w.ToMeasure += t.runs.len()
		w.ToSolve += t.dense.len()
		if t.train || t.runs.len()+t.dense.len() > 0 {
			w.fits = append(w.fits, t)
		}
	}
	return w
}

// failedOnly returns the part of the work that failed before or is lost: such fits with their runs, and such runs. It includes runs
// that were sampled but not measured, since their measuring may have failed.
func (w Work) failedOnly() Work {
	var fits []*todo
	for _, all := range w.fits {
		t := *all
		switch {
		case t.state == experiments.Failed, t.state == experiments.Lost:
		case t.train:
			continue
		default:
			other := func(r experiments.Run) bool {
				return !slices.Contains(t.failed, r.Key) && !slices.Contains(t.lost, r.Key)
			}
			t.runs.sample = slices.DeleteFunc(slices.Clone(t.runs.sample), other)
			t.dense.sample = slices.DeleteFunc(slices.Clone(t.dense.sample), other)
		}
		fits = append(fits, &t)
	}
	return newWork(fits)
}

func remainingOf(have store.States, spec experiments.Spec, fit *experiments.Fit) *todo {
	t := &todo{fit: fit, state: have.Fits[fit.Key]}
	t.train = t.state != experiments.Finished
	t.runs = t.undone(have, spec, fit.Runs)
	t.dense = t.undone(have, spec, fit.Dense)
	return t
}

// undone returns what is left to do of the runs, and notes those that failed.
func (t *todo) undone(have store.States, spec experiments.Spec, runs []experiments.Run) (u undone) {
	for i, run := range runs {
		switch state := have.Runs[run.Key]; {
		case state != experiments.Finished:
			if len(u.sample) == i {
				u.sample = runs[: i+1 : i+1] // mostly all are left, and large plans need no second list
			} else {
				u.sample = append(u.sample, run)
			}
			switch state {
			case experiments.Failed:
				t.failed = append(t.failed, run.Key)
			case experiments.Lost:
				t.lost = append(t.lost, run.Key)
			}
		case !experiments.Measured(t.fit.MetricsOf(run, spec), have.Metrics[run.Key]):
			u.again = append(u.again, run)
		}
	}
	return u
}
