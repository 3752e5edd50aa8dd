package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// soakVariable sets how often TestSoak kills; `task soak` does it 200 times.
const soakVariable = "FLOWSWEEP_SOAK"

// soakSpec is a sweep whose every seed takes a fraction of a second, most of it in training.
const soakSpec = `name: soak
target: {name: moons, noise: 0.1}
net: {width: 8, depth: 1, activation: tanh}
train: {steps: 8000, batch: 32, rate: 1e-2, schedule: cosine}
seeds: %d
sample: {solver: [euler, heun], steps: [1, 4], count: 64}
reference: {count: 64}
metrics: [mmd, sliced-w2]
`

// soak is a folder with a spec, and a store that sweeps are killed on.
type soak struct {
	*testing.T
	dir   string
	acked map[string]string // what readers saw as finished, as JSON by key of the run
	said  strings.Builder   // by all sweeps
}

// TestSoak kills a sweep at random moments. After each of them the store is whole and holds all that anybody ever saw in it
// as finished; and in the end it holds, to the bit, what an uninterrupted sweep leaves.
func TestSoak(t *testing.T) {
	t.Parallel()
	kills := 12
	if testing.Short() {
		kills = 2
	}
	if n, err := strconv.Atoi(os.Getenv(soakVariable)); err == nil {
		kills = n
	}
	s := &soak{T: t, dir: t.TempDir(), acked: map[string]string{}}
	s.spec(2)
	start := time.Now()
	s.finish("warm.db")
	whole := time.Since(start)

	random := rand.New(rand.NewPCG(1, 2))
	seeds, fresh := 2, true // fresh: two seeds are to be done from nothing
	for range kills {
		s.spec(seeds)
		took := s.kill(time.Duration(random.Float64() * float64(whole)))
		if took > 0 && fresh {
			whole = min(whole, took) // the first one may have been slow
		}
		if fresh = took > 0; fresh {
			seeds += 2 // there is nothing left to kill
		}
		s.check("runs.db")
	}
	s.spec(seeds)
	s.finish("runs.db")
	s.check("runs.db")
	s.finish("whole.db")
	s.same("runs.db", "whole.db")
	t.Logf("%d kills, %d seeds, %d results seen before the end, training went on from a checkpoint %d times", kills, seeds, len(s.acked),
		strings.Count(s.said.String(), "goes on from step"))
}

// TestSweepsAtOnce: of several processes that sweep the same at once, all end well, and each fit and run is done once.
func TestSweepsAtOnce(t *testing.T) {
	t.Parallel()
	counts := []int{2, 4}
	if testing.Short() {
		counts = counts[:1]
	}
	for _, n := range counts {
		s := &soak{T: t, dir: t.TempDir(), acked: map[string]string{}}
		s.spec(2)
		type process struct {
			*exec.Cmd
			said *bytes.Buffer
		}
		var all []process
		for range n {
			cmd, said := s.sweep("runs.db")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			all = append(all, process{cmd, said})
		}
		trained, sampled, times := 0, 0, map[string]int{}
		for _, p := range all {
			if err := p.Wait(); err != nil {
				t.Errorf("%d at once: %v: %s", n, err, p.said)
			}
			for _, m := range regexp.MustCompile(`\((\d+) to train\) and \d+ runs \((\d+) to sample\)`).FindAllStringSubmatch(p.said.String(), -1) {
				fits, _ := strconv.Atoi(m[1]) // digits
				runs, _ := strconv.Atoi(m[2])
				trained, sampled = trained+fits, sampled+runs
			}
			for _, m := range regexp.MustCompile(`(?m)^fit ([0-9a-f]{16}): .* loss`).FindAllStringSubmatch(p.said.String(), -1) {
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
		if len(s.acked) != 8 {
			t.Errorf("%d at once leave %d finished runs, want 8", n, len(s.acked))
		}
	}
}

func (s *soak) spec(seeds int) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "soak.yaml"), fmt.Appendf(nil, soakSpec, seeds), 0o644); err != nil {
		s.Fatal(err)
	}
}

// sweep is the command, with checkpoints that follow one another closely and an output folder named after the store.
func (s *soak) sweep(db string) (cmd *exec.Cmd, said *bytes.Buffer) {
	cmd = exec.Command("flowsweep", "sweep", "soak.yaml", "--checkpoint-every", "10ms", "--db", db, "--out", db+".out")
	said = &bytes.Buffer{}
	cmd.Dir, cmd.Stderr = s.dir, said
	return cmd, said
}

// finish sweeps to the end.
func (s *soak) finish(db string) {
	s.Helper()
	cmd, said := s.sweep(db)
	err := cmd.Run()
	s.said.Write(said.Bytes())
	if err != nil {
		s.Fatalf("%v: %s", err, said)
	}
}

// kill starts a sweep, reads the store again and again, and kills the sweep after a while. It returns how long the sweep
// took where that came to its end before, and 0 where it was killed.
func (s *soak) kill(after time.Duration) (took time.Duration) {
	s.Helper()
	start := time.Now()
	cmd, said := s.sweep("runs.db")
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	exit := make(chan error, 1)
	go func() { exit <- cmd.Wait() }()
	var db *store.DB
	for killed := time.After(after); ; {
		select {
		case err := <-exit:
			s.said.Write(said.Bytes())
			if err != nil {
				s.Fatalf("%v: %s", err, said)
			}
			took = time.Since(start)
		case <-killed:
			if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				s.Fatal(err)
			}
			<-exit
			s.said.Write(said.Bytes())
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

// open opens a store, or returns nil where there is none yet.
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

// read notes what is finished, and compares it with what was when it was first seen.
func (s *soak) read(db *store.DB) {
	s.Helper()
	there := map[string]string{}
	for _, r := range s.results(db) {
		if r.State != experiments.Finished || len(r.Metrics) < 2 {
			continue
		}
		text, err := json.Marshal(r)
		if err != nil {
			s.Fatal(err)
		}
		there[r.Run] = string(text)
	}
	for key, was := range s.acked {
		if there[key] != was {
			s.Errorf("run %s was seen as %s and is %q", key, was, there[key])
		}
	}
	for key, is := range there {
		s.acked[key] = is
	}
}

// results returns those of the sweep, or none where the store does not know it yet.
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

// check looks at a store that nobody works on.
func (s *soak) check(name string) {
	s.Helper()
	db := s.open(name)
	if db == nil {
		return // killed before it was there
	}
	defer db.Close()
	s.read(db)
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

// same compares two stores whose sweeps have ended, and what they shipped. Times are those of another day.
func (s *soak) same(a, b string) {
	s.Helper()
	one, other := s.contents(a), s.contents(b)
	if len(one) == 0 || !reflect.DeepEqual(one, other) {
		s.Errorf("%s holds\n%v\nand %s\n%v", a, one, b, other)
	}
	for _, file := range []string{"velocity.onnx", "sampler.onnx", "vectors.json", "choice.json"} {
		x, err := os.ReadFile(filepath.Join(s.dir, a+".out", file))
		y, otherErr := os.ReadFile(filepath.Join(s.dir, b+".out", file))
		if err := errors.Join(err, otherErr); err != nil || !bytes.Equal(x, y) {
			s.Errorf("%s of %s and %s: %d and %d bytes that are not the same (%v)", file, a, b, len(x), len(y), err)
		}
	}
}

// contents returns what determines the table and the report: results, losses, and the sums of weights and samples.
func (s *soak) contents(name string) (list []string) {
	s.Helper()
	db := s.open(name)
	defer db.Close()
	for _, r := range s.results(db) {
		r.FitSeconds, r.SampleSeconds = 0, 0
		fit, err := db.Fit(s.Context(), r.Fit)
		run, runErr := db.Run(s.Context(), r.Run)
		losses, lossErr := db.Losses(s.Context(), r.Fit)
		text, jsonErr := json.Marshal(r)
		if err := errors.Join(err, runErr, lossErr, jsonErr); err != nil {
			s.Fatal(err)
		}
		if r.State != experiments.Finished || fit.Checkpoint != 0 {
			s.Errorf("in the end run %s is %s, and its fit has a checkpoint of step %d", r.Run, r.State, fit.Checkpoint)
		}
		list = append(list, fmt.Sprint(string(text), losses, fit.Files, run.Files))
	}
	return list
}
