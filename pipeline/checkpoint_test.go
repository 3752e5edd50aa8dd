package pipeline

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/store"
)

// resumable is a training each point of whose loss curve is the mean of 3 steps, but for the last, which is of 1.
const resumable = "name: a\ntarget: moons\nnet: {width: 4, depth: 1}\ntrain: {steps: 1201, batch: 4, schedule: cosine, ema: 0.9}\n"

// attempt is one attempt at a training, as a store would see it.
type attempt struct {
	weights []float32
	losses  map[int]float64
	last    *checkpoint // the latest of the attempt
	saved   []int       // the steps of all
	steps   int         // that were counted for the progress
}

// try trains a fit from a checkpoint, with a clock that strikes at least once a step, and interrupts it, or kills it, after so
// many seconds.
func try(t *testing.T, fit experiments.Fit, from *checkpoint, every time.Duration, end int, kill bool) (a attempt) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seconds := 0
	clock := func() time.Time {
		if seconds++; seconds == end {
			cancel()
		}
		return time.Unix(int64(seconds), 0)
	}
	a.last, a.losses = from, map[int]float64{}
	tr := &training{
		fit: fit, engine: engine.Go, from: from, pace: newPace(every, clock),
		resumed: func(step int) {
			if from == nil || step != from.step {
				t.Errorf("it goes on from step %d, want %+v", step, from)
			}
			a.steps += step
		},
		log:   func(l experiments.Loss) { a.losses[l.Step] = l.Value },
		steps: func(n int) { a.steps += n },
		save: func(c checkpoint) {
			if kill && ctx.Err() != nil {
				return // a process that is killed saves nothing
			}
			content, err := c.encode()
			if err == nil {
				a.last, err = decodeCheckpoint(fit, engine.Go.Name, c.step, content)
			}
			if err != nil {
				t.Error(err)
			}
			a.saved = append(a.saved, c.step)
		},
	}
	weights, err := tr.run(ctx)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	a.weights = weights
	return a
}

// TestInterruptedTraining interrupts a training at random steps. An interrupt goes on from the step it came at; a kill
// takes what came after the latest checkpoint along. Either way weights and loss curve are those of one that was not
// interrupted, to the bit.
func TestInterruptedTraining(t *testing.T) {
	t.Parallel()
	fit := plan(t, resumable).Fits[0]
	whole := try(t, fit, nil, 0, 0, false)
	if len(whole.losses) != 401 || whole.steps != 1201 || len(whole.saved) != 0 {
		t.Fatalf("uninterrupted: %d points, %d steps, saved at %v; want 401, 1201 and never", len(whole.losses), whole.steps, whole.saved)
	}
	for _, kill := range []bool{false, true} {
		random := flow.NewStream(5, "interruptions").At(0)
		losses := map[int]float64{}
		var a attempt
		ends := 0
		for a.weights == nil {
			a = try(t, fit, a.last, 100*time.Second, 100+random.IntN(400), kill)
			for step, loss := range a.losses {
				if old, twice := losses[step]; twice {
					t.Errorf("kill %v: the point of step %d came twice: %g, %g", kill, step, old, loss)
				}
				losses[step] = loss
			}
			if a.weights == nil {
				ends++
				maps.DeleteFunc(losses, func(step int, _ float64) bool { return a.last == nil || step > a.last.step })
			}
		}
		if !slices.Equal(a.weights, whole.weights) || !maps.Equal(losses, whole.losses) || a.steps != whole.steps {
			t.Errorf("kill %v: after %d ends the weights, %d points or %d steps are others", kill, ends, len(losses), a.steps)
		}
		if ends < 3 {
			t.Errorf("kill %v: it ended %d times, want more", kill, ends)
		}
	}
}

// TestTrainingTime adds up the attempts.
func TestTrainingTime(t *testing.T) {
	t.Parallel()
	fit := plan(t, resumable).Fits[0]
	first := try(t, fit, nil, time.Hour, 500, false).last
	if first == nil || first.Seconds < 490 || first.Seconds > 510 { // the clock strikes once or twice a step
		t.Fatalf("after an interrupt at 500 s: %+v", first)
	}
	second := try(t, fit, first, time.Hour, 200, false).last
	if second.Seconds < first.Seconds+190 || second.Seconds > first.Seconds+210 {
		t.Errorf("after another at 200 s: %g s after %g s", second.Seconds, first.Seconds)
	}
}

// TestPace: no sooner than every ten seconds, and no more than a fiftieth of the time for saving.
func TestPace(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	clock := func() time.Time { return now }
	p := newPace(10*time.Second, clock)
	due := func(after time.Duration, want bool) {
		t.Helper()
		now = now.Add(after)
		if got := p.due(); got != want {
			t.Errorf("after %v: due %v, want %v", now.Sub(time.Unix(0, 0)), got, want)
		}
	}
	due(9*time.Second, false)
	due(time.Second, true)
	now = now.Add(2 * time.Second)
	p.saved()
	due(99*time.Second, false)
	due(time.Second, true)
	p.saved() // at once
	due(9*time.Second, false)
	due(time.Second, true)
	p = newPace(0, clock)
	due(time.Hour, false)
}

func TestCheckpointsThatAreRefused(t *testing.T) {
	t.Parallel()
	fit := plan(t, resumable).Fits[0]
	c := checkpoint{Fit: fit.Key, Engine: "go", Sum: 1. / 3, Count: 2, Seconds: .1, step: 5, net: []byte("net\nwork")}
	content, err := c.encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeCheckpoint(fit, "go", 5, content)
	if err != nil || !reflect.DeepEqual(*got, c) {
		t.Errorf("got %+v (%v), want %+v", got, err, c)
	}
	other := plan(t, "name: a\ntarget: moons\n").Fits[0]
	for _, refused := range []struct {
		name    string
		fit     experiments.Fit
		engine  string
		step    int
		content string
		want    string
	}{
		{"fit", other, "go", 5, string(content), "it is of fit"},
		{"engine", fit, "onnxruntime", 5, string(content), "made with engine go"},
		{"step", fit, "go", 6, string(content), "losses of 2 steps"},
		{"no line", fit, "go", 5, "{}", "damaged"},
		{"no JSON", fit, "go", 5, "\x00\x01\n", "damaged"},
		{"empty", fit, "go", 5, "", "damaged"},
	} {
		if _, err := decodeCheckpoint(refused.fit, refused.engine, refused.step, []byte(refused.content)); err == nil || !strings.Contains(err.Error(), refused.want) {
			t.Errorf("%s: error %v, want one with %q", refused.name, err, refused.want)
		}
	}
}

// TestSweepWithoutItsCheckpoint: one that cannot be used is said, and the fit is trained from nothing.
func TestSweepWithoutItsCheckpoint(t *testing.T) {
	t.Parallel()
	spec := "name: a\ntarget: moons\nnet: {width: 4, depth: 1}\ntrain: {steps: 300, batch: 4}\nengine: go\n" +
		"sample: {solver: euler, steps: 1, count: 16}\nreference: {count: 16}\nmetrics: mmd\n"
	fit := plan(t, spec).Fits[0]
	good := try(t, fit, nil, time.Hour, 100, false).last
	weights := ""
	for _, c := range []struct{ name, content, want string }{
		{"none", "", ""},
		{"good", mustEncode(t, *good), "goes on from step"},
		{"garbage", "garbage", "its checkpoint is not used, training starts from nothing: it is damaged"},
		{"a damaged net", mustEncode(t, *good) + "x", "its checkpoint is not used, training starts from nothing: its checksum is wrong"},
		{"a net that is none", mustEncode(t, checkpoint{Fit: fit.Key, Engine: "go", Count: good.Count, step: good.step}), "its checkpoint is not used"},
	} {
		dir := t.TempDir()
		file, path := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "runs.db")
		db := interrupted(t, spec, path)
		if c.content != "" {
			if err := db.SaveCheckpoint(t.Context(), fit.Key, good.step, []byte(c.content)); err != nil {
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

func mustEncode(t *testing.T, c checkpoint) string {
	t.Helper()
	content, err := c.encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
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
