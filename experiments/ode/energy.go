package ode

import (
	"fmt"

	"flowsweep/experiments/flow"
)

// PathEnergies moves the points x0, (n, d), along the field to x1, as Solve does, and returns the energy of each path,
// (n), summed over the dimensions, in squared units of x:
//
//	energy = integral_0^1 ||u_t(X_t)||^2 dt
//
// It is at least ||X1 - X0||^2, with equality for straight paths at constant speed, up to the error of the solver,
// which also integrates the energy.
func PathEnergies(field flow.Field, s Solver, ts []float64, x0 flow.Batch) (energies []float64, x1 flow.Batch, nfe int, err error) {
	squared := func(t float64, x flow.Batch) (flow.Batch, []float64, error) {
		u, err := field(t, x)
		if err == nil {
			err = flow.CheckLike(u, x)
		}
		if err != nil {
			return u, nil, err
		}
		return u, rowDots(u, u), nil
	}
	x1, energies, nfe, err = solveIntegral(squared, s, ts, x0)
	return energies, x1, nfe, err
}

// solveIntegral moves the points x0, (n, d), as Solve does, and integrates the rate, (n), that the field returns with
// its velocity. Both form one state, (n, d + 1), so the integral has the order of the solver, and the points end where
// Solve ends, to the last bit.
func solveIntegral(field flow.DivField, s Solver, ts []float64, x0 flow.Batch) (x flow.Batch, integral []float64, nfe int, err error) {
	n, dim := x0.Len(), x0.Dim
	joint := func(t float64, y flow.Batch) (flow.Batch, error) {
		x, _ := split(y)
		u, rate, err := field(t, x)
		if err == nil {
			err = flow.CheckLike(u, x)
		}
		if err == nil && len(rate) != n {
			err = fmt.Errorf("%d rates for %d points", len(rate), n)
		}
		if err != nil {
			return y, err
		}
		return join(u, rate), nil
	}
	y, nfe, err := walk(joint, s, ts, dim, join(x0, make([]float64, n)), func(flow.Batch) {})
	if err != nil {
		return flow.NewBatch(n, dim), nil, nfe, err
	}
	x, integral = split(y)
	return x, integral, nfe, nil
}

// join appends one number to each of the points, (n, d), and returns a batch of (n, d + 1).
func join(x flow.Batch, beside []float64) flow.Batch {
	y := x.Like(x.Dim + 1)
	for i, v := range beside {
		copy(y.Row(i), x.Row(i))
		y.Row(i)[x.Dim] = v
	}
	return y
}

// split reverses join.
func split(y flow.Batch) (x flow.Batch, beside []float64) {
	x, beside = y.Like(y.Dim-1), make([]float64, y.Len())
	for i := range beside {
		copy(x.Row(i), y.Row(i))
		beside[i] = y.Row(i)[x.Dim]
	}
	return x, beside
}

// rowDots returns the dot products of the rows of a and b, (n).
func rowDots(a, b flow.Batch) []float64 {
	dots := make([]float64, a.Len())
	for i := range dots {
		for j, v := range a.Row(i) {
			dots[i] += float64(v * b.Row(i)[j])
		}
	}
	return dots
}
