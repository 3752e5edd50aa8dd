package oracle_test

import (
	"math"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// cosine and vp are paths on the unit circle; vp has alpha = t, so its sigma' is infinite at t = 1.
var (
	cosine = flow.Path{
		Name:   "cosine",
		Alpha:  func(t float64) float64 { return math.Sin(math.Pi / 2 * t) },
		Sigma:  func(t float64) float64 { return math.Cos(math.Pi / 2 * t) },
		DAlpha: func(t float64) float64 { return math.Pi / 2 * math.Cos(math.Pi/2*t) },
		DSigma: func(t float64) float64 { return -math.Pi / 2 * math.Sin(math.Pi/2*t) },
	}
	vp = flow.Path{
		Name:   "vp",
		Alpha:  func(t float64) float64 { return t },
		Sigma:  func(t float64) float64 { return math.Sqrt((1 - t) * (1 + t)) },
		DAlpha: func(float64) float64 { return 1 },
		DSigma: func(t float64) float64 { return -t / math.Sqrt((1-t)*(1+t)) },
	}
	paths = []flow.Path{flow.CondOT, cosine, vp}
)

// three is a mixture of three Gaussians with different weights and widths.
var three = oracle.Mixture{
	Weights: []float64{1, 2, 5},
	Means:   flow.Batch{Dim: 2, Data: []float64{-2, 1, 1.5, .5, 0, -1}},
	Std:     []float64{.3, .8, .5},
}

// overlapping is a mixture of three boxes with different weights, two of which overlap.
var overlapping = oracle.Boxes{
	Weights: []float64{3, 1, 2},
	Low:     flow.Batch{Dim: 2, Data: []float64{-2, -1, -1, 0, 1, -2}},
	High:    flow.Batch{Dim: 2, Data: []float64{0, .5, 2, 1, 2.5, 2}},
}

func lawOf(t *testing.T, m flow.Maker[target.Target]) oracle.Law {
	t.Helper()
	made, err := m.Make()
	if err != nil {
		t.Fatal(err)
	}
	return made.Law
}

// defaults returns the default member of every family.
func defaults[T any](t *testing.T, families []flow.Family[T]) (all []T) {
	t.Helper()
	for _, f := range families {
		all = append(all, must[T](t)(f.Default.Make()))
	}
	return all
}

// laws returns the laws on which theorems are tested, by name.
func laws(t *testing.T) map[string]oracle.Law {
	return map[string]oracle.Law{
		"three": three, "overlapping": overlapping,
		"moons": lawOf(t, target.Moons{Noise: .1}), "checkerboard": lawOf(t, target.Checkerboard{Scale: 1 / .45}),
	}
}

// along returns n points drawn from p_t of the path.
func along(law oracle.Law, path flow.Path, t float64, n int) flow.Batch {
	x := flow.NewBatch(n, law.Dim())
	stream := flow.NewStream(1, "along")
	for i := range n {
		r := stream.At(uint64(i))
		law.Draw(r, x.Row(i))
		for j := range x.Row(i) {
			x.Row(i)[j] = path.Alpha(t)*x.Row(i)[j] + path.Sigma(t)*r.NormFloat64()
		}
	}
	return x
}

// moved returns x with h added to coordinate j of every point.
func moved(x flow.Batch, j int, h float64) flow.Batch {
	y := x.Clone()
	for i := range y.Len() {
		y.Row(i)[j] += h
	}
	return y
}

// slope returns the fourth-order central difference of f, whose error is about h^4 f^(5) / 30 + 2e-16 f / h.
func slope(h float64, f func(step float64) float64) float64 {
	return (8*(f(h)-f(-h)) - (f(2*h) - f(-2*h))) / (12 * h)
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
