package ode

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// normalField is the exact velocity of a path from N(0, I) to N((1, 2), s^2 I): at v = alpha^2 s^2 + sigma^2, a point that is
// y from the mean alpha m moves with alpha' m + y v'/(2 v).
func normalField(path flow.Path, s float64) flow.Field {
	mean := []float64{1, 2}
	return func(t float64, x flow.Batch) (flow.Batch, error) {
		u := x.Clone()
		t = path.Clamp(t)
		alpha, growth := path.Alpha(t), growthOf(path, s, t)
		for i, v := range x.Data {
			m := mean[i%2]
			u.Data[i] = path.DAlpha(t)*m + (v-alpha*m)*growth
		}
		return u, nil
	}
}

// growthOf is v'/(2 v), the slope of the exact velocity.
func growthOf(path flow.Path, s, t float64) float64 {
	alpha, sigma := path.Alpha(t), path.Sigma(t)
	return (alpha*path.DAlpha(t)*s*s + sigma*path.DSigma(t)) / (alpha*alpha*s*s + sigma*sigma)
}

// stepsVariance is the variance, exact, of the samples of n steps to N(m, s^2 I). The drift is linear in x, with slope
// a(t) = v'/(2 v) - eps/v, so a step multiplies the deviation from the mean, and adds a multiple of the increment.
func stepsVariance(path flow.Path, solver Solver, c, s float64, n int) float64 {
	slope := func(t float64) float64 {
		alpha, sigma := path.Alpha(t), path.Sigma(t)
		return growthOf(path, s, t) - c*sigma/(alpha*alpha*s*s+sigma*sigma)
	}
	eps := func(t float64) float64 { return c * path.Sigma(t) }
	v, ts := path.Alpha(0)*path.Alpha(0)*s*s+path.Sigma(0)*path.Sigma(0), Uniform(n)
	for i := range n {
		h, a := ts[i+1]-ts[i], slope(ts[i])
		if solver.Stages() == 1 {
			v = v*math.Pow(1+h*a, 2) + 2*h*eps(ts[i])
			continue
		}
		b := slope(ts[i+1])
		v = v*math.Pow(1+h/2*(a+b*(1+h*a)), 2) + h*(eps(ts[i])+eps(ts[i+1]))*math.Pow(1+h/2*b, 2)
	}
	return v
}

func normalNoise(n int, seed uint64) flow.Batch {
	x := flow.NewBatch(n, 2)
	flow.NewStream(seed, "noise").Normal(x, 0)
	return x
}

// spread returns the variance of the coordinates about the mean (1, 2).
func spread(x flow.Batch) float64 {
	sum := 0.
	for i, v := range x.Data {
		sum += math.Pow(v-float64(1+i%2), 2)
	}
	return sum / float64(len(x.Data))
}

// TestEulerMaruyamaVariance compares samples of N((1, 2), .25 I) with the variances that follow from the recursion of
// Euler-Maruyama, V' = V (1 + h (g - eps/v))^2 + 2 eps h, here as numbers computed elsewhere. Of n coordinates
// with variance v, the standard error is v sqrt(2/n).
func TestEulerMaruyamaVariance(t *testing.T) {
	t.Parallel()
	count := 200_000
	if testing.Short() {
		count = 20_000
	}
	for _, c := range []struct {
		noise float64
		steps int
		want  float64
	}{
		{0, 8, .17205},
		{.5, 8, .21187},
		{1, 8, .23415},
		{0, 64, .23869},
		{.5, 64, .24400},
		{1, 64, .24696},
	} {
		if got := stepsVariance(flow.CondOT, Euler, c.noise, .5, c.steps); !(math.Abs(got-c.want) <= 6e-6) { // the numbers have five places
			t.Errorf("noise %g, %d steps: the recursion gives %.5f, want %.5f", c.noise, c.steps, got, c.want)
		}
		x, nfe, err := SolveSDE(normalField(flow.CondOT, .5), flow.CondOT, Euler, Uniform(c.steps), SDE{Noise: c.noise}, NewStepNoise(3, "step noise", 0), normalNoise(count, 3))
		if err != nil || nfe != c.steps {
			t.Fatalf("%d calls (%v), want %d", nfe, err, c.steps)
		}
		got, se := spread(x), c.want*math.Sqrt(2/float64(2*count))
		if !(math.Abs(got-c.want) <= 4*se) {
			t.Errorf("noise %g, %d steps: variance %.5f, want %.5f within 4 standard errors, %.5f", c.noise, c.steps, got, c.want, 4*se)
		}
	}
}

// TestStochasticMean: with noise whose second half is the negative of the first, in the start and in every step, the mean of the
// samples is that of the target up to rounding, for any number of steps.
func TestStochasticMean(t *testing.T) {
	t.Parallel()
	mirrored := func(dst flow.Batch) {
		half := len(dst.Data) / 2
		for i, v := range dst.Data[:half] {
			dst.Data[half+i] = -v
		}
	}
	steps := NewStepNoise(1, "step noise", 0)
	noise := func(step int, dst flow.Batch) {
		steps(step, dst)
		mirrored(dst)
	}
	x0 := normalNoise(200, 1)
	mirrored(x0)
	for _, s := range []Solver{Euler, Heun} {
		x, _, err := SolveSDE(normalField(flow.CondOT, .5), flow.CondOT, s, Uniform(5), SDE{Noise: 1}, noise, x0)
		if err != nil {
			t.Fatal(err)
		}
		for j, want := range []float64{1, 2} {
			sum := 0.
			for i := range x.Len() {
				sum += x.Row(i)[j]
			}
			if got := sum / float64(x.Len()); !(math.Abs(got-want) <= 1e-14) {
				t.Errorf("%s: mean %.17g, want %g", s.Name, got, want)
			}
		}
	}
}

// paths are those of every kind: with a derivative that is infinite at an end or vanishes there, and with a start that is not
// quite noise.
func paths(t *testing.T) []flow.Path {
	t.Helper()
	list := []flow.Path{flow.CondOT, flow.Cosine, flow.LinearVP}
	for _, text := range []string{"vp", `{"name": "polynomial", "power": 2}`, `{"name": "polynomial", "power": 0.5}`, "custom"} {
		path, err := flow.ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, path)
	}
	return list
}

// TestStochasticPaths: on every path the samples are finite, have the variance of the recursion of their solver, and that of the
// target, .25, in the limit of many steps: at 512 it is within 2 % for Euler-Maruyama, whose error falls like h, and within .2 %
// for Heun. Paths with an infinite derivative are only finite here, as clamps at their ends are not in the recursion.
func TestStochasticPaths(t *testing.T) {
	t.Parallel()
	const n = 20_000
	smooth := map[string]bool{"condot": true, "cosine": true, `{"name":"polynomial","power":2}`: true, "custom": true}
	for _, path := range paths(t) {
		for _, s := range []Solver{Euler, Heun} {
			x, _, err := SolveSDE(normalField(path, .5), path, s, Uniform(12), SDE{Noise: .7}, NewStepNoise(5, "step noise", 0), normalNoise(n, 5))
			if err != nil || !flow.Finite(x.Data...) {
				t.Errorf("%s along %s: not finite (%v)", s.Name, path, err)
			}
			if !smooth[path.String()] {
				continue
			}
			want := stepsVariance(path, s, .7, .5, 12)
			if got, se := spread(x), want*math.Sqrt(2./(2*n)); !(math.Abs(got-want) <= 4*se) {
				t.Errorf("%s along %s: variance %.5f, want %.5f within 4 standard errors, %.5f", s.Name, path, got, want, 4*se)
			}
			within := map[int]float64{1: .02, 2: .002}[s.Order]
			if got := stepsVariance(path, s, .7, .5, 512); !(math.Abs(got/.25-1) <= within) {
				t.Errorf("%s along %s: variance %.6f at 512 steps, want .25 within a share of %g", s.Name, path, got, within)
			}
		}
	}
}

// TestStochasticOrder: the weak order, of the error of the variance, is 1 for Euler-Maruyama and 2 for Heun.
func TestStochasticOrder(t *testing.T) {
	t.Parallel()
	for _, s := range []Solver{Euler, Heun} {
		var logH, logE []float64
		for _, n := range []int{64, 128, 256, 512} {
			logH, logE = append(logH, -math.Log(float64(n))), append(logE, math.Log(math.Abs(stepsVariance(flow.CondOT, s, 1, .5, n)-.25)))
		}
		_, slope := stat.LinearRegression(logH, logE, nil, false)
		if !(math.Abs(slope-float64(s.Order)) <= .1) {
			t.Errorf("%s: observed weak order %.3f, want %d within 0.1", s.Name, slope, s.Order)
		}
	}
}

// TestDrift: on the way to N(m, s^2 I) the noise behind x is known, E[X0 | x] = sigma (x - alpha m) / v. So the drift
// follows from the score at every time, and at the ends too, where sigma or alpha is 0.
func TestDrift(t *testing.T) {
	t.Parallel()
	const c, s = .8, .5
	x := flow.Batch{Dim: 2, Data: []float64{.3, -1, 2, 1.5}}
	for _, path := range paths(t) {
		drift := SDE{Noise: c}.Drift(normalField(path, s), path)
		for _, at := range []float64{0, 1e-3, .2, .5, .9, .999, 1} {
			got, err := drift(at, x)
			if err != nil {
				t.Fatal(err)
			}
			u, _ := normalField(path, s)(at, x)
			alpha, sigma := path.Alpha(at), path.Sigma(at)
			for i, v := range x.Data {
				m := float64(1 + i%2)
				want := u.Data[i] - c*sigma*(v-alpha*m)/(alpha*alpha*s*s+sigma*sigma)
				// Times at a singular end are moved by 1e-5, where sigma is at most .005 off.
				if tol := map[bool]float64{true: .03, false: 1e-9}[at == 0 || at == 1]; !(math.Abs(got.Data[i]-want) <= tol*(1+math.Abs(want))) {
					t.Errorf("%s, t = %g: drift %g at %g, want %g", path, at, got.Data[i], v, want)
				}
			}
		}
	}
}

// TestNoNoise: without noise, samples are those of Solve to the last bit, for every solver.
func TestNoNoise(t *testing.T) {
	t.Parallel()
	x0 := normalNoise(20, 2)
	for _, s := range Solvers {
		want, calls, _ := Solve(gaussian(1.5, .5), s, Uniform(5), x0)
		got, nfe, err := SolveSDE(gaussian(1.5, .5), flow.CondOT, s, Uniform(5), SDE{}, nil, x0)
		if err != nil || nfe != calls || !slices.Equal(got.Data, want.Data) {
			t.Errorf("%s: SolveSDE without noise differs from Solve (%v)", s.Name, err)
		}
	}
}

// TestStepNoiseOfParts: a sample is the same, to the last bit, in any batch: alone, in parts and all at once. The noise of each
// step is another, and each seed's.
func TestStepNoiseOfParts(t *testing.T) {
	t.Parallel()
	field, ts, e := normalField(flow.CondOT, .5), Uniform(4), SDE{Noise: .5}
	x0 := normalNoise(50, 2)
	for _, s := range []Solver{Euler, Heun} {
		all, nfe, err := SolveSDE(field, flow.CondOT, s, ts, e, NewStepNoise(2, "step noise", 0), x0)
		if err != nil || nfe != s.Calls(4) {
			t.Fatalf("%d calls (%v), want %d", nfe, err, s.Calls(4))
		}
		for _, size := range []int{1, 7, 49} {
			for from := 0; from < 50; from += size {
				part := x0.Slice(from, min(from+size, 50))
				x, _, err := SolveSDE(field, flow.CondOT, s, ts, e, NewStepNoise(2, "step noise", uint64(from)), part)
				if err != nil || !slices.Equal(x.Data, all.Slice(from, from+part.Len()).Data) {
					t.Errorf("%s: rows %d to %d differ in parts of %d (%v)", s.Name, from, from+part.Len(), size, err)
				}
			}
		}
		xs, _, err := TrajectorySDE(field, flow.CondOT, s, ts, e, NewStepNoise(2, "step noise", 0), x0)
		if err != nil || len(xs) != 5 || !slices.Equal(xs[4].Data, all.Data) || !slices.Equal(xs[0].Data, x0.Data) {
			t.Errorf("%s: the trajectory does not lead from the noise to the samples (%v)", s.Name, err)
		}
	}
	draw := func(seed uint64, stream string, step int) float64 {
		z := flow.NewBatch(1, 1)
		NewStepNoise(seed, stream, 0)(step, z)
		return z.Data[0]
	}
	got := []float64{draw(2, "a", 0), draw(2, "a", 1), draw(3, "a", 0), draw(2, "b", 0)}
	slices.Sort(got)
	if len(slices.Compact(got)) != 4 {
		t.Errorf("steps, seeds or streams share their noise: %v", got)
	}
}

// TestNoiseRefused: solvers other than euler and heun say which to use, and errors of the field come through with their time.
func TestNoiseRefused(t *testing.T) {
	t.Parallel()
	for _, s := range Solvers {
		err := SDE{Noise: .5}.Check(s)
		if able := s.Name == "euler" || s.Name == "heun"; able != (err == nil) || err != nil && !strings.Contains(err.Error(), "use euler or heun") {
			t.Errorf("%s with noise: %v", s.Name, err)
		}
	}
	bad := func(float64, flow.Batch) (flow.Batch, error) { return flow.Batch{}, errors.New("no net") }
	if _, _, err := SolveSDE(bad, flow.CondOT, Euler, Uniform(2), SDE{Noise: 1}, NewStepNoise(0, "s", 0), normalNoise(1, 0)); err == nil || !strings.Contains(err.Error(), "t = 0: no net") {
		t.Errorf("a field that fails: %v", err)
	}
}
