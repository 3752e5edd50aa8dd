package oracle

import "flowsweep/experiments/flow"

// The three below are what theorems about the velocity speak of. Tests alone ask for them.

// PosteriorMean returns E[X1 | X_t = x], (n, d): the best guess of the data behind the noisy points x, (n, d).
func (o Oracle) PosteriorMean(t float64, x flow.Batch) (flow.Batch, error) {
	g, err := noiseAt(o.Path, t)
	if err != nil {
		return flow.Batch{}, err
	}
	g.p, g.w = 1, g.s
	return o.means(g, x)
}

// Score returns grad log p_t(x), (n, d), the gradient of LogDensity in the points x, (n, d).
func (o Oracle) Score(t float64, x flow.Batch) (flow.Batch, error) {
	g, err := noiseAt(o.Path, t)
	if err != nil {
		return flow.Batch{}, err
	}
	g.qs = -1 // the score is -E[X0 | x] / s
	return o.means(g, x)
}

func (o Oracle) means(g gaze, x flow.Batch) (flow.Batch, error) {
	y := flow.NewBatch(x.Len(), x.Dim)
	err := o.look([]gaze{g}, x, func(m *mixer, i int) { m.mean(y.Row(i)) })
	return y, err
}

// LogDensity returns log p_t(x), (n), in nats, of the points x, (n, d). It is -Inf where the law has no points at t = 1,
// and +Inf on a point of positive probability.
func (o Oracle) LogDensity(t float64, x flow.Batch) ([]float64, error) {
	g, err := noiseAt(o.Path, t)
	if err != nil {
		return nil, err
	}
	logp := make([]float64, x.Len())
	err = o.each([]gaze{g}, x, func(m *mixer, i int) { logp[i] = m.look(x.Row(i)) })
	return logp, err
}
