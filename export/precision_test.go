package export

import (
	"fmt"
	"testing"

	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// reduced returns a net in a precision, calibrated on paths of midpoint in 2 steps.
func reduced(t *testing.T, p Precision, n net.Net) *Reduced {
	t.Helper()
	r, err := Reduce(p, n, velocity.Init(n, 3), Steps{Solver: ode.Midpoint, Times: ode.Uniform(2)}, Noise(n.Dim(), 64, 5))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// inPrecision returns the velocity file and the sampler file of a net.
func inPrecision(t *testing.T, r *Reduced, o SamplerOptions) (velocities, samples []byte) {
	t.Helper()
	about := About{Version: "test", Properties: map[string]string{"run": "abc"}, Reduced: r}
	velocities, err := Velocity(r.net, r.weights, about)
	if err == nil {
		samples, err = Sampler(r.net, r.weights, ode.Midpoint, ode.Uniform(2), about, o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return velocities, samples
}

// reducible returns nets of every architecture that have products for 8 bits.
func reducible() (list []net.Net) {
	for i, a := range net.Architectures {
		n := net.Spec{Architecture: a, Width: 16, Depth: 1 + (len(net.Architectures)-i)/len(net.Architectures), Activation: net.Activations[i%len(net.Activations)]}.On(2)
		if a.Heads {
			n.Heads = 2
		}
		list = append(list, n)
	}
	return list
}

// TestEveryNetIsVerifiedInEveryPrecision verifies both files of every architecture, the sampler in both forms.
func TestEveryNetIsVerifiedInEveryPrecision(t *testing.T) {
	t.Parallel()
	steps := Steps{Solver: ode.Midpoint, Times: ode.Uniform(2)}
	for _, n := range reducible() {
		for _, p := range Precisions {
			t.Run(fmt.Sprintf("%s %s", p.Name, n), func(t *testing.T) {
				t.Parallel()
				r := reduced(t, p, n)
				for _, o := range []SamplerOptions{{}, {Portable: true, Trajectory: true}} {
					v, s := inPrecision(t, r, o)
					c := VerifyReduced(v, Points(n, 300, 0), r)
					t.Logf("velocity: %.2g, mean %.2g of %.2g: %s", float64(c.MaxAbsDiff), float64(c.MeanAbsDiff), float64(c.Tolerance), c.Reason)
					if !c.OK {
						t.Errorf("velocity: %+v", c)
					}
					c = VerifyReducedSampler(s, steps, Noise(n.Dim(), 64, 0), r)
					t.Logf("sampler %+v: %.2g, mean %.2g of %.2g", o, float64(c.MaxAbsDiff), float64(c.MeanAbsDiff), float64(c.Tolerance))
					if !c.OK {
						t.Errorf("sampler %+v: %+v", o, c)
					}
				}
			})
		}
	}
}
