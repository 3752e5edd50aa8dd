package export

import (
	"fmt"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
)

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
	if w.along != nil {
		moved := func(c float64, what carried) string { return w.constants.float(w.carriedBy(c, what)[i]) }
		return interval{h: w.constants.float(h), at: func(c float64) string { return moved(c, movedTime) }, moved: moved}
	}
	return interval{h: w.constants.float(h), at: func(c float64) string {
		if c == 1 {
			return w.constants.float(grid[i+1])
		}
		return w.constants.float(grid[i] + float32(float32(c)*h)) // the conversion keeps the product from being fused into the sum
	}}
}
