package job

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/velocity"
)

func plan(t *testing.T, text string) experiments.Plan {
	t.Helper()
	spec, err := experiments.Parse("spec.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPairsDoNotDependOnTheBatch: the points of a fit are numbered through, so the second batch of 4 is the second half
// of one of 8, and no point comes twice.
func TestPairsDoNotDependOnTheBatch(t *testing.T) {
	t.Parallel()
	fit := plan(t, "name: a\ntarget: moons\n").Fits[0]
	draw := func(step, n int) (times []float64, x0, x1 flow.Batch) {
		times, x0, x1 = make([]float64, n), flow.NewBatch(n, 2), flow.NewBatch(n, 2)
		if err := Pairs(fit)(step, times, x0, x1); err != nil {
			t.Fatal(err)
		}
		return times, x0, x1
	}
	times, x0, x1 := draw(1, 8)
	lateTimes, late0, late1 := draw(2, 4)
	if !slices.Equal(lateTimes, times[4:]) || !slices.Equal(late0.Data, x0.Slice(4, 8).Data) || !slices.Equal(late1.Data, x1.Slice(4, 8).Data) {
		t.Error("step 2 of batches of 4 is not the second half of step 1 of batches of 8")
	}
	_, early0, early1 := draw(1, 4)
	if slices.Equal(early0.Data, late0.Data) || slices.Equal(early1.Data, late1.Data) {
		t.Error("steps 1 and 2 train on the same points")
	}
}

// untrained returns the net of the plan's first fit as it is before training.
func untrained(t *testing.T, p experiments.Plan, seed uint64) *Fitted {
	t.Helper()
	f, err := Open(engine.Go, p.Fits[0], velocity.Init(p.Fits[0].Recipe.VelocityNet(), 1), seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestRunsStartFromTheSameNoise: samples depend on the net, the sampling and the seed alone, and the first of them are
// the same however many are drawn.
func TestRunsStartFromTheSameNoise(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nnet: {width: 8, depth: 1}\nsample: {solver: heun, steps: 3, count: [10, 30]}\n")
	draw := func(run int, seed uint64) Sampled {
		sampling := p.Fits[0].Runs[run].Sampling
		f := untrained(t, p, seed)
		s, err := f.Sample(t.Context(), sampling, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		// A run that finds the first velocity computed gives the same, counts it, and claims no less time than it took.
		o := f.start(sampling)
		again, err := f.Sample(t.Context(), sampling, time.Now)
		if err != nil || !slices.Equal(again.Points.Data, s.Points.Data) || again.NFE != s.NFE || again.Seconds < o.seconds || o.seconds <= 0 {
			t.Errorf("with the first velocity at hand: nfe %g, %g s, %v", again.NFE, again.Seconds, err)
		}
		return s
	}
	few, many := draw(0, 5), draw(1, 5)
	if !slices.Equal(few.Points.Data, many.Points.Slice(0, 10).Data) {
		t.Error("the first 10 of 30 samples are not those drawn alone")
	}
	if slices.Equal(few.Points.Data, draw(0, 6).Points.Data) {
		t.Error("another seed gives the same samples")
	}
	if few.NFE != 6 || few.MaxNFE != 6 {
		t.Errorf("nfe %g, at most %d, want 6", few.NFE, few.MaxNFE)
	}
}

func TestSamplingStopsWithTheContext(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nnet: {width: 8, depth: 1}\nsample: {solver: euler, steps: 1000000, count: 10}\n")
	f := untrained(t, p, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := f.Sample(ctx, p.Fits[0].Runs[0].Sampling, time.Now); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	err := Guard(func() error { _ = make([]float64, len(os.Args)-1<<62); return nil })
	if err == nil || !strings.Contains(err.Error(), "makeslice") {
		t.Errorf("error %v, want the panic", err)
	}
}

// TestNoiseOnTheWay: the noise of the steps depends on the seed, the sample and the step alone, is another where a run starts from
// fresh noise, and is that of StepNoise.
func TestNoiseOnTheWay(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nnet: {width: 8, depth: 1}\nsample: {solver: heun, steps: 3, sde: {noise: [0, 1]}, count: [10, 30]}\n")
	run := func(noise float64, count int) experiments.Sampling {
		for _, r := range p.Fits[0].Runs {
			if r.Sampling.SDE.Noise == noise && r.Sampling.Count == count {
				return r.Sampling
			}
		}
		t.Fatalf("no run of %d samples with noise %g", count, noise)
		return experiments.Sampling{}
	}
	x0 := Noise(experiments.Setting{Recipe: p.Fits[0].Recipe, Sample: experiments.Sampling{Count: 30}}, 5)
	draw := func(s experiments.Sampling, stream string) flow.Batch {
		f := untrained(t, p, 5)
		f.noise = stream
		f.starts[fromOf(s)] = &start{x0: x0.Slice(0, s.Count)} // so that streams differ in the noise of the steps alone
		got, err := f.Sample(t.Context(), s, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return got.Points
	}
	few, many := draw(run(1, 10), runNoise), draw(run(1, 30), runNoise)
	if !slices.Equal(few.Data, many.Slice(0, 10).Data) {
		t.Error("the first 10 of 30 samples are not those of 10")
	}
	if slices.Equal(many.Data, draw(run(0, 30), runNoise).Data) || slices.Equal(many.Data, draw(run(1, 30), "fresh noise").Data) {
		t.Error("samples with noise are those of the flow, or those with fresh noise")
	}
	f := untrained(t, p, 5)
	for from := 0; from < 30; from += 7 {
		to := min(from+7, 30)
		v := Velocity{Path: flow.CondOT, Field: f.model.Field(), Noise: StepNoise(5, uint64(from))}
		part, err := v.Sample(t.Context(), run(1, 30), x0.Slice(from, to))
		if err != nil || !slices.Equal(part.Points.Data, many.Slice(from, to).Data) {
			t.Errorf("samples %d to %d alone are others (%v)", from, to, err)
		}
	}
}
