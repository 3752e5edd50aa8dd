package work

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments/engine"
	"flowsweep/pipeline/crew"
	"flowsweep/pipeline/sweep"
	"flowsweep/pipeline/sweep/talk"
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
	if err := h.giveBack(h.Context(), h.about(j), talk.Order{}, j, errPaused, true); err != nil {
		h.Fatal(err)
	}
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

// TestNoMemoryForTeacher: a teacher that no machine has the memory for is lost although its students still wait for it.
func TestNoMemoryForTeacher(t *testing.T) {
	t.Parallel()
	h := listening(t, strings.Replace(hostSpec, "seeds: 4", "coupling: {reflow: {steps: 1, pairs: 10}}", 1), nil)
	small := h.join("small")
	small.units.Memory = 1
	go small.work(t.Context())
	h.end()
	if states := fmt.Sprint(h.stored()); states != "[lost lost]" {
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
			DB: h.db, File: "runs.db", Plan: h.plan, Engine: engine.Go, Workers: 1, Now: time.Now, Log: t.Output(), RetryFailed: retry,
			Crew: &sweep.Crew{Over: func() error { over++; return nil }},
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
