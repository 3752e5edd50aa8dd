package oracle

import (
	"math"

	"flowsweep/experiments/flow"
)

// view is a law seen through a gaze, with memory for one point. It is used from one goroutine at a time.
type view interface {
	set(g gaze)
	// logs writes log(w_i p_i(x)) of every part into dst, for moments to follow.
	logs(x, dst []float64)
	// moments writes E[p X1 + q X0 | x, part i] into u and grad log p_i(x) into score, (d) each, for the x of logs. It
	// returns the trace of the covariance of p X1 + q X0 given x and the part, and the divergence of u.
	moments(i int, u, score []float64) (spread, div float64)
}

// negligible is the log of the relative weight at which a part is left out.
const negligible = -40

// mixer puts the parts of a law together at one point.
type mixer struct {
	view     view
	gaze     gaze
	fresh    bool
	logs     []float64
	kept     []int     // parts that count
	weight   []float64 // of the kept parts; they sum to 1
	u, score flow.Batch
	spread   []float64
	div      []float64
	velocity []float64 // memory for a caller, (d)
}

func newMixer(law Law) *mixer {
	k, d := law.parts(), law.Dim()
	return &mixer{
		view: law.view(), fresh: true, logs: make([]float64, k), kept: make([]int, 0, k), weight: make([]float64, 0, k),
		u: flow.NewBatch(k, d), score: flow.NewBatch(k, d), spread: make([]float64, k), div: make([]float64, k), velocity: make([]float64, d),
	}
}

// set turns the mixer to another gaze.
func (m *mixer) set(g gaze) {
	if m.fresh || g != m.gaze {
		m.view.set(g)
		m.gaze, m.fresh = g, false
	}
}

// look weighs the parts at x by log-sum-exp and returns the log density. It keeps no part where that is infinite.
func (m *mixer) look(x []float64) float64 {
	m.kept, m.weight = m.kept[:0], m.weight[:0]
	m.view.logs(x, m.logs)
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

// mean writes E[p X1 + q X0 | x] into dst, (d): NaN where look kept no part.
func (m *mixer) mean(dst []float64) {
	if len(m.kept) == 0 {
		fill(dst, math.NaN())
		return
	}
	clear(dst)
	d := len(dst)
	for k, i := range m.kept {
		u := m.u.Data[k*d : (k+1)*d]
		m.spread[k], m.div[k] = m.view.moments(i, u, m.score.Data[k*d:(k+1)*d])
		for j, v := range u {
			dst[j] += m.weight[k] * v
		}
	}
}

// totalSpread returns the trace of the covariance of p X1 + q X0 given x, whose mean is u: what the parts leave open and
// what lies between them.
func (m *mixer) totalSpread(u []float64) float64 {
	sum := 0.
	for k, w := range m.weight {
		between := 0.
		for j, v := range m.u.Row(k) {
			between += (v - u[j]) * (v - u[j])
		}
		sum += w * (m.spread[k] + between)
	}
	return sum
}

// divergence returns that of the mean u = sum_i w_i u_i: the weights move with x too.
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

// entropy returns the entropy in nats of the part given x.
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
