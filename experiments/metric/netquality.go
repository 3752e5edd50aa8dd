package metric

import "flowsweep/experiments/flow"

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
	x0, xt, u := flow.NewBatch(excessPoints, dim), flow.NewBatch(excessPoints, dim), flow.NewBatch(excessPoints, dim)
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
