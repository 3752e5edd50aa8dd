package export

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// Density returns the way back from data to noise as one ONNX file, opset 17: data[batch,d], ts[times] -> noise[batch,d],
// log_prob[batch]. It is the log density of given points in nats under the flow from N(0, I), in the units of the data, as
// ode.LogLikelihood computes it: the log density of the noise that they come from, minus the integral of the net's exact
// divergence along the path. ts are the times for sampling, from noise to data; the input of the same name defaults to them
// in reverse. Steps and arithmetic are those of Sampler, with negative h. If About has Units, data are in the user's units. There
// is no portable form: unrolled, the many steps that log densities need take onnxruntime minutes to open.
//
// Density returns the errors of Sampler, and one for a source other than N(0, I) and for nets whose divergence jumps.
func Density(n net.Net, weights []float32, solver ode.Solver, ts []float64, about About) ([]byte, error) {
	grid, err := narrowed(ts)
	if err == nil {
		err = checkExplicit(solver)
	}
	if err == nil {
		err = errors.Join(about.check(n.Dim()), about.checkAffine(), about.checkDensity())
	}
	if err != nil {
		return nil, fmt.Errorf("export log densities: %w", err)
	}
	recorded, err := recordDivergence(n, weights, about)
	if err != nil {
		return nil, err
	}
	slices.Reverse(grid)
	m := onnx.Model{Graph: densityGraph(recorded.Graph, n.Shape, solver, grid, about)}
	properties := stepProperties(solver, grid)
	if !about.Units.Identity() {
		m.Inputs[0].Doc += ", in the units of the data"
		properties["units"] = "data and log_prob are in those of the data; noise is standardised"
	}
	describe(&m, n, about, properties)
	return seal(m)
}

// densityGraph returns the graph of the way back along the grid, which runs from data to noise.
func densityGraph(net onnx.Graph, shape []int, solver ode.Solver, grid []float32, about About) onnx.Graph {
	points := pointsOf(shape)
	g := onnx.Graph{
		Name:   "density",
		Inputs: []onnx.ValueInfo{{Name: "data", Dims: points, Doc: "points, t = " + number(grid[0])}},
		Outputs: []onnx.ValueInfo{
			{Name: "noise", Dims: points, Doc: "where the points come from, t = " + number(grid[len(grid)-1])},
			{Name: "log_prob", Dims: []int{onnx.Batch}, Doc: "log density of the points, in nats"},
		},
		Initializers: slices.Clone(net.Initializers),
	}
	w := &writer{net: net, solver: solver, end: "noise", density: true, constants: newConstants(&g), shape: shape}
	from := w.start(w.standardised("data", about.Units))
	g.Inputs = append(g.Inputs, onnx.ValueInfo{Name: "ts", Dims: []int{onnx.Times}, Doc: "times of the grid, from data (1) to noise (0); the default has " +
		fmt.Sprint(len(grid)-1) + " steps"})
	g.Initializers = append(g.Initializers, onnx.Initializer{Name: "ts", Dims: []int{len(grid)}, Data: grid})
	w.loop(from, points, false)
	// The integral is that from data to noise.
	w.node("log_prob", "Add", nil, w.normal("noise", normalConstant(elements(shape), about.Units)), w.flat("integral", w.constants.list(1)))
	g.Nodes = w.nodes
	return g
}

// standardised writes the conversion of points from the user's units to the scale of the net.
func (w *writer) standardised(points string, units flow.Units) string {
	if units.Identity() {
		return points
	}
	shifted := w.node(points+"/shifted", "Sub", nil, points, w.constants.tensor("units/shift", w.shape, units.Shift))
	return w.node("net/"+points, "Div", nil, shifted, w.constants.tensor("units/scale", w.shape, units.Scale))
}

// recordDivergence returns the net with its divergence, or an error if that gives no log densities.
func recordDivergence(n net.Net, weights []float32, about About) (onnx.Model, error) {
	switch {
	case about.Source != "":
		return onnx.Model{}, fmt.Errorf("export a sampler: the log density of the source %s is unknown: export without log densities", about.Source)
	case n.Activation.Kinked:
		return onnx.Model{}, fmt.Errorf("export a sampler: the divergence of a %s net jumps, so its integral depends on rounding: export without log densities, or use another activation", n.Activation.Name)
	default:
		return velocity.RecordDivergence(n, weights)
	}
}

// stepProperties describes the steps of a file.
func stepProperties(solver ode.Solver, grid []float32) map[string]string {
	return map[string]string{
		"solver": solver.Name, "steps": fmt.Sprint(len(grid) - 1), "velocity_calls_a_step": fmt.Sprint(calls(solver)),
		"arithmetic": "x + h (b1 k1 + b2 k2 + ...), 32-bit floats, from left to right",
	}
}

// flat writes the sum over all axes of points but that of the batch: for (batch, 1), a reshape to (batch).
func (w *writer) flat(name string, axes string) string {
	return w.node(name+"/flat", "ReduceSum", []onnx.Attribute{{Name: "keepdims", Value: int64(0)}}, name, axes)
}

// pointAxes returns the axes of points but that of the batch.
func (w *writer) pointAxes() string {
	if len(w.shape) == 1 {
		return w.constants.list(1)
	}
	axes := make([]int64, len(w.shape))
	for i := range axes {
		axes[i] = int64(1 + i)
	}
	return w.constants.add("axes", []int{len(axes)}, axes)
}

// normal writes the log density of N(0, I) at points, (batch), up to a constant:
//
//	constant - ||x||^2 / 2
func (w *writer) normal(points string, constant float64) string {
	square := w.flat(w.node(points+"/square", "Mul", nil, points, points), w.pointAxes())
	half := w.node(points+"/half", "Mul", nil, square, w.constants.float(-.5))
	return w.node(points+"/log_density", "Add", nil, half, w.constants.float(float32(constant)))
}

// normalConstant returns the constant of the log density of N(0, I), changed to units: the density of scale x + shift is the
// density of x divided by the product of the scales.
func normalConstant(dim int, units flow.Units) float64 {
	return -units.LogVolumes(flow.NewBatch(1, dim))[0] - float64(dim)/2*math.Log(2*math.Pi)
}
