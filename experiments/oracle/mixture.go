package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"

	"flowsweep/experiments/flow"
)

// Mixture is a mixture of isotropic Gaussians, sum_i w_i N(m_i, r_i^2 I).
//
// A Gaussian of width 0 is a point of positive probability, so a data set is the Mixture of its points with Std 0. Such
// a law has no density: its entropy is -Inf, and its velocity has no limit at t = 1, where a Field returns an error.
type Mixture struct {
	Weights []float64  // w_i up to a common factor; nil if all are equal
	Means   flow.Batch // m_i, (k, d)
	Std     []float64  // r_i: one per Gaussian, or one for all
}

// Shares returns the weights of the Gaussians with their sum brought to 1, (k).
func (m Mixture) Shares() []float64 { return shares(m.Weights, m.parts()) }

// Stds returns the width of every Gaussian, (k).
func (m Mixture) Stds() []float64 {
	stds := make([]float64, m.parts())
	for i := range stds {
		stds[i] = m.std(i)
	}
	return stds
}

// Dim returns the dimension d.
func (m Mixture) Dim() int { return m.Means.Dim }

// Mean returns the mean, (d).
func (m Mixture) Mean() []float64 { return mixedMean(shares(m.Weights, m.parts()), m.Means) }

// Cov returns the covariance, (d, d).
func (m Mixture) Cov() flow.Batch {
	return mixedCov(shares(m.Weights, m.parts()), m.Means, func(i, _ int) float64 { return m.std(i) * m.std(i) })
}

// Entropy returns the entropy in nats and its standard error from about n draws; see Law.
func (m Mixture) Entropy(n int, seed uint64) (nats, se float64) {
	gaussian := func(i int) float64 {
		return float64(m.Dim()) * (math.Log(m.std(i)) + .5*math.Log(2*math.Pi*math.E))
	}
	return mixedEntropy(m, m.Weights, gaussian, n, seed)
}

// Draw writes one point, (d), into dst, and returns the Gaussian that it is from.
func (m Mixture) Draw(r *rand.Rand, dst []float64) (part int) {
	part = pickRandom(m.Weights, m.parts(), r)
	m.drawPart(part, r, dst)
	return part
}

func (m Mixture) shares() []float64 { return m.Shares() }

func (m Mixture) only(parts []int) Law {
	kept := Mixture{Means: m.Means.Take(flow.Batch{}, parts), Std: m.Std}
	if len(m.Std) > 1 {
		kept.Std = pickOut(m.Std, parts)
	}
	kept.Weights = pickOut(m.Weights, parts)
	return kept
}

// pickOut returns the listed entries, or nil of none.
func pickOut(all []float64, parts []int) (list []float64) {
	for _, i := range parts {
		if all != nil {
			list = append(list, all[i])
		}
	}
	return list
}

func (m Mixture) parts() int { return m.Means.Len() }

func (m Mixture) drawPart(i int, r *rand.Rand, dst []float64) {
	std := m.std(i)
	for j, mean := range m.Means.Row(i) {
		dst[j] = mean + std*r.NormFloat64()
	}
}

// std returns r_i. It panics if the number of widths is wrong or r_i is not a valid width.
func (m Mixture) std(i int) float64 {
	if len(m.Std) == 1 {
		i = 0
	} else if len(m.Std) != m.parts() {
		panic(fmt.Sprintf("oracle: %d widths for %d Gaussians: must be one for all, or one each", len(m.Std), m.parts()))
	}
	if r := m.Std[i]; r >= 0 && !math.IsInf(r, 1) {
		return r
	}
	panic(fmt.Sprintf("oracle: a width is %g: must be finite and at least 0", m.Std[i]))
}

func (m Mixture) posterior() posterior {
	k := m.parts()
	v := &mixturePosterior{
		law: m, logShare: shares(m.Weights, k), base: make([]float64, k), precision: make([]float64, k),
		slope: make([]float64, k), variance: make([]float64, k),
		off: flow.NewBatch(k, m.Dim()),
	}
	for i, w := range v.logShare {
		v.logShare[i] = math.Log(w)
	}
	return v
}

// mixturePosterior is the posterior of a Mixture. With v_i = a^2 r_i^2 + s^2,
//
//	X_t | part i ~ N(a m_i, v_i I),  E[p X1 + q X0 | x, part i] = p m_i + c_i (x - a m_i),  c_i = (p a r_i^2 + q s) / v_i
//
// No term divides by s.
type mixturePosterior struct {
	law       Mixture
	obs       observation
	logShare  []float64
	base      []float64  // log w_i - (d/2) log(2 pi v_i)
	precision []float64  // 1 / v_i
	slope     []float64  // c_i
	variance  []float64  // d r_i^2 W^2 / v_i
	off       flow.Batch // x - a m_i for the last x, (k, d)
}

func (v *mixturePosterior) set(obs observation) {
	v.obs = obs
	d := float64(v.law.Dim())
	for i := range v.base {
		r := v.law.std(i)
		variance := obs.a*obs.a*r*r + obs.s*obs.s
		v.precision[i] = 1 / variance
		v.slope[i] = (obs.p*obs.a*r*r + obs.qs) / variance
		v.variance[i] = d * r * r * obs.w * obs.w / variance
		v.base[i] = v.logShare[i] - d/2*math.Log(2*math.Pi*variance)
	}
}

func (v *mixturePosterior) logs(x, dst []float64) {
	a, d := v.obs.a, len(x)
	for i := range dst {
		m, off := v.law.Means.Data[i*d:(i+1)*d], v.off.Data[i*d:(i+1)*d]
		square := 0.
		for j, xj := range x {
			z := xj - a*m[j]
			off[j] = z
			square += z * z
		}
		switch {
		case !math.IsInf(v.precision[i], 1):
			dst[i] = v.base[i] - square*v.precision[i]/2
		case square == 0 && !math.IsInf(v.logShare[i], -1):
			dst[i] = math.Inf(1)
		default:
			dst[i] = math.Inf(-1)
		}
	}
}

func (v *mixturePosterior) moments(i int, u, score []float64) (variance, div float64) {
	p, c, precision, d := v.obs.p, v.slope[i], v.precision[i], len(u)
	m, off := v.law.Means.Data[i*d:(i+1)*d], v.off.Data[i*d:(i+1)*d]
	for j, z := range off {
		u[j] = p*m[j] + c*z
		score[j] = -z * precision
	}
	return v.variance[i], float64(d) * c
}
