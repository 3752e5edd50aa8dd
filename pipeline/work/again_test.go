package work

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/sweep"
	"flowsweep/pipeline/sweep/talk"
	"flowsweep/store"
)

// waiting lets a machine work as a worker does, and returns once it waits for jobs.
func (h hand) waiting() {
	h.Helper()
	go h.work(h.Context())
	time.Sleep(100 * time.Millisecond)
}

// back gives a job back without having done anything.
func (h hand) back(j *crew.Job) {
	h.Helper()
	answer, err := h.Crew.Ask(h.Context(), talk.AskBack, talk.Encode(h.about(j)), "")
	if err != nil {
		h.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // another worker is given it meanwhile
	end(j, answer)
}

// TestGivenToWhoWaits: what failed on a machine, or was given back by it, is done by another one that was waiting for a job meanwhile.
func TestGivenToWhoWaits(t *testing.T) {
	t.Parallel()
	for name, let := range map[string]func(h hand, j *crew.Job){
		"failed":     func(h hand, j *crew.Job) { h.fail(j) },
		"given back": func(h hand, j *crew.Job) { h.back(j) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 {
				h := listening(t, strings.Replace(hostSpec, "seeds: 4", "seeds: 1", 1), nil)
				one, two := h.join("one"), h.join("two")
				j := one.next()
				two.waiting()
				let(one, j)
				h.end()
				if states := fmt.Sprint(h.stored()); len(h.fails) > 0 || states != "[finished]" {
					t.Errorf("states %s, failures %q", states, h.fails)
				}
			}
		})
	}
}

// TestNoMemoryForTeacher: a teacher that no machine has the memory for is lost although its student still waits for it. That then fails, for
// the reason that it would have on one machine, and no machine is asked.
func TestNoMemoryForTeacher(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "seeds: 4", "coupling: {reflow: {steps: 1, pairs: 10}}", 1), nil)
	small := h.join("small")
	small.units.Memory = 1
	go small.work(t.Context())
	h.end()
	if states := fmt.Sprint(h.stored()); states != "[failed lost]" || len(h.fails) != 2 || !strings.Contains(h.fails[1], "is lost: sweep without --retry-failed") {
		t.Errorf("states %s, failures %q", states, h.fails)
	}
}

// TestNothingLeft: a sweep with nothing left to do says that it is over, for those who come too late.
func TestNothingLeft(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "seeds: 4", "seeds: 1", 1), nil)
	one := h.join("one")
	one.do(one.next())
	h.end()
	for _, retry := range []bool{false, true} {
		over := 0
		s := sweep.Sweep{
			DB: h.db, File: filepath.Join(t.TempDir(), "runs.db"), Plan: h.plan, Engine: engine.Go, Workers: 1, Now: time.Now, Log: t.Output(), RetryFailed: retry,
			Crew: &sweep.Crew{Host: h.crew, Over: func() error { over++; return nil }},
		}
		if err := s.Do(t.Context(), func(context.Context, []string) error { return nil }); err != nil || over != 1 {
			t.Errorf("retry %v: said %d times (%v)", retry, over, err)
		}
	}
}

// TestSaidTwice: a failure that a machine sends again, as it heard no answer, is not that of a second machine.
func TestSaidTwice(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "seeds: 4", "seeds: 1", 1), nil)
	one, two := h.join("one"), h.join("two")
	j := one.next()
	one.fail(j)
	one.fail(j)
	two.do(two.next())
	h.end()
	if states := fmt.Sprint(h.stored()); len(h.fails) > 0 || states != "[finished]" {
		t.Errorf("states %s, failures %q", states, h.fails)
	}
}

// TestSecondLookFails: a fit that fails on the machine that does it again was not compared.
func TestSecondLookFails(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "seeds: 4", "seeds: 1", 1), func(s *sweep.Sweep) { s.Crew.Check = 1 })
	one, two := h.join("one"), h.join("two")
	one.do(one.next())
	two.fail(two.next())
	h.end()
	h.says("is not compared: it failed on machine two")
	if said := strings.Join(h.log.list(), "\n"); len(h.fails) > 0 || strings.Contains(said, "with the same bits") {
		t.Errorf("failures %q, said %s", h.fails, said)
	}
}

// TestNobodyToCompare: a sweep ends whose fits are done, if all machines leave before one has done a fit again.
func TestNobodyToCompare(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "seeds: 4", "seeds: 1", 1), func(s *sweep.Sweep) { s.Crew.Check = 1 })
	one, two := h.join("one"), h.join("two")
	one.do(one.next())
	one.leave()
	two.leave()
	h.end()
	h.says("is not compared: no other machine is there")
}

// TestLongNames: what machines say of themselves is kept and printed up to a limit.
func TestLongNames(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "seeds: 4", "seeds: 1", 1), nil)
	one := h.join("one")
	long := strings.Repeat("\x1bx", 1000)
	for topic, says := range map[string]any{
		talk.AskJoin:   talk.Member{Machine: long, Plan: one.offer.Plan, Environment: one.me.Environment},
		talk.AskBeat:   talk.Beat{Machine: long, Plan: one.offer.Plan},
		talk.AskRefuse: talk.About{Machine: long, Plan: one.offer.Plan},
	} {
		if _, err := one.Crew.Ask(t.Context(), topic, talk.Encode(says), ""); err == nil || !strings.Contains(err.Error(), "more than 255 bytes") {
			t.Errorf("%s: %v", topic, err)
		}
	}
	j := one.next()
	about := one.about(j)
	about.Why = long
	if _, err := one.Crew.Ask(t.Context(), talk.AskRefuse, talk.Encode(about), ""); err != nil {
		t.Error(err)
	}
	j.Leave()
	h.end()
	for _, line := range h.log.list() {
		if len(line) > 2000 || strings.Contains(line, "\x1b") {
			t.Errorf("printed: %d bytes, %q", len(line), line)
		}
	}
}

// saves sends a checkpoint of a fit.
func (h hand) saves(fit experiments.Fit) {
	h.Helper()
	ctx, path := h.Context(), filepath.Join(h.TempDir(), "checkpoint.db")
	db, err := store.OpenPart(ctx, path)
	if err != nil {
		h.Fatal(err)
	}
	err = errors.Join(db.Lock(ctx, "test", time.Now, nil), db.QueueFit(ctx, fit))
	if err == nil {
		_, err = db.StartFit(ctx, fit.Key, h.units.Environment, time.Now())
	}
	if err := errors.Join(err, db.SaveCheckpoint(ctx, fit.Key, 3, []byte("state")), db.Close()); err != nil {
		h.Fatal(err)
	}
	about := talk.About{Machine: h.worker.Name, Plan: h.offer.Plan, Job: fit.Key}
	if _, err := h.Crew.Ask(ctx, talk.AskSave, talk.Encode(about), path); err != nil {
		h.Fatal(err)
	}
}

// TestSaves: a checkpoint is taken in before the host has given its fits out, from a machine that works for the host before, and of a fit
// that failed on another machine.
func TestSaves(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		h := listening(t, hostSpec, func(s *sweep.Sweep) {
			if !fails {
				s.Crew.Grace = time.Hour
			}
		})
		one, two := h.join("one"), h.join("two")
		fit := h.plan.Fits[0]
		if fails {
			j := one.next()
			one.fail(j)
			fit = one.fits[j.Name]
			if _, err := two.fetch(t.Context(), two.about(j)); err != nil {
				t.Fatal(err)
			}
		}
		two.saves(fit)
		if f, err := h.db.Fit(t.Context(), fit.Key); err != nil || f.Checkpoint != 3 || f.State != experiments.Queued {
			t.Errorf("after a failure %v: %s with a checkpoint of step %d (%v)", fails, f.State, f.Checkpoint, err)
		}
	}
}

// TestHostNotReady: a machine that comes while the host still prepares its references waits for it, however little patience it has.
func TestHostNotReady(t *testing.T) {
	t.Parallel()
	made := make(chan struct{})
	h := listening(t, hostSpec, func(s *sweep.Sweep) {
		now := s.Now
		s.Now = func() time.Time { <-made; return now() } // the first thing that a sweep asks
	})
	c, err := crew.Join(t.Context(), h.crew.Address(), crew.WorkerOptions{Name: "early", Patience: 200 * time.Millisecond, Folder: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	time.AfterFunc(600*time.Millisecond, func() { close(made) })
	if _, err := c.Ask(t.Context(), talk.AskOffer, talk.Encode(talk.Member{Machine: "early"}), ""); err != nil {
		t.Errorf("the machine hears %v", err)
	}
}
