package export

import (
	"runtime"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export/roles"
)

// TestCoresDoNotChangeBits compares files that run chunk by chunk on one core with chunks side by side, a velocity with changing
// times among them. It changes GOMAXPROCS, so that it runs alone.
func TestCoresDoNotChangeBits(t *testing.T) {
	noise := Noise(example.Dim(), 3*roles.MaxRows+7, 1)
	times := make([]float64, noise.Len())
	flow.NewStream(1, "t").Uniform(times, 0)
	open := func(content []byte) *Opened {
		o, err := Open(content, OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { o.Close() })
		return o
	}
	net, of := open(exported(t, velocity.Init(example, 3))), open(sampler(t, example, ode.Heun, ode.Uniform(4), SamplerOptions{}))
	on := func(cores int) []float64 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		u, err := net.Velocity(times, noise)
		if err != nil {
			t.Fatal(err)
		}
		x, err := of.Sampler(noise)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Concat(u.Data, x.Data)
	}
	if !slices.Equal(on(1), on(4)) {
		t.Error("bits differ between one core and four")
	}
}
