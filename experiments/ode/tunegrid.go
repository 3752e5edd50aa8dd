package ode

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"flowsweep/experiments/flow"
)

// TunedGrid is a grid whose inner times are found for one velocity, solver and number of steps. They have to be given, see TuneGrid and
// With.
type TunedGrid struct {
	Points int `json:"points" min:"8" max:"1000000" doc:"noise points that the times are searched on"`
}

// DefaultTunedGrid has enough points that what is found on them holds on others.
var DefaultTunedGrid = TunedGrid{Points: 1000}

// Make returns the grid, without times.
func (g TunedGrid) Make() (Grid, error) {
	times := func(int) []float64 { panic("ode: a tuned grid has no times for this velocity: a sweep finds them") }
	return Grid{Name: "tuned", Params: g, Times: times, Fitted: true}, nil
}

// With returns the grid with the times ts, (steps + 1).
func (g Grid) With(ts []float64) Grid {
	g.Times = func(n int) []float64 {
		if n != len(ts)-1 {
			panic(fmt.Sprintf("ode: the times of the grid %s are for %d steps, not %d", g.Name, len(ts)-1, n))
		}
		return append([]float64(nil), ts...)
	}
	return g
}

// gridRounds is the number of times that TuneGrid takes a step of Gauss and Newton.
const gridRounds = 8

// GridCalls returns the largest number of velocity calls that TuneGrid makes for each point.
func GridCalls(s Solver, steps int) int {
	if steps < 2 {
		return s.Calls(steps)
	}
	return s.Calls(steps) * (len(gridStarts(steps)) + gridRounds*(steps-1+gridTries))
}

// gridTries is the number of dampings that a step of Gauss and Newton is tried with at most.
const gridTries = 4

// TuneGrid searches the times, (steps + 1), with which a solver takes the points x0, (n, d), nearest to their ends on a solve
// without an error to speak of, in the root mean square. It starts from the best of a few laws with one parameter, the powers of
// even steps and the tangent grids, and goes on with the method of Levenberg and Marquardt on the logarithms of the steps, whose
// order therefore never changes. nfe are the velocity calls that it makes for each point, at most GridCalls.
func TuneGrid(field flow.Field, s Solver, steps int, x0, ends flow.Batch) (ts []float64, nfe int, err error) {
	g := gridSearch{field: field, solver: s, x0: x0, ends: ends}
	for _, start := range gridStarts(steps) {
		if err := g.take(start); err != nil {
			return nil, g.nfe, err
		}
	}
	if g.ts == nil {
		return nil, g.nfe, errors.New("the solver leads to points that are not finite")
	}
	damping := 1e-3
	for range gridRounds {
		before := g.sum
		if steps < 2 {
			break
		}
		if damping, err = g.round(damping); err != nil {
			return nil, g.nfe, err
		}
		if !(g.sum < before*(1-1e-4)) {
			break
		}
	}
	return g.ts, g.nfe, nil
}

// gridStarts returns the grids that a search starts from, the uniform one first.
func gridStarts(steps int) [][]float64 {
	starts := [][]float64{Uniform(steps)}
	if steps < 2 {
		return starts
	}
	for _, power := range []float64{.5, .7, 1.4, 2} {
		starts = append(starts, grid(steps, func(i int) float64 { return math.Pow(float64(i)/float64(steps), power) }))
	}
	for _, std := range []float64{.25, .5, 1, 2, 4} {
		g, _ := TangentGrid{Std: std}.Make()
		starts = append(starts, g.Times(steps))
	}
	return starts
}

// gridSearch is the state of TuneGrid: the best times so far and what is off with them.
type gridSearch struct {
	field    flow.Field
	solver   Solver
	x0, ends flow.Batch
	nfe      int
	ts, off  []float64 // off: by coordinate of the points, (n d)
	sum      float64   // of the squares of off
}

// miss returns by how much the solver misses the ends with the times.
func (g *gridSearch) miss(ts []float64) (off []float64, sum float64, err error) {
	x, nfe, err := Solve(g.field, g.solver, ts, g.x0)
	g.nfe += nfe
	if err != nil {
		return nil, 0, err
	}
	for i, v := range g.ends.Data {
		x.Data[i] -= v
		sum += float64(x.Data[i] * x.Data[i])
	}
	return x.Data, sum, nil
}

// take makes the times the best if they are better, or if they are the first.
func (g *gridSearch) take(ts []float64) error {
	off, sum, err := g.miss(ts)
	if err == nil && flow.Finite(sum) && (g.ts == nil || sum < g.sum) {
		g.ts, g.off, g.sum = ts, off, sum
	}
	return err
}

// round takes one step of Levenberg and Marquardt, and returns the damping to go on with.
func (g *gridSearch) round(damping float64) (float64, error) {
	const shift = 1e-4 // of a logarithm; the error of the difference is then far below what the damping allows for
	n := len(g.ts) - 2
	columns := make([][]float64, n)
	for k := range columns {
		log := make([]float64, n)
		log[k] = shift
		off, _, err := g.miss(stretched(g.ts, log))
		if err != nil {
			return damping, err
		}
		for i := range off {
			off[i] = (off[i] - g.off[i]) / shift
		}
		columns[k] = off
	}
	gram, right := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			gram.SetSym(i, j, product(columns[i], columns[j]))
		}
		right.SetVec(i, -product(columns[i], g.off))
	}
	before := g.sum
	for range gridTries {
		if log, ok := solveRidge(gram, right, damping); ok {
			for i, v := range log {
				log[i] = max(-1, min(1, v)) // a step changes at most by e
			}
			if err := g.take(stretched(g.ts, log)); err != nil {
				return damping, err
			}
		}
		if g.sum < before {
			return damping / 10, nil
		}
		damping *= 30
	}
	return damping, nil
}

// stretched returns the times with every step but the last multiplied by the exponential of its logarithm, scaled to end at 1.
func stretched(ts, log []float64) []float64 {
	n := len(ts) - 1
	sums := make([]float64, n+1)
	for i := range n {
		h := ts[i+1] - ts[i]
		if i < len(log) {
			h *= math.Exp(log[i])
		}
		sums[i+1] = sums[i] + h
	}
	return grid(n, func(i int) float64 { return sums[i] / sums[n] })
}

func product(a, b []float64) (sum float64) {
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}
