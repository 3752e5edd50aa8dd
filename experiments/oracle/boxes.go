package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"flowsweep/experiments/flow"
)

// Boxes is a mixture of uniform distributions on boxes along the axes.
//
// Its velocity has no limit at t = 1 outside of the boxes, where a Field returns an error, and is alpha'(1) x inside.
type Boxes struct {
	Weights   []float64  // up to a common factor; nil if all are equal
	Low, High flow.Batch // corners, (k, d), with Low < High on every axis
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

// Entropy returns the entropy in nats and its standard error from about n draws: exact for boxes that do not overlap;
// see Law.
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

// Draw writes one point, (d), into dst.
func (b Boxes) Draw(r *rand.Rand, dst []float64) {
	b.drawPart(pickRandom(b.Weights, b.parts(), r), r, dst)
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

func (b Boxes) view() view {
	if err := flow.CheckLike(b.Low, b.High); err != nil {
		panic("oracle: the corners of the boxes: " + err.Error())
	}
	v := &boxesView{logShare: shares(b.Weights, b.parts()), axes: make([][]side, b.Dim())}
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

// side is what a box, and others in the same row or column, covers of one axis, and the posterior on it of the last
// point that was looked at.
type side struct {
	low, high float64
	logp      float64 // log density of the noisy coordinate
	u, score  float64
	spread    float64
	du        float64 // du/dx
}

// boxesView is a law of Boxes seen through a X1 + s X0 (see gaze). On each axis of a box the noise X0 = (x - a X1) / s is,
// given x, a standard normal number kept between (x - a high) / s and (x - a low) / s.
type boxesView struct {
	gaze     gaze
	logShare []float64
	axes     [][]side // the different sides of each axis
	sides    []int    // (k, d): the side of each box on each axis
}

func (v *boxesView) set(g gaze) { v.gaze = g }

func (v *boxesView) logs(x, dst []float64) {
	for j, axis := range v.axes {
		for i := range axis {
			axis[i].look(v.gaze, x[j])
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

// look fills in the posterior of a side given the noisy coordinate x.
func (e *side) look(g gaze, x float64) {
	width := e.high - e.low
	if g.s == 0 {
		// X1 = x / a exactly; within a side the density is flat, so the score is 0.
		e.logp = math.Inf(-1)
		if x >= g.a*e.low && x <= g.a*e.high {
			e.logp = -math.Log(g.a * width)
		}
		e.u, e.score, e.du = g.p*x/g.a, 0, g.p/g.a
		e.spread = g.w * g.w / (g.a * g.a)
		return
	}
	h := g.a * width / g.s
	t := truncate((x-g.a*e.high)/g.s, h)
	e.logp = t.logMean - math.Log(g.s)
	e.score = -t.mean / g.s
	e.u = g.p*(e.high-width*t.fraction) - g.qs*e.score
	across := width / g.s
	e.spread = g.w * g.w * across * across * t.variance
	e.du = g.p*h*across*t.variance + g.qs*t.loss/(g.s*g.s)
}

func (v *boxesView) moments(i int, u, score []float64) (spread, div float64) {
	for j, at := range v.sides[i*len(u) : (i+1)*len(u)] {
		e := &v.axes[j][at]
		u[j], score[j] = e.u, e.score
		spread += e.spread
		div += e.du
	}
	return spread, div
}
