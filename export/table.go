package export

import (
	"fmt"
	"slices"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// This file has the steps of linear multistep methods. Their weights belong to one time grid, so such a file has no ts.

// tableProperties describes the steps of a multistep method.
func tableProperties(solver ode.Solver, grid []float32) map[string]string {
	p := map[string]string{
		"solver": solver.Name, "steps": fmt.Sprint(len(grid) - 1), "velocity_calls_a_step": "1", "times": toJSON(grid),
		"arithmetic": "sums of weighted states and velocities, 32-bit floats, from left to right",
	}
	if solver.Fitted {
		p["coefficients"] = toJSON(solver.Table(flow.Widen(grid)).Points)
	}
	return p
}

// refit returns a fitted solver with the coefficients of a file.
func refit(solver ode.Solver, ts []float64, text string) (ode.Solver, error) {
	var rows []ode.Row
	if !fromJSON(text, &rows) || len(rows) != len(ts)-1 {
		return solver, fmt.Errorf("it does not say the coefficients of %s for its %d steps", solver.Name, len(ts)-1)
	}
	return solver.With(ode.TableOf(ts, rows)), nil
}

// tabulated writes the calls of a table.
func (w *writer) tabulated(from state, table ode.Table, points []int, o SamplerOptions) {
	if o.Portable {
		w.unrollTable(from, table, o.Trajectory)
	} else {
		w.loopTable(from, table, points, o.Trajectory)
	}
}

// series is a weight over the rows of a table.
type series []float32

// none reports whether a weight is never used.
func (s series) none() bool { return !slices.ContainsFunc(s, func(w float32) bool { return w != 0 }) }

// lagged returns the weights of what is some rows back, by row: of the states without the first, of the first, and of the velocities.
func lagged(rows []ode.Row, lag int) (x, first, u series) {
	x, first, u = make(series, len(rows)), make(series, len(rows)), make(series, len(rows))
	for i, row := range rows {
		if j := i - lag; j >= 0 && j < len(row.X) && (j > 0 || lag == 0) {
			x[i] = float32(row.X[j])
		}
		if lag > 0 && i > 0 && len(row.X) > 0 {
			first[i] = float32(row.X[0])
		}
		if j := i - lag; j >= 0 && j < len(row.U) {
			u[i] = float32(row.U[j])
		}
	}
	return x, first, u
}

// term is a weighted value of a sum.
type term struct{ value, weight string }

// within returns the name of a part of a sum, or that of the sum for the part without a label.
func within(name, part, label string) string {
	if label == "" {
		return name
	}
	return name + "/" + part + label
}

// sum writes the sum of the terms; a weight of "" is 1.
func (w *writer) sum(name string, terms []term) string {
	if len(terms) == 1 && terms[0].weight == "" {
		return w.node(name, "Identity", nil, terms[0].value)
	}
	total := ""
	for k, t := range terms {
		part, label, only := t.value, fmt.Sprint(k+1), len(terms) == 1
		if only {
			label = ""
		}
		if t.weight != "" {
			part = w.node(within(name, "term", label), "Mul", nil, t.value, t.weight)
		}
		if k == len(terms)-1 {
			label = ""
		}
		if total != "" {
			part = w.node(within(name, "sum", label), "Add", nil, total, part)
		}
		total = part
	}
	return total
}

// tableVelocity writes the velocity of call i, and its divergence if that is needed.
func (w *writer) tableVelocity(name, x string, at func(what carried) string) (v, div string) {
	column := w.node(name+"/t/column", "Add", nil, "zeros", at(movedTime))
	if w.along == nil {
		return w.velocity(name, column, x), name + "/div"
	}
	return w.moved(name, column, x, 0, interval{moved: func(_ float64, what carried) string { return at(what) }})
}

// called returns a number of the movement along another path at every call of the table.
func (w *writer) called(table ode.Table, what carried) []float32 {
	list := make([]float32, len(table.Times))
	for i, t := range table.Times {
		list[i] = float32(t)
		if w.along != nil {
			list[i] = what.of(w.along.At(t), w.dim)
		}
	}
	return list
}

// unrollTable writes the calls of a table one after the other.
func (w *writer) unrollTable(from state, table ode.Table, trajectory bool) {
	x, u, y, rate := []string{from.x}, []string{}, []string{from.integral}, []string{}
	for i := range table.Times {
		name := fmt.Sprintf("call%d", i)
		v, div := w.tableVelocity(name, x[i], func(what carried) string { return w.constants.float(w.called(table, what)[i]) })
		u, rate = append(u, v), append(rate, div)
		next := state{fmt.Sprintf("x%d", i+1), fmt.Sprintf("spread%d", i+1)}
		if i == len(table.Times)-1 {
			next = state{w.before(w.end), "integral"}
		}
		x = append(x, w.sum(next.x, w.constantTerms(table.Points[i], x, u)))
		if w.density {
			y = append(y, w.sum(next.integral, w.constantTerms(table.Integrals[i], y, rate)))
		}
	}
	if trajectory {
		var layers []string
		for i, x := range x {
			if table.Grid == nil || slices.Contains(table.Grid, i) {
				layers = append(layers, w.node(x+"/layer", "Unsqueeze", nil, x, w.constants.list(0)))
			}
		}
		w.node(w.before("trajectory"), "Concat", []onnx.Attribute{{Name: "axis", Value: int64(0)}}, layers...)
	}
	w.rescale(trajectory)
}

// constantTerms returns the terms of a row with constant weights: velocities first, since their sum is small beside the states and
// so only one sum is rounded at their size.
func (w *writer) constantTerms(row ode.Row, xs, us []string) (terms []term) {
	for _, part := range []struct {
		weights []float64
		of      []string
	}{{row.U, us}, {row.X, xs}} {
		for j, weight := range part.weights {
			switch {
			case weight == 1:
				terms = append(terms, term{part.of[j], ""})
			case weight != 0:
				terms = append(terms, term{part.of[j], w.constants.float(float32(weight))})
			}
		}
	}
	return terms
}
