package oracle

import (
	"errors"
	"fmt"
	"math"
	"sync/atomic"

	"flowsweep/experiments/flow"
)

// Oracle computes the exact flow from N(0, I) at t = 0 to a law at t = 1 along a path with independent ends
// (arXiv 2412.06264, section 4): X_t = a X1 + s X0 with a = alpha(t), s = sigma(t), and derivatives a' and s'.
//
// Its methods are safe for use by several goroutines, and spread large batches over all cores. The result for a point
// does not depend on its neighbours or the number of cores. Times lie in [0, 1]. The result for a point that is not
// finite is NaN.
type Oracle struct {
	Law  Law
	Path flow.Path
}

// Field returns the marginal velocity, the mean velocity of the path given x:
//
//	u_t(x) = E[a' X1 + s' X0 | X_t = x]
//
// It is the limit of ideal training. For a Mixture it is computed as sum_i w_i (a' m_i + c_i (x - a m_i)), with
// c_i = (a a' r_i^2 + s s') / (a^2 r_i^2 + s^2), without dividing by s. It is defined at t = 0 and, where the law has a
// density, at t = 1, even if s' is infinite there. Elsewhere it has no limit at t = 1, and the Field returns an error.
func (o Oracle) Field() flow.Field {
	return func(t float64, x flow.Batch) (flow.Batch, error) {
		u, _, err := o.velocity([]float64{t}, x, false)
		return u, err
	}
}

// RowField is Field with a separate time for every point.
func (o Oracle) RowField() flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		if len(t) != x.Len() {
			return flow.Batch{}, fmt.Errorf("%d times for %d points: must be one per point", len(t), x.Len())
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

// velocity returns u, (n, d), and, if asked for, its divergence, (n). ts holds one time for all points or one for each.
func (o Oracle) velocity(ts []float64, x flow.Batch, divergence bool) (u flow.Batch, div []float64, err error) {
	observations := make([]observation, len(ts))
	for i, t := range ts {
		if observations[i], err = velocityAt(o.Path, t); err != nil {
			return flow.Batch{}, nil, err
		}
	}
	u = flow.NewBatch(x.Len(), x.Dim)
	if divergence {
		div = make([]float64, x.Len())
	}
	err = o.eachWeighed(observations, x, func(m *mixer, i int) {
		m.mean(u.Row(i))
		if divergence {
			div[i] = m.divergence(u.Row(i))
		}
	})
	return u, div, err
}

// ErrNoLimit says that a law without noise has no velocity at t = 1. Solvers whose stages all come before the end of a
// step, such as euler and midpoint, never ask for it.
var ErrNoLimit = errors.New("the law has no density at some points, so the velocity has no limit: add noise to the law")

// eachWeighed calls do for every point with a mixer weighed there. It returns an error if the law has no density at a
// point without noise, since the velocity has no limit there.
func (o Oracle) eachWeighed(observations []observation, x flow.Batch, do func(m *mixer, i int)) error {
	var without atomic.Bool
	err := o.each(observations, x, func(m *mixer, i int) {
		logp := m.weigh(x.Row(i))
		if m.obs.s == 0 && math.IsInf(logp, 0) && flow.Finite(x.Row(i)...) {
			without.Store(true)
		}
		do(m, i)
	})
	if err == nil && without.Load() {
		return fmt.Errorf("at the end of path %s %w", o.Path.Name, ErrNoLimit)
	}
	return err
}

// blockRows is the number of points that a core takes at a time.
const blockRows = 64

// each calls do for every point with a mixer set to its observation. There is one observation for all points, or one
// for each.
func (o Oracle) each(observations []observation, x flow.Batch, do func(m *mixer, i int)) error {
	if x.Dim != o.Law.Dim() && x.Len() > 0 {
		return fmt.Errorf("the points have dimension %d, but the law has dimension %d", x.Dim, o.Law.Dim())
	}
	blocks := (x.Len() + blockRows - 1) / blockRows
	flow.ParallelWorkers(blocks, func() func(b int) {
		m := newMixer(o.Law)
		return func(b int) {
			for i := b * blockRows; i < min((b+1)*blockRows, x.Len()); i++ {
				m.set(observations[min(i, len(observations)-1)])
				do(m, i)
			}
		}
	})
	return nil
}
