package ship

import (
	"math"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
)

// TestLogProbErrorOfALinearFlow: under dx/dt = a x, n steps of euler carry z to (1 + a/n)^n z and give it the log density
// log N(z) - a. The dense solve gives that point log N(z') - a with z' = e^-a (1 + a/n)^n z. The error is (z^2 - z'^2) / 2, summed
// over coordinates; 32 steps of rk4 are exact to 1e-8.
func TestLogProbErrorOfALinearFlow(t *testing.T) {
	t.Parallel()
	const steps = 2
	n, a := (net.Spec{Architecture: net.MLP, Activation: net.SiLU}).On(2), []float64{.5, -.25}
	d, err := velocity.CompileDivergence(engine.Go, n, []float32{0, 0 /* of t */, .5, 0, 0, -.25 /* of x */, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	fit := plan(t, "name: a\ntarget: moons\nsample: {solver: euler, steps: 2}\n").Fits[0]
	r := experiments.Result{Setting: experiments.Setting{Recipe: fit.Recipe, Sample: fit.Runs[0].Sampling}}
	if r.Setting.Sample.Solver.Name != ode.Euler.Name {
		t.Fatal("the plan does not hold the run")
	}
	mean, largest, err := logProbError(d, r)
	if err != nil {
		t.Fatal(err)
	}
	z, wantMean, wantLargest := export.Noise(2, densityPoints, 0), 0., 0.
	for i := range densityPoints {
		off := 0.
		for j, z := range z.Row(i) {
			back := math.Exp(-a[j]) * math.Pow(1+a[j]/steps, steps) * z
			off += (z*z - back*back) / 2
		}
		wantMean, wantLargest = wantMean+math.Abs(off)/densityPoints, max(wantLargest, math.Abs(off))
	}
	if math.Abs(mean-wantMean) > 1e-5 || math.Abs(largest-wantLargest) > 1e-5 || wantMean < .01 {
		t.Errorf("errors %g and %g, want %g and %g", mean, largest, wantMean, wantLargest)
	}
}
