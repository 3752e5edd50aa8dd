package oracle

import (
	"fmt"
	"math"
	"sync/atomic"

	"flowsweep/experiments/flow"
)

// Oracle knows the flow from N(0, I) at t = 0 to a law at t = 1 along a path whose ends are drawn independently
// (arXiv 2412.06264, section 4): X_t = a X1 + s X0 with a = alpha(t), s = sigma(t), a' and s' their derivatives.
//
// Its methods are safe for use by several goroutines, and spread large batches over all cores: what they return for a
// point does not depend on its neighbours or on the number of cores. Times lie in [0, 1]. Points that are not finite
// have the answer NaN.
type Oracle struct {
	Law  Law
	Path flow.Path
}

// Field returns the marginal velocity, that of the path averaged over the posterior:
//
//	u_t(x) = E[a' X1 + s' X0 | X_t = x]
//
// A net trained without limits becomes this. For a Mixture it is computed as sum_i w_i (a' m_i + c_i (x - a m_i)), with
// c_i = (a a' r_i^2 + s s') / (a^2 r_i^2 + s^2), which divides by no s. It is defined at t = 0 and, where the law has a
// density, at t = 1, even if s' is infinite there. Elsewhere at t = 1 it has no limit, and the Field returns an error.
func (o Oracle) Field() flow.Field {
	return func(t float64, x flow.Batch) (flow.Batch, error) {
		u, _, err := o.velocity([]float64{t}, x, false)
		return u, err
	}
}

// RowField is Field with a time for every point.
func (o Oracle) RowField() flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		if len(t) != x.Len() {
			return flow.Batch{}, fmt.Errorf("%d times for %d points: give one each", len(t), x.Len())
		}
		u, _, err := o.velocity(t, x, false)
		return u, err
	}
}

// DivField is Field with its divergence.
func (o Oracle) DivField() flow.DivField {
	return func(t float64, x flow.Batch) (flow.Batch, []float64, error) {
		return o.velocity([]float64{t}, x, true)
	}
}

// velocity returns u, (n, d), and its divergence, (n), where it is wanted, at one time for all or one for each.
func (o Oracle) velocity(ts []float64, x flow.Batch, divergence bool) (u flow.Batch, div []float64, err error) {
	gazes := make([]gaze, len(ts))
	for i, t := range ts {
		if gazes[i], err = velocityAt(o.Path, t); err != nil {
			return flow.Batch{}, nil, err
		}
	}
	u = flow.NewBatch(x.Len(), x.Dim)
	if divergence {
		div = make([]float64, x.Len())
	}
	err = o.look(gazes, x, func(m *mixer, i int) {
		m.mean(u.Row(i))
		if divergence {
			div[i] = m.divergence(u.Row(i))
		}
	})
	return u, div, err
}

// look calls do for every point, weighed. It returns an error where the law has no density at a
// point without noise: there the velocity has no limit.
func (o Oracle) look(gazes []gaze, x flow.Batch, do func(m *mixer, i int)) error {
	var without atomic.Bool
	err := o.each(gazes, x, func(m *mixer, i int) {
		logp := m.look(x.Row(i))
		if m.gaze.s == 0 && math.IsInf(logp, 0) && flow.Finite(x.Row(i)...) {
			without.Store(true)
		}
		do(m, i)
	})
	if err == nil && without.Load() {
		return fmt.Errorf("at the end of path %s the law has no density at some of the points, and the velocity no limit: "+
			"stop short of t = 1, end with an Euler step, or give the law some noise", o.Path.Name)
	}
	return err
}

// blockRows is how many points a core takes at a time.
const blockRows = 64

// each calls do for every point with a mixer that is turned to its gaze.
func (o Oracle) each(gazes []gaze, x flow.Batch, do func(m *mixer, i int)) error {
	if x.Dim != o.Law.Dim() && x.Len() > 0 {
		return fmt.Errorf("the points have dimension %d and the law %d: give points of dimension %d", x.Dim, o.Law.Dim(), o.Law.Dim())
	}
	blocks := (x.Len() + blockRows - 1) / blockRows
	flow.ParallelWorkers(blocks, func() func(b int) {
		m := newMixer(o.Law)
		return func(b int) {
			for i := b * blockRows; i < min((b+1)*blockRows, x.Len()); i++ {
				m.set(gazes[min(i, len(gazes)-1)])
				do(m, i)
			}
		}
	})
	return nil
}
