package velocity

import (
	"fmt"
	"math"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/net"
)

// TestRecordedDivergence is that of the compiled net, for every architecture, activation and batch size, none included.
// Sums of some ten terms of order 1 in 32 bits are good to about 1e-6.
func TestRecordedDivergence(t *testing.T) {
	t.Parallel()
	var nets []net.Net
	for _, a := range net.Activations {
		nets = append(nets, net.Spec{Architecture: net.MLP, Width: 9, Depth: 2, Activation: a}.On(3))
	}
	for _, dim := range []int{1, 2} {
		for _, n := range small(dim, net.SiLU) {
			if !n.Architecture.Halves || dim == 1 { // 4 numbers of an image take as long as 2 seconds
				nets = append(nets, n)
			}
		}
	}
	for _, n := range append(nets, conditional(1, net.SiLU)[:2]...) {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			weights := perturbed(n)
			m, err := RecordDivergence(n, weights)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Check(); err != nil {
				t.Error(err)
			}
			d, err := CompileDivergence(engine.Go, n, weights)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			for _, level := range ort.Levels {
				s, err := ort.Open(m.Marshal(), ort.SessionOptions{Optimise: level})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				for _, rows := range []int{0, 1, 13, 40} {
					x := pointsOf(n, 1, rows)
					out, err := s.Run(feeds(n, times(.375, x), x)...)
					if err != nil {
						t.Fatal(err)
					}
					v, div, err := d.DivField()(.375, x)
					if err != nil || fmt.Sprint(out[1].Dims) != fmt.Sprint([]int{rows, 1}) {
						t.Fatalf("%d rows: sizes %v, %v", rows, out[1].Dims, err)
					}
					for i, want := range append(div, v.Data...) {
						if got := float64(append(out[1].Data, out[0].Data...)[i]); !(math.Abs(got-want) <= 3e-6*(1+math.Abs(want))) {
							t.Fatalf("%d rows, optimisation %s: number %d is %g, want %g", rows, level, i, got, want)
						}
					}
				}
			}
		})
	}
}
