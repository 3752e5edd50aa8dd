package metric

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// excessPoints is the number of points (t, x) on the path over which excess-loss is a mean.
const excessPoints = 20_000

// ExcessLoss is the conditional flow-matching loss minus its smallest possible value V, that of the exact velocity u*:
//
//	E |u(t, X_t) - (alpha' X1 + sigma' X0)|^2 / d - V = E |u(t, X_t) - u*(t, X_t)|^2 / d
//
// Like the training loss, it is a mean over the d coordinates and is taken at flow.Path.Clamp of its times: on paths where
// the floor or the kinetic energy is infinite over all times, such as t^n with n up to 1/2, it is finite too. The times are
// evenly distributed. Unlike losses, excess losses can be compared across paths.
var ExcessLoss = Metric{
	Name:          "excess-loss",
	Doc:           "Mean squared distance between the model's velocity and the exact one: the training loss minus the floor, which no model can go below.",
	OfNet:         excessLoss,
	FromNoise:     true,
	ExactVelocity: true,
	Least:         "The smallest value is 0, that of the exact velocity.",
	AboveFloor:    true,
}

func excessLoss(net Model) (Measurement, error) {
	x1 := net.Draw(excessPoints)
	dim := x1.Dim
	x0, xt, u := flow.NewBatch(excessPoints, dim), x1.Like(dim), flow.NewBatch(excessPoints, dim)
	flow.NewStream(net.Seed, "held-out noise").Normal(x0, 0)
	t := make([]float64, excessPoints)
	flow.NewStream(net.Seed, "held-out times").Uniform(t, 0)
	for i := range t {
		t[i] = (float64(i) + t[i]) / excessPoints
	}
	net.Path.Interpolate(xt, u, t, x0, x1)
	want, err := net.Exact(t, xt)
	if err != nil {
		return Measurement{}, err
	}
	got, err := net.Velocity(t, xt)
	if err != nil {
		return Measurement{}, err
	}
	squares := make([]float64, excessPoints)
	for i := range squares {
		for j, v := range got.Row(i) {
			d := v - want.Row(i)[j]
			squares[i] += d * d / float64(dim)
		}
	}
	return Mean(squares), nil
}

// likelihoodPoints is the number of points over which nll is a mean.
const likelihoodPoints = 2_000

// NLL is the mean negative log-likelihood of fresh data under the flow of u, in nats per point:
//
//	-E log p_1(X),  log p_1(x_1) = log p_0(x_0) - integral over t of div u(t, x_t)
//
// along the solution that ends at x_1 (Chen et al. 2018, "Neural ordinary differential equations").
var NLL = Metric{
	Name:      "nll",
	Doc:       "Mean negative log-likelihood of fresh data under the model's flow, in nats per point. Its smallest value is the entropy of the target. Divided by d log 2, it is in bits per dimension.",
	OfNet:     negativeLogLikelihood,
	FromNoise: true,
	Density:   true,
	Signed:    true,
	Entropy:   true,
}

func negativeLogLikelihood(net Model) (Measurement, error) {
	logp, err := net.LogDensities(net.HeldOut(likelihoodPoints))
	if err != nil {
		return Measurement{}, err
	}
	m := Mean(logp)
	return Measurement{Value: -m.Value, SE: m.SE}, nil
}

// energyPoints is the largest number of points of the data in a half of the transport of npe, which has as many paths as
// both halves: as many as 2,000 for data whose rows are all used, and 1,000 otherwise.
const energyPoints = 1_000

// NPE is the normalised path energy (Tong et al. 2024, arXiv 2302.00482), with p and q the ends of the flow, but with its
// sign:
//
//	(E integral over t of |u(t, x_t)|^2 - W2^2(p, q)) / W2^2(p, q)
//
// The paper takes the absolute value. Then straighter paths could read as worse, by the error of W2, and a net that does not
// move the noise, whose value is -1, like one with twice the energy that is needed.
//
// W2^2 between p and q is estimated from as many starts of paths as points of q, by optimal assignment. Among finitely many
// points it is larger on average than between the distributions. So it is twice the value over all points minus the mean of
// the values over two halves (Quenouille 1956, "Notes on bias in estimation"). In that a bias that falls like 1/n cancels,
// and of one that falls like n^(-2/d), as for draws of a density in d > 2 dimensions, the share 2^(2/d) - 1. Of data with at
// most 1,000 rows, q is all rows, held out or not. Points and starts depend only on the seed of the reference, so nets with
// other seeds share the error of W2, and of two nets of one target the one with less energy always reads lower.
var NPE = Metric{
	Name: "npe",
	Doc: "Normalised path energy: the excess of the kinetic energy of the model's paths over that of straight optimal transport, as a fraction of the latter, " +
		"with its sign. Below 0 is the error of the transport, which all seeds share, or a net that does not carry the noise all the way to the data.",
	OfNet:   normalisedPathEnergy,
	Signed:  true,
	Version: 3, // the solver of 2 gave other potentials, hence SE
	Least:   "Straight paths that do not cross have 0.",
}

func normalisedPathEnergy(net Model) (Measurement, error) {
	first, second, all := halvesOf(net.Whole)
	data := flow.Batch{Dim: first.Dim, Data: slices.Concat(first.Data, second.Data)}
	x0 := net.Start(data.Len())
	energies, err := net.Energies(x0)
	if err != nil {
		return Measurement{}, err
	}
	n := first.Len()
	cost, phi, psi := assigned(x0, data)
	before, _, _ := assigned(x0.Slice(0, n), first)
	after, _, _ := assigned(x0.Slice(n, 2*n), second)
	square := 2*cost - (before+after)/2
	ratio := Mean(energies).Value / square
	// By the delta method. To first order the cost is the mean of its potentials, and so is its correction, with a factor
	// of 2 - 1. Energies and potentials of a start belong together.
	excess := make([]float64, len(phi))
	for i, e := range energies {
		excess[i] = e - ratio*phi[i]
	}
	variance := stat.Variance(excess, nil) / float64(len(excess))
	if !all {
		variance += ratio * ratio * stat.Variance(psi, nil) / float64(len(psi))
	}
	return Measurement{Value: ratio - 1, SE: math.Sqrt(variance) / square}, nil
}

// halvesOf returns two samples of the data of equal size, (n, d) each: each of them all of it, if there is so much of it at
// most.
func halvesOf(whole func(n int) (flow.Batch, bool)) (first, second flow.Batch, all bool) {
	points, all := whole(energyPoints)
	if all {
		return points, points, true
	}
	n := points.Len() / 2
	return points.Slice(0, n), points.Slice(n, 2*n), false
}

// assigned returns the squared W2 distance between two samples of equal size, (n, d), and the potentials of their points,
// (n). It is NaN if they are not finite.
func assigned(x, y flow.Batch) (cost float64, phi, psi []float64) {
	n, xs, ys := x.Len(), columnsOf(x), columnsOf(y)
	costs := make([][]float64, n)
	flow.Parallel(n, func(i int) {
		costs[i] = make([]float64, n)
		ys.squaredDistances(costs[i], xs, i, 0)
	})
	nan := make([]float64, n)
	for i := range nan {
		nan[i] = math.NaN()
	}
	if slices.ContainsFunc(costs, func(row []float64) bool { return !flow.Finite(row...) }) {
		return math.NaN(), nan, nan
	}
	a := flow.AssignRows(costs)
	for i, j := range a.Column {
		cost += costs[i][j] / float64(n)
	}
	return cost, a.Row, a.Col
}

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
