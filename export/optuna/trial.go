package optuna

import (
	"math"
	"slices"
	"time"

	"flowsweep/export/tracked"
)

// trial is a setting as a trial of a study.
type trial struct {
	study   int64
	number  int
	setting tracked.Setting
	metric  string
	of      map[string]distribution
	fits    map[string]tracked.Fit // by key
}

// trial inserts a trial.
func (w *writer) trial(t trial) {
	state := t.state()
	start, end := t.times(state)
	id := w.exec(`INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete) VALUES (?, ?, ?, ?, ?)`,
		t.number, t.study, state, start, end)
	for _, p := range t.setting.Varied {
		d := t.of[p.Name]
		w.exec(`INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) VALUES (?, ?, ?, ?)`, id, p.Name, d.at(p.Value), d.json)
	}
	if state == complete {
		value, kind := stored(t.value())
		w.exec(`INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, 0, ?, ?)`, id, value, kind)
	}
	for _, l := range meanLosses(t.setting.Runs) {
		value, kind := stored(l.value)
		w.exec(`INSERT INTO trial_intermediate_values (trial_id, step, intermediate_value, intermediate_value_type) VALUES (?, ?, ?, ?)`,
			id, l.step, value, kind)
	}
	for _, a := range t.attributes() {
		w.exec(`INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?, ?, ?)`, id, a.key, jsonOf(a.value))
	}
}

// The states of a trial.
const (
	complete = "COMPLETE"
	failed   = "FAIL"
	pruned   = "PRUNED"
	running  = "RUNNING"
	waiting  = "WAITING"
)

// state returns the state of the trial. It is complete if every seed has finished, as flowsweep chooses among such settings only. Optuna
// takes a value that is no number for a failure.
func (t trial) state() string {
	count := map[string]int{}
	for _, r := range t.setting.Runs {
		count[r.State]++
	}
	switch all := len(t.setting.Runs); {
	case count["failed"]+count["killed"]+count["lost"] > 0:
		return failed
	case count["pruned"] > 0:
		return pruned
	case count["running"] > 0, 0 < count["finished"] && count["finished"] < all:
		return running
	case count["finished"] < all || all == 0:
		return waiting
	case math.IsNaN(t.value()):
		return failed
	default:
		return complete
	}
}

// value returns the value of the trial: NaN if there is none.
func (t trial) value() float64 {
	for _, m := range t.setting.Means {
		if m.Name == t.metric {
			return m.Value
		}
	}
	return math.NaN()
}

// times returns when the training of the first seed started and the last one ended, nil where that is not known or has not happened.
func (t trial) times(state string) (start, end any) {
	var first, last time.Time
	for _, r := range t.setting.Runs {
		for _, at := range []time.Time{t.fits[r.Fit].Start, r.Start} {
			if !at.IsZero() && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
		for _, at := range []time.Time{t.fits[r.Fit].End, r.End} {
			if at.After(last) {
				last = at
			}
		}
	}
	form := func(at time.Time) any {
		if at.IsZero() {
			return nil
		}
		return at.UTC().Format("2006-01-02 15:04:05.000000")
	}
	if state == running || state == waiting {
		return form(first), nil
	}
	return form(first), form(last)
}

// stored returns a number as Optuna has it: its value if it is finite, and its kind.
func stored(x float64) (value any, kind string) {
	switch {
	case math.IsNaN(x):
		return nil, "NAN"
	case math.IsInf(x, 1):
		return nil, "INF_POS"
	case math.IsInf(x, -1):
		return nil, "INF_NEG"
	default:
		return x, "FINITE"
	}
}

// meanLoss is the mean over the seeds of the loss at a step.
type meanLoss struct {
	step  int
	value float64
}

// meanLosses returns the means at the steps that all runs with losses have: of the loss on rows held out if all have it, or else of the
// loss in training.
func meanLosses(runs []tracked.Run) (list []meanLoss) {
	runs = slices.DeleteFunc(slices.Clone(runs), func(r tracked.Run) bool { return len(r.Losses) == 0 })
	heldOut := !slices.ContainsFunc(runs, func(r tracked.Run) bool {
		return slices.ContainsFunc(r.Losses, func(l tracked.Loss) bool { return math.IsNaN(l.HeldOut) })
	})
	sums, counts := map[int]float64{}, map[int]int{}
	var steps []int
	for _, r := range runs {
		for _, l := range r.Losses {
			if counts[l.Step] == 0 {
				steps = append(steps, l.Step)
			}
			x := l.Train
			if heldOut {
				x = l.HeldOut
			}
			sums[l.Step], counts[l.Step] = sums[l.Step]+x, counts[l.Step]+1
		}
	}
	slices.Sort(steps)
	for _, step := range steps {
		if counts[step] == len(runs) {
			list = append(list, meanLoss{step, sums[step] / float64(len(runs))})
		}
	}
	return list
}
