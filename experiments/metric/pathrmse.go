package metric

import (
	"math"

	"flowsweep/experiments/flow"
)

// PathRMSE is the root mean squared distance between the samples and the ends of a dense solve of the same field from
// the same noise, in the units of x: the discretisation error.
var PathRMSE = Metric{
	Name:  "path-rmse",
	Doc:   "Root mean squared distance, in the units of the data, between the samples and a dense solve of the same velocity from the same noise.",
	OfRun: pathRMSE,
	Order: 2,
}

func pathRMSE(net Model, samples flow.Batch) (Measurement, error) {
	ends, err := net.Ends(samples.Len())
	if err == nil {
		err = flow.CheckLike(ends, samples)
	}
	if err != nil {
		return Measurement{}, err
	}
	squares := make([]float64, samples.Len())
	for i := range squares {
		for j, v := range samples.Row(i) {
			d := v - ends.Row(i)[j]
			squares[i] += d * d
		}
	}
	m := Mean(squares)
	root := math.Sqrt(m.Value)
	return Measurement{Value: root, SE: rootSE(root, m.SE)}, nil
}
