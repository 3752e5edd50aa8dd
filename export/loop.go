package export

import (
	"fmt"
	"math"

	"flowsweep/experiments/engine/onnx"
)

// loop writes the steps as a Loop over ts. All that depends on times alone is computed before it, for all steps at once: the body
// does no arithmetic with integers, for which GPUs in browsers have no kernels.
func (w *writer) loop(from state, points []int, trajectory bool) {
	body := w.loopBody(points)
	count := w.node("times", "Size", nil, "ts")
	inputs, outputs := []string{w.node("steps", "Sub", nil, count, w.constants.long("one", 1))}, []string{w.before(w.end)}
	// Without the optional condition, onnx.reference takes no step.
	inputs = append(inputs, w.constants.add("always", nil, []bool{true}), from.x)
	if w.density {
		inputs, outputs = append(inputs, from.integral), append(outputs, "integral")
	}
	if trajectory {
		// OpenVINO does not take an input of the body for an output.
		body.Nodes = append(body.Nodes, onnx.Node{Op: "Identity", Inputs: []string{"x"}, Outputs: []string{"passing"}})
		body.Outputs = append(body.Outputs, onnx.ValueInfo{Name: "passing", Dims: points})
		outputs = append(outputs, "passed")
	}
	w.nodes = append(w.nodes, onnx.Node{Op: "Loop", Inputs: inputs, Outputs: outputs, Attributes: []onnx.Attribute{{Name: "body", Value: body}}})
	if trajectory {
		end := w.node("end", "Unsqueeze", nil, outputs[0], w.constants.list(0))
		w.node(w.before("trajectory"), "Concat", []onnx.Attribute{{Name: "axis", Value: int64(0)}}, "passed", end)
	}
	w.rescale(trajectory)
}

// loopBody returns the body of the Loop: step i of the solver, from time ts[i] to ts[i+1].
func (w *writer) loopBody(points []int) onnx.Graph {
	body := &writer{net: w.net, solver: w.solver, density: w.density, constants: w.constants, sizes: w.sizes, along: w.along}
	w.slice("from", 0, -1)
	w.slice("to", 1, math.MaxInt32)
	w.node("h", "Sub", nil, "to", "from")
	body.step("", state{"x", "spread"}, state{"next", "next_spread"}, w.loopTimes(body))
	body.node("go_on", "Identity", nil, "going") // OpenVINO does not take an input of the body for its condition
	g := onnx.Graph{
		Name:    "step",
		Inputs:  []onnx.ValueInfo{{Name: "i", Kind: onnx.Int64}, {Name: "going", Kind: onnx.Bool}, {Name: "x", Dims: points}},
		Outputs: []onnx.ValueInfo{{Name: "go_on", Kind: onnx.Bool}, {Name: "next", Dims: points}},
		Nodes:   body.nodes,
	}
	if w.density {
		integral := []int{onnx.Batch, 1}
		g.Inputs = append(g.Inputs, onnx.ValueInfo{Name: "spread", Dims: integral})
		g.Outputs = append(g.Outputs, onnx.ValueInfo{Name: "next_spread", Dims: integral})
	}
	return g
}

// slice writes the part of ts from one index to another.
func (w *writer) slice(name string, from, to int64) {
	w.node(name, "Slice", nil, "ts", w.constants.list(from), w.constants.list(to), w.constants.list(0))
}

// loopTimes returns the times of step i. They are computed for all steps in the graph around the body.
func (w *writer) loopTimes(body *writer) interval {
	picked := map[string]string{}
	pick := func(all string) string {
		if picked[all] == "" {
			picked[all] = body.node(all+"/i", "Gather", nil, all, "i")
		}
		return picked[all]
	}
	if w.along != nil {
		moved := func(c float64, what carried) string {
			list := w.carriedBy(c, what)
			return pick(w.constants.add(fmt.Sprintf("path/t%s/%s", number(float32(c)), what), []int{len(list)}, list))
		}
		return interval{h: pick("h"), at: func(c float64) string { return moved(c, movedTime) }, moved: moved}
	}
	return interval{h: pick("h"), at: func(c float64) string {
		switch c {
		case 0:
			return pick("from")
		case 1:
			return pick("to")
		}
		at := "t" + number(float32(c))
		return pick(w.node(at, "Add", nil, "from", w.node(at+"/h", "Mul", nil, "h", w.constants.float(float32(c)))))
	}}
}
