package ode

import (
	"fmt"
	"math"

	"flowsweep/experiments/flow"
)

// Table is a linear multistep method on one time grid. It makes one velocity call a row, u_i = u(Times_i, x_i), and the states are
//
//	x_{i+1} = sum_{j <= i} X_ij x_j + U_ij u_j
//
// with the weights X_i and U_i of Points. An integral along the path follows the weights of Integrals, with the rate in place of u
// and 0 at the start.
type Table struct {
	Times     []float64 // (calls)
	Points    []Row     // (calls)
	Integrals []Row     // (calls)
	Grid      []int     // (steps + 1): which states are at the times of the grid; nil if all are
}

// MaxTableSteps is the largest number of steps of a linear multistep method. Its table grows with their square.
const MaxTableSteps = 1000

// CheckSteps returns an error if the solver cannot take so many steps.
func (s Solver) CheckSteps(steps int) error {
	if s.Table != nil && steps > MaxTableSteps {
		return fmt.Errorf("%s takes at most %d steps: use fewer, or a solver of one step such as heun", s.Name, MaxTableSteps)
	}
	return nil
}

// Row has the weights of the earlier states and velocities, in order. What is missing at the end is 0.
type Row struct {
	X []float64 `json:"x"`
	U []float64 `json:"u"`
}

// The multistep methods: those of Adams and Bashforth on uneven grids (Hairer, Norsett and Wanner, "Solving Ordinary Differential
// Equations I", III.1 and III.5), and DPM-Solver++(2M) (arXiv 2211.01095, algorithm 2). AB2 starts with a step of Euler, which its
// order allows; AB3 starts with a step of the midpoint rule, which takes a second call, and goes on with one of AB2.
//
// DPM-Solver++(2M) is exact where the data prediction x + (1 - t) u does not change. It extrapolates that in the logarithm of
// t/(1 - t), so that it works along CondOT, from noise to data only. Its steps from t = 0 and to t = 1 are of first order, as that
// logarithm is infinite there.
var (
	AB2 = multistep("ab2", 2, 0, func(ts []float64) Table { return adamsBashforth(ts, 2) })
	AB3 = multistep("ab3", 3, 1, func(ts []float64) Table { return adamsBashforth(ts, 3) })
	// Its order is that on grids that leave out both ends.
	DPM2M = Solver{
		Name: "dpm++2m", Order: 2, A: [][]float64{{}}, B: []float64{1}, C: []float64{0}, Table: dpm2m,
		Along: &flow.CondOT, Forward: true,
	}
)

// multistep returns a method with one call a step and as many more as start says. Its tableau is that of its first step.
func multistep(name string, order, start int, table func(ts []float64) Table) Solver {
	return Solver{Name: name, Order: order, A: [][]float64{{}}, B: []float64{1}, C: []float64{0}, Table: table, Start: start}
}

// adamsBashforth returns the method with up to order velocities a step.
func adamsBashforth(ts []float64, order int) Table {
	var t Table
	at := []int{0} // indices of the states at the times of the grid
	add := func(time float64, base int, to float64, nodes []int) {
		t.Times = append(t.Times, time)
		times := make([]float64, len(nodes))
		for k, j := range nodes {
			times[k] = t.Times[j]
		}
		row := Row{X: make([]float64, base+1), U: make([]float64, len(t.Times))}
		row.X[base] = 1
		for k, w := range quadrature(times, t.Times[base], to) {
			row.U[nodes[k]] = w
		}
		t.Points = append(t.Points, row)
	}
	for n := range len(ts) - 1 {
		last := at[n]
		if n == 0 && order > 2 {
			middle := stageTime(ts[0], ts[1], .5)
			add(ts[0], 0, middle, []int{0})
			add(middle, 0, ts[1], []int{1})
		} else {
			add(ts[n], last, ts[n+1], at[max(0, n+1-order):])
		}
		at = append(at, len(t.Times))
	}
	t.Integrals, t.Grid = t.Points, at
	return t
}

// quadrature returns the weights of the values at the nodes in the integral, from one time to another, of the polynomial through
// them. Two Gauss points are exact up to degree 3.
func quadrature(nodes []float64, from, to float64) []float64 {
	weights := make([]float64, len(nodes))
	half, middle := (to-from)/2, (from+to)/2
	if len(nodes) == 1 {
		weights[0] = to - from
		return weights
	}
	for _, side := range []float64{-1, 1} {
		at := middle + side*half/math.Sqrt(3)
		for k := range nodes {
			value := half
			for l, node := range nodes {
				if l != k {
					value *= (at - node) / (nodes[k] - node)
				}
			}
			weights[k] += value
		}
	}
	return weights
}

// dpm2m returns DPM-Solver++(2M) along CondOT, where alpha = t and sigma = 1 - t:
//
//	x_{n+1} = sigma_{n+1}/sigma_n x_n + (t_{n+1} - t_n sigma_{n+1}/sigma_n) D,  D = D_n + (D_n - D_{n-1}) h_n/(2 h_{n-1})
//
// with the data predictions D_n = x_n + sigma_n u_n and h_n the step of log t/(1 - t).
func dpm2m(ts []float64) Table {
	t := TableOf(ts, nil)
	level := func(s float64) float64 { return math.Log(s / (1 - s)) }
	for n := range t.Times {
		now, next := ts[n], ts[n+1]
		shrink := (1 - next) / (1 - now)
		gain, back := next-now*shrink, 0.
		if n > 0 && ts[n-1] > 0 && next < 1 {
			back = (level(next) - level(now)) / (level(now) - level(ts[n-1])) / 2
		}
		row := Row{X: make([]float64, n+1), U: make([]float64, n+1)}
		row.X[n], row.U[n] = shrink+gain*(1+back), gain*(1+back)*(1-now)
		if back != 0 {
			row.X[n-1], row.U[n-1] = -gain*back, -gain*back*(1-ts[n-1])
		}
		t.Points = append(t.Points, row)
	}
	return t
}

// walk moves the points, (n, d), by the rows of the table. Columns from dim on are integrals. It calls visit with the states at the
// times of the grid.
func (t Table) walk(field flow.Field, dim int, x0 flow.Batch, visit func(x flow.Batch)) (flow.Batch, error) {
	xs, us := []flow.Batch{x0}, []flow.Batch{}
	visible := map[int]bool{}
	for _, i := range t.Grid {
		visible[i] = true
	}
	visit(x0)
	last := t.lastUses()
	for i, time := range t.Times {
		u, err := field(time, xs[i])
		if err != nil {
			return xs[i], err
		}
		us = append(us, u)
		next := x0.Like(x0.Dim)
		t.Points[i].add(next, 0, dim, xs, us)
		t.Integrals[i].add(next, dim, next.Dim, xs, us)
		xs = append(xs, next)
		if t.Grid == nil || visible[i+1] {
			visit(next)
		}
		for j := range us { // drop what no later row needs
			if last[j] <= i {
				xs[j], us[j] = flow.Batch{}, flow.Batch{}
			}
		}
	}
	return xs[len(xs)-1], nil
}

// lastUses returns the last row that needs each state or velocity.
func (t Table) lastUses() []int {
	last := make([]int, len(t.Points)+1)
	for i := range t.Points {
		for _, row := range []Row{t.Points[i], t.Integrals[i]} {
			for _, weights := range [][]float64{row.X, row.U} {
				for j, w := range weights {
					if w != 0 {
						last[j] = i
					}
				}
			}
		}
	}
	return last
}

// add adds to the columns from and up to to of x what the row says. The conversions keep products from being fused with sums.
func (r Row) add(x flow.Batch, from, to int, xs, us []flow.Batch) {
	inBlocks(x, func(first, end int) {
		addRows(x, first, end, from, to, r.X, xs)
		addRows(x, first, end, from, to, r.U, us)
	})
}

// addRows adds weighted batches to some rows and columns of x.
func addRows(x flow.Batch, first, end, from, to int, weights []float64, of []flow.Batch) {
	for j, w := range weights {
		if w == 0 {
			continue
		}
		for i := first; i < end; i++ {
			row, add := x.Row(i), of[j].Row(i)
			for k := from; k < to; k++ {
				row[k] += float64(w * add[k])
			}
		}
	}
}
