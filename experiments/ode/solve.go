package ode

import (
	"fmt"

	"flowsweep/experiments/flow"
)

// Solve carries the points x0, (n, d), along the field over the time grid ts, (steps + 1), and returns where they
// arrive. The times may rise or fall. nfe counts the velocity calls made, each of which moved the whole batch, so it is
// the number of calls a sample, s.Calls(steps). The field's errors are returned as they are, with the time they happened
// at.
//
// The field must neither keep nor change the points it is given, and what it returns must be its own: their memory is
// used again.
func Solve(field flow.Field, s Solver, ts []float64, x0 flow.Batch) (x flow.Batch, nfe int, err error) {
	return walk(field, s, ts, x0, func(flow.Batch) {})
}

// Trajectory returns what Solve passes through: the points at every time of the grid, (steps + 1) batches of (n, d), of
// which the first is x0 and the last what Solve returns.
func Trajectory(field flow.Field, s Solver, ts []float64, x0 flow.Batch) (xs []flow.Batch, nfe int, err error) {
	_, nfe, err = walk(field, s, ts, x0, func(x flow.Batch) { xs = append(xs, x.Clone()) })
	return xs, nfe, err
}

// walk is Solve; visit sees the points at every time of the grid, before they are used again.
func walk(field flow.Field, s Solver, ts []float64, x0 flow.Batch, visit func(x flow.Batch)) (x flow.Batch, nfe int, err error) {
	w := walker{s: s, x: x0.Clone(), spare: flow.NewBatch(x0.Len(), x0.Dim), k: make([]flow.Batch, s.Stages())}
	w.field = func(t float64, x flow.Batch) (flow.Batch, error) {
		nfe++
		u, err := field(t, x)
		if err == nil {
			err = flow.CheckLike(u, x)
		}
		if err != nil {
			return u, fmt.Errorf("velocity at t = %g: %w", t, err)
		}
		return u, nil
	}
	visit(w.x)
	for i := range len(ts) - 1 {
		if err := w.step(ts[i], ts[i+1], i == len(ts)-2); err != nil {
			return w.x, nfe, err
		}
		visit(w.x)
	}
	return w.x, nfe, nil
}

// walker holds the points on their way, and the memory of a step.
type walker struct {
	s        Solver
	field    flow.Field
	x, spare flow.Batch   // (n, d)
	k        []flow.Batch // the velocities of the stages, (n, d) each
	same     bool         // k[0] is the velocity at x: the last stage of the step before
}

// step advances x from one time to the next. No step begins with the velocity at the end of the last one.
func (w *walker) step(from, to float64, last bool) error {
	h, first := to-from, 0
	if w.same {
		w.k[0] = w.k[len(w.k)-1]
		first = 1
	}
	for i := first; i < len(w.k); i++ {
		xi := w.x
		if i > 0 {
			xi = w.spare
			copy(xi.Data, w.x.Data)
			addScaled(xi, h, w.s.A[i], w.k)
		}
		if w.s.FSAL && last && i == len(w.k)-1 {
			break
		}
		var err error
		if w.k[i], err = w.field(stageTime(from, to, w.s.C[i]), xi); err != nil {
			return err
		}
	}
	if w.s.FSAL { // the last stage was at the end of the step
		w.x, w.spare, w.same = w.spare, w.x, true
		return nil
	}
	addScaled(w.x, h, w.s.B, w.k)
	return nil
}

// stageTime returns the time of a stage with node c. The end of a step is the next one's start to the last bit, where
// from + (to - from) could lie beyond it. The conversion is that of addScaled.
func stageTime(from, to, c float64) float64 {
	if c == 1 {
		return to
	}
	return from + float64(c*(to-from))
}

// addScaled adds h sum_j w_j k_j to x in place. The conversion keeps the compiler from fusing the product into the sum,
// which would give other bits on another machine.
func addScaled(x flow.Batch, h float64, w []float64, k []flow.Batch) {
	for j, wj := range w {
		if wj == 0 {
			continue
		}
		hw, data := h*wj, x.Data
		for i, v := range k[j].Data {
			data[i] += float64(hw * v)
		}
	}
}
