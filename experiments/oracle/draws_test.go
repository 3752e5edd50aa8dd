package oracle_test

import (
	"math"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
)

// others are targets with parameters other than the defaults.
var others = map[string]flow.Maker[target.Target]{
	"wide moons":      target.Moons{Noise: .2},
	"close circles":   target.Circles{Factor: .8, Noise: .1},
	"grid":            target.Gaussians{Count: 25, Radius: 4, Std: .3, Layout: "grid"},
	"cube":            target.Gaussians{Count: 8, Radius: 1, Std: .7, Layout: "grid", Dim: 3},
	"ring in space":   target.Gaussians{Count: 6, Radius: 3, Std: 1, Dim: 5},
	"given":           target.Gaussians{Means: [][]float64{{1}, {2}, {7}}, Std: .5},
	"off the origin":  target.Gaussian{Dim: 4, Mean: 3, Std: .1},
	"small board":     target.Checkerboard{Scale: .1},
	"flat swiss roll": target.SwissRoll{Noise: .5, Scale: 1},
	"long spirals":    target.Spirals{Turns: 3, Radius: 10, Noise: .3},
}

func everyTarget(t *testing.T) map[string]target.Target {
	all := map[string]target.Target{}
	for _, f := range target.Families {
		all[f.Name] = must[target.Target](t)(f.Default.Make())
	}
	for name, m := range others {
		all[name] = must[target.Target](t)(m.Make())
	}
	return all
}

// TestDrawsAreOfTheLaw compares the draws of every target with its law: mean and covariance, the mean of -log q, which
// is the entropy only for draws from q, and Stein's identity, E[f(X) d_j log q(X) + d_j f(X)] = 0, for f = sin(2 x_j),
// which depends on the shape. The identity does not hold for boxes, whose density jumps. The tolerance is 5 standard
// errors, estimated from the draws; the seeds are fixed.
func TestDrawsAreOfTheLaw(t *testing.T) {
	t.Parallel()
	const n = 10_000
	for name, target := range everyTarget(t) {
		if target.Law == nil {
			continue
		}
		if target.Law.Dim() != target.Dim() {
			t.Fatalf("%s: dimension %d, but the law has %d", name, target.Dim(), target.Law.Dim())
		}
		x := target.Sample(n, flow.NewStream(4, name))
		o := oracle.Oracle{Law: target.Law, Path: flow.CondOT}
		logq, err := o.LogDensity(1, x)
		if err != nil {
			t.Fatal(err)
		}
		mean, cov := target.Law.Mean(), target.Law.Cov()
		for j := range target.Dim() {
			within(t, name+": mean", n, mean[j], 0, func(i int) float64 { return x.Row(i)[j] })
			for l := range target.Dim() {
				within(t, name+": covariance", n, cov.Row(j)[l], 0, func(i int) float64 {
					return (x.Row(i)[j] - mean[j]) * (x.Row(i)[l] - mean[l])
				})
			}
		}
		entropy, se := target.Law.Entropy(4096, 1)
		within(t, name+": entropy", n, entropy, se, func(i int) float64 { return -logq[i] })
		if _, boxes := target.Law.(oracle.Boxes); boxes {
			continue
		}
		score, err := o.Score(1, x)
		if err != nil {
			t.Fatal(err)
		}
		for j := range target.Dim() {
			within(t, name+": Stein's identity", n, 0, 0, func(i int) float64 {
				sin, cos := math.Sincos(2 * x.Row(i)[j])
				return sin*score.Row(i)[j] + 2*cos
			})
		}
	}
}

// within checks the mean of n terms, with a tolerance of 5 standard errors of the mean and of the wanted value.
func within(t *testing.T, what string, n int, want, wantSE float64, term func(i int) float64) {
	t.Helper()
	mean, variance := 0., 0.
	for i := range n {
		mean += term(i) / float64(n)
	}
	for i := range n {
		variance += (term(i) - mean) * (term(i) - mean) / float64(n)
	}
	// A mean of equal terms, such as the density on a checkerboard, is off by rounding only.
	if tol := 5*math.Sqrt(variance/float64(n)+wantSE*wantSE) + 1e-12*math.Abs(want); !(math.Abs(mean-want) <= tol) {
		t.Errorf("%s is %g, want %g within %g", what, mean, want, tol)
	}
}
