package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/job"
	"flowsweep/store"
)

// TestSweepWithoutItsCheckpoint: one that cannot be used is said, and the fit is trained from nothing.
func TestSweepWithoutItsCheckpoint(t *testing.T) {
	t.Parallel()
	spec := "name: a\ntarget: gaussian\nnet: {width: 4, depth: 1}\ntrain: {steps: 300, batch: 4}\nengine: go\n" +
		"sample: {solver: euler, steps: 1, count: 16}\nreference: {count: 16}\nmetrics: mmd\n"
	fit := plan(t, spec).Fits[0]
	step, good := interruptedTraining(t, fit)
	head := good[:strings.IndexByte(good, '\n')+1]
	weights := ""
	for _, c := range []struct{ name, content, want string }{
		{"none", "", ""},
		{"good", good, "goes on from step"},
		{"garbage", "garbage", "its checkpoint cannot be used, training starts from scratch: it is damaged"},
		{"a damaged net", good + "x", "its checkpoint cannot be used, training starts from scratch: its checksum is wrong"},
		{"a net that is none", head, "its checkpoint cannot be used"},
	} {
		dir := t.TempDir()
		file, path := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "runs.db")
		db := interrupted(t, spec, path)
		if c.content != "" {
			if err := db.SaveCheckpoint(t.Context(), fit.Key, step, []byte(c.content)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(db.Close(), os.WriteFile(file, []byte(spec), 0o644)); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr strings.Builder
		code := Main([]string{"sweep", file, "--db", path, "--out", filepath.Join(dir, "out")}, strings.NewReader(""), &stdout, &stderr)
		if code != exitOK && !strings.Contains(stderr.String(), "was not verified") || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%s: exit code %d, said %s; want %q", c.name, code, stderr.String(), c.want)
		}
		if c.name != "good" && strings.Contains(stderr.String(), "goes on") {
			t.Errorf("%s: it goes on: %s", c.name, stderr.String())
		}
		db, err := store.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.Weights(t.Context(), fit.Key)
		losses, lossErr := db.Losses(t.Context(), fit.Key)
		if err := errors.Join(err, lossErr, db.Close()); err != nil {
			t.Fatal(err)
		}
		if weights == "" {
			weights = string(got)
		}
		// The good one follows an attempt whose losses the store never got.
		if string(got) != weights || c.name != "good" && len(losses) != 300 {
			t.Errorf("%s: other weights, or %d losses and not 300", c.name, len(losses))
		}
	}
}

// interrupted returns a store in which the first fit of the spec is being trained.
func interrupted(t *testing.T, spec, path string) *store.DB {
	t.Helper()
	p := plan(t, spec)
	db, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(db.Lock(t.Context(), "test", time.Now, nil), db.StartSweep(t.Context(), p, experiments.Environment{}, time.Now()))
	if err == nil {
		_, err = db.StartFit(t.Context(), p.Fits[0].Key, experiments.Environment{}, time.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// interruptedTraining returns the checkpoint that a training leaves which is interrupted after about 50 steps.
func interruptedTraining(t *testing.T, fit experiments.Fit) (step int, content string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e := &saving{cancel: cancel}
	if _, err := job.Train(ctx, job.Job{Fit: fit, Engine: engine.Go, Now: time.Now}, e); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return e.step, string(e.content)
}

// saving interrupts a training, and keeps its checkpoint.
type saving struct {
	cancel  func()
	step    int
	content []byte
}

func (*saving) Refused(error) {}
func (*saving) Resumed(int)   {}
func (*saving) Stepped(int)   {}

func (s *saving) Loss(l experiments.Loss) {
	if l.Step == 50 {
		s.cancel()
	}
}

func (s *saving) Save(step int, parts ...[]byte) { s.step, s.content = step, slices.Concat(parts...) }
