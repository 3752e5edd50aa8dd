package export

import (
	"fmt"
	"math"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
)

// This file has the two forms of the steps, a Loop and written out, and steps along another path than that of the net.

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
	body := &writer{net: w.net, solver: w.solver, density: w.density, constants: w.constants, sizes: w.sizes, along: w.along, sde: w.sde}
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
	if w.fixed() {
		moved := func(c float64, what carried) string {
			list := w.carriedBy(c, what)
			return pick(w.constants.add(fmt.Sprintf("path/t%s/%s", number(float32(c)), what), []int{len(list)}, list))
		}
		t := interval{h: pick("h"), at: func(c float64) string { return moved(c, movedTime) }, moved: moved}
		if w.sde != nil {
			list := w.deviations()
			t.noise = body.increment("", "i", pick(w.constants.add("noise/deviation", []int{len(list)}, list)))
		}
		return t
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

// MaxUnrolled is the largest number of operations of a sampler whose steps are written out beside the Loop form unasked. The time
// that onnxruntime takes to open it grows with the square: on one core of a server 1,300 operations took 0.25 s, 2,600 took 0.6 s and
// 5,200 took 1.8 s, where a Loop takes a few ms.
const MaxUnrolled = 1000

// Portable is Sampler with Portable set, for the file beside the Loop form. If the file has more than MaxUnrolled operations, it
// returns none, and says why.
func Portable(n net.Net, weights []float32, solver ode.Solver, ts []float64, about About, o SamplerOptions) (file []byte, absent string, err error) {
	o.Portable = true
	m, err := samplerModel(n, weights, solver, ts, about, o)
	if err != nil {
		return nil, "", err
	}
	if count := len(m.Nodes); count > MaxUnrolled {
		return nil, fmt.Sprintf("with the %d velocity calls written out it would have %d operations, and with more than %d it takes onnxruntime long to open",
			(len(ts)-1)*calls(solver), count, MaxUnrolled), nil
	}
	file, err = seal(m)
	return file, "", err
}

// Absent is a file that is not written, and why. The reason goes on from "there is none: ".
type Absent struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// unroll writes the steps one after the other, with the times as constants.
func (w *writer) unroll(from state, grid []float32, trajectory bool) {
	passed := []string{from.x}
	for i := range len(grid) - 1 {
		at, next := fmt.Sprintf("step%d/", i), state{fmt.Sprintf("x%d", i+1), fmt.Sprintf("spread%d", i+1)}
		if i == len(grid)-2 {
			next = state{w.before(w.end), "integral"}
		}
		w.step(at, from, next, w.unrolledTimes(i, grid))
		from = next
		passed = append(passed, next.x)
	}
	if trajectory {
		layers := make([]string, len(passed))
		for i, x := range passed {
			layers[i] = w.node(x+"/layer", "Unsqueeze", nil, x, w.constants.list(0))
		}
		w.node(w.before("trajectory"), "Concat", []onnx.Attribute{{Name: "axis", Value: int64(0)}}, layers...)
	}
	w.rescale(trajectory)
}

// unrolledTimes returns the times of step i as constants.
func (w *writer) unrolledTimes(i int, grid []float32) interval {
	h := grid[i+1] - grid[i]
	if w.fixed() {
		moved := func(c float64, what carried) string { return w.constants.float(w.carriedBy(c, what)[i]) }
		t := interval{h: w.constants.float(h), at: func(c float64) string { return moved(c, movedTime) }, moved: moved}
		if w.sde != nil {
			t.noise = w.increment(fmt.Sprintf("step%d/", i), w.constants.long(fmt.Sprintf("index/%d", i), int64(i)), w.constants.float(w.deviations()[i]))
		}
		return t
	}
	return interval{h: w.constants.float(h), at: func(c float64) string {
		if c == 1 {
			return w.constants.float(grid[i+1])
		}
		return w.constants.float(grid[i] + float32(float32(c)*h)) // the conversion keeps the product from being fused into the sum
	}}
}

// carried is a number of a flow.ScaleTime: with these x becomes x/scale at the net's time, the velocity v there drift x + gain v, and
// the divergence div spread + rate div.
type carried int

const (
	movedTime carried = iota
	movedScale
	movedDrift
	movedGain
	movedSpread
	movedRate
)

// of returns the number for points of dim coordinates, in 32 bits.
func (what carried) of(at flow.ScaleTime, dim int) float32 { return float32(what.exact(at, dim)) }

func (what carried) exact(at flow.ScaleTime, dim int) float64 {
	return []float64{at.T, at.Scale, at.ScaleRate, at.Scale * at.TimeRate, at.ScaleRate * float64(dim), at.TimeRate}[what]
}

func (what carried) String() string {
	return []string{"time", "scale", "drift", "gain", "spread", "rate"}[what]
}

// carriedBy returns a number of the movement at start + c h of every step.
func (w *writer) carriedBy(c float64, what carried) []float32 {
	list := make([]float32, len(w.times)-1)
	for i := range list {
		r := w.times[i] + c*(w.times[i+1]-w.times[i])
		if c == 1 {
			r = w.times[i+1]
		}
		list[i] = w.carriedAt(r, what)
	}
	return list
}

// fixed reports whether what leads from the net to the steps is worked out at the times of the grid, so that these are fixed.
func (w *writer) fixed() bool { return w.along != nil || w.sde != nil }

// carriedAt returns a number of the movement at time r of the path of the steps. With noise on the way v is the drift.
func (w *writer) carriedAt(r float64, what carried) float32 {
	at := flow.ScaleTime{T: r, TimeRate: 1, Scale: 1}
	if w.along != nil {
		at = w.along.At(r)
	}
	number := what.exact(at, w.dim)
	if w.sde == nil {
		return float32(number)
	}
	gain, pull := w.sde.Weights(w.sde.Path, r)
	switch what {
	case movedDrift:
		number = gain*number - pull
	case movedGain:
		number *= gain
	}
	return float32(number)
}

// moved writes a copy of the net on the path of the steps.
func (w *writer) moved(name, t, x string, c float64, step interval) (v, div string) {
	at := x
	if w.along != nil {
		at = w.node(name+"/scaled", "Div", nil, x, step.moved(c, movedScale))
	}
	inner := w.velocity(name+"/net", t, at)
	drift := w.node(name+"/drift", "Mul", nil, x, step.moved(c, movedDrift))
	v = w.node(name, "Add", nil, drift, w.node(name+"/gain", "Mul", nil, inner, step.moved(c, movedGain)))
	if w.density {
		rate := w.node(name+"/rate", "Mul", nil, name+"/net/div", step.moved(c, movedRate))
		div = w.node(name+"/div", "Add", nil, rate, step.moved(c, movedSpread))
	}
	return v, div
}
