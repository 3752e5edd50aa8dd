package ode

import (
	"fmt"
	"math"

	"flowsweep/experiments/flow"
)

// maxAttempts is the number of steps a sample may attempt, including rejected ones.
const maxAttempts = 10_000

// SolveAdaptive moves the points x0, (n, d), along the field from exactly t = 0 to exactly t = 1. The solver chooses
// the steps of each sample from that sample's own error. nfe, (n), counts the velocity calls of each sample, including
// those of rejected steps. It panics unless the solver is adaptive.
//
// Every sample has its own time and step, so it does not depend on its neighbours: if the rows of the field are
// independent too, a sample is the same to the last bit alone, in any batch and in any order. Each call of the field
// gets all unfinished samples. The field must not keep or change its arguments, and must return memory of its own.
//
// A velocity that is not finite shortens the step, as a large error does. A sample becomes NaN in every dimension if no
// step is short enough, or if it starts at a point or with a velocity that is not finite; the others continue.
// SolveAdaptive returns an error if a sample needs more than 10,000 attempts, or steps too short to advance its time.
func SolveAdaptive(field flow.RowField, s Solver, tol Tolerance, x0 flow.Batch) (x flow.Batch, nfe []int, err error) {
	return SolveAdaptiveBetween(field, s, tol, 0, 1, x0)
}

// SolveAdaptiveBetween is SolveAdaptive between any two times, forwards or backwards.
func SolveAdaptiveBetween(field flow.RowField, s Solver, tol Tolerance, from, to float64, x0 flow.Batch) (x flow.Batch, nfe []int, err error) {
	if !s.Adaptive() {
		panic("ode: " + s.Name + " has no error estimate and cannot choose its steps")
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

// sample is the state of one unfinished sample.
type sample struct {
	id       int
	t, h     float64 // time and next step; h is negative when going backwards
	end      float64 // end of the attempted step
	before   float64 // error of the last accepted step
	attempts int
	rejected bool // the last attempt was rejected
	blocked  bool // the last rejected step met a velocity that is not finite
	done     bool
}

// adaptive is the state of an adaptive solve. Row i of at, spare and k, and entry i of t, belong to active[i].
type adaptive struct {
	field     flow.RowField
	s         Solver
	tol       Tolerance
	control   controller
	to        float64
	x         flow.Batch // (n, d), by id: where the samples start, later where they end
	nfe       []int      // (n), by id
	active    []sample
	t         []float64    // (active): times of a stage
	at, spare flow.Batch   // (active, d): points of the samples, and of a stage
	k         []flow.Batch // (active, d) each: velocities of the stages
	kept      []int        // (n): scratch of retire
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

// start activates every sample at the time from and computes its first velocity and step.
func (a *adaptive) start(from float64) error {
	n, dim := a.x.Len(), a.x.Dim
	a.active, a.t, a.scratch = make([]sample, n), make([]float64, n), make([]float64, dim)
	a.at, a.k, a.kept = a.x.Clone(), make([]flow.Batch, a.s.Stages()), make([]int, n)
	a.spare = a.at.Like(dim)
	for i := range a.active {
		a.active[i] = sample{id: i, t: from, before: minError}
		a.t[i] = from
	}
	var err error
	if a.k[0], err = a.velocity(a.at); err != nil {
		return err
	}
	for i := range a.active {
		if !flow.Finite(a.at.Row(i)...) || !flow.Finite(a.k[0].Row(i)...) {
			a.abandon(i)
		}
	}
	a.retire()
	if len(a.active) == 0 {
		return nil
	}
	return a.firstSteps(from)
}

// firstSteps chooses the first step of every active sample from the size of its velocity and of the velocity's
// derivative along a trial step (Hairer, Norsett and Wanner, II.4, "starting step size").
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

// attempt tries one step of every active sample.
func (a *adaptive) attempt() error {
	for i := range a.active {
		s := &a.active[i]
		s.end = s.t + s.h
		if 1.01*math.Abs(s.h) >= math.Abs(a.to-s.t) { // no more than a hundredth of a step would remain
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

// judge accepts the step of sample i or sets a shorter one.
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
		s.before, s.rejected = max(e, minError), false
		copy(x, y)
		copy(a.k[0].Row(i), a.k[len(a.k)-1].Row(i))
	} else {
		s.h, s.rejected, s.blocked = h*a.control.failed(e), true, !flow.Finite(e)
	}
	return a.check(i)
}

// check stops sample i if it cannot continue: it becomes NaN if velocities that are not finite block it, and is an
// error if the tolerance is too small.
func (a *adaptive) check(i int) error {
	const ulp = 0x1p-52
	s := &a.active[i]
	short := math.Abs(s.h) <= 10*ulp*max(math.Abs(s.t), math.Abs(a.to))
	switch {
	case s.done || !short && s.attempts < maxAttempts:
		return nil
	case s.blocked:
		a.abandon(i)
		return nil
	case short:
		return fmt.Errorf("sample %d at t = %g: the step became too short, %.2g: raise the tolerances", s.id, s.t, s.h)
	default:
		return fmt.Errorf("sample %d at t = %g: %d steps are not enough: raise the tolerances, or use a higher-order solver",
			s.id, s.t, maxAttempts)
	}
}

// abandon stops sample i and sets it to NaN.
func (a *adaptive) abandon(i int) {
	a.active[i].done = true
	for j := range a.at.Row(i) {
		a.at.Row(i)[j] = math.NaN()
	}
}

// addScaled adds h sum_j w_j k_j of sample i to dst, (d), like the function addScaled.
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

// retire removes finished samples from the batch and stores where they ended.
func (a *adaptive) retire() {
	kept := a.kept[:0]
	for i, s := range a.active {
		if s.done {
			copy(a.x.Row(s.id), a.at.Row(i))
			continue
		}
		a.active[len(kept)] = s
		kept = append(kept, i)
	}
	if len(kept) == len(a.active) {
		return
	}
	a.active, a.t = a.active[:len(kept)], a.t[:len(kept)]
	a.at, a.k[0] = a.at.Take(a.at, kept), a.k[0].Take(a.k[0], kept)
	a.spare = a.spare.Slice(0, len(kept)) // shares labels and conditions with at
}
