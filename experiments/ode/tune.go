package ode

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"flowsweep/experiments/flow"
)

// Tuned is a multistep method whose weights are fitted to one velocity, in the family of Shaul et al. ("Bespoke Non-Stationary
// Solvers", arXiv 2403.01329): x_{i+1} = a_i x_0 + sum_{j <= i} b_ij u_j, with one call a step.
//
// Its table has to be given, see Tune and With.
var Tuned = Solver{
	Name: "tuned", Params: DefaultTuned, Order: 1, A: [][]float64{{}}, B: []float64{1}, C: []float64{0}, Forward: true, Fitted: true,
	Table: func([]float64) Table { return Table{} },
}

// TunedParams are the parameters of Tuned.
type TunedParams struct {
	Of     string `json:"of" oneof:"multistep" doc:"family of solvers whose weights are fitted"`
	Points int    `json:"points" min:"8" max:"1000000" doc:"noise points that the weights are fitted to"`
}

// DefaultTuned are the parameters that a spec need not give.
var DefaultTuned = TunedParams{Of: "multistep", Points: 400}

// Make returns the solver.
func (p TunedParams) Make() (Solver, error) {
	s := Tuned
	s.Params = p
	return s, nil
}

// With returns the solver with the rows of a table, on the grid that the table is of.
func (s Solver) With(t Table) Solver {
	s.Table = func(ts []float64) Table {
		if len(ts) != len(t.Times)+1 {
			panic(fmt.Sprintf("ode: the table of %s is for %d steps, not %d", s.Name, len(t.Times), len(ts)-1))
		}
		return t
	}
	return s
}

// TableOf returns the table with the weights of the points on a grid, (steps). Integrals follow the method of Adams and Bashforth of
// order two.
func TableOf(ts []float64, points []Row) Table {
	return Table{Times: ts[:len(ts)-1], Points: points, Integrals: adamsBashforth(ts, 2).Points}
}

// ridges are the parts by which the diagonal of the normal equations is raised, of which each step takes the one that is best on
// points held back. The columns are so nearly dependent that without it 16 calls blow up on other points, and more costs accuracy.
var ridges = []float64{1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6}

// heldBack is the part of the points that only choose the ridge.
const heldBack = 4

// Tune fits the weights of Tuned on the grid ts, (steps + 1), to where the velocity carries the points x0, (n, d). One step after the
// other, least squares brings x_{i+1} as near as possible to paths, (steps + 1) batches of the points at the times of the grid on a
// solve without an error to speak of. It makes steps velocity calls for each point.
//
// That each state follows the path is not needed, as only the last one counts, but it makes the fit linear and stable.
func Tune(field flow.Field, ts []float64, paths []flow.Batch) (Table, error) {
	x0 := paths[0]
	if x0.Len() < 2*heldBack {
		return Table{}, fmt.Errorf("%d points are too few to tune a solver on: use at least %d", x0.Len(), 2*heldBack)
	}
	t := TableOf(ts, nil)
	x, columns := x0, []flow.Batch{x0}
	for i, time := range t.Times {
		u, err := field(time, x)
		if err == nil {
			err = flow.CheckLike(u, x)
		}
		if err != nil {
			return t, fmt.Errorf("velocity at t = %g: %w", time, err)
		}
		columns = append(columns, u)
		weights, err := fit(columns, paths[i+1])
		if err != nil {
			return t, fmt.Errorf("step %d of %d: %w", i+1, len(t.Times), err)
		}
		row := Row{X: weights[:1], U: weights[1:]}
		x = x0.Like(x0.Dim)
		row.add(x, 0, x.Dim, columns[:1], columns[1:])
		t.Points = append(t.Points, row)
	}
	return t, nil
}

// fit returns the weights with which the sum of the columns, (n, d) each, is nearest to the target, (n, d).
func fit(columns []flow.Batch, target flow.Batch) ([]float64, error) {
	n := target.Len()
	used := n - n/heldBack
	gram, right := normalEquations(columns, target, used)
	best, least := []float64(nil), math.Inf(1)
	for _, ridge := range ridges {
		weights, ok := solveRidge(gram, right, ridge)
		if !ok {
			continue
		}
		if off := squaredError(columns, target, weights, used, n); off < least {
			best, least = weights, off
		}
	}
	if best == nil {
		return nil, errors.New("the velocities are not finite, or do not determine the weights")
	}
	return best, nil
}

// normalEquations returns the products of the first rows of the columns with each other and with the target.
func normalEquations(columns []flow.Batch, target flow.Batch, rows int) (gram *mat.SymDense, right *mat.VecDense) {
	k, size := len(columns), rows*target.Dim
	gram, right = mat.NewSymDense(k, nil), mat.NewVecDense(k, nil)
	for i, a := range columns {
		for j := range i + 1 {
			gram.SetSym(i, j, product(a.Data[:size], columns[j].Data[:size]))
		}
		right.SetVec(i, product(a.Data[:size], target.Data[:size]))
	}
	return gram, right
}

// solveRidge solves the normal equations with columns scaled to length 1 and the diagonal raised by the ridge.
func solveRidge(gram *mat.SymDense, right *mat.VecDense, ridge float64) (weights []float64, ok bool) {
	k := gram.SymmetricDim()
	scale := make([]float64, k)
	scaled, b := mat.NewSymDense(k, nil), mat.NewVecDense(k, nil)
	for i := range k {
		if scale[i] = math.Sqrt(gram.At(i, i)); scale[i] == 0 {
			scale[i] = 1
		}
		for j := range i + 1 {
			scaled.SetSym(i, j, gram.At(i, j)/scale[i]/scale[j])
		}
		scaled.SetSym(i, i, 1+ridge)
		b.SetVec(i, right.AtVec(i)/scale[i])
	}
	var factors mat.Cholesky
	if !factors.Factorize(scaled) {
		return nil, false
	}
	var w mat.VecDense
	if factors.SolveVecTo(&w, b) != nil && w.IsEmpty() { // an error says only that the condition is bad
		return nil, false
	}
	weights = make([]float64, k)
	for i := range weights {
		weights[i] = w.AtVec(i) / scale[i]
	}
	return weights, flow.Finite(weights...)
}

// squaredError returns the sum of the squared errors of the rows from and up to to.
func squaredError(columns []flow.Batch, target flow.Batch, weights []float64, from, to int) (sum float64) {
	for i := from * target.Dim; i < to*target.Dim; i++ {
		off := -target.Data[i]
		for j, w := range weights {
			off += float64(w * columns[j].Data[i])
		}
		sum += float64(off * off)
	}
	return sum
}

// Paths returns the points x0, (n, d), at the times ts of a grid, (steps + 1) batches, on a solve with at least the given number of
// steps of rk4 from 0 to 1, and the velocity calls a point.
func Paths(field flow.Field, ts []float64, steps int, x0 flow.Batch) (paths []flow.Batch, nfe int, err error) {
	paths = []flow.Batch{x0}
	for i := range len(ts) - 1 {
		n := max(1, int(math.Ceil(float64(steps)*(ts[i+1]-ts[i])-1e-9)))
		fine := make([]float64, n+1)
		for k := range fine {
			fine[k] = stageTime(ts[i], ts[i+1], float64(k)/float64(n))
		}
		x, calls, err := Solve(field, RK4, fine, paths[i])
		nfe += calls
		if err != nil {
			return nil, nfe, err
		}
		paths = append(paths, x)
	}
	return paths, nfe, nil
}
