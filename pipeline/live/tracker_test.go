package live

import (
	"math"
	"testing"
	"time"

	"flowsweep/pipeline/stage"
)

// TestTracker follows a sweep of two fits, of which one goes on where an earlier sweep was, and fails.
func TestTracker(t *testing.T) {
	t.Parallel()
	now := noon
	clock := stage.NewClock()
	ctx := stage.With(t.Context(), clock)
	a := NewTracker(Status{Sweep: "a", Cores: 2}, clock, func() time.Time { return now })
	want := func(text string, steps, stepsTotal, runs, runsTotal, fits int) Status {
		t.Helper()
		s := a.Status()
		if s.Activity != text || s.Steps != steps || s.StepsTotal != stepsTotal || s.Runs != runs || s.RunsTotal != runsTotal || len(s.Fits) != fits {
			t.Errorf("got %q, steps %d of %d, runs %d of %d, %d fits; want %q, %d of %d, %d of %d, %d", s.Activity, s.Steps, s.StepsTotal,
				s.Runs, s.RunsTotal, len(s.Fits), text, steps, stepsTotal, runs, runsTotal, fits)
		}
		return s
	}
	want("preparing", 0, 0, 0, 0, 0)
	a.Plan(2000, 6)
	a.Begin(Fit{Key: "one", Label: "width 8", Steps: 1000}, 3)
	now = now.Add(time.Second)
	a.Begin(Fit{Key: "two", Steps: 1000}, 3)
	a.Resume("two", 400)
	first, second := stage.Enter(ctx, stage.Train), stage.Enter(ctx, stage.Train)
	want("training 2 nets", 0, 1600, 0, 6, 2)
	now = now.Add(2 * time.Second)
	a.Advance("one", 500, 0)
	a.Advance("two", 100, 0)
	s := want("training 2 nets", 600, 1600, 0, 6, 2)
	if one, two := s.Fits[0], s.Fits[1]; one.Key != "one" || one.Rate != 250 || one.Step != 500 || two.Rate != 50 || two.Step != 500 || one.Since != noon {
		t.Errorf("fits %+v", s.Fits)
	}
	first()
	a.Fail()
	a.End("two") // its 500 steps and 3 runs will never be
	want("training 1 net", 600, 1100, 0, 3, 1)
	second()
	want("training 1 net", 600, 1100, 0, 3, 1) // between two stages
	defer stage.Enter(ctx, stage.Sample)()
	a.Advance("one", 500, 1)
	if s := want("sampling", 1100, 1100, 1, 3, 1); s.Failures != 1 || s.StepSeconds <= 0 || s.RunSeconds < 0 {
		t.Errorf("%+v", s)
	}
	a.Advance("one", 0, 2)
	a.End("one")
	want("sampling", 1100, 1100, 3, 3, 0)
}

// TestWeights: a fit whose steps take a hundred times as long is done first, and the time left does not jump: neither then, nor when the
// first run is done, as all take what their weights say.
func TestWeights(t *testing.T) {
	t.Parallel()
	now := noon
	a := NewTracker(Status{}, stage.NewClock(), func() time.Time { return now })
	a.Crew(func() ([]Fit, []Machine) { return nil, nil }) // whose trainings take all the time
	a.Plan(2000, 4)
	a.Weigh(map[string]Weight{"slow": {1, 50}, "fast": {.01, 50}}, Weight{1010, 200})
	a.Begin(Fit{Key: "slow", Steps: 1000}, 2)
	for k := 1; k <= 9; k++ {
		now = now.Add(200 * time.Second)
		a.Advance("slow", 100, 0)
		left, ok := a.Status().ETA(now)
		if want := 2 * (1010 + 200 - 100*float64(k)); !ok || math.Abs(left.Seconds()-want) > 1e-6*want {
			t.Errorf("after %d steps %v are left, want %g s", 100*k, left, want)
		}
	}
	a.End("slow") // its last steps and its runs will never be
	if left, ok := a.Status().ETA(now); !ok || math.Abs(left.Seconds()-2*(10+100)) > 1e-6 {
		t.Errorf("without the rest of the slow one %v are left", left)
	}
}

// TestTrackerOfCrew: the machines say what they do.
func TestTrackerOfCrew(t *testing.T) {
	t.Parallel()
	now := noon
	a := NewTracker(Status{}, stage.NewClock(), func() time.Time { return now })
	var fits []Fit
	var machines []Machine
	end := a.Crew(func() ([]Fit, []Machine) { return fits, machines })
	want := func(text string) {
		t.Helper()
		if got := a.Status().Activity; got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	want("waiting for machines")
	machines = []Machine{{Name: "a"}, {Name: "b"}}
	want("waiting for 2 machines")
	a.Plan(2000, 2)
	fits, machines[1].Fits = []Fit{{Key: "x", Machine: "b", Steps: 1000}}, 1
	want("1 fit on 1 machine")
	now = now.Add(5 * time.Second)
	fits[0].Step = 500
	a.Advance("x", 500, 0)
	if s := a.Status(); s.Fits[0].Rate != 100 || s.StepSeconds != .01 || s.Sentence(now) != "1 fit on 1 machine: 500 of 2,000 steps, 100 steps/s, about 15 s left" {
		t.Errorf("%+v: %s", s, s.Sentence(now))
	}
	end()
	want("1 fit on 1 machine") // nothing else has begun
}

// TestNoTracker: a unit of a worker keeps no account.
func TestNoTracker(t *testing.T) {
	t.Parallel()
	var a *Tracker
	a.Begin(Fit{}, 1)
	a.Advance("", 1, 1)
	a.End("")
	a.Crew(nil)()
}

func TestRateOverTime(t *testing.T) {
	t.Parallel()
	var r rate
	for i, want := range []float64{0, 100, 100, 100} {
		if got := r.at(noon.Add(time.Duration(i)*time.Second), 100*float64(i)); got != want {
			t.Errorf("after %d s: %g, want %g", i, got, want)
		}
	}
	if got := r.at(noon.Add(3100*time.Millisecond), 1e9); got != 100 {
		t.Errorf("asked again at once: %g, want the same", got)
	}
	for i := range 100 { // faster from now on
		if got := r.at(noon.Add(time.Duration(4+i)*time.Second), 300+200*float64(i+1)); i > 12 && got != 200 {
			t.Fatalf("after %d s at 200 a second: %g", i, got)
		}
	}
	if got := r.at(noon.Add(200*time.Second), 5); got != 0 {
		t.Errorf("from the start again: %g, want 0", got)
	}
}

// TestTrackerCounts: parts of a stage are counted.
func TestTrackerCounts(t *testing.T) {
	t.Parallel()
	clock := stage.NewClock()
	ctx := stage.With(t.Context(), clock)
	stage.Enter(ctx, stage.Nulls)
	stage.Count(ctx, stage.Nulls, 3, 12)
	if got := NewTracker(Status{}, clock, time.Now).Status().Sentence(time.Now()); got != "measuring samples of the truth (3 of 12)" {
		t.Errorf("got %q", got)
	}
}
