package watch

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
	"flowsweep/pipeline/live"
)

// Snapshot is a sweep as it is seen at one time.
type Snapshot struct {
	At       time.Time
	Sweep    string
	State    experiments.State
	Started  time.Time
	Finished time.Time // zero for one that has not
	Chosen   []string  // settings, one for each target; nil before
	Running  bool      // Live says what it does
	Live     live.Status

	Fits     []Fit
	Best     []Best // settings by their mean, the lowest first
	Settings int    // that have a mean
	Metric   string // of the choice
	Failures []Failure
	Runs     int // finished ones of the plan
	Planned  int
	Filter   string // what fits, settings and failures are shown of; empty for all
	Hidden   int    // fits that do not meet it
	Problem  string // why the filter cannot be used
}

// Fit is a fit of the sweep.
type Fit struct {
	live.Fit
	State   experiments.State
	Runs    int           // finished
	Planned int           // runs
	Took    time.Duration // its training; 0 if it has not finished
	Error   string
	Loss    float64 // the last; NaN before
	HeldOut float64 // the last; NaN if there is none
	Losses  []float64
	Held    []float64
}

// Best is a setting and its mean over the seeds that have finished.
type Best struct {
	Label     string
	Mean      float64
	Low, High float64 // its 95 % interval; NaN for fewer than two seeds
	Seeds     int     // of Planned
	Planned   int
	NFE       float64
	Runs      []string // keys
}

// Failure is what failed, and why.
type Failure struct{ What, Why string }

// states are in the order in which fits are shown.
var states = []experiments.State{
	experiments.Running, experiments.Failed, experiments.Lost, experiments.Killed, experiments.Queued, experiments.Pruned, experiments.Finished,
}

// stored is what the store says of a sweep.
type stored struct {
	sweep    experiments.Sweep
	fits     []Fit
	best     []Best
	settings int
	failures []Failure
	runs     int
}

// newStored works out what is shown of a sweep.
func newStored(sweep experiments.Sweep) stored {
	s := stored{sweep: sweep}
	settings := make([]experiments.Setting, len(sweep.Results))
	for i, r := range sweep.Results {
		settings[i] = r.Setting
	}
	labels := experiments.NewLabels(settings)
	at := map[string]int{}
	for i, r := range sweep.Results {
		k, known := at[r.Fit]
		if !known {
			k, at[r.Fit] = len(s.fits), len(s.fits)
			s.fits = append(s.fits, Fit{
				Fit:   live.Fit{Key: r.Fit, Label: labels.Recipe(i), Machine: r.Machine, Seed: r.Seed, Steps: r.Setting.Recipe.Train.Steps},
				State: r.State, Loss: math.NaN(), HeldOut: math.NaN(), Took: time.Duration(r.FitSeconds * float64(time.Second)),
			})
		}
		s.fits[k].add(r)
		if r.State == experiments.Finished {
			s.runs++
		}
		s.fail(r, labels.Setting(i), !known)
	}
	s.rank(labels)
	return s
}

// add adds a run to its fit.
func (f *Fit) add(r experiments.Result) {
	f.Planned++
	if r.State == experiments.Finished {
		f.Runs++
	}
	if slices.Index(states, r.State) < slices.Index(states, f.State) {
		f.State = r.State
	}
	if f.Error == "" {
		f.Error = r.Error
	}
	if r.FitSeconds > 0 {
		f.Step = f.Steps
	}
}

// fail notes the failure of a run, or of its fit, once.
func (s *stored) fail(r experiments.Result, label string, first bool) {
	if r.State != experiments.Failed && r.State != experiments.Lost {
		return
	}
	what := "run " + r.Run
	if r.FitSeconds == 0 { // a net that was never trained: all its runs say the same
		if !first {
			return
		}
		what = "fit " + r.Fit
	}
	why := cmp.Or(r.Error, "its process died")
	s.failures = append(s.failures, Failure{what + " (" + label + ", seed " + strconv.FormatUint(r.Seed, 10) + ")", string(r.State) + ": " + why})
}

// maxRanked is how many of the best settings are shown, with intervals that take a while to work out.
const maxRanked = 50

// rank finds the best settings by the metric of the choice. Only theirs and that metric's intervals are worked out.
func (s *stored) rank(labels experiments.Labels) {
	by := s.sweep.Spec.Choose.Metric
	type sum struct {
		first int
		mean  float64
		n     int
	}
	sums, order, forms := map[string]*sum{}, []string{}, make([]string, len(s.sweep.Results))
	for i, r := range s.sweep.Results {
		form := r.Setting.Form()
		forms[i] = form
		v, ok := r.Metric(by)
		if !ok || r.State != experiments.Finished {
			continue
		}
		if sums[form] == nil {
			sums[form], order = &sum{first: i}, append(order, form)
		}
		at := sums[form]
		at.n++
		at.mean += (v - at.mean) / float64(at.n)
	}
	slices.SortStableFunc(order, func(a, b string) int { return compareNumbers(sums[a].mean, sums[b].mean) })
	s.settings = len(order)
	order = order[:min(len(order), maxRanked)]
	few := s.sweep
	few.Spec.Metrics = slices.DeleteFunc(slices.Clone(few.Spec.Metrics), func(m metric.Metric) bool { return m.Name != by })
	few.Results = nil
	for i, r := range s.sweep.Results {
		if slices.Contains(order, forms[i]) {
			few.Results = append(few.Results, r)
		}
	}
	for _, sm := range few.Summaries() {
		st, _ := sm.Stat(by)
		b := Best{Label: labels.Setting(sums[sm.Setting.Form()].first), Mean: st.Mean, Low: st.Low, High: st.High, Seeds: st.N, Planned: sm.Planned, NFE: float64(sm.NFE)}
		for _, r := range sm.Runs {
			b.Runs = append(b.Runs, r.Run)
		}
		s.best = append(s.best, b)
	}
	slices.SortStableFunc(s.best, func(a, b Best) int { return compareNumbers(a.Mean, b.Mean) })
}

// compareNumbers orders numbers, with those that are none at the end.
func compareNumbers(a, b float64) int {
	if an, bn := math.IsNaN(a), math.IsNaN(b); an || bn {
		return cmp.Compare(btoi(an), btoi(bn))
	}
	return cmp.Compare(a, b)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
