package pipeline

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/velocity"
	"flowsweep/store"
)

// TestRetryFailed: of a fit that failed all runs are done, of one that is there those that failed; what was killed, and what
// was never tried, waits.
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
	left := func() work {
		var fits []todo
		for _, fit := range p.Fits {
			fits = append(fits, remainingOf(have, p.Spec, fit))
		}
		return newWork(fits)
	}
	count := func(w work) string {
		return fmt.Sprintf("%d fits, %d to train, %d to sample, %d to measure", len(w.fits), w.trained, w.sampled, w.measured)
	}
	if got, want := count(left()), "4 fits, 3 to train, 11 to sample, 11 to measure"; got != want {
		t.Errorf("left: %s, want %s", got, want)
	}
	failed := left().failedOnly()
	if got, want := count(failed), "2 fits, 1 to train, 4 to sample, 4 to measure"; got != want {
		t.Errorf("failed: %s, want %s", got, want)
	}
	if got := failed.fits[1].sample; len(got) != 1 || got[0].Key != p.Fits[1].Runs[1].Key {
		t.Errorf("of the trained fit: %v, want the run that failed", got)
	}
	// A run that could not be measured is finished and has no value.
	have.Metrics = nil
	if got, want := count(left().failedOnly()), "2 fits, 1 to train, 4 to sample, 5 to measure"; got != want {
		t.Errorf("failed, with one that is not measured: %s, want %s", got, want)
	}
}

// TestFailedRunIsDoneAgain marks one run of a finished sweep as failed.
func TestFailedRunIsDoneAgain(t *testing.T) {
	t.Parallel()
	spec := "name: a\ntarget: moons\nnet: {width: 4, depth: 1}\ntrain: {steps: 30, batch: 4}\nengine: go\n" +
		"sample: {solver: euler, steps: [1, 2], count: 16}\nreference: {count: 16}\nmetrics: mmd\n"
	dir := t.TempDir()
	file, path := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "runs.db")
	if err := os.WriteFile(file, []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	sweep := func(flags ...string) string {
		var stdout, stderr strings.Builder
		Main(append([]string{"sweep", file, "--db", path, "--out", filepath.Join(dir, "out")}, flags...), strings.NewReader(""), &stdout, &stderr)
		return stderr.String()
	}
	sweep()
	run := plan(t, spec).Fits[0].Runs[1].Key
	db, err := store.Open(t.Context(), path)
	if err == nil {
		err = errors.Join(db.EndRun(t.Context(), run, experiments.Environment{}, experiments.Failed, "out of luck", time.Now()), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	said := sweep("--retry-failed")
	for _, want := range []string{"1 failed before and are done again:\n  run " + run + ": out of luck\n", "1 fits (0 to train) and 2 runs (1 to sample)"} {
		if !strings.Contains(said, want) {
			t.Errorf("said %q, want %q", said, want)
		}
	}
	if said := sweep("--retry-failed"); !strings.Contains(said, "nothing of a in "+path+" has failed") {
		t.Errorf("afterwards it said %q", said)
	}
}

func TestLongListsAreCut(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	a := &app{stderr: &said}
	a.sayFailures(nil)
	if said.Len() > 0 {
		t.Errorf("without failures: %q", said.String())
	}
	a.sayFailures(make([]string, mostListed+3))
	if got := said.String(); strings.Count(got, "\n") != mostListed+2 || !strings.Contains(got, "and 3 more") {
		t.Errorf("said %q", got)
	}
}

// TestCheckMemory: weights, gradient and two moments are 4 numbers of 4 bytes each; a byte less than they take is too few.
func TestCheckMemory(t *testing.T) {
	t.Parallel()
	net := velocity.Net{Dim: 2, Width: 10, Depth: 1, Activation: velocity.SiLU}
	least := 16 * float64(net.Size())
	for _, c := range []struct {
		have float64
		ok   bool
	}{{least, true}, {least - 1, false}, {0, true}} {
		if err := checkMemory(net, c.have); (err == nil) != c.ok {
			t.Errorf("%g bytes for %g: %v", c.have, least, err)
		}
	}
	if m := machineMemory(); m != 0 && (m < 1<<26 || m > 1<<50) {
		t.Errorf("this machine has %g bytes", m)
	}
}

func TestTelling(t *testing.T) {
	t.Parallel()
	var losses []shownLoss
	for step := range 11 {
		losses = append(losses, shownLoss{Step: step})
	}
	for state, want := range map[experiments.State]string{experiments.Finished: "0 5 10", experiments.Failed: "0 6 7 8 9 10"} {
		var got []string
		for _, l := range telling(losses, state) {
			got = append(got, fmt.Sprint(l.Step))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: losses of steps %v, want %s", state, got, want)
		}
	}
	if got := telling(losses[:2], experiments.Finished); len(got) != 2 {
		t.Errorf("of two losses: %v", got)
	}
	if losses[1].Step != 1 {
		t.Error("the losses themselves are changed")
	}
}
