package export

import (
	"fmt"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// fitting returns a net with the heads that its architecture needs, on images of 2 x 2 pixels if it needs these.
func fitting(n net.Net) net.Net {
	if n.Architecture.Heads {
		n.Heads = 2
	}
	if n.Architecture.Images {
		n.Shape = []int{n.Shape[0], 2, 2}
	}
	return n
}

// nets returns small nets of every architecture and activation.
func nets() (list []net.Net) {
	for i, a := range net.Architectures {
		for j, act := range net.Activations {
			if i > 0 && j != i%len(net.Activations) {
				continue // every activation with an MLP, and some with the other nets
			}
			n := net.Spec{Architecture: a, Width: 4, Depth: 1 + j%2, Activation: act}.On(2 + i%2)
			list = append(list, fitting(n))
		}
	}
	return list
}

// TestEveryNetIsVerified verifies both files of every net, and compares the sampler with its steps, bit for bit.
func TestEveryNetIsVerified(t *testing.T) {
	t.Parallel()
	ts := ode.Uniform(2)
	grid, err := narrowed(ts)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nets() {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			weights := velocity.Init(n, 3)
			m, err := velocity.Compile(engine.Go, n, weights)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			file, err := Velocity(n, weights, About{})
			if err != nil {
				t.Fatal(err)
			}
			if c := Verify(file, Points(n, 300, 0), m.RowField()); !c.OK {
				t.Errorf("velocity: %+v", c)
			}
			velocities := open(t, file, ort.SessionOptions{Optimise: ort.All})
			for _, o := range []SamplerOptions{{}, {Portable: true, Trajectory: true}} {
				file, err := Sampler(n, weights, ode.Midpoint, ts, About{}, o)
				if err != nil {
					t.Fatal(err)
				}
				if c := VerifySampler(file, ode.Midpoint, ts, m.Field(), flow.Units{}, Noise(n.Dim(), 64, 0)); !c.OK {
					t.Errorf("sampler %+v: %+v", o, c)
				}
				noise, level := drawn(7, n.Shape...), ort.SessionOptions{Optimise: ort.All}
				want := stepped(t, velocities, ode.Midpoint, grid, noise.Data, n.Shape...)
				if got := run(t, open(t, file, level), noise); !identical(got[0].Data, want[len(ts)-1]) {
					t.Errorf("sampler %+v: bits differ from those of its steps", o)
				}
			}
		})
	}
}
