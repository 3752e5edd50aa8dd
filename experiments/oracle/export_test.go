package oracle

import "flowsweep/experiments/flow"

// The exported methods below occur in theorems about the velocity. Only tests use them.

// PosteriorMean returns E[X1 | X_t = x], (n, d), the best estimate of the data given the noisy points x, (n, d).
func (o Oracle) PosteriorMean(t float64, x flow.Batch) (flow.Batch, error) {
	obs, err := observationAt(o.Path, t)
	if err != nil {
		return flow.Batch{}, err
	}
	obs.p, obs.w = 1, obs.s
	return o.means(obs, x)
}

// Score returns grad log p_t(x), (n, d), the gradient of LogDensity at the points x, (n, d).
func (o Oracle) Score(t float64, x flow.Batch) (flow.Batch, error) {
	obs, err := observationAt(o.Path, t)
	if err != nil {
		return flow.Batch{}, err
	}
	obs.qs = -1 // the score is -E[X0 | x] / s
	return o.means(obs, x)
}

func (o Oracle) means(obs observation, x flow.Batch) (flow.Batch, error) {
	y := flow.NewBatch(x.Len(), x.Dim)
	err := o.eachWeighed([]observation{obs}, x, func(m *mixer, i int) { m.mean(y.Row(i)) })
	return y, err
}

// LogDensity returns log p_t(x), (n), in nats, at the points x, (n, d). At t = 1 it is -Inf outside the support of the
// law, and +Inf at a point of positive probability.
func (o Oracle) LogDensity(t float64, x flow.Batch) ([]float64, error) {
	obs, err := observationAt(o.Path, t)
	if err != nil {
		return nil, err
	}
	logp := make([]float64, x.Len())
	err = o.each([]observation{obs}, x, func(m *mixer, i int) { logp[i] = m.weigh(x.Row(i)) })
	return logp, err
}
