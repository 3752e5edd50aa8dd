package ode

import (
	"fmt"

	"flowsweep/experiments/flow"
)

// Solve moves the points x0, (n, d), along the field over the time grid ts, (steps + 1), and returns where they end.
// The times may rise or fall. nfe counts the velocity calls. Each is for the whole batch, so nfe is the number of calls
// per sample, s.Calls(steps). Solve wraps the field's errors with their time.
//
// The field must not keep or change its arguments, and must return memory of its own, since Solve reuses both.
func Solve(field flow.Field, s Solver, ts []float64, x0 flow.Batch) (x flow.Batch, nfe int, err error) {
	return walk(field, s, ts, x0.Dim, x0, func(flow.Batch) {})
}

// Trajectory is Solve, but returns the points at every time of the grid: (steps + 1) batches of (n, d), the first of
// which is x0 and the last the result of Solve.
func Trajectory(field flow.Field, s Solver, ts []float64, x0 flow.Batch) (xs []flow.Batch, nfe int, err error) {
	_, nfe, err = walk(field, s, ts, x0.Dim, x0, func(x flow.Batch) { xs = append(xs, x.Clone()) })
	return xs, nfe, err
}

// walk is Solve, and calls visit with the points at every time of the grid. visit must not keep them. Columns of x0 from dim on are
// integrals along the path.
func walk(field flow.Field, s Solver, ts []float64, dim int, x0 flow.Batch, visit func(x flow.Batch)) (x flow.Batch, nfe int, err error) {
	w := stepper{s: s, x: x0.Clone(), k: make([]flow.Batch, s.Stages())}
	w.spare = w.x.Like(x0.Dim)
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
	if s.Table != nil && len(ts) > 1 {
		if s.Forward && ts[0] > ts[len(ts)-1] {
			return x0, 0, fmt.Errorf("%s leads from noise to data only: use ab2", s.Name)
		}
		table := s.Table(ts)
		if len(table.Times) == 0 {
			return x0, 0, fmt.Errorf("%s has no weights for this velocity: a sweep fits them", s.Name)
		}
		x, err = table.walk(w.field, dim, w.x, visit)
		return x, nfe, err
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

// stepper is the state of a solve and the memory that its steps reuse.
type stepper struct {
	s            Solver
	field        flow.Field
	x, spare     flow.Batch   // (n, d)
	k            []flow.Batch // velocities of the stages, (n, d) each
	haveVelocity bool         // the last stage of the previous step is the velocity at x
}

// step advances x from one time to the next. An FSAL method needs no velocity at the end of its last step.
func (w *stepper) step(from, to float64, last bool) error {
	h, first := to-from, 0
	if w.haveVelocity {
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
		w.x, w.spare, w.haveVelocity = w.spare, w.x, true
		return nil
	}
	addScaled(w.x, h, w.s.B, w.k)
	return nil
}

// stageTime returns the time of a stage with node c. The end of a step is exactly the start of the next one, which
// from + (to - from) need not be. The conversion prevents fusing, as in addScaled.
func stageTime(from, to, c float64) float64 {
	if c == 1 {
		return to
	}
	return from + float64(c*(to-from))
}

// inBlocks calls do with ranges of the rows of x, from all cores. What a core gets at a time fits its cache with a few velocities.
func inBlocks(x flow.Batch, do func(from, to int)) {
	const numbers = 1 << 13
	n, size := x.Len(), max(1, numbers/max(x.Dim, 1))
	flow.Parallel((n+size-1)/size, func(b int) { do(b*size, min((b+1)*size, n)) })
}

// addScaled adds h sum_j w_j k_j to x in place, on all cores. The conversion keeps the compiler from fusing the product with the
// sum, which would give different bits on different machines.
func addScaled(x flow.Batch, h float64, w []float64, k []flow.Batch) {
	inBlocks(x, func(from, to int) {
		for j, wj := range w {
			if wj == 0 {
				continue
			}
			hw, data := h*wj, x.Slice(from, to).Data
			for i, v := range k[j].Slice(from, to).Data {
				data[i] += float64(hw * v)
			}
		}
	})
}
