package ode

import (
	"fmt"

	"flowsweep/experiments/flow"
)

// Solve carries the points x0, (n, d), along the field over the time grid ts, (steps + 1), and returns where they
// arrive. nfe counts the velocity calls made, each of which moved the whole batch, so it is the number of calls a
// sample. The field's errors are returned as they are, with the time they happened at.
func Solve(field flow.Field, s Solver, ts []float64, x0 flow.Batch) (x flow.Batch, nfe int, err error) {
	counted := func(t float64, x flow.Batch) (flow.Batch, error) {
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
	x = x0.Clone()
	for i := range len(ts) - 1 {
		if err := step(counted, s, ts[i], ts[i+1], x); err != nil {
			return x, nfe, err
		}
	}
	return x, nfe, nil
}

// step advances x in place from one time to the next.
func step(field flow.Field, s Solver, from, to float64, x flow.Batch) error {
	h := to - from
	k := make([]flow.Batch, s.Stages())
	for i := range k {
		xi := x
		if i > 0 {
			xi = x.Clone()
			addScaled(xi, h, s.A[i], k)
		}
		var err error
		if k[i], err = field(from+s.C[i]*h, xi); err != nil {
			return err
		}
	}
	addScaled(x, h, s.B, k)
	return nil
}

// addScaled adds h sum_j w_j k_j to x in place.
func addScaled(x flow.Batch, h float64, w []float64, k []flow.Batch) {
	for j, wj := range w {
		if wj == 0 {
			continue
		}
		for i, v := range k[j].Data {
			x.Data[i] += h * wj * v
		}
	}
}
