package ode

import (
	"fmt"
	"math"

	"flowsweep/experiments/flow"
)

// mostAttempts is the number of steps that a sample may attempt, the rejected ones included.
const mostAttempts = 10_000

// SolveAdaptive carries the points x0, (n, d), along the field from t = 0 to t = 1 exactly, in steps that an adaptive
// solver chooses for every sample from its own error. nfe, (n), counts the velocity calls each sample took part in,
// those of rejected steps included. It panics unless the solver is adaptive.
//
// A sample has a time and a step of its own, so it does not depend on its neighbours: where the rows of the field do
// not, it is the same to the last bit alone, in any batch and in any order. The samples under way are handed to the
// field together. The field must neither keep nor change what it is given, and what it returns must be its own.
//
// A velocity that is not finite shortens the step as a large error does. A sample for which no step is short enough, or
// which starts where it or its velocity is not finite, becomes NaN in every dimension, and the others go on. A sample
// that needs more than 10,000 attempts at a step, or steps too short for its time to move, is an error.
func SolveAdaptive(field flow.RowField, s Solver, tol Tolerance, x0 flow.Batch) (x flow.Batch, nfe []int, err error) {
	return SolveAdaptiveBetween(field, s, tol, 0, 1, x0)
}

// SolveAdaptiveBetween is SolveAdaptive from one time to another, which may be the earlier one.
func SolveAdaptiveBetween(field flow.RowField, s Solver, tol Tolerance, from, to float64, x0 flow.Batch) (x flow.Batch, nfe []int, err error) {
	if !s.Adaptive() {
		panic("ode: " + s.Name + " estimates no error: it cannot choose its steps")
	}
	if err := tol.check(); err != nil {
		return x0, nil, err
	}
	a := &adaptive{field: field, s: s, tol: tol, control: newController(s), to: to, x: x0.Clone(), nfe: make([]int, x0.Len())}
	if from == to || x0.Len() == 0 {
		return a.x, a.nfe, nil
	}
	if err := a.start(from); err != nil {
		return a.x, a.nfe, err
	}
	for len(a.active) > 0 {
		if err := a.attempt(); err != nil {
			return a.x, a.nfe, err
		}
	}
	return a.x, a.nfe, nil
}

// sample is one that is under way.
type sample struct {
	id       int
	t, h     float64 // where it is, and how far it will step: h is negative towards earlier times
	end      float64 // where the step it attempts ends
	before   float64 // the error of its last step that passed
	attempts int
	rejected bool // its last attempt
	blocked  bool // its last rejected step met a velocity that is not finite
	done     bool
}

// adaptive is the state of an adaptive solve. Row i of at, spare and k, and entry i of t, belong to active[i].
type adaptive struct {
	field     flow.RowField
	s         Solver
	tol       Tolerance
	control   controller
	to        float64
	x         flow.Batch // (n, d), by id: where the samples started, and then where they arrived
	nfe       []int      // (n), by id
	active    []sample
	t         []float64    // (active): the times of a stage
	at, spare flow.Batch   // (active, d): where the samples are, and where a stage is
	k         []flow.Batch // (active, d) each: the velocities of the stages
	scratch   []float64    // (d)
}

// velocity calls the field for all active samples at the times t.
func (a *adaptive) velocity(x flow.Batch) (flow.Batch, error) {
	for _, s := range a.active {
		a.nfe[s.id]++
	}
	u, err := a.field(a.t, x)
	if err == nil {
		err = flow.CheckLike(u, x)
	}
	if err != nil {
		return u, fmt.Errorf("velocity of %d samples, the first at t = %g: %w", len(a.t), a.t[0], err)
	}
	return u, nil
}

// start makes every sample active at the time from, with its first velocity and step.
func (a *adaptive) start(from float64) error {
	n, dim := a.x.Len(), a.x.Dim
	a.active, a.t, a.scratch = make([]sample, n), make([]float64, n), make([]float64, dim)
	a.at, a.spare, a.k = a.x.Clone(), flow.NewBatch(n, dim), make([]flow.Batch, a.s.Stages())
	for i := range a.active {
		a.active[i] = sample{id: i, t: from, before: leastError}
		a.t[i] = from
	}
	var err error
	if a.k[0], err = a.velocity(a.at); err != nil {
		return err
	}
	for i := range a.active {
		if !flow.Finite(a.at.Row(i)...) || !flow.Finite(a.k[0].Row(i)...) {
			a.lose(i)
		}
	}
	a.retire()
	if len(a.active) == 0 {
		return nil
	}
	return a.firstSteps(from)
}

// firstSteps chooses the first step of every active sample by the size of its velocity, and of the derivative of that
// along a trial step (Hairer, Norsett and Wanner, II.4, "starting step size").
func (a *adaptive) firstSteps(from float64) error {
	copy(a.spare.Data, a.at.Data)
	for i := range a.active {
		s, x, u := &a.active[i], a.at.Row(i), a.k[0].Row(i)
		trial := a.control.trial(a.tol.norm(x, x, x), a.tol.norm(u, x, x))
		s.h = math.Copysign(min(trial, math.Abs(a.to-from)), a.to-from)
		a.addScaled(a.spare.Row(i), s.h, []float64{1}, i)
		a.t[i] = from + s.h
	}
	ahead, err := a.velocity(a.spare)
	if err != nil {
		return err
	}
	for i := range a.active {
		s, x, u := &a.active[i], a.at.Row(i), a.k[0].Row(i)
		for j, v := range ahead.Row(i) {
			a.scratch[j] = (v - u[j]) / s.h
		}
		first := a.control.first(math.Abs(s.h), a.tol.norm(u, x, x), a.tol.norm(a.scratch, x, x))
		s.h = math.Copysign(min(first, math.Abs(a.to-from)), a.to-from)
	}
	return nil
}

// attempt lets every active sample try one step.
func (a *adaptive) attempt() error {
	for i := range a.active {
		s := &a.active[i]
		s.end = s.t + s.h
		if 1.01*math.Abs(s.h) >= math.Abs(a.to-s.t) { // a hundredth of a step would be left
			s.end = a.to
		}
		s.attempts++
	}
	for stage := 1; stage < a.s.Stages(); stage++ {
		copy(a.spare.Data, a.at.Data)
		for i, s := range a.active {
			a.addScaled(a.spare.Row(i), s.end-s.t, a.s.A[stage], i)
			a.t[i] = stageTime(s.t, s.end, a.s.C[stage])
		}
		var err error
		if a.k[stage], err = a.velocity(a.spare); err != nil {
			return err
		}
	}
	for i := range a.active { // the last stage was at the end of the step
		if err := a.judge(i); err != nil {
			return err
		}
	}
	a.retire()
	return nil
}

// judge moves sample i to the end of its step, or sets a shorter one.
func (a *adaptive) judge(i int) error {
	s, x, y, h := &a.active[i], a.at.Row(i), a.spare.Row(i), a.active[i].end-a.active[i].t
	clear(a.scratch)
	a.addScaled(a.scratch, h, a.s.E, i)
	e := math.NaN()
	if flow.Finite(y...) {
		e = a.tol.norm(a.scratch, x, y)
	}
	if e <= 1 {
		s.t, s.h, s.done = s.end, h*a.control.passed(e, s.before, s.rejected), s.end == a.to
		s.before, s.rejected = max(e, leastError), false
		copy(x, y)
		copy(a.k[0].Row(i), a.k[len(a.k)-1].Row(i))
	} else {
		s.h, s.rejected, s.blocked = h*a.control.failed(e), true, !flow.Finite(e)
	}
	return a.check(i)
}

// check ends sample i if it cannot go on: as NaN where velocities that are not finite are in its way, and with an error
// where the tolerance is too small for it.
func (a *adaptive) check(i int) error {
	const ulp = 0x1p-52
	s := &a.active[i]
	short := math.Abs(s.h) <= 10*ulp*max(math.Abs(s.t), math.Abs(a.to))
	switch {
	case s.done || !short && s.attempts < mostAttempts:
		return nil
	case s.blocked:
		a.lose(i)
		return nil
	case short:
		return fmt.Errorf("sample %d at t = %g: its steps became too short, %.2g: raise the tolerances", s.id, s.t, s.h)
	default:
		return fmt.Errorf("sample %d at t = %g: %d steps are not enough: raise the tolerances, or use a solver of higher order",
			s.id, s.t, mostAttempts)
	}
}

// lose ends sample i as NaN.
func (a *adaptive) lose(i int) {
	a.active[i].done = true
	for j := range a.at.Row(i) {
		a.at.Row(i)[j] = math.NaN()
	}
}

// addScaled adds h sum_j w_j k_j of sample i to dst, (d), as the function of that name does.
func (a *adaptive) addScaled(dst []float64, h float64, w []float64, i int) {
	for j, wj := range w {
		if wj == 0 {
			continue
		}
		hw := h * wj
		for l, v := range a.k[j].Row(i) {
			dst[l] += float64(hw * v)
		}
	}
}

// retire takes the samples that are done out of the batch and keeps where they arrived.
func (a *adaptive) retire() {
	kept := 0
	for i, s := range a.active {
		if s.done {
			copy(a.x.Row(s.id), a.at.Row(i))
			continue
		}
		a.active[kept] = s
		copy(a.at.Row(kept), a.at.Row(i))
		copy(a.k[0].Row(kept), a.k[0].Row(i))
		kept++
	}
	a.active, a.t = a.active[:kept], a.t[:kept]
	a.at, a.spare, a.k[0] = a.at.Slice(0, kept), a.spare.Slice(0, kept), a.k[0].Slice(0, kept)
}
