package pipeline

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// TestFailedRunIsDoneAgain marks one run of a finished sweep as failed.
func TestFailedRunIsDoneAgain(t *testing.T) {
	t.Parallel()
	spec := "name: a\ntarget: gaussian\nnet: {width: 4, depth: 1}\ntrain: {steps: 30, batch: 4}\nengine: go\n" +
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
