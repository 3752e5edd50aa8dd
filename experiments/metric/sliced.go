package metric

import (
	"math"

	"flowsweep/experiments/flow"
)

// slicedDirections is the number of directions over which sliced-w2 averages. In two dimensions they are evenly spaced,
// so the error of the average over all angles is far below the noise of the samples.
const slicedDirections = 128

// SlicedW2 is the sliced 2-Wasserstein distance (Bonneel et al. 2015, "Sliced and Radon Wasserstein barycenters of
// measures"), in the units of x:
//
//	sqrt(mean over directions w of W2^2(<w, x>, <w, y>))
//
// It is a distance, not its square. For samples of the same distribution it is not 0, but decreases with their sizes;
// see Null. SE, from the mean of the one-dimensional potentials, is that of the mean at these sizes. Time is that of
// sorting. A judge keeps its reference sorted in every direction, 2 kB per point.
var SlicedW2 = Metric{
	Name: "sliced-w2",
	Doc: "Sliced 2-Wasserstein distance, in the units of the data: the root of the mean squared W2 between the " +
		"one-dimensional projections on 128 directions (evenly spaced in 2-D, seeded in more dimensions).",
	Judge: judgeSlicedW2,
	Order: 2,
	permute: func(dim int) (int, permuted, error) {
		return permutedLinePoints, permutedLines(directions(dim), 2), nil
	},
}

func judgeSlicedW2(reference flow.Batch) (Judge, error) {
	if err := checkSizes(reference, reference); err != nil {
		return nil, err
	}
	finite := reference.Finite()
	directions := directions(reference.Dim)
	sorted := make([]line, len(directions))
	flow.Parallel(len(directions), func(k int) { sorted[k] = project(reference, directions[k], new([]ordered)) })
	return func(samples flow.Batch) (Measurement, error) {
		if err := checkSizes(reference, samples); err != nil {
			return Measurement{}, err
		}
		if !finite || !samples.Finite() {
			return notFinite, nil
		}
		return sliced(samples, directions, sorted), nil
	}, nil
}

// slicedParts is the number of groups of directions. Each adds up its own potentials, which bounds the memory, and the
// groups are added in order.
const slicedParts = 8

func sliced(samples flow.Batch, directions [][]float64, sorted []line) Measurement {
	n, m := samples.Len(), len(sorted[0].values)
	costs := make([]float64, len(directions))
	phi, psi := make([][]float64, slicedParts), make([][]float64, slicedParts)
	flow.Parallel(slicedParts, func(part int) {
		phi[part], psi[part] = make([]float64, n), make([]float64, m)
		var scratch []ordered
		for k := part; k < len(directions); k += slicedParts {
			costs[k] = transport(project(samples, directions[k], &scratch), sorted[k], 2, phi[part], psi[part])
		}
	})
	for part := 1; part < slicedParts; part++ {
		addTo(phi[0], phi[part])
		addTo(psi[0], psi[part])
	}
	count := float64(len(directions))
	root := math.Sqrt(sum(costs) / count)
	return Measurement{Value: root, SE: rootSE(root, potentialSE(phi[0], psi[0])/count)}
}

// directions returns unit vectors: one in 1-D, evenly spaced over half a turn in 2-D, and seeded normal ones in more
// dimensions.
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
		norm := math.Sqrt(dot(w, w))
		for j := range w {
			w[j] /= norm
		}
		ws[i] = w
	}
	return ws
}

// project returns the inner products of the points with w, sorted.
func project(x flow.Batch, w []float64, scratch *[]ordered) line {
	p := make([]float64, x.Len())
	for i := range p {
		for j, v := range x.Row(i) {
			p[i] += v * w[j]
		}
	}
	return lineOf(p, scratch)
}
