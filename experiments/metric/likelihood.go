package metric

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
