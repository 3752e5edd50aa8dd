package watch

import (
	"context"
	"os"
	"strings"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/live"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// Source reads what is shown of a sweep: what the sweep itself says every time, and the store only as far as something has changed.
type Source struct {
	DB     *store.DB
	File   string // of the store
	Sweep  string // whose; empty for the one that runs or was last
	Chosen func(ctx context.Context, sweep string) []string
	Now    func() time.Time

	plan   experiments.Plan
	stored stored
	seen   mark
	next   time.Time // when the results may be read again
	curves curves
	chosen []string
}

// mark is what the results that were read belong to. As long as it is the same, they are not read again.
type mark struct {
	sweep                string
	state                experiments.State
	running              bool
	runs, failures, fits int
	file                 [4]int64 // while nothing runs: sizes and times of the store and its log
}

// readShare is the share of the time that reading results may take.
const readShare = 1. / 20

// Read returns what there is now, of the fits that meet the filter. The curves of the fits named are read, too.
func (s *Source) Read(ctx context.Context, filter string, visible []string) (Snapshot, error) {
	now := s.Now()
	status, running, err := live.Read(s.File)
	if err != nil {
		return Snapshot{}, err
	}
	name := s.Sweep
	if name == "" && running {
		name = status.Sweep
	}
	if name, err = s.DB.SweepName(ctx, name); err != nil {
		if running && s.Sweep == "" { // it has just started, and is not stored yet
			return Snapshot{At: now, Sweep: status.Sweep, State: experiments.Running, Started: status.Started, Running: true, Live: status}, nil
		}
		return Snapshot{}, err
	}
	running = running && status.Sweep == name
	ended, err := s.DB.SweepState(ctx, name)
	if err != nil {
		return Snapshot{}, err
	}
	m := mark{sweep: name, state: ended.State, running: running}
	if running {
		m.runs, m.failures, m.fits = status.Runs, status.Failures, len(status.Fits)
	} else {
		m.file = s.stamp()
	}
	turned := m.sweep != s.seen.sweep || m.state != s.seen.state || m.running != s.seen.running // how a sweep ended must not wait
	if m != s.seen && (turned || !now.Before(s.next)) {
		if err := s.load(ctx, m); err != nil {
			return Snapshot{}, err
		}
	}
	snap := Snapshot{At: now, Sweep: name, State: ended.State, Started: ended.Started, Finished: ended.Finished, Running: running, Chosen: s.chosen}
	if running {
		snap.Live, snap.State = status, experiments.Running
	}
	s.fill(&snap)
	snap.filter(s.stored.sweep, filter)
	return snap, s.curves.read(ctx, s.DB, &snap, visible)
}

// load reads the results.
func (s *Source) load(ctx context.Context, m mark) (err error) {
	start := time.Now()
	defer func() { s.next = s.Now().Add(max(time.Duration(float64(time.Since(start))/readShare), time.Second)) }()
	if s.plan.Spec.Name == "" || m.sweep != s.seen.sweep {
		s.curves, s.plan = nil, experiments.Plan{}
		first, err := s.DB.Sweep(ctx, m.sweep)
		if err == nil {
			s.plan, err = first.Spec.Plan()
		}
		if err != nil {
			return err
		}
	}
	var sweep experiments.Sweep
	if s.plan.Spec.Name == m.sweep {
		sweep, err = saved.Planned(ctx, s.DB, s.plan)
	} else { // an earlier spec of the name, which has another one itself
		sweep, err = saved.Sweep(ctx, s.DB, m.sweep)
	}
	if err != nil {
		return err
	}
	s.stored, s.seen, s.chosen = newStored(sweep), m, nil
	if s.Chosen != nil && !m.running {
		s.chosen = s.Chosen(ctx, m.sweep)
	}
	return nil
}

// stamp tells whether somebody has written to the store.
func (s *Source) stamp() (is [4]int64) {
	for i, path := range []string{s.File, s.File + "-wal"} {
		if info, err := os.Stat(path); err == nil {
			is[2*i], is[2*i+1] = info.Size(), info.ModTime().UnixNano()
		}
	}
	return is
}

// fill adds what the store says, and to each fit at work what the sweep says of it.
func (s *Source) fill(snap *Snapshot) {
	snap.Fits = append([]Fit(nil), s.stored.fits...)
	snap.Best, snap.Settings, snap.Failures = s.stored.best, s.stored.settings, s.stored.failures
	snap.Metric, snap.Runs, snap.Planned = s.stored.sweep.Spec.Choose.Metric, s.stored.runs, len(s.stored.sweep.Results)
	at := map[string]int{}
	for i, f := range snap.Fits {
		at[f.Key] = i
	}
	for _, l := range snap.Live.Fits {
		i, known := at[l.Key]
		if !known { // a teacher, which has no runs of its own
			i = len(snap.Fits)
			snap.Fits = append(snap.Fits, newFit())
		}
		f := &snap.Fits[i]
		if f.Label != "" {
			l.Label = f.Label
		}
		f.Fit, f.State, f.Took = l, experiments.Running, 0
	}
	for i := range snap.Fits {
		if f := &snap.Fits[i]; f.State == experiments.Running && f.Since.IsZero() {
			f.State = experiments.Queued // it has ended since the results were read, or is about to begin
			if f.Step == f.Steps {
				f.State = experiments.Finished
			}
			if !snap.Running {
				f.State = snap.State
			}
		}
	}
}

// isCondition reports whether a filter is meant as a condition, as --where takes it, and not as a text to look for.
func isCondition(filter string) bool { return strings.ContainsAny(filter, "=<>~()") }
