package export

import (
	"fmt"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/ode"
)

// tableLoop is the writer of a Loop over the calls of a table. It carries the states and velocities of earlier calls that later ones
// use, each as a value of its own: no runtime has to slice or scatter a buffer.
type tableLoop struct {
	*writer // of the graph around the body
	body    *writer
	table   ode.Table
	starts  []string          // what the carried values start with
	in, out []onnx.ValueInfo  // of the carried values
	picked  map[string]string // by series
}

// loopTable writes the calls of a table as a Loop.
func (w *writer) loopTable(from state, table ode.Table, points []int, trajectory bool) {
	l := &tableLoop{writer: w, table: table, picked: map[string]string{}}
	l.body = &writer{net: w.net, density: w.density, constants: w.constants, sizes: w.sizes, along: w.along, dim: w.dim}
	v, div := l.body.tableVelocity("k", "x", func(what carried) string {
		return l.pick(fmt.Sprintf("calls/%s", []string{"time", "scale", "drift", "gain", "spread", "rate"}[what]), w.called(table, what))
	})
	integral := []int{onnx.Batch, 1}
	l.carry("x", from.x, "next", points)
	l.body.sum("next", l.terms("", table.Points, "x", from.x, v, points))
	if w.density {
		l.carry("spread", from.integral, "next_spread", integral)
		l.body.sum("next_spread", l.terms("spread/", table.Integrals, "spread", from.integral, div, integral))
	}
	l.write(points, trajectory)
}

// carry adds a value that the Loop hands on: its name in the body, what it starts with, and its name at the end of the body.
func (l *tableLoop) carry(name, start, next string, dims []int) {
	l.in, l.out = append(l.in, onnx.ValueInfo{Name: name, Dims: dims}), append(l.out, onnx.ValueInfo{Name: next, Dims: dims})
	l.starts = append(l.starts, start)
}

// pick writes the number of a series for this call.
func (l *tableLoop) pick(name string, s series) string {
	if l.picked[name] == "" {
		l.picked[name] = l.body.node(name+"/i", "Gather", nil, l.constants.add(name, []int{len(s)}, []float32(s)), "i")
	}
	return l.picked[name]
}

// terms returns the terms of the next state: of the velocities, of this state and earlier ones, and of the first. It carries those that
// are needed, from the latest to the earliest.
func (l *tableLoop) terms(prefix string, rows []ode.Row, now, first, u string, dims []int) (terms []term) {
	add := func(value, name string, s series) {
		switch {
		case s.none():
		case constant(s, 1):
			terms = append(terms, term{value, ""})
		default:
			terms = append(terms, term{value, l.pick("weights/"+prefix+name, s)})
		}
	}
	for _, of := range []struct{ kind, value string }{{"u", u}, {"x", now}} {
		values := []string{of.value}
		for lag := range l.longest(rows, of.kind) + 1 {
			if lag > 0 {
				name := fmt.Sprintf("%s%s%d", prefix, of.kind, lag)
				l.carry(name, first, name+"/next", dims)
				l.body.node(name+"/next", "Identity", nil, values[lag-1])
				values = append(values, name)
			}
			add(values[lag], fmt.Sprintf("%s%d", of.kind, lag), l.weights(rows, of.kind, lag))
		}
	}
	_, anchor, _ := lagged(rows, 1)
	add(first, "first", anchor)
	return terms
}

func (l *tableLoop) weights(rows []ode.Row, kind string, lag int) series {
	x, _, u := lagged(rows, lag)
	if kind == "x" {
		return x
	}
	return u
}

// longest returns how far back the rows use states after the first, or velocities.
func (l *tableLoop) longest(rows []ode.Row, kind string) (lag int) {
	for i, row := range rows {
		weights, from := row.U, 0
		if kind == "x" {
			weights, from = row.X, 1
		}
		for j := from; j < len(weights); j++ {
			if weights[j] != 0 {
				lag = max(lag, i-j)
				break
			}
		}
	}
	return lag
}

func constant(s series, value float32) bool {
	for _, w := range s {
		if w != value {
			return false
		}
	}
	return true
}

// write writes the Loop.
func (l *tableLoop) write(points []int, trajectory bool) {
	l.body.node("go_on", "Identity", nil, "going") // OpenVINO does not take an input of the body for its condition
	g := onnx.Graph{
		Name:    "step",
		Inputs:  append([]onnx.ValueInfo{{Name: "i", Kind: onnx.Int64}, {Name: "going", Kind: onnx.Bool}}, l.in...),
		Outputs: append([]onnx.ValueInfo{{Name: "go_on", Kind: onnx.Bool}}, l.out...),
	}
	inputs := append([]string{l.constants.long("calls", int64(len(l.table.Times))), l.constants.add("always", nil, []bool{true})}, l.starts...)
	outputs := make([]string, len(l.starts))
	for i, v := range l.in {
		outputs[i] = v.Name + "/last"
	}
	outputs[0] = l.before(l.end)
	if l.density {
		for i, v := range l.in {
			if v.Name == "spread" {
				outputs[i] = "integral"
			}
		}
	}
	if trajectory {
		l.body.node("passing", "Identity", nil, "x")
		g.Outputs = append(g.Outputs, onnx.ValueInfo{Name: "passing", Dims: points})
		outputs = append(outputs, "passed")
	}
	g.Nodes = l.body.nodes
	l.nodes = append(l.nodes, onnx.Node{Op: "Loop", Inputs: inputs, Outputs: outputs, Attributes: []onnx.Attribute{{Name: "body", Value: g}}})
	if trajectory {
		l.gatherTrajectory(outputs[0])
	}
	l.rescale(trajectory)
}

// gatherTrajectory writes the states at the times of the grid.
func (l *tableLoop) gatherTrajectory(end string) {
	passed := "passed"
	if n := len(l.table.Grid); n > 0 && n != len(l.table.Times)+1 {
		kept := make([]int64, n-1)
		for i := range kept {
			kept[i] = int64(l.table.Grid[i])
		}
		passed = l.node("passed/grid", "Gather", nil, passed, l.constants.add("grid/states", []int{len(kept)}, kept))
	}
	last := l.node("end", "Unsqueeze", nil, end, l.constants.list(0))
	l.node(l.before("trajectory"), "Concat", []onnx.Attribute{{Name: "axis", Value: int64(0)}}, passed, last)
}
