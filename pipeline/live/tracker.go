package live

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"flowsweep/pipeline/stage"
)

// Tracker keeps account of what a sweep does. It is safe for concurrent use, and a nil one does nothing.
type Tracker struct {
	now   func() time.Time
	clock *stage.Clock

	mu    sync.Mutex
	base  Status // what changes only here
	said  string // the last activity
	fits  map[string]*atWork
	rates map[string]*rate // by fit
	cpu   rate
	crew  func() ([]Fit, []Machine)

	weights     map[string]Weight // by fit
	done, total Weight            // sums of the steps and runs that are done, and of all
}

// Weight is what a step and a run of a fit take, up to a factor that all share.
type Weight struct{ Step, Run float64 }

// atWork is a fit with its runs.
type atWork struct {
	Fit
	runs int // that are left
}

// NewTracker returns the account of a sweep that starts. The clock tells its stages. Of the status it takes what does not change.
func NewTracker(s Status, clock *stage.Clock, now func() time.Time) *Tracker {
	s.Started = now()
	return &Tracker{now: now, clock: clock, base: s, said: "preparing", fits: map[string]*atWork{}, rates: map[string]*rate{}}
}

// Plan says how many steps and runs are left to do.
func (t *Tracker) Plan(steps, runs int) {
	t.change(func() { t.base.StepsTotal, t.base.RunsTotal = steps, runs })
}

// Weigh says what the steps and runs of each fit take, and all that were left to do: so much more does the rest take than what is done.
func (t *Tracker) Weigh(weights map[string]Weight, total Weight) {
	t.change(func() { t.weights, t.total = weights, total })
}

// Crew makes the machines of a crew say what they do: fits at work, and machines. It returns what ends that.
func (t *Tracker) Crew(does func() ([]Fit, []Machine)) (end func()) {
	t.change(func() { t.crew = does })
	return func() { t.change(func() { t.crew = nil }) }
}

// Begin says that a fit is at work, with so many runs to come.
func (t *Tracker) Begin(f Fit, runs int) {
	t.change(func() {
		f.Since = t.now()
		t.fits[f.Key] = &atWork{Fit: f, runs: runs}
	})
}

// Resume says that an earlier sweep has done the first steps of a fit.
func (t *Tracker) Resume(key string, step int) {
	t.change(func() {
		t.base.StepsTotal -= step
		t.total.Step -= float64(step) * t.weights[key].Step
		if f := t.fits[key]; f != nil {
			f.Step = step
		}
	})
}

// Advance says that steps and runs of a fit are done.
func (t *Tracker) Advance(key string, steps, runs int) {
	t.change(func() {
		t.base.Steps += steps
		t.base.Runs += runs
		t.done.Step += float64(steps) * t.weights[key].Step
		t.done.Run += float64(runs) * t.weights[key].Run
		if f := t.fits[key]; f != nil {
			f.Step += steps
			f.runs -= runs
		}
	})
}

// End says that a fit is no longer at work. What it has not done is not left to do either.
func (t *Tracker) End(key string) {
	t.change(func() {
		if f := t.fits[key]; f != nil {
			t.base.StepsTotal -= f.Steps - f.Step
			t.base.RunsTotal -= f.runs
			t.total.Step -= float64(f.Steps-f.Step) * t.weights[key].Step
			t.total.Run -= float64(f.runs) * t.weights[key].Run
			delete(t.fits, key)
		}
	})
}

// Drop says that steps and runs are not left to do, of a fit that is not at work.
func (t *Tracker) Drop(steps, runs int) {
	t.change(func() {
		t.base.StepsTotal -= steps
		t.base.RunsTotal -= runs
	})
}

// Fail says that something has failed.
func (t *Tracker) Fail() { t.change(func() { t.base.Failures++ }) }

func (t *Tracker) change(do func()) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	do()
}

// Status returns what the sweep does now.
func (t *Tracker) Status() Status {
	t.mu.Lock()
	crew := t.crew
	t.mu.Unlock()
	var fits []Fit
	var machines []Machine
	if crew != nil {
		fits, machines = crew() // without the lock, as the crew tells of its progress under its own
	}
	open, spent, usage := t.clock.Open(), t.clock.Spent(), stage.ReadUsage()
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.base
	s.At = t.now()
	s.CPU, s.Memory = t.cpu.at(s.At, usage.Processor), resident(usage)
	s.Fits, s.Machines = fits, machines
	for _, f := range t.fits {
		s.Fits = append(s.Fits, f.Fit)
	}
	slices.SortFunc(s.Fits, func(a, b Fit) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Key, b.Key)) })
	s.Fits, s.Machines = s.Fits[:min(len(s.Fits), maxListed)], s.Machines[:min(len(s.Machines), maxListed)]
	t.rate(s.Fits, s.At)
	s.takes(spent, crew != nil)
	s.weigh(t.done, t.total)
	switch {
	case crew != nil:
		t.said = crewWords(s.Fits, s.Machines)
	case len(open) > 0:
		t.said = words(open)
	}
	s.Activity = t.said
	return s
}

// maxListed is how many fits and machines a status names: the file is written every second.
const maxListed = 1000

// rate works out how fast fits are, and forgets those that are not at work.
func (t *Tracker) rate(fits []Fit, now time.Time) {
	there := map[string]bool{}
	for i, f := range fits {
		there[f.Key] = true
		if t.rates[f.Key] == nil {
			t.rates[f.Key] = &rate{}
		}
		fits[i].Rate = t.rates[f.Key].at(now, float64(f.Step))
	}
	maps.DeleteFunc(t.rates, func(key string, _ *rate) bool { return !there[key] })
}

// takes works out what a step and a run take of the time of the sweep. Stages that go on side by side share that time, so that
// the sums are those of all workers together. What a crew does is in no stage of this process.
func (s *Status) takes(spent []stage.Spent, crew bool) {
	training, running := 0., 0.
	for _, sp := range spent {
		switch sp.Stage {
		case stage.Train:
			training += sp.Seconds
		case stage.Tune, stage.Sample, stage.Measure:
			running += sp.Seconds
		}
	}
	if crew {
		training, running = s.At.Sub(s.Started).Seconds(), 0
	}
	if s.Steps > 0 {
		s.StepSeconds = training / float64(s.Steps)
	}
	if s.Runs > 0 {
		s.RunSeconds = running / float64(s.Runs)
	}
}

// weigh changes what steps and runs have taken so far into what those that are left will take. Before the first run is done, runs are
// as much slower or faster than their weight as steps are.
func (s *Status) weigh(done, total Weight) {
	factor := 0.
	if steps := s.StepsTotal - s.Steps; done.Step > 0 {
		factor = s.StepSeconds * float64(s.Steps) / done.Step
		if left := total.Step - done.Step; steps > 0 && left > 0 {
			s.StepSeconds = factor * left / float64(steps)
		}
	}
	runs, left := s.RunsTotal-s.Runs, total.Run-done.Run
	if runs <= 0 || left <= 0 {
		return
	}
	if done.Run > 0 && s.RunSeconds > 0 {
		factor = s.RunSeconds * float64(s.Runs) / done.Run
	}
	if factor > 0 {
		s.RunSeconds = factor * left / float64(runs)
	}
}
