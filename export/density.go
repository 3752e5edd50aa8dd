package export

import (
	"math"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
)

// start writes the state at the named points, with an integral of 0.
func (w *writer) start(points string) state {
	if !w.density {
		return state{x: points}
	}
	return state{points, w.node("nothing", "Expand", nil, w.constants.float(0), "column")}
}

// flat writes a reshape of (batch, 1) to (batch).
func (w *writer) flat(name string) string {
	return w.node(name+"/flat", "ReduceSum", []onnx.Attribute{{Name: "keepdims", Value: int64(0)}}, name, w.constants.longs("axis1", 1))
}

// normal writes the log density of N(0, I) at points, (batch), up to a constant:
//
//	constant - ||x||^2 / 2
func (w *writer) normal(points string, constant float64) string {
	square := w.flat(w.node(points+"/square", "Mul", nil, points, points))
	half := w.node(points+"/half", "Mul", nil, square, w.constants.float(-.5))
	return w.node(points+"/log_density", "Add", nil, half, w.constants.float(float32(constant)))
}

// logVolume returns the change of a log density by a change of units: the density of scale x + shift is the density of x
// divided by the product of the scales.
func logVolume(units flow.Affine) float64 {
	sum := 0.
	for _, s := range units.Scale {
		sum -= math.Log(math.Abs(s))
	}
	return sum
}
