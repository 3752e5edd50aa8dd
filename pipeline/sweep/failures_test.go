package sweep

import (
	"fmt"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/pipeline/live"
	"flowsweep/store"
)

// TestRetryFailed: of a fit that failed all runs are done, of one that is there those that failed; what was killed, and what
// was never tried, waits. What is lost counts as failed.
func TestRetryFailed(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nseeds: 4\nmetrics: mmd\nsample: {steps: [1, 2, 4]}\n")
	have := store.States{
		Fits: map[string]experiments.State{
			p.Fits[0].Key: experiments.Failed, p.Fits[1].Key: experiments.Finished, p.Fits[2].Key: experiments.Killed,
		},
		Runs: map[string]experiments.State{
			p.Fits[1].Runs[0].Key: experiments.Finished, p.Fits[1].Runs[1].Key: experiments.Failed, p.Fits[1].Runs[2].Key: experiments.Queued,
		},
		Metrics: map[string][]experiments.Value{p.Fits[1].Runs[0].Key: {{Name: "mmd"}}},
	}
	left := func() Work {
		var fits []*todo
		for _, fit := range p.Fits {
			fits = append(fits, remainingOf(have, p.Spec, &fit))
		}
		return newWork(fits)
	}
	count := func(w Work) string {
		return fmt.Sprintf("%d fits, %d to train, %d to sample, %d to measure", len(w.fits), w.ToTrain, w.ToSample, w.ToMeasure)
	}
	if got, want := count(left()), "4 fits, 3 to train, 11 to sample, 11 to measure"; got != want {
		t.Errorf("left: %s, want %s", got, want)
	}
	failed := left().failedOnly()
	if got, want := count(failed), "2 fits, 1 to train, 4 to sample, 4 to measure"; got != want {
		t.Errorf("failed: %s, want %s", got, want)
	}
	if got := failed.fits[1].runs.sample; len(got) != 1 || got[0].Key != p.Fits[1].Runs[1].Key {
		t.Errorf("of the trained fit: %v, want the run that failed", got)
	}
	// A run that could not be measured is finished and has no value.
	have.Metrics = nil
	if got, want := count(left().failedOnly()), "2 fits, 1 to train, 4 to sample, 5 to measure"; got != want {
		t.Errorf("failed, with one that is not measured: %s, want %s", got, want)
	}
	have.Fits[p.Fits[3].Key], have.Runs[p.Fits[1].Runs[2].Key] = experiments.Lost, experiments.Lost
	if got, want := count(left().failedOnly()), "3 fits, 2 to train, 8 to sample, 9 to measure"; got != want {
		t.Errorf("failed, with a fit and a run that are lost: %s, want %s", got, want)
	}
}

func TestLongListsAreCut(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	s := &sweeper{Sweep: Sweep{Log: &said}}
	s.listFailures()
	if said.Len() > 0 {
		t.Errorf("without failures: %q", said.String())
	}
	s.failures = make([]string, maxListed+3)
	s.listFailures()
	if got := said.String(); strings.Count(got, "\n") != maxListed+2 || !strings.Contains(got, "and 3 more") {
		t.Errorf("said %q", got)
	}
}

func TestMachineMemory(t *testing.T) {
	t.Parallel()
	if m := live.MachineMemory(); m != 0 && (m < 1<<26 || m > 1<<50) {
		t.Errorf("this machine has %g bytes", m)
	}
}
