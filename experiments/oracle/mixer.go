package oracle

import (
	"math"

	"flowsweep/experiments/flow"
)

// posterior is the posterior of a law's parts given an observation, with memory for one point. It must not be used from
// several goroutines at once.
type posterior interface {
	set(obs observation)
	// logs writes log(w_i p_i(x)) of every part into dst. It must be called before moments.
	logs(x, dst []float64)
	// moments writes E[p X1 + q X0 | x, part i] into u and grad log p_i(x) into score, (d) each, for the x given to
	// logs. It returns the trace of the covariance of p X1 + q X0 given x and the part, and the divergence of u.
	moments(i int, u, score []float64) (variance, div float64)
}

// negligible is the log of the relative weight at or below which a part is ignored.
const negligible = -40

// mixer combines the parts of a law at one point.
type mixer struct {
	posterior posterior
	obs       observation
	fresh     bool
	logs      []float64
	kept      []int     // parts that count
	weight    []float64 // of the kept parts; they sum to 1
	u, score  flow.Batch
	variance  []float64
	div       []float64
	velocity  []float64 // memory for a caller, (d)
}

func newMixer(law Law) *mixer {
	k, d := law.parts(), law.Dim()
	return &mixer{
		posterior: law.posterior(), fresh: true, logs: make([]float64, k), kept: make([]int, 0, k), weight: make([]float64, 0, k),
		u: flow.NewBatch(k, d), score: flow.NewBatch(k, d), variance: make([]float64, k), div: make([]float64, k), velocity: make([]float64, d),
	}
}

// set changes the observation.
func (m *mixer) set(obs observation) {
	if m.fresh || obs != m.obs {
		m.posterior.set(obs)
		m.obs, m.fresh = obs, false
	}
}

// weigh computes the posterior weights of the parts at x by log-sum-exp and returns the log density. It keeps no part
// if the log density is not finite.
func (m *mixer) weigh(x []float64) float64 {
	m.kept, m.weight = m.kept[:0], m.weight[:0]
	m.posterior.logs(x, m.logs)
	top := math.Inf(-1)
	for _, l := range m.logs {
		top = max(top, l)
	}
	if math.IsInf(top, 0) || math.IsNaN(top) {
		return top
	}
	sum := 0.
	for i, l := range m.logs {
		if l-top > negligible {
			w := math.Exp(l - top)
			sum += w
			m.kept, m.weight = append(m.kept, i), append(m.weight, w)
		}
	}
	for i := range m.weight {
		m.weight[i] /= sum
	}
	return top + math.Log(sum)
}

// mean writes E[p X1 + q X0 | x] into dst, (d), or NaN if weigh kept no part.
func (m *mixer) mean(dst []float64) {
	if len(m.kept) == 0 {
		fill(dst, math.NaN())
		return
	}
	clear(dst)
	d := len(dst)
	for k, i := range m.kept {
		u := m.u.Data[k*d : (k+1)*d]
		m.variance[k], m.div[k] = m.posterior.moments(i, u, m.score.Data[k*d:(k+1)*d])
		for j, v := range u {
			dst[j] += m.weight[k] * v
		}
	}
}

// totalVariance returns the trace of the covariance of p X1 + q X0 given x, whose mean is u: the variance within the
// parts plus that between them.
func (m *mixer) totalVariance(u []float64) float64 {
	sum := 0.
	for k, w := range m.weight {
		between := 0.
		for j, v := range m.u.Row(k) {
			between += (v - u[j]) * (v - u[j])
		}
		sum += w * (m.variance[k] + between)
	}
	return sum
}

// divergence returns the divergence of the mean u = sum_i w_i u_i, whose weights depend on x too:
//
//	div u = sum_i w_i div u_i + sum_i w_i <u_i - u, grad log p_i - grad log p>
func (m *mixer) divergence(u []float64) float64 {
	if len(m.kept) == 0 {
		return math.NaN()
	}
	sum := 0.
	for k, w := range m.weight {
		sum += w * m.div[k]
	}
	for j := range u {
		score := 0.
		for k, w := range m.weight {
			score += w * m.score.Row(k)[j]
		}
		for k, w := range m.weight {
			sum += w * (m.u.Row(k)[j] - u[j]) * (m.score.Row(k)[j] - score)
		}
	}
	return sum
}

// entropy returns the entropy, in nats, of the posterior over the parts.
func (m *mixer) entropy() float64 {
	sum := 0.
	for _, w := range m.weight {
		if w > 0 {
			sum -= w * math.Log(w)
		}
	}
	return sum
}

func fill(dst []float64, v float64) {
	for i := range dst {
		dst[i] = v
	}
}
