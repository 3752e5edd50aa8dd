package target

import (
	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

// curvePoints is the number of fixed points that represent a curve.
const curvePoints = 256

// noisy returns the law of a random one of count fixed points in the plane, with Gaussian noise of standard deviation
// std.
func noisy(count int, std float64, point func(k int) (x, y float64)) oracle.Mixture {
	means := flow.NewBatch(count, 2)
	for k := range count {
		means.Data[2*k], means.Data[2*k+1] = point(k)
	}
	return oracle.Mixture{Means: means, Std: []float64{std}}
}
