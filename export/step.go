package export

import (
	"maps"
	"slices"
	"strconv"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/ode"
)

// writer writes the nodes that follow a net's velocity, in the graph of a file or the body of its Loop.
type writer struct {
	net       onnx.Graph // t, x -> v, or v and div
	density   bool       // the state includes the integral of div, the net's second output
	solver    ode.Solver
	units     flow.Units // of the outputs, or of their codes
	code      kinds.Code // of the outputs
	end       string     // name of the points where the steps end
	along     *flow.PathConversion
	sde       *SDE
	times     []float64         // of the grid, for along and sde
	dim       int               // of a point
	shape     []int             // of a point
	sizes     map[string]string // those that the net computes from the number of points, by their names in the net
	constants *constants
	nodes     []onnx.Node
}

// state names the points, (batch, shape), and, with density, the integral of div so far, (batch, 1).
type state struct{ x, integral string }

// interval names the times of a step, of rank 0.
type interval struct {
	h     string                               // its length
	at    func(c float64) string               // the net's time: its start for c = 0, its end for c = 1, and start + c h otherwise
	moved func(c float64, what carried) string // what else leads there from the path of the steps, or nil if that is the net's
	noise string                               // what the step adds besides, (batch, d); empty if nothing
}

// node writes a node with one output and returns its name.
func (w *writer) node(name, op string, attributes []onnx.Attribute, inputs ...string) string {
	w.nodes = append(w.nodes, onnx.Node{Op: op, Inputs: inputs, Outputs: []string{name}, Attributes: attributes})
	return name
}

// start writes what all steps use, and returns the state at the named points, with an integral of 0: sizes that the net computes
// from the number of points, and "zeros", (batch, 1), to which times are added. No runtime has to work out sizes in a Loop.
func (w *writer) start(points string) state {
	all := w.node("sizes", "Shape", nil, points)
	batch := w.node("batch", "Gather", nil, all, w.constants.list(0)) // fewer runtimes know the attributes of Shape that select one size
	w.node("column", "Concat", []onnx.Attribute{{Name: "axis", Value: int64(0)}}, batch, w.constants.list(1))
	w.node("zeros", "Expand", nil, w.constants.float(0), "column")
	w.hoist(points)
	return state{points, "zeros"}
}

// hoist writes the sizes that the net computes from its inputs, and what follows from them alone, and drops them from the net. All
// inputs have as many rows.
func (w *writer) hoist(points string) {
	w.sizes = map[string]string{}
	fixed, kept := map[string]bool{}, map[string]bool{}
	for _, i := range w.net.Initializers {
		fixed[i.Name] = true
	}
	for _, o := range w.net.Outputs {
		kept[o.Name] = true
	}
	isInput := func(in string) bool {
		return slices.ContainsFunc(w.net.Inputs[:2], func(v onnx.ValueInfo) bool { return v.Name == in })
	}
	var rest []onnx.Node
	for _, n := range w.net.Nodes {
		from, sized := make([]string, len(n.Inputs)), true
		for i, in := range n.Inputs {
			from[i] = in
			switch {
			case n.Op == "Shape" && isInput(in):
				from[i] = points
			case w.sizes[in] != "":
				from[i] = w.sizes[in]
			default:
				sized = sized && fixed[in]
			}
		}
		if !sized || slices.Equal(from, n.Inputs) || kept[n.Outputs[0]] {
			rest = append(rest, n)
			continue
		}
		w.sizes[n.Outputs[0]] = w.node("net/"+n.Outputs[0], n.Op, n.Attributes, from...)
	}
	w.net.Nodes = rest
}

// step writes a step of the solver from one state to another, with the names in next. Names of other values start with at.
func (w *writer) step(at string, from, next state, t interval) {
	k, div := make([]string, w.solver.Stages()), make([]string, w.solver.Stages())
	columns := map[float64]string{}
	for i, c := range w.solver.C {
		if !needed(w.solver, i) {
			continue
		}
		if columns[c] == "" {
			columns[c] = w.node(at+"t"+number(float32(c))+"/column", "Add", nil, "zeros", t.at(c))
		}
		stage := at + "k" + strconv.Itoa(i+1)
		x := w.advance(stage+"/x", from.x, t.h, w.solver.A[i], k)
		if t.noise != "" && c == 1 {
			x = w.node(stage+"/noisy", "Add", nil, x, t.noise)
		}
		if t.moved == nil {
			k[i] = w.velocity(stage, columns[c], x)
			div[i] = stage + "/div" // the net's second output, if it has one
			continue
		}
		k[i], div[i] = w.moved(stage, columns[c], x, c, t)
	}
	if t.noise != "" {
		w.node(next.x, "Add", nil, w.advance(at+"noiseless", from.x, t.h, w.solver.B, k), t.noise)
	} else {
		w.advance(next.x, from.x, t.h, w.solver.B, k)
	}
	if w.density {
		w.advance(next.integral, from.integral, t.h, w.solver.B, div)
	}
}

// needed reports whether anything in a step depends on a stage. The last stage of a first-same-as-last method is only for
// the next step, which evaluates it again.
func needed(s ode.Solver, stage int) bool {
	if s.B[stage] != 0 {
		return true
	}
	for i := stage + 1; i < s.Stages(); i++ {
		if row := s.A[i]; stage < len(row) && row[stage] != 0 && needed(s, i) {
			return true
		}
	}
	return false
}

// calls returns the velocity calls per step.
func calls(s ode.Solver) (n int) {
	for i := range s.Stages() {
		if needed(s, i) {
			n++
		}
	}
	return n
}

// advance writes x + (w_1 k_1 + w_2 k_2 + ...) h, and returns x if there are no terms.
func (w *writer) advance(name, x, h string, weights []float64, k []string) string {
	sum := ""
	for j, weight := range weights {
		if weight == 0 {
			continue
		}
		term := k[j]
		if weight != 1 {
			term = w.node(name+"/term"+strconv.Itoa(j+1), "Mul", nil, term, w.constants.float(float32(weight)))
		}
		if sum != "" {
			term = w.node(name+"/sum"+strconv.Itoa(j+1), "Add", nil, sum, term)
		}
		sum = term
	}
	if sum == "" {
		return x
	}
	return w.node(name, "Add", nil, x, w.node(name+"/move", "Mul", nil, sum, h))
}

// velocity writes a copy of the net for the points x at the times t. Its values are renamed, and its weights shared.
func (w *writer) velocity(name, t, x string) string {
	names := map[string]string{w.net.Inputs[0].Name: t, w.net.Inputs[1].Name: x, w.net.Outputs[0].Name: name}
	for _, i := range w.net.Initializers {
		names[i.Name] = i.Name
	}
	for _, in := range w.net.Inputs[2:] { // what points are given, which is the same in all copies
		names[in.Name] = in.Name
	}
	maps.Copy(names, w.sizes)
	for _, n := range w.net.Nodes {
		n.Inputs, n.Outputs = slices.Clone(n.Inputs), slices.Clone(n.Outputs)
		for i, in := range n.Inputs {
			if in != "" {
				n.Inputs[i] = names[in]
			}
		}
		for i, out := range n.Outputs {
			if names[out] == "" {
				names[out] = name + "/" + out
			}
			n.Outputs[i] = names[out]
		}
		w.nodes = append(w.nodes, n)
	}
	return name
}

// constants adds numbers to the initializers of a graph, each once. The name of a float is its text.
type constants struct {
	graph *onnx.Graph
	known map[string]bool
}

func newConstants(g *onnx.Graph) *constants { return &constants{graph: g, known: map[string]bool{}} }

func (c *constants) add(name string, dims []int, data any) string {
	if !c.known[name] {
		c.known[name] = true
		c.graph.Initializers = append(c.graph.Initializers, onnx.Initializer{Name: name, Dims: dims, Data: data})
	}
	return name
}

func (c *constants) float(v float32) string              { return c.add(number(v), nil, []float32{v}) }
func (c *constants) long(name string, v int64) string    { return c.add(name, nil, []int64{v}) }
func (c *constants) row(name string, v []float64) string { return c.tensor(name, []int{len(v)}, v) }
func (c *constants) tensor(name string, dims []int, v []float64) string {
	return c.add(name, dims, flow.Narrow(nil, v))
}

// list adds a list of one integer, as axes and bounds are given.
func (c *constants) list(v int64) string {
	return c.add("ints/"+strconv.FormatInt(v, 10), []int{1}, []int64{v})
}

// number returns the shortest text that parses to the float.
func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
