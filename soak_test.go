package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// soakVariable is the environment variable with the number of kills in TestSoak. `task soak` sets it to 200.
const soakVariable = "FLOWSWEEP_SOAK"

// soakSpec is a sweep that takes a fraction of a second per seed, most of it for training.
const soakSpec = `name: soak
target: {name: gaussian, dim: 2, std: 0.5}
net: {width: 8, depth: 1, activation: tanh}
train: {steps: 8000, batch: 32, rate: 1e-2, schedule: cosine}
seeds: %d
sample: {solver: [euler, heun], steps: [1, 4], count: 64}
reference: {count: 64}
metrics: [mmd, sliced-w2]
`

// soak is a folder with a spec and a store, in which sweeps are killed.
type soak struct {
	*testing.T
	dir      string
	finished map[string]string // JSON of the runs that readers saw as finished, by key
	stderr   strings.Builder   // of all sweeps
}

// TestSoak kills a sweep at random moments. After each kill the store must be undamaged and hold every result that was
// ever seen as finished. At the end it must be bit-identical to that of an uninterrupted sweep.
func TestSoak(t *testing.T) {
	t.Parallel()
	kills := 8
	if testing.Short() {
		kills = 2
	}
	if n, err := strconv.Atoi(os.Getenv(soakVariable)); err == nil {
		kills = n
	}
	s := &soak{T: t, dir: t.TempDir(), finished: map[string]string{}}
	s.spec(2)
	start := time.Now()
	s.finish("warm.db")
	whole := time.Since(start)

	random := rand.New(rand.NewPCG(1, 2))
	seeds, fresh := 2, true // fresh: two seeds have not been started
	for range kills {
		s.spec(seeds)
		took := s.kill(time.Duration(random.Float64() * float64(whole)))
		if took > 0 && fresh {
			whole = min(whole, took) // the first sweep may have been slow
		}
		if fresh = took > 0; fresh {
			seeds += 2 // nothing is left to kill
		}
		s.check("runs.db")
	}
	s.spec(seeds)
	s.finish("runs.db")
	s.check("runs.db")
	s.finish("whole.db")
	s.same("runs.db", "whole.db")
	s.owned("soak.yaml", "warm.db", "runs.db", "whole.db")
	t.Logf("%d kills, %d seeds, %d results seen before the end, training resumed from a checkpoint %d times", kills, seeds, len(s.finished),
		strings.Count(s.stderr.String(), "goes on from step"))
}

// TestSweepsAtOnce runs the same sweep in several processes at once. All must succeed, and do each fit and run once.
func TestSweepsAtOnce(t *testing.T) {
	t.Parallel()
	counts := []int{2, 4}
	if testing.Short() {
		counts = counts[:1]
	}
	for _, n := range counts {
		s := &soak{T: t, dir: t.TempDir(), finished: map[string]string{}}
		s.spec(2)
		type process struct {
			*exec.Cmd
			stderr *bytes.Buffer
		}
		var all []process
		for range n {
			cmd, stderr := s.sweep("runs.db")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			all = append(all, process{cmd, stderr})
		}
		trained, sampled, times := 0, 0, map[string]int{}
		for _, p := range all {
			if err := p.Wait(); err != nil {
				t.Errorf("%d at once: %v: %s", n, err, p.stderr)
			}
			for _, m := range regexp.MustCompile(`\((\d+) to train\) and \d+ runs \((\d+) to sample\)`).FindAllStringSubmatch(p.stderr.String(), -1) {
				fits, _ := strconv.Atoi(m[1]) // digits
				runs, _ := strconv.Atoi(m[2])
				trained, sampled = trained+fits, sampled+runs
			}
			for _, m := range regexp.MustCompile(`(?m)^fit ([0-9a-f]{16}): .* loss`).FindAllStringSubmatch(p.stderr.String(), -1) {
				times[m[1]]++
			}
		}
		if trained != 2 || sampled != 8 || len(times) != 2 {
			t.Errorf("%d at once train %d fits (%v) and sample %d runs, want 2 and 8", n, trained, times, sampled)
		}
		for fit, k := range times {
			if k != 1 {
				t.Errorf("%d at once train fit %s %d times", n, fit, k)
			}
		}
		s.check("runs.db")
		if len(s.finished) != 8 {
			t.Errorf("%d at once leave %d finished runs, want 8", n, len(s.finished))
		}
	}
}

func (s *soak) spec(seeds int) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "soak.yaml"), fmt.Appendf(nil, soakSpec, seeds), 0o644); err != nil {
		s.Fatal(err)
	}
}

// sweep returns a command with frequent checkpoints and an output folder named after the store.
func (s *soak) sweep(db string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	cmd = exec.Command("flowsweep", "sweep", "soak.yaml", "--checkpoint-every", "10ms", "--db", db, "--out", db+".out")
	stderr = &bytes.Buffer{}
	cmd.Dir, cmd.Stderr = s.dir, stderr
	return cmd, stderr
}

// finish runs a sweep to its end.
func (s *soak) finish(db string) {
	s.Helper()
	cmd, stderr := s.sweep(db)
	err := cmd.Run()
	s.stderr.Write(stderr.Bytes())
	if err != nil {
		s.Fatalf("%v: %s", err, stderr)
	}
}

// kill starts a sweep, reads the store repeatedly, and kills the sweep after the given time. It returns the duration of
// the sweep if it ended before that, and 0 if it was killed.
func (s *soak) kill(after time.Duration) (took time.Duration) {
	s.Helper()
	start := time.Now()
	cmd, stderr := s.sweep("runs.db")
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	exit := make(chan error, 1)
	go func() { exit <- cmd.Wait() }()
	var db *store.DB
	for killed := time.After(after); ; {
		select {
		case err := <-exit:
			s.stderr.Write(stderr.Bytes())
			if err != nil {
				s.Fatalf("%v: %s", err, stderr)
			}
			took = time.Since(start)
		case <-killed:
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				s.Fatal(err)
			}
			<-exit
			s.stderr.Write(stderr.Bytes())
		case <-time.After(10 * time.Millisecond):
			if db == nil {
				db = s.open("runs.db")
			}
			s.read(db)
			continue
		}
		if db != nil {
			if err := db.Close(); err != nil {
				s.Error(err)
			}
		}
		return took
	}
}

// open opens a store, or returns nil if it does not exist yet.
func (s *soak) open(name string) *store.DB {
	s.Helper()
	path := filepath.Join(s.dir, name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := store.Open(s.Context(), path)
	if err != nil {
		s.Fatal(err)
	}
	return db
}

// read checks that results seen as finished before are unchanged, and records new ones.
func (s *soak) read(db *store.DB) {
	s.Helper()
	current := map[string]string{}
	for _, r := range s.results(db) {
		if r.State != experiments.Finished || len(r.Metrics) < 2 {
			continue
		}
		text, err := json.Marshal(r)
		if err != nil {
			s.Fatal(err)
		}
		current[r.Run] = string(text)
	}
	for key, want := range s.finished {
		if current[key] != want {
			s.Errorf("run %s was seen as %s and is now %q", key, want, current[key])
		}
	}
	maps.Copy(s.finished, current)
}

// results returns the results of the sweep, or none if it has not been stored yet.
func (s *soak) results(db *store.DB) []experiments.Result {
	s.Helper()
	if db == nil {
		return nil
	}
	names, err := db.SweepNames(s.Context())
	if err == nil && len(names) == 0 {
		return nil
	}
	sweep, err := db.Sweep(s.Context(), "soak")
	if err != nil {
		s.Fatal(err)
	}
	return sweep.Results
}

// check checks a store that nobody is using.
func (s *soak) check(name string) {
	s.Helper()
	db := s.open(name)
	if db == nil {
		return // killed before it existed
	}
	defer db.Close()
	s.read(db)
	s.undamaged(db)
}

// undamaged checks that a store is whole.
func (s *soak) undamaged(db *store.DB) {
	s.Helper()
	found, err := db.Check(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	for _, f := range found {
		if f.Damage {
			s.Errorf("damage: %+v", f)
		}
	}
}

// same compares two stores whose sweeps have ended, and their output folders, ignoring times.
func (s *soak) same(a, b string) {
	s.Helper()
	one, other := s.contents(a), s.contents(b)
	if len(one) == 0 || len(one) != len(other) {
		s.Errorf("%s holds %d results and %s %d", a, len(one), b, len(other))
	}
	for i, text := range one[:min(len(one), len(other))] {
		if text != other[i] {
			s.Errorf("result %d of %s is\n%s\nand of %s\n%s", i, a, text, b, other[i])
		}
	}
	for _, file := range []string{"velocity.onnx", "sampler.onnx", "vectors.json", "choice.json"} {
		x, err := os.ReadFile(filepath.Join(s.dir, a+".out", file))
		y, otherErr := os.ReadFile(filepath.Join(s.dir, b+".out", file))
		if err := errors.Join(err, otherErr); err != nil || !bytes.Equal(x, y) {
			s.Errorf("%s of %s and %s: %d and %d bytes differ (%v)", file, a, b, len(x), len(y), err)
		}
	}
}

// owned checks that the folder holds these files and the output folders of the stores, and that these hold the same files.
func (s *soak) owned(files ...string) {
	s.Helper()
	list := func(dir string) (names []string) {
		entries, err := os.ReadDir(filepath.Join(s.dir, dir))
		if err != nil {
			s.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	for _, name := range files[1:] {
		files = append(files, name+".out")
	}
	slices.Sort(files)
	if got := list("."); !slices.Equal(got, files) {
		s.Errorf("the folder holds %q, want %q", got, files)
	}
	if got, want := list("runs.db.out"), list("whole.db.out"); !slices.Equal(got, want) {
		s.Errorf("the output folder holds %q, want %q", got, want)
	}
}

// contents returns what the run table and the report depend on: results, losses, and the checksums of weights and
// samples.
func (s *soak) contents(name string) (list []string) {
	s.Helper()
	db := s.open(name)
	defer db.Close()
	for _, r := range s.results(db) {
		r.FitSeconds, r.SampleSeconds, r.Machine, r.Rounding = 0, 0, "", ""
		fit, err := db.Fit(s.Context(), r.Fit)
		run, runErr := db.Run(s.Context(), r.Run)
		losses, lossErr := db.Losses(s.Context(), r.Fit)
		text, jsonErr := json.Marshal(r)
		if err := errors.Join(err, runErr, lossErr, jsonErr); err != nil {
			s.Fatal(err)
		}
		if done := r.State == experiments.Finished; !done && r.State != experiments.Pruned || done != (fit.Checkpoint == 0) {
			s.Errorf("at the end run %s is %s, and its fit has a checkpoint of step %d", r.Run, r.State, fit.Checkpoint)
		}
		tunings, err := db.Tunings(s.Context(), r.Fit)
		if err != nil {
			s.Fatal(err)
		}
		for i := range tunings {
			tunings[i].Seconds = 0
		}
		list = append(list, fmt.Sprint(string(text), fit.Checkpoint, losses, fit.Files, run.Files, tunings))
	}
	return append(list, s.beside(db)...)
}

// beside returns what a store holds of a sweep beside its results: dense solves, nulls and baselines.
func (s *soak) beside(db *store.DB) []string {
	s.Helper()
	dense, err := db.Dense(s.Context(), "soak")
	nulls, nullErr := db.Nulls(s.Context(), "soak")
	baselines, baseErr := db.Baselines(s.Context(), "soak")
	if err := errors.Join(err, nullErr, baseErr); err != nil {
		s.Fatal(err)
	}
	return []string{fmt.Sprint(dense), fmt.Sprint(nulls), fmt.Sprint(baselines)} // maps are printed in the order of their keys
}
