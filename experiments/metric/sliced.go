package metric

import (
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// slicedDirections is the number of directions sliced-w2 averages over. In two dimensions they are evenly spaced, so
// that the average over all angles is exact to far below the noise of the samples.
const slicedDirections = 128

// SlicedW2 is the sliced 2-Wasserstein distance (Bonneel et al. 2015, "Sliced and Radon Wasserstein barycenters of
// measures"), in the units of x:
//
//	sqrt(mean over directions w of W2^2(<w, x>, <w, y>))
//
// The root is taken: this is a distance, not its square.
var SlicedW2 = Metric{
	Name: "sliced-w2",
	Doc: "Sliced 2-Wasserstein distance in the units of the data: the root of the mean squared W2 between the " +
		"one-dimensional projections on 128 directions (evenly spaced in 2-D, seeded above).",
	Judge: judgeSlicedW2,
}

func judgeSlicedW2(reference flow.Batch) (Judge, error) {
	if err := checkSizes(reference, reference); err != nil {
		return nil, err
	}
	directions := directions(reference.Dim)
	sorted := make([][]float64, len(directions))
	for i, w := range directions {
		sorted[i] = project(reference, w)
	}
	return func(samples flow.Batch) (float64, error) {
		if err := checkSizes(reference, samples); err != nil {
			return 0, err
		}
		if !finite(samples) {
			return math.NaN(), nil
		}
		sum := 0.
		for i, w := range directions {
			sum += squaredW2(project(samples, w), sorted[i])
		}
		return math.Sqrt(sum / float64(len(directions))), nil
	}, nil
}

// directions returns unit vectors: one in 1-D, evenly spaced over half a turn in 2-D, seeded normal ones above.
func directions(dim int) [][]float64 {
	if dim == 1 {
		return [][]float64{{1}}
	}
	ws := make([][]float64, slicedDirections)
	stream := flow.NewStream(0, "sliced-w2 directions")
	for i := range ws {
		w := make([]float64, dim)
		if dim == 2 {
			w[1], w[0] = math.Sincos(math.Pi * float64(i) / slicedDirections)
			ws[i] = w
			continue
		}
		stream.Normal(flow.Batch{Dim: dim, Data: w}, uint64(i))
		norm := math.Sqrt(squaredDistance(w, make([]float64, dim)))
		for j := range w {
			w[j] /= norm
		}
		ws[i] = w
	}
	return ws
}

// project returns the inner products of the points with w, sorted.
func project(x flow.Batch, w []float64) []float64 {
	p := make([]float64, x.Len())
	for i := range p {
		for j, v := range x.Row(i) {
			p[i] += v * w[j]
		}
	}
	slices.Sort(p)
	return p
}

// squaredW2 returns the integral of the squared difference between the quantile functions of two sorted samples,
// which may differ in size.
func squaredW2(a, b []float64) float64 {
	sum, from := 0., 0.
	for i, j := 0, 0; i < len(a) && j < len(b); {
		ai, bj := float64(i+1)/float64(len(a)), float64(j+1)/float64(len(b))
		to := min(ai, bj)
		sum += (to - from) * (a[i] - b[j]) * (a[i] - b[j])
		from = to
		if ai <= to {
			i++
		}
		if bj <= to {
			j++
		}
	}
	return sum
}
