package export

import (
	"fmt"
	"math"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// SamplerOptions says what a sampler file is made of and what it returns.
type SamplerOptions struct {
	Portable   bool // every step written out, for runtimes without Loop: the time grid is fixed, and the file grows with it
	Trajectory bool // return the points at every time of the grid, too
	LogProb    bool // return the log density of every sample, too
}

// Sampler returns the net and the solver as one ONNX file, opset 17: noise[batch,d], ts[times] -> samples[batch,d]. The
// time grid of K steps, ts (K+1), is the default of the input ts, so noise alone is enough; a Portable file has no ts. With
// Trajectory there is a second output, trajectory[times,batch,d], from the noise to the samples. The steps are a Loop,
// whose body has the net once for each stage of the solver and shares its weights, named initializers as in Velocity.
//
// All numbers are 32-bit floats. A step from t to t' of length h = t' - t is
//
//	k_i = v(t + c_i h, x + ((a_i1 k_1 + a_i2 k_2) + ...) h),  x' = x + ((b_1 k_1 + b_2 k_2) + ...) h
//
// each operation rounded, in this order; terms of weight 0 are left out, as are stages that nothing depends on, a factor
// 1 is not multiplied by, and t + c_i h is t' for c_i = 1. Where About has Units, what the file returns is in the user's
// own: x scale + shift, after the last step and at every time of a trajectory.
//
// With LogProb there is an output log_prob[batch], the log density of the samples in nats, which the flow makes of N(0, I):
// the integral of the net's divergence, by the same solver and steps, is taken from that of the noise, as ode.Push does.
// It is that in the units of the samples. It costs about 1 + d times as much.
//
// It returns an error for a grid of fewer than two times or times that are not finite, and for a solver that is not an
// explicit Runge-Kutta method.
func Sampler(n net.Net, weights []float32, solver ode.Solver, ts []float64, about About, o SamplerOptions) ([]byte, error) {
	grid, err := narrowed(ts)
	if err == nil {
		err = explicit(solver)
	}
	if err == nil {
		err = about.check(n.Dim())
	}
	if err != nil {
		return nil, fmt.Errorf("export a sampler: %w", err)
	}
	net, err := o.record(n, weights, about)
	if err != nil {
		return nil, err
	}
	points := []int{onnx.Batch, n.Dim()}
	m := onnx.Model{Graph: onnx.Graph{
		Name:    "sampler",
		Inputs:  []onnx.ValueInfo{{Name: "noise", Dims: points, Doc: "starting points, t = " + number(grid[0]) + "; " + about.source() + " at t = 0"}},
		Outputs: []onnx.ValueInfo{{Name: "samples", Dims: points, Doc: "where the points arrive, t = " + number(grid[len(grid)-1])}},
	}}
	w := &writer{net: net.Graph, solver: solver, units: about.Units, density: o.LogProb, constants: newConstants(&m.Graph)}
	m.Initializers = append(m.Initializers, net.Initializers...)
	w.column("noise")
	times := onnx.Times
	if o.Portable {
		times = len(grid)
		w.unroll(w.start("noise"), grid, o.Trajectory)
	} else {
		m.Inputs = append(m.Inputs, onnx.ValueInfo{Name: "ts", Dims: []int{onnx.Times}, Doc: "times of the grid, from noise (0) to data (1); the default has " +
			fmt.Sprint(len(grid)-1) + " steps"})
		m.Initializers = append(m.Initializers, onnx.Initializer{Name: "ts", Dims: []int{len(grid)}, Data: grid})
		w.loop(w.start("noise"), points, o.Trajectory)
	}
	if o.LogProb {
		w.node("log_prob", "Sub", nil, w.normal("noise", logVolume(about.Units)-float64(n.Dim())/2*math.Log(2*math.Pi)), w.flat("integral"))
		m.Outputs = append(m.Outputs, onnx.ValueInfo{Name: "log_prob", Dims: []int{onnx.Batch}, Doc: "log density of the samples, in nats"})
	}
	if o.Trajectory {
		m.Outputs = append(m.Outputs, onnx.ValueInfo{
			Name: "trajectory", Dims: []int{times, onnx.Batch, n.Dim()}, Doc: "the points at every time of the grid",
		})
	}
	m.Nodes = w.nodes
	properties := map[string]string{
		"solver": solver.Name, "steps": fmt.Sprint(len(grid) - 1), "velocity_calls_a_step": fmt.Sprint(calls(solver)),
		"arithmetic": "x + h (b1 k1 + b2 k2 + ...), 32-bit floats, from left to right",
	}
	if !about.Units.Identity() {
		m.Outputs[0].Doc += ", in the units of the data"
		properties["units"] = "samples are in those of the data; noise is standardised"
	}
	describe(&m, n, about, properties)
	return seal(m)
}

// record returns the net with what the options need of it.
func (o SamplerOptions) record(n net.Net, weights []float32, about About) (onnx.Model, error) {
	switch {
	case !o.LogProb:
		return velocity.Record(n, weights)
	case about.Source != "":
		return onnx.Model{}, fmt.Errorf("export a sampler: the log density of the source %s is not known: leave log densities out", about.Source)
	case n.Activation.Kinked:
		return onnx.Model{}, fmt.Errorf("export a sampler: the divergence of a %s net jumps, so that its integral depends on rounding: leave log densities out, or train another activation", n.Activation.Name)
	default:
		return velocity.RecordDivergence(n, weights)
	}
}

// narrowed returns the time grid in 32-bit floats.
func narrowed(ts []float64) ([]float32, error) {
	if len(ts) < 2 {
		return nil, fmt.Errorf("a time grid has at least 2 times, got %d", len(ts))
	}
	for i, t := range ts {
		if math.IsNaN(t) || math.Abs(t) > math.MaxFloat32 {
			return nil, fmt.Errorf("time %d of the grid is %g: give finite times", i, t)
		}
	}
	return flow.Narrow(nil, ts), nil
}

// explicit returns an error unless every stage of the solver depends on earlier ones alone.
func explicit(s ode.Solver) error {
	if s.Stages() == 0 || len(s.A) != s.Stages() || len(s.C) != s.Stages() {
		return fmt.Errorf("the tableau of %q is not whole: it needs A, B and C of one number of stages", s.Name)
	}
	for i, row := range s.A {
		if len(row) > i {
			return fmt.Errorf("%q is not explicit: use one of the explicit solvers", s.Name)
		}
	}
	return nil
}

// loop writes the steps as a Loop over the input ts.
func (w *writer) loop(from state, points []int, trajectory bool) {
	one := w.constants.long("one", 1)
	body := &writer{net: w.net, solver: w.solver, density: w.density, constants: w.constants}
	body.node("from", "Gather", nil, "ts", "i")
	body.node("following", "Add", nil, "i", one)
	body.node("to", "Gather", nil, "ts", "following")
	body.node("h", "Sub", nil, "to", "from")
	body.step("", state{"x", "spread"}, state{"next", "next_spread"}, interval{h: "h", at: func(c float64) string {
		switch c {
		case 0:
			return "from"
		case 1:
			return "to"
		}
		at := "t" + number(float32(c))
		return body.node(at, "Add", nil, "from", body.node(at+"/h", "Mul", nil, "h", w.constants.float(float32(c))))
	}})
	g := onnx.Graph{
		Name:    "step",
		Inputs:  []onnx.ValueInfo{{Name: "i", Kind: onnx.Int64}, {Name: "going", Kind: onnx.Bool}, {Name: "x", Dims: points}},
		Outputs: []onnx.ValueInfo{{Name: "going", Kind: onnx.Bool}, {Name: "next", Dims: points}},
		Nodes:   body.nodes,
	}
	w.node("times", "Size", nil, "ts")
	w.node("steps", "Sub", nil, "times", one)
	// The condition may be left out, but then onnx.reference takes no step.
	always := w.constants.add("always", nil, []bool{true})
	inputs, outputs := []string{"steps", always, from.x}, []string{w.before("samples")}
	if w.density {
		rates := []int{onnx.Batch, 1}
		g.Inputs = append(g.Inputs, onnx.ValueInfo{Name: "spread", Dims: rates})
		g.Outputs = append(g.Outputs, onnx.ValueInfo{Name: "next_spread", Dims: rates})
		inputs, outputs = append(inputs, from.integral), append(outputs, "integral")
	}
	if trajectory {
		g.Outputs = append(g.Outputs, onnx.ValueInfo{Name: "x", Dims: points})
		outputs = append(outputs, "passed")
	}
	w.nodes = append(w.nodes, onnx.Node{Op: "Loop", Inputs: inputs, Outputs: outputs, Attributes: []onnx.Attribute{{Name: "body", Value: g}}})
	if trajectory {
		end := w.node("end", "Unsqueeze", nil, outputs[0], w.constants.longs("axis0", 0))
		w.node(w.before("trajectory"), "Concat", []onnx.Attribute{{Name: "axis", Value: int64(0)}}, "passed", end)
	}
	w.rescale(trajectory)
}

// unroll writes one step after the other, with the times as constants.
func (w *writer) unroll(from state, grid []float32, trajectory bool) {
	passed := []string{from.x}
	for i := range len(grid) - 1 {
		h := grid[i+1] - grid[i]
		at, next := fmt.Sprintf("step%d/", i), state{fmt.Sprintf("x%d", i+1), fmt.Sprintf("spread%d", i+1)}
		if i == len(grid)-2 {
			next = state{w.before("samples"), "integral"}
		}
		w.step(at, from, next, interval{h: w.constants.float(h), at: func(c float64) string {
			if c == 1 {
				return w.constants.float(grid[i+1])
			}
			return w.constants.float(grid[i] + float32(float32(c)*h)) // the conversion keeps the product from being fused into the sum
		}})
		from = next
		passed = append(passed, next.x)
	}
	if trajectory {
		layers := make([]string, len(passed))
		for i, x := range passed {
			layers[i] = w.node(x+"/layer", "Unsqueeze", nil, x, w.constants.longs("axis0", 0))
		}
		w.node(w.before("trajectory"), "Concat", []onnx.Attribute{{Name: "axis", Value: int64(0)}}, layers...)
	}
	w.rescale(trajectory)
}

// before returns the name of an output before it is brought to the user's units: another one where that is done.
func (w *writer) before(output string) string {
	if w.units.Identity() {
		return output
	}
	return "net/" + output
}

// rescale brings the outputs to the user's units.
func (w *writer) rescale(trajectory bool) {
	if w.units.Identity() {
		return
	}
	outputs := []string{"samples"}
	if trajectory {
		outputs = append(outputs, "trajectory")
	}
	scale, shift := w.constants.row("units/scale", w.units.Scale), w.constants.row("units/shift", w.units.Shift)
	for _, output := range outputs {
		w.node(output, "Add", nil, w.node(output+"/scaled", "Mul", nil, w.before(output), scale), shift)
	}
}
