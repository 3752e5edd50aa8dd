package export

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export/guided"
)

// SamplerOptions says how a sampler file is built and what it returns.
type SamplerOptions struct {
	Portable   bool // unroll the steps, for runtimes without Loop: the time grid is fixed, and the file grows with it
	Trajectory bool // also return the points at every time of the grid
	LogProb    bool // also return the log density of every sample

	// Along, if not nil, leads from the path that the net was trained on to the one that the steps follow. It is worked out at the
	// times of the grid, so the file has no ts.
	Along *flow.PathConversion

	// SDE, if not nil, adds noise on the way, which is then a second input. It is worked out at the times of the grid, as Along is.
	SDE *SDE
}

// Sampler returns the net and the solver as one ONNX file, opset 17: noise[batch,d], ts[times] -> samples[batch,d], with
// the sizes of a shape in place of d where the points have one. The input ts defaults to the time grid, of K+1 times for K steps, so that noise alone is enough; a Portable file has no ts.
// With Trajectory the file also returns trajectory[times,batch,d], from the noise to the samples. The steps are a Loop, whose
// body has a copy of the net for each stage of the solver. The copies share the weights, named initializers as in Velocity.
//
// All numbers are 32-bit floats. A step from t to t' of length h = t' - t is
//
//	k_i = v(t + c_i h, x + ((a_i1 k_1 + a_i2 k_2) + ...) h),  x' = x + ((b_1 k_1 + b_2 k_2) + ...) h
//
// Each operation is rounded, in this order. Terms of weight 0 are left out, as are unused stages and multiplications by 1,
// and t + c_i h is t' for c_i = 1. If About has Units, samples and trajectories are in the user's units: the file returns
// x scale + shift.
//
// With LogProb the file also returns log_prob[batch], the log density of the samples in nats under the flow from N(0, I): the
// log density of the noise minus the integral of the net's divergence, computed with the same solver and steps, as ode.Push
// does. It is the density in the units of the samples. It costs about 1 + d times as much.
//
// With an SDE the file takes step_noise[steps,batch,d] too, z of ode.SolveSDE, and has no ts.
//
// Sampler returns an error for a grid of fewer than two times or with times that are not finite, and for a solver that is
// not an explicit Runge-Kutta method.
func Sampler(n net.Net, weights []float32, solver ode.Solver, ts []float64, about About, o SamplerOptions) ([]byte, error) {
	m, err := samplerModel(n, weights, solver, ts, about, o)
	if err != nil {
		return nil, err
	}
	return seal(m)
}

// samplerModel returns the model of a sampler file.
func samplerModel(n net.Net, weights []float32, solver ode.Solver, ts []float64, about About, o SamplerOptions) (onnx.Model, error) {
	grid, err := narrowed(ts)
	if err == nil {
		err = checkExplicit(solver)
	}
	if err == nil {
		err = o.checkNoise(solver)
	}
	if err == nil {
		err = errors.Join(about.check(n.Dim()), about.checkAffine())
	}
	if err == nil && o.LogProb {
		err = about.checkDensity()
	}
	if err != nil {
		return onnx.Model{}, fmt.Errorf("export a sampler: %w", err)
	}
	recorded, err := o.record(n, weights, about)
	if err == nil {
		recorded.Graph, err = about.Reduced.graph(recorded.Graph)
	}
	if err != nil {
		return onnx.Model{}, err
	}
	if !about.Conditional.Empty() {
		recorded.Graph = about.Conditional.Net(recorded.Graph)
	}
	m := onnx.Model{Graph: o.graph(recorded.Graph, n.Shape, solver, grid, about)}
	properties := stepProperties(solver, grid)
	if solver.Table != nil {
		properties = tableProperties(solver, grid)
	} else if o.Portable {
		properties["times"] = toJSON(grid)
	}
	if o.Along != nil {
		properties["sampling_path"] = o.Along.To.String()
	}
	if o.SDE != nil {
		properties[sdeNoise] = fmt.Sprint(o.SDE.Noise)
		properties["arithmetic"] += ", plus the noise of the step"
	}
	about.returned(&m.Outputs[0], properties)
	describe(&m, n, about, properties)
	return m, nil
}

// returned says in which units an output is.
func (a About) returned(output *onnx.ValueInfo, properties map[string]string) {
	if !a.Code.Identity() {
		output.Doc += ", as rows in the units of the data: a value for each of the columns, that of a category as its number in the metadata kinds"
		properties["units"] = "samples are rows in the units of the data; noise has the coordinates of the net"
	} else if !a.Units.Identity() {
		output.Doc += ", in the units of the data"
		properties["units"] = "samples are in those of the data; noise is standardised"
	}
}

// graph returns the graph of a sampler of points of a shape.
func (o SamplerOptions) graph(net onnx.Graph, shape []int, solver ode.Solver, grid []float32, about About) onnx.Graph {
	points, dim, samples := pointsOf(shape), elements(shape), pointsOf(returned(about.Code, shape))
	g := onnx.Graph{
		Name:         "sampler",
		Inputs:       []onnx.ValueInfo{{Name: "noise", Dims: points, Doc: "starting points, t = " + number(grid[0]) + "; " + about.source() + " at t = 0"}},
		Outputs:      []onnx.ValueInfo{{Name: "samples", Dims: samples, Doc: "where the points arrive, t = " + number(grid[len(grid)-1])}},
		Initializers: slices.Clone(net.Initializers),
	}
	w := &writer{
		net: net, solver: solver, units: about.Units, code: about.Code, end: "samples", density: o.LogProb, constants: newConstants(&g),
		along: o.Along, sde: o.SDE, times: flow.Widen(grid), dim: dim, shape: shape,
	}
	if o.SDE != nil {
		g.Inputs = append(g.Inputs, o.SDE.input(len(grid)-1, shape))
	}
	w.conditional(&g, about.Conditional)
	from, times := w.start("noise"), len(grid)
	if solver.Table != nil {
		w.tabulated(from, solver.Table(w.times), points, o)
	} else if o.Portable {
		w.unroll(from, grid, o.Trajectory)
	} else {
		if !w.fixed() {
			times = onnx.Times
			g.Inputs = append(g.Inputs, onnx.ValueInfo{Name: "ts", Dims: []int{onnx.Times}, Doc: "times of the grid, from noise (0) to data (1); the default has " +
				fmt.Sprint(len(grid)-1) + " steps"})
		}
		g.Initializers = append(g.Initializers, onnx.Initializer{Name: "ts", Dims: []int{len(grid)}, Data: grid})
		w.loop(from, points, o.Trajectory)
	}
	weight, defaults := about.Conditional.Weight()
	g.Inputs, g.Initializers = append(g.Inputs, weight...), append(g.Initializers, defaults...)
	if o.LogProb { // the integral is that from noise to data
		w.node("log_prob", "Sub", nil, w.normal("noise", normalConstant(dim, about.Units)), w.flat("integral", w.constants.list(1)))
		g.Outputs = append(g.Outputs, onnx.ValueInfo{Name: "log_prob", Dims: []int{onnx.Batch}, Doc: "log density of the samples, in nats"})
	}
	if o.Trajectory {
		g.Outputs = append(g.Outputs, onnx.ValueInfo{
			Name: "trajectory", Dims: slices.Concat([]int{times}, samples), Doc: "the points at every time of the grid",
		})
	}
	g.Nodes = w.nodes
	return g
}

// conditional writes what follows from the inputs that say what points are given, and adds these.
func (w *writer) conditional(g *onnx.Graph, by guided.Model) {
	if by.Empty() {
		return
	}
	nodes, constants := by.Before()
	g.Inputs, g.Initializers = append(g.Inputs, by.Inputs()...), append(g.Initializers, constants...)
	w.nodes = append(w.nodes, nodes...)
}

// record returns the net, with its divergence if the options need it.
func (o SamplerOptions) record(n net.Net, weights []float32, about About) (onnx.Model, error) {
	if o.LogProb {
		return recordDivergence(n, weights, about)
	}
	return velocity.Record(n, weights)
}

// pointsOf returns the sizes of a batch of points of a shape.
func pointsOf(shape []int) []int { return slices.Concat([]int{onnx.Batch}, shape) }

// elements returns the numbers of a point of a shape.
func elements(shape []int) int {
	n := 1
	for _, size := range shape {
		n *= size
	}
	return n
}

// returned returns the shape of a sample of points of a shape: that of a row where the file decodes points to rows. Images stay
// images, as each of their coordinates is the code of a pixel.
func returned(code kinds.Code, shape []int) []int {
	if code.Identity() || len(shape) > 1 {
		return shape
	}
	return []int{widthOf(code, elements(shape))}
}

// shapeIn returns the shape of the points of a file, which it says of its net. Another program's file has vectors of dim
// coordinates.
func shapeIn(m onnx.Model, dim int) []int {
	if n, err := net.Parse(m.Metadata["architecture"]); err == nil && n.Dim() == dim {
		return n.Shape
	}
	return []int{dim}
}

// narrowed returns the time grid in 32-bit floats.
func narrowed(ts []float64) ([]float32, error) {
	if len(ts) < 2 {
		return nil, fmt.Errorf("a time grid needs at least 2 times, got %d", len(ts))
	}
	for i, t := range ts {
		if math.IsNaN(t) || math.Abs(t) > math.MaxFloat32 {
			return nil, fmt.Errorf("time %d of the grid is %g: must be finite", i, t)
		}
	}
	return flow.Narrow(nil, ts), nil
}

// checkExplicit returns an error unless every stage of the solver depends only on earlier stages.
func checkExplicit(s ode.Solver) error {
	if s.Stages() == 0 || len(s.A) != s.Stages() || len(s.C) != s.Stages() {
		return fmt.Errorf("the tableau of %q is incomplete: A, B and C must have one entry per stage", s.Name)
	}
	for i, row := range s.A {
		if len(row) > i {
			return fmt.Errorf("%q is not explicit: use an explicit solver", s.Name)
		}
	}
	return nil
}

// before returns the name of an output before it is converted to the user's units.
func (w *writer) before(output string) string {
	if w.units.Identity() && w.code.Identity() {
		return output
	}
	return "net/" + output
}

// rescale converts the outputs to the user's units, and to rows.
func (w *writer) rescale(trajectory bool) {
	outputs := []string{w.end}
	if trajectory {
		outputs = append(outputs, "trajectory")
	}
	for _, output := range outputs {
		codes := output
		if !w.code.Identity() {
			codes += "/codes"
		}
		if w.units.Identity() {
			codes = w.before(output)
		} else {
			scale, shift := w.constants.tensor("units/scale", w.shape, w.units.Scale), w.constants.tensor("units/shift", w.shape, w.units.Shift)
			w.node(codes, "Add", nil, w.node(output+"/scaled", "Mul", nil, w.before(output), scale), shift)
		}
		switch {
		case w.code.Identity():
		case len(w.shape) == 1:
			w.decode(output, codes)
		default:
			w.decodeImages(output, codes)
		}
	}
}
