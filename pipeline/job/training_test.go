package job

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/velocity"
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

// witness notes what happens in an attempt.
type witness struct {
	*testing.T
	*attempt
	from *checkpoint
	job  Job
	deaf func() bool // a process that is killed saves nothing
}

func (w *witness) Refused(why error) { w.Errorf("the checkpoint is refused: %v", why) }

func (w *witness) Resumed(step int) {
	if w.from == nil || step != w.from.step {
		w.Errorf("it goes on from step %d, want %+v", step, w.from)
	}
	w.steps += step
}

func (w *witness) Loss(l experiments.Loss) { w.losses[l.Step] = l.Value }
func (w *witness) Stepped(n int)           { w.steps += n }

// content returns the whole of a checkpoint.
func (c checkpoint) content() ([]byte, error) {
	head, err := c.head()
	return slices.Concat(head, c.net), err
}

func (w *witness) Save(step int, parts ...[]byte) {
	if w.deaf() {
		return
	}
	j := w.job
	j.Step, j.Checkpoint = step, slices.Concat(parts...)
	c, err := decodeCheckpoint(j)
	if err != nil {
		w.Error(err)
	}
	w.last, w.saved = c, append(w.saved, step)
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
	j := Job{Fit: fit, Engine: engine.Go, Every: every, Now: clock}
	if fit.Teacher != "" {
		j.Teacher = velocity.Init(fit.Recipe.VelocityNet(), 3)
	}
	if from != nil {
		content, err := from.content()
		if err != nil {
			t.Fatal(err)
		}
		j.Step, j.Checkpoint = from.step, content
	}
	events := &witness{T: t, attempt: &a, from: from, job: j, deaf: func() bool { return kill && ctx.Err() != nil }}
	trained, err := Train(ctx, j, events)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	a.weights = trained.Weights
	return a
}

// TestInterruptedTraining interrupts a training at random steps. An interrupt goes on from the step it came at; a kill
// takes what came after the latest checkpoint along. Either way weights and loss curve are those of one that was not
// interrupted, to the bit.
func TestInterruptedTraining(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{resumable, resumable + "coupling: {reflow: {steps: 2, pairs: 50}}\n"} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			interrupt(t, plan(t, spec).Fits[0])
		})
	}
}

func interrupt(t *testing.T, fit experiments.Fit) {
	t.Helper()
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
	content, err := c.content()
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeCheckpoint(Job{Fit: fit, Engine: engine.Go, Step: 5, Checkpoint: content})
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
		if _, err := decodeCheckpoint(Job{Fit: refused.fit, Engine: engine.Engine{Name: refused.engine}, Step: refused.step, Checkpoint: []byte(refused.content)}); err == nil || !strings.Contains(err.Error(), refused.want) {
			t.Errorf("%s: error %v, want one with %q", refused.name, err, refused.want)
		}
	}
}
