package export

import (
	"fmt"
	"slices"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// tunedTo returns ode.Tuned with the weights for a net, fitted on few points.
func tunedTo(t *testing.T, n net.Net, ts []float64) ode.Solver {
	t.Helper()
	model, err := velocity.Compile(engine.Go, n, velocity.Init(n, 3))
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	paths, _, err := ode.Paths(model.Field(), ts, 32, Noise(n.Dim(), 64, 9))
	if err != nil {
		t.Fatal(err)
	}
	table, err := ode.Tune(model.Field(), ts, paths)
	if err != nil {
		t.Fatal(err)
	}
	return ode.Tuned.With(table)
}

// stepTable takes the calls of a table one by one in 32-bit floats, in the order of the unrolled form.
func stepTable(t *testing.T, velocities *ort.Session, table ode.Table, x []float32, dim int) (states [][]float32) {
	t.Helper()
	states = [][]float32{x}
	var us [][]float32
	for i, row := range table.Points {
		n := len(x) / dim
		out := run(t, velocities, ort.Tensor{Dims: []int{n, 1}, Data: slices.Repeat([]float32{float32(table.Times[i])}, n)},
			ort.Tensor{Dims: []int{n, dim}, Data: states[i]})
		us = append(us, out[0].Data)
		type weighted struct {
			w float64
			v []float32
		}
		var terms []weighted
		for _, part := range []struct {
			w []float64
			v [][]float32
		}{{row.U, us}, {row.X, states}} {
			var some []weighted
			for j, w := range part.w {
				some = append(some, weighted{w, part.v[j]})
			}
			terms = append(terms, some...)
		}
		next := make([]float32, len(x))
		for k := range next {
			first := true
			for _, term := range terms {
				if term.w == 0 {
					continue
				}
				p := float32(float32(term.w) * term.v[k])
				if first {
					next[k], first = p, false
				} else {
					next[k] += p
				}
			}
		}
		states = append(states, next)
	}
	return states
}

// TestTablesAreSteppedBitForBit compares the unrolled form of multistep methods with the same operations done one by one, without a
// tolerance. A Loop adds terms of weight 0 and begins with the latest, so that it is compared within the rounding of a few sums.
func TestTablesAreSteppedBitForBit(t *testing.T) {
	t.Parallel()
	ts := []float64{0, .125, .5, .75, 1} // exact in 32 bits
	for _, s := range []ode.Solver{ode.AB2, ode.AB3, ode.DPM2M, tunedTo(t, example, ts)} {
		table := s.Table(ts)
		for _, level := range ort.Levels {
			velocities := open(t, exported(t, velocity.Init(example, 3)), ort.SessionOptions{Optimise: level})
			for _, portable := range []bool{true, false} {
				session := open(t, sampler(t, example, s, ts, SamplerOptions{Trajectory: true, Portable: portable}), ort.SessionOptions{Optimise: level})
				for _, n := range []int{1, 7} {
					noise := drawn(n, 2)
					states := stepTable(t, velocities, table, noise.Data, 2)
					want := slices.Concat(states...)
					if table.Grid != nil {
						want = nil
						for _, i := range table.Grid {
							want = append(want, states[i]...)
						}
					}
					got := run(t, session, noise)
					if portable && !identical(got[1].Data, want) {
						t.Errorf("%s, %s, batch %d: bits differ", s.Name, level, n)
					}
					near(t, fmt.Sprintf("%s, %s, batch %d, portable %v", s.Name, level, n, portable), got[1].Data, flow.Widen(want))
				}
			}
		}
	}
}

// TestTunedSamplerOfEveryNet verifies files of tuned solvers at every architecture, with log densities too, and takes them apart and
// together again to the same bytes. A file whose coefficients are another's does not verify.
func TestTunedSamplerOfEveryNet(t *testing.T) {
	t.Parallel()
	ts := ode.Uniform(6)
	for _, a := range net.Architectures {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			n := net.Spec{Architecture: a, Width: 8, Depth: 1, Activation: net.SiLU}.On(2)
			n = fitting(n)
			s := tunedTo(t, n, ts)
			model, err := velocity.Compile(engine.Go, n, velocity.Init(n, 3))
			if err != nil {
				t.Fatal(err)
			}
			defer model.Close()
			for _, o := range []SamplerOptions{{}, {Trajectory: true}, {Portable: true}} {
				file := sampler(t, n, s, ts, o)
				if check := VerifySampler(file, s, ts, model.Field(), flow.Units{}, Noise(n.Dim(), 64, 0)); !check.OK {
					t.Errorf("%+v: %+v", o, check)
				}
				parts, err := Dissect(file)
				if err != nil {
					t.Fatal(err)
				}
				if again, err := parts.Write(); err != nil || !slices.Equal(again, file) {
					t.Errorf("%+v: written again, it has other bytes (%v)", o, err)
				}
			}
			other := tunedTo(t, n, ode.Uniform(6))
			table := other.Table(ts)
			table.Points[3].U[0] += .1
			if check := VerifySampler(sampler(t, n, other.With(table), ts, SamplerOptions{}), s, ts, model.Field(), flow.Units{}, Noise(n.Dim(), 64, 0)); check.OK {
				t.Error("verified with another coefficient")
			}
		})
	}
}
