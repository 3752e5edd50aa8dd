package job

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// ringOfClasses is the spec of eight Gaussians on a ring, each a class of its own.
const ringOfClasses = "name: a\ntarget: {name: gaussians, label: component}\nnet: {width: 64, depth: 3, activation: silu}\n" +
	"train: {steps: [4000, 300], rate: 4e-3, schedule: cosine, ema: 0.995, drop: 0.3}\n" +
	"sample: {solver: midpoint, steps: 16, count: 1600, guidance: [0, 1, 2]}\nmetrics: [mmd]\n"

// fitted trains a fit.
func fitted(t *testing.T, fit experiments.Fit) *Fitted {
	t.Helper()
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		t.Fatal(err)
	}
	trained, err := Train(t.Context(), Job{Fit: fit, Engine: e, Now: time.Now}, &quiet{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(e, fit, trained.Weights, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// guided returns the samples of the run with that weight, with what they are given.
func guided(t *testing.T, f *Fitted, w float64) flow.Batch {
	t.Helper()
	at := slices.IndexFunc(f.fit.Runs, func(r experiments.Run) bool { return r.Sampling.Guidance.Weight() == w })
	got, err := f.Sample(t.Context(), f.fit.Runs[at].Sampling, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	got.Points.Given = Conditions(experiments.Setting{Recipe: f.fit.Recipe, Sample: f.fit.Runs[at].Sampling}, f.seed)
	return got.Points
}

// told returns the p-value of a permutation test between samples and as many draws of a target. It is at least 1/1000.
func told(t *testing.T, samples flow.Batch, from target.Target) float64 {
	t.Helper()
	test, err := metric.Permutation(samples, from.Sample(samples.Len(), flow.NewStream(3, "truth")), metric.MMD, 999, 1)
	if err != nil {
		t.Fatal(err)
	}
	return test.P
}

// TestEightLabelledGaussians: a trained net draws every class at w = 1, and the whole law at w = 0, as a permutation test sees it: no
// p-value is at most .01, while points of the neighbouring class, and those at w = 2, which sharpens, are told apart. The velocity u_w of
// the net is near the exact one, and much nearer than that of a net of few steps. What it misses is largest at w = 0, which it learns
// from two fifths of its points.
func TestEightLabelledGaussians(t *testing.T) {
	if testing.Short() {
		t.Skip("it trains a net for seconds")
	}
	t.Parallel()
	p := plan(t, ringOfClasses)
	f, early := fitted(t, p.Fits[0]), fitted(t, p.Fits[1])
	to := f.fit.Recipe.Target
	whole, one, two := guided(t, f, 0), guided(t, f, 1), guided(t, f, 2)
	for name, x := range map[string]flow.Batch{"w = 0": whole, "w = 1": one} {
		if p := told(t, x, to); !(p > .01) {
			t.Errorf("%s: samples are told from the whole law, p %g", name, p)
		}
	}
	for k := range to.Given.Classes {
		x, next := ofClass(one, to.Given, to.Given.Classes[k]), to.Only((k+1)%8)
		if p := told(t, x, to.Only(k)); !(p > .01) {
			t.Errorf("%d samples of class %d are told from it, p %g", x.Len(), k, p)
		}
		for what, p := range map[string]float64{"the next class": told(t, x, next), "class at w = 2": told(t, ofClass(two, to.Given, to.Given.Classes[k]), to.Only(k))} {
			if p > .01 {
				t.Errorf("class %d is not told from the %s, p %g", k, what, p)
			}
		}
	}
	exact := oracle.NewConditional(to.LawGiven, f.fit.Recipe.Path).RowField()
	x, times := onTheWay(to, 1000)
	for w, most := range map[float64]float64{0: .14, 1: .06, 2: .1} { // it reaches .09, .03 and .06
		g := flow.Guided(w)
		got, first := relativeRMSE(t, f.field(experiments.Sampling{Guidance: g}), exact.Guide(g), times, x), relativeRMSE(t, early.field(experiments.Sampling{Guidance: g}), exact.Guide(g), times, x)
		if !(got < most) || !(first > 2*got) {
			t.Errorf("w = %g: the velocity is off by %.3f of the exact one, want less than %g; by %.3f after few steps, want twice that", w, got, most, first)
		}
	}
}

// onTheWay returns points of the path from noise to a target, with what they are given, at times up to .9: beyond, the velocity of each
// component is steep, and its error says how steep.
func onTheWay(to target.Target, n int) (x flow.Batch, times []float64) {
	x1 := to.Sample(n, flow.NewStream(3, "data"))
	x0, xt, u := x1.Like(x1.Dim), x1.Like(x1.Dim), x1.Like(x1.Dim)
	times = make([]float64, n)
	flow.NewStream(3, "noise").Normal(x0, 0)
	flow.NewStream(3, "times").Uniform(times, 0)
	for i := range times {
		times[i] *= .9
	}
	flow.CondOT.Interpolate(xt, u, times, x0, x1)
	return xt, times
}

// relativeRMSE returns the root mean square difference of two velocities at the points as a share of the second.
func relativeRMSE(t *testing.T, u, exact flow.RowField, times []float64, x flow.Batch) float64 {
	t.Helper()
	got, err := u(times, x)
	must(t, err)
	want, err := exact(times, x)
	must(t, err)
	off, of := 0., 0.
	for i, v := range want.Data {
		off, of = off+(got.Data[i]-v)*(got.Data[i]-v), of+v*v
	}
	return math.Sqrt(off / of)
}

// TestExactGuidance: the exact u_0 is the velocity of the whole mixture and u_1 that of the one Gaussian of a class, to the last digits;
// u_3 = u_0 + 3 (u_1 - u_0). The mixture is worked out from all components, the Gaussian in closed form: with a = t and s = 1 - t,
//
//	u = m + (a r^2 - s) / (a^2 r^2 + s^2) (x - a m)
func TestExactGuidance(t *testing.T) {
	t.Parallel()
	to := plan(t, "name: a\ntarget: {name: gaussians, label: component}\n").Fits[0].Recipe.Target
	law, _ := to.Mixture()
	field := oracle.NewConditional(to.LawGiven, flow.CondOT).RowField()
	x, times := onTheWay(to, 200)
	var u [4]flow.Batch
	for w := range u {
		var err error
		u[w], err = field.Guide(flow.Guided(float64(w)))(times, x)
		must(t, err)
	}
	mixture, err := oracle.Oracle{Law: to.Law, Path: flow.CondOT}.RowField()(times, x)
	must(t, err)
	for i := range x.Len() {
		a, s, r2 := times[i], 1-times[i], law.Stds()[0]*law.Stds()[0]
		for j, v := range x.Row(i) {
			m := law.Means.Row(given.ClassOf(x.GivenTo(i)))[j]
			one := m + (a*r2-s)/(a*a*r2+s*s)*(v-a*m)
			none := mixture.Row(i)[j]
			for w, got := range []float64{u[0].Row(i)[j], u[1].Row(i)[j], u[2].Row(i)[j], u[3].Row(i)[j]} {
				if want := none + float64(w)*(one-none); math.Abs(got-want) > 1e-11 { // of values up to 20
					t.Fatalf("t = %g: u_%d is %g, want %g", times[i], w, got, want)
				}
			}
		}
	}
}

// TestNoiseOfAClassIsNoise: whatever couples noise with data, the noise of the points of each class is N(0, I), as a run starts from it
// whatever it is asked for: its mean is within 5 of its errors of 0. Pairing across classes, it lies on the side of the class.
func TestNoiseOfAClassIsNoise(t *testing.T) {
	t.Parallel()
	for _, coupling := range []string{"ot", "sinkhorn"} {
		fit := plan(t, fmt.Sprintf("name: a\ntarget: {name: gaussians, count: 4, label: component}\ncoupling: %s\ntrain: {batch: 128}\n", coupling)).Fits[0]
		off := func(pair func(step int, x0, x1 flow.Batch)) (most float64) {
			const steps = 20
			mean, count := flow.NewBatch(4, 2), make([]float64, 4)
			for step := range steps {
				x0, x1 := flow.NewBatch(128, 2), flow.Batch{Dim: 2, Data: make([]float64, 256), Given: make([]float64, 512)}
				pair(step+1, x0, x1)
				for i := range x0.Len() {
					k := given.ClassOf(x1.GivenTo(i))
					count[k]++
					for j, v := range x0.Row(i) {
						mean.Row(k)[j] += v
					}
				}
			}
			for k, n := range count {
				for _, sum := range mean.Row(k) {
					most = max(most, math.Abs(sum)/math.Sqrt(n))
				}
			}
			return most
		}
		if z := off(func(step int, x0, x1 flow.Batch) { must(t, Pairs(fit)(step, make([]float64, 128), x0, x1)) }); !(z < 5) {
			t.Errorf("%s: the mean of the noise of a class is %g errors from 0", coupling, z)
		}
		whole := off(func(step int, x0, x1 flow.Batch) {
			must(t, Pairs(fit)(step, make([]float64, 128), x0, x1))
			must(t, fit.Recipe.Coupling.Pair(flow.NewStream(1, "across").At(uint64(step)), x0, x1))
		})
		if whole < 10 {
			t.Errorf("%s across classes: the mean of the noise of a class is %g errors from 0, want at least 10", coupling, whole)
		}
	}
}
