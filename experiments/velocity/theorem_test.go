package velocity_test

import (
	"math"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/oracle"
	"flowsweep/experiments/target"
	"flowsweep/experiments/velocity"
)

// TestGradientsOfBothLossesAreEqual: the conditional flow-matching loss has the gradient of the flow-matching loss, which
// is against the marginal velocity u* (arXiv 2210.02747, theorem 2). Along a direction e in the weights, the difference is
// the mean of
//
//	2 <u*(t, X_t) - (alpha' X1 + sigma' X0), dv/de>
//
// over (t, X0, X1), which must be 0 within its standard error: 4 of them, in 3 directions on 2 paths and 2 targets. That
// the test can see a difference, the errors together are below a tenth of the gradients.
func TestGradientsOfBothLossesAreEqual(t *testing.T) {
	t.Parallel()
	const n, h = 40_000, 1e-2
	small := net.Spec{Architecture: net.MLP, Width: 16, Depth: 2, Activation: net.SiLU}.On(2)
	for _, maker := range []flow.Maker[target.Target]{target.Moons{Noise: .1}, target.Checkerboard{Scale: 1}} {
		to, err := maker.Make()
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []flow.Path{flow.CondOT, flow.Cosine} {
			x0, x1, xt, ut := flow.NewBatch(n, 2), flow.NewBatch(n, 2), flow.NewBatch(n, 2), flow.NewBatch(n, 2)
			flow.NewStream(1, "noise").Normal(x0, 0)
			to.Fill(x1, flow.NewStream(1, "data"), 0)
			ts := make([]float64, n)
			flow.NewStream(1, "times").Uniform(ts, 0)
			path.Interpolate(xt, ut, ts, x0, x1)
			exact, err := oracle.Oracle{Law: to.Law, Path: path}.RowField()(ts, xt)
			if err != nil {
				t.Fatal(err)
			}
			errors, gradients := 0., 0.
			for seed := range uint64(3) {
				up, down := nudged(t, small, seed, h, ts, xt), nudged(t, small, seed, -h, ts, xt)
				sum, squares, gradient := 0., 0., 0.
				for i := range n {
					z := 0.
					for j := range 2 {
						slope := (up.Row(i)[j] - down.Row(i)[j]) / (2 * h)
						z += 2 * (exact.Row(i)[j] - ut.Row(i)[j]) * slope
						gradient += 2 * ((up.Row(i)[j]+down.Row(i)[j])/2 - exact.Row(i)[j]) * slope / n
					}
					sum, squares = sum+z/n, squares+z*z/n
				}
				se := math.Sqrt(squares / n)
				if !(math.Abs(sum) <= 4*se) {
					t.Errorf("%s, %s, direction %d: the gradients differ by %.4f ± %.4f, that of the flow-matching loss is %.4f",
						to.Name, path, seed, sum, se, gradient)
				}
				errors, gradients = errors+se*se, gradients+gradient*gradient
			}
			if !(errors < .01*gradients) {
				t.Errorf("%s, %s: errors of %.4f beside gradients of %.4f show nothing", to.Name, path, math.Sqrt(errors), math.Sqrt(gradients))
			}
		}
	}
}

// nudged returns the velocity of a fresh net whose weights are moved by h along a random direction.
func nudged(t *testing.T, n net.Net, seed uint64, h float64, ts []float64, x flow.Batch) flow.Batch {
	t.Helper()
	weights, direction := velocity.Init(n, 7), flow.NewBatch(1, n.Size())
	flow.NewStream(seed, "direction").Normal(direction, 0)
	for i, e := range direction.Data {
		weights[i] += float32(h * e)
	}
	model, err := velocity.Compile(engine.Go, n, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	v, err := model.RowField()(ts, x)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
