package velocity

import (
	"runtime"
	"slices"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// TestCoresDoNotChangeBits compares velocities and divergences computed chunk by chunk on one core with those of chunks side by side.
// It changes GOMAXPROCS, so that it runs alone.
func TestCoresDoNotChangeBits(t *testing.T) {
	for _, e := range []engine.Engine{engine.Go, engine.ONNXRuntime} {
		for _, n := range small(2, net.SiLU) {
			model, err := Compile(e.WithThreads(2), n, perturbed(n))
			if err != nil {
				t.Fatal(err)
			}
			div, err := CompileDivergence(e, n, perturbed(n))
			if err != nil {
				t.Fatal(err)
			}
			x := points32(1, 24*chunkRows(n)+5, n.Dim())
			on := func(cores int) []float64 {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
				u, err := model.Field()(.3, x)
				if err != nil {
					t.Fatal(err)
				}
				v, d, err := div.DivField()(.6, x)
				if err != nil {
					t.Fatal(err)
				}
				return slices.Concat(u.Data, v.Data, d)
			}
			if one := on(1); !slices.Equal(one, on(4)) {
				t.Errorf("%s, %s: bits differ between one core and four", e.Name, n)
			}
			model.Close()
			div.Close()
		}
	}
}

// TestChunksFail checks that what goes wrong in a chunk beside others is returned.
func TestChunksFail(t *testing.T) {
	n := small(2, net.SiLU)[0]
	model, err := Compile(engine.Go, n, perturbed(n))
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	model.Load(make([]float32, 3))
	if _, err := model.Field()(.3, flow.NewBatch(3*rows, 2)); err == nil {
		t.Error("a net with 3 weights runs")
	}
}
