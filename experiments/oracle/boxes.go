package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"flowsweep/experiments/flow"
)

// Boxes is a mixture of uniform distributions on axis-aligned boxes.
//
// At t = 1 its velocity is alpha'(1) x inside the boxes and has no limit outside of them, where a Field returns an
// error.
type Boxes struct {
	Weights   []float64  // up to a common factor; nil if all are equal
	Low, High flow.Batch // opposite corners, (k, d), with Low < High on every axis
}

// Dim returns the dimension d.
func (b Boxes) Dim() int { return b.Low.Dim }

// Mean returns the mean, (d).
func (b Boxes) Mean() []float64 { return mixedMean(shares(b.Weights, b.parts()), b.centres()) }

// Cov returns the covariance, (d, d).
func (b Boxes) Cov() flow.Batch {
	return mixedCov(shares(b.Weights, b.parts()), b.centres(), func(i, j int) float64 {
		side := b.High.Row(i)[j] - b.Low.Row(i)[j]
		return side * side / 12
	})
}

// Entropy returns the entropy in nats and its standard error from about n draws. It is exact for boxes that do not
// overlap; see Law.
func (b Boxes) Entropy(n int, seed uint64) (nats, se float64) {
	logVolume := func(i int) float64 {
		sum := 0.
		for j, low := range b.Low.Row(i) {
			sum += math.Log(b.High.Row(i)[j] - low)
		}
		return sum
	}
	return mixedEntropy(b, b.Weights, logVolume, n, seed)
}

// Draw writes one point, (d), into dst, and returns the box that it is from.
func (b Boxes) Draw(r *rand.Rand, dst []float64) (part int) {
	part = pickRandom(b.Weights, b.parts(), r)
	b.drawPart(part, r, dst)
	return part
}

func (b Boxes) shares() []float64 { return shares(b.Weights, b.parts()) }

func (b Boxes) only(parts []int) Law {
	return Boxes{Weights: pickOut(b.Weights, parts), Low: b.Low.Take(flow.Batch{}, parts), High: b.High.Take(flow.Batch{}, parts)}
}

func (b Boxes) parts() int { return b.Low.Len() }

func (b Boxes) drawPart(i int, r *rand.Rand, dst []float64) {
	for j, low := range b.Low.Row(i) {
		dst[j] = low + (b.High.Row(i)[j]-low)*r.Float64()
	}
}

func (b Boxes) centres() flow.Batch {
	c := b.Low.Clone()
	for i, high := range b.High.Data {
		c.Data[i] = (c.Data[i] + high) / 2
	}
	return c
}

func (b Boxes) posterior() posterior {
	if err := flow.CheckLike(b.Low, b.High); err != nil {
		panic("oracle: the corners of the boxes: " + err.Error())
	}
	v := &boxesPosterior{logShare: shares(b.Weights, b.parts()), axes: make([][]side, b.Dim())}
	for i, w := range v.logShare {
		v.logShare[i] = math.Log(w)
		for j, low := range b.Low.Row(i) {
			s := side{low: low, high: b.High.Row(i)[j]}
			if !(s.low < s.high) {
				panic(fmt.Sprintf("oracle: box %d reaches from %g to %g on axis %d", i, s.low, s.high, j))
			}
			at := slices.Index(v.axes[j], s)
			if at < 0 {
				at = len(v.axes[j])
				v.axes[j] = append(v.axes[j], s)
			}
			v.sides = append(v.sides, at)
		}
	}
	return v
}

// side is the interval that one or more boxes cover on one axis, with the posterior on it given the last point.
type side struct {
	low, high float64
	logp      float64 // log density of the noisy coordinate
	u, score  float64
	variance  float64
	du        float64 // du/dx
}

// boxesPosterior is the posterior of Boxes. Given x, the noise X0 = (x - a X1) / s is, on each axis of a box, a
// standard normal number truncated to the interval from (x - a high) / s to (x - a low) / s.
type boxesPosterior struct {
	obs      observation
	logShare []float64
	axes     [][]side // the distinct sides on each axis
	sides    []int    // (k, d): the side of each box on each axis
}

func (v *boxesPosterior) set(obs observation) { v.obs = obs }

func (v *boxesPosterior) logs(x, dst []float64) {
	for j, axis := range v.axes {
		for i := range axis {
			axis[i].update(v.obs, x[j])
		}
	}
	for i := range dst {
		sum := v.logShare[i]
		for j, at := range v.sides[i*len(x) : (i+1)*len(x)] {
			sum += v.axes[j][at].logp
		}
		dst[i] = sum
	}
}

// update computes the posterior on the side given the noisy coordinate x.
func (e *side) update(obs observation, x float64) {
	width := e.high - e.low
	if obs.s == 0 {
		// X1 is exactly x / a. The density is constant within a side, so the score is 0.
		e.logp = math.Inf(-1)
		if x >= obs.a*e.low && x <= obs.a*e.high {
			e.logp = -math.Log(obs.a * width)
		}
		e.u, e.score, e.du = obs.p*x/obs.a, 0, obs.p/obs.a
		e.variance = obs.w * obs.w / (obs.a * obs.a)
		return
	}
	h := obs.a * width / obs.s
	t := truncate((x-obs.a*e.high)/obs.s, h)
	e.logp = t.logMean - math.Log(obs.s)
	e.score = -t.mean / obs.s
	e.u = obs.p*(e.high-width*t.fraction) - obs.qs*e.score
	across := width / obs.s
	e.variance = obs.w * obs.w * across * across * t.variance
	e.du = obs.p*h*across*t.variance + obs.qs*t.loss/(obs.s*obs.s)
}

func (v *boxesPosterior) moments(i int, u, score []float64) (variance, div float64) {
	for j, at := range v.sides[i*len(u) : (i+1)*len(u)] {
		e := &v.axes[j][at]
		u[j], score[j] = e.u, e.score
		variance += e.variance
		div += e.du
	}
	return variance, div
}
