package serve_test

import (
	"errors"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/live"
	"flowsweep/pipeline/serve"
)

// TestWords checks what is said of a sweep at work.
func TestWords(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for want, s := range map[string]live.Status{
		`{"state":"running","text":"running"}`:                                            {},
		`{"state":"running","text":"training 2 nets · 61 %","share":0.6125}`:              {Activity: "training 2 nets", Steps: 49, StepsTotal: 80, RunsTotal: 8},
		`{"state":"running","text":"training 1 net · 99 %","share":0.999}`:                {Activity: "training 1 net", Steps: 999, StepsTotal: 1000},
		`{"state":"running","text":"sampling · 25 % · 1 failed","share":0.25}`:            {Activity: "sampling", Steps: 80, StepsTotal: 80, Runs: 2, RunsTotal: 8, Failures: 1},
		`{"state":"running","text":"training 1 net · 20 % · about 8 s left","share":0.2}`: {Activity: "training 1 net", Steps: 1000, StepsTotal: 4000, RunsTotal: 10, StepSeconds: .002, RunSeconds: .2, At: now},
		`{"state":"running","text":"training 1 net · 25 %","share":0.25}`:                 {Activity: "training 1 net", Steps: 1000, StepsTotal: 4000, Runs: 1, RunsTotal: 4, StepSeconds: 1e-5, RunSeconds: 1e-5, At: now},
		`{"state":"running","text":"exporting · 3 failed"}`:                               {Activity: "exporting", Steps: 80, StepsTotal: 80, Runs: 8, RunsTotal: 8, Failures: 3},
		`{"state":"running","text":"measuring samples of the truth · 0 %","share":0}`:     {Activity: "measuring samples of the truth", RunsTotal: 8},
	} {
		if got := serve.Words(s, now); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestEndWords checks what is said of a sweep that does not work now, while another one does.
func TestEndWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ended         experiments.State
		fault, unread error
		want          string
	}{
		{experiments.Finished, nil, nil, `{"state":"ended","text":"finished"}`},
		{experiments.Failed, nil, nil, `{"state":"ended","text":"ended, some of it failed"}`},
		{experiments.Killed, nil, nil, `{"state":"ended","text":"interrupted: the same command goes on"}`},
		{experiments.Lost, nil, nil, `{"state":"ended","text":"its process died: the same command goes on"}`},
		{experiments.Running, nil, nil, `{"state":"waiting","text":"running"}`},
		{experiments.Finished, errors.New("x"), nil, `{"state":"problem","text":"the page cannot be made: x"}`},
		{experiments.Finished, errors.New("x"), errors.New("y"), `{"state":"problem","text":"the store cannot be read: y"}`},
	} {
		if got := serve.EndWords(c.ended, c.fault, c.unread); got != c.want {
			t.Errorf("%s, %v, %v: got %s, want %s", c.ended, c.fault, c.unread, got, c.want)
		}
	}
}

// TestDue checks when a page is made again: the first time at once, afterwards only when the store has changed and, while a sweep runs, once the
// renderer has rested. The end of a sweep is shown at once.
func TestDue(t *testing.T) {
	t.Parallel()
	_, file := storeIn(t)
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	s, err := serve.New(t.Context(), serve.Options{File: file, Now: func() time.Time { return now }})
	must(t, err)
	defer s.Close()
	for _, c := range []struct {
		name                             string
		made                             bool
		madeAt                           int64
		madeRunning                      bool
		at                               int64
		running                          bool
		wantWhileItRests, wantWhenItIsUp bool
	}{
		{"the first", false, 0, false, 1, true, true, true},
		{"unchanged at rest", true, 1, false, 1, false, false, false},
		{"unchanged at work", true, 1, true, 1, true, false, false},
		{"changed at rest", true, 1, false, 2, false, true, true},
		{"changed at work", true, 1, true, 2, true, false, true},
		{"it begins", true, 1, false, 1, true, false, true},
		{"it ends", true, 1, true, 1, false, true, true},
	} {
		s.Rest(now.Add(time.Nanosecond))
		resting := s.Due(c.made, c.madeAt, c.madeRunning, c.at, c.running)
		s.Rest(now)
		if up := s.Due(c.made, c.madeAt, c.madeRunning, c.at, c.running); resting != c.wantWhileItRests || up != c.wantWhenItIsUp {
			t.Errorf("%s: %v while it rests and %v afterwards, want %v and %v", c.name, resting, up, c.wantWhileItRests, c.wantWhenItIsUp)
		}
	}
}
