package metric

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// mapped is a net whose paths have known energies and whose data have a known distance from N(0, I).
type mapped struct {
	name   string
	dim    int
	data   func(n int, stream *flow.Stream) (flow.Batch, bool)
	energy func(x0 []float64) float64
	want   float64 // the normalised path energy
	bias   float64 // the most that is left of the bias of the transport
}

func (m mapped) model(seed uint64) Model {
	return Model{
		Start: func(n int) flow.Batch { return normal(n, m.dim, 0, fmt.Sprint("start ", seed)) },
		Whole: func(n int) (flow.Batch, bool) { return m.data(n, flow.NewStream(seed, "whole")) },
		Energies: func(x0 flow.Batch) (energies []float64, err error) {
			for i := range x0.Len() {
				energies = append(energies, m.energy(x0.Row(i)))
			}
			return energies, nil
		},
	}
}

// gaussian draws from N(m, s^2 I).
func gaussian(dim int, m, s float64) func(n int, stream *flow.Stream) (flow.Batch, bool) {
	return func(n int, stream *flow.Stream) (flow.Batch, bool) {
		b := flow.NewBatch(n, dim)
		stream.Normal(b, 0)
		for i, x := range b.Data {
			b.Data[i] = m + s*x
		}
		return b, false
	}
}

// corners returns the 2^dim points whose coordinates are 1 or -1, n / 2^dim times.
func corners(dim int) func(n int, stream *flow.Stream) (flow.Batch, bool) {
	return func(n int, _ *flow.Stream) (flow.Batch, bool) {
		b := flow.NewBatch(n>>dim<<dim, dim)
		for i := range b.Len() {
			for j := range dim {
				b.Row(i)[j] = float64(2*(i>>j&1) - 1)
			}
		}
		return b, true
	}
}

// independent returns the energy of the exact path of independent pairs under CondOT from N(0, I) to N(m, s^2 I), which is
// t m + g(t) x0 with g^2 = t^2 s^2 + (1-t)^2, and its mean in dim dimensions, by the trapezoidal rule.
func independent(dim int, m, s float64) (energy func(x0 []float64) float64, mean float64) {
	const steps = 2000
	square := 0. // integral of g'^2
	for k := range steps {
		t := (float64(k) + .5) / steps
		slope := (t*s*s - (1 - t)) / math.Sqrt(t*t*s*s+(1-t)*(1-t))
		square += slope * slope / steps
	}
	energy = func(x0 []float64) (sum float64) {
		for _, x := range x0 {
			sum += m*m + 2*m*x*(s-1) + x*x*square
		}
		return sum
	}
	return energy, float64(dim) * (m*m + square)
}

// TestNormalisedPathEnergy: over seeds of the reference the mean is that of the closed form within 4 of its standard errors,
// which are the scatter. From N(0, I) to N(m, s^2 I) the squared distance is d (m^2 + (s-1)^2), and to the corners of a cube,
// each coordinate of which moves to its sign, d (2 - 2 sqrt(2/pi)). The corners in 4 dimensions are like few rows of data: one
// assignment of as many points as there are corners would be half as large again as the distance. In 5 dimensions the bias of
// a sample falls like n^(-2/5), of which two halves cancel a third.
func TestNormalisedPathEnergy(t *testing.T) {
	t.Parallel()
	seeds := 8
	if testing.Short() {
		seeds = 4
	}
	shift := func(m float64) func(x0 []float64) float64 {
		return func(x0 []float64) float64 { return m * m * float64(len(x0)) }
	}
	straight := func(x0 []float64) (sum float64) {
		for _, x := range x0 {
			sum += (math.Abs(x) - 1) * (math.Abs(x) - 1)
		}
		return sum
	}
	slow, slowMean := independent(2, 2, .5)
	for _, c := range []mapped{
		{"optimal transport of a shift", 2, gaussian(2, 1, 1), shift(1), 0, 0},
		{"optimal transport in 5 dimensions", 5, gaussian(5, 1.5, 1), shift(1.5), 0, .05},
		{"independent pairs", 2, gaussian(2, 2, .5), slow, slowMean/(2*(4+.25)) - 1, 0},
		{"optimal transport to corners", 4, corners(4), straight, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var values, errors []float64
			for seed := range uint64(seeds) {
				got, err := NPE.OfNet(c.model(seed))
				if err != nil {
					t.Fatal(err)
				}
				values, errors = append(values, got.Value), append(errors, got.SE)
			}
			mean, sd := stat.MeanStdDev(values, nil)
			se := stat.Mean(errors, nil)
			if allowed := 4*se/math.Sqrt(float64(seeds)) + c.bias; !(math.Abs(mean-c.want) <= allowed) || se > .1 {
				t.Errorf("npe %.4f, want %.4f ± %.4f", mean, c.want, allowed)
			}
			// The scatter of 8 values is known to 27 %.
			if !testing.Short() && !(se > .6*sd && se < 1.6*sd) {
				t.Errorf("the standard error is %.4f, the scatter %.4f", se, sd)
			}
		})
	}
}

// TestStraighterReadsLower: with the same starts and data, the net with less energy reads lower, also where the error of the
// transport takes it below 0. Here it has less energy than the least possible.
func TestStraighterReadsLower(t *testing.T) {
	t.Parallel()
	last := math.Inf(-1)
	for _, energy := range []float64{.7, 1, 1.1} {
		c := mapped{"", 2, gaussian(2, 1, 1), func([]float64) float64 { return 2 * energy }, 0, 0}
		got, err := NPE.OfNet(c.model(1))
		if err != nil || got.Value <= last {
			t.Errorf("with %g of the least energy npe is %g, before it was %g (%v)", energy, got.Value, last, err)
		}
		last = got.Value
	}
}
