package export

import "flowsweep/experiments/flow"

// This file takes steps along another path than that of the net, as flow.Reschedule does.

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

// of returns the number for points of dim coordinates.
func (what carried) of(at flow.ScaleTime, dim int) float32 {
	return float32([]float64{at.T, at.Scale, at.ScaleRate, at.Scale * at.TimeRate, at.ScaleRate * float64(dim), at.TimeRate}[what])
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
		list[i] = what.of(w.along.At(r), w.dim)
	}
	return list
}

// moved writes a copy of the net on the path of the steps.
func (w *writer) moved(name, t, x string, c float64, step interval) (v, div string) {
	inner := w.velocity(name+"/net", t, w.node(name+"/scaled", "Div", nil, x, step.moved(c, movedScale)))
	drift := w.node(name+"/drift", "Mul", nil, x, step.moved(c, movedDrift))
	v = w.node(name, "Add", nil, drift, w.node(name+"/gain", "Mul", nil, inner, step.moved(c, movedGain)))
	if w.density {
		rate := w.node(name+"/rate", "Mul", nil, name+"/net/div", step.moved(c, movedRate))
		div = w.node(name+"/div", "Add", nil, rate, step.moved(c, movedSpread))
	}
	return v, div
}
