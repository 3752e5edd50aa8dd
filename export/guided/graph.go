package guided

import (
	"math"
	"slices"

	"flowsweep/experiments/engine/onnx"
)

// Values that follow from the inputs alone: what points are given as the net has it, (batch, m); and which rows of the points, taken twice,
// the net sees, from one to before another: all, first those given nothing, or one half where the weight is 0 or 1.
const (
	row  = "given"
	seen = "given/seen" // row, as the net sees it
	from = "given/from row"
	to   = "given/to row"
	one  = "given/batch" // the number of points
	back = "given/back"  // as many rows before the end
	rows = "given/rows"  // the axis
	zero = "given/start"
	end  = "given/end"
)

// Before returns the nodes and constants that follow from the inputs alone.
func (g Model) Before() (nodes []onnx.Node, constants []onnx.Initializer) {
	add := func(name, op string, attributes []onnx.Attribute, inputs ...string) {
		nodes = append(nodes, onnx.Node{Op: op, Inputs: inputs, Outputs: []string{name}, Attributes: attributes})
	}
	constant := func(name string, dims []int, data any) string {
		constants = append(constants, onnx.Initializer{Name: name, Dims: dims, Data: data})
		return name
	}
	if k := len(g.Given.Classes); k > 0 {
		classes := make([]int64, k)
		for i := range classes {
			classes[i] = int64(i)
		}
		add("given/column", "Unsqueeze", nil, Label, constant("given/axis", []int{1}, []int64{1}))
		add("given/is", "Equal", nil, "given/column", constant("given/classes", []int{k}, classes))
		add(row, "Cast", []onnx.Attribute{{Name: "to", Value: int64(onnx.Float32)}}, "given/is")
	} else {
		var mean, std []float32
		for _, n := range g.Given.Numbers {
			mean, std = append(mean, float32(n.Mean)), append(std, float32(n.Std))
		}
		add("given/centred", "Sub", nil, Condition, constant("given/mean", []int{len(mean)}, mean))
		add("given/scaled", "Div", nil, "given/centred", constant("given/std", []int{len(std)}, std))
		add("given/first", "Slice", nil, "given/scaled", constant("given/column 0", []int{1}, []int64{0}), constant("given/column 1", []int{1}, []int64{1}), constant("given/axis", []int{1}, []int64{1}))
		add("given/none", "Mul", nil, "given/first", constant("given/zero", nil, []float32{0}))
		add("given/first one", "Add", nil, "given/none", constant("given/unit", nil, []float32{1}))
		add(row, "Concat", axis(1), "given/first one", "given/scaled")
	}
	if g.Whole {
		g.half(add, constant)
	}
	return nodes, constants
}

// half writes which rows the net sees, and what these are given.
func (g Model) half(add func(name, op string, attributes []onnx.Attribute, inputs ...string), constant func(name string, dims []int, data any) string) {
	constant(rows, []int{1}, []int64{0})
	constant(zero, []int{1}, []int64{0})
	constant(end, []int{1}, []int64{math.MaxInt32})
	add("given/sizes", "Shape", nil, row)
	add(one, "Gather", nil, "given/sizes", rows)
	add(back, "Sub", nil, zero, one)
	add("given/twice", "Add", nil, one, one)
	skipped := func(name string, w float32) string { // the number of points if the weight is w, and otherwise 0
		add("given/is "+name, "Equal", nil, Guidance, constant("given/weight "+name, nil, []float32{w}))
		add("given/if "+name, "Cast", []onnx.Attribute{{Name: "to", Value: int64(onnx.Int64)}}, "given/is "+name)
		add("given/without "+name, "Mul", nil, one, "given/if "+name)
		return "given/without " + name
	}
	add(from, "Add", nil, zero, skipped("1", 1))
	add(to, "Sub", nil, "given/twice", skipped("0", 0))
	add("given/nothing", "Mul", nil, row, constant("given/times zero", nil, []float32{0}))
	add("given/both", "Concat", axis(0), "given/nothing", row)
	add(seen, "Slice", nil, "given/both", from, to, rows)
}

func axis(i int64) []onnx.Attribute { return []onnx.Attribute{{Name: "axis", Value: i}} }

// Net returns the graph of a net, t, x, c -> v, as one of times and points. Its further inputs are values of Before and the guidance.
// The net is taken once with the points twice, given nothing and given what they are, and of both
//
//	v = v_none + w (v_c - v_none)
//
// is made, rounded to 32 bits in this order. Where w is 0 or 1 it is taken with one of them, which then stands for both.
func (g Model) Net(net onnx.Graph) onnx.Graph {
	if !g.Whole {
		return renamed(net, net.Inputs[2].Name, row)
	}
	t, x, c, v := net.Inputs[0], net.Inputs[1], net.Inputs[2].Name, net.Outputs[0]
	inner := renamed(renamed(renamed(renamed(net, c, seen), t.Name, "guided/t"), x.Name, "guided/x"), v.Name, "guided/v")
	node := func(name, op string, attributes []onnx.Attribute, inputs ...string) onnx.Node {
		return onnx.Node{Op: op, Inputs: inputs, Outputs: []string{name}, Attributes: attributes}
	}
	nodes := slices.Concat(
		[]onnx.Node{
			node("guided/t twice", "Concat", axis(0), t.Name, t.Name), node("guided/t", "Slice", nil, "guided/t twice", from, to, rows),
			node("guided/x twice", "Concat", axis(0), x.Name, x.Name), node("guided/x", "Slice", nil, "guided/x twice", from, to, rows),
		},
		inner.Nodes,
		[]onnx.Node{
			node("guided/none", "Slice", nil, "guided/v", zero, one, rows),
			node("guided/given", "Slice", nil, "guided/v", back, end, rows),
			node("guided/difference", "Sub", nil, "guided/given", "guided/none"),
			node("guided/further", "Mul", nil, "guided/difference", Guidance),
			node(v.Name, "Add", nil, "guided/none", "guided/further"),
		})
	net.Inputs = []onnx.ValueInfo{t, x}
	for _, name := range []string{seen, from, to, one, back, rows, zero, end, Guidance} {
		net.Inputs = append(net.Inputs, onnx.ValueInfo{Name: name})
	}
	net.Nodes, net.Values = nodes, nil
	return net
}

// renamed returns a graph in which a value has another name.
func renamed(g onnx.Graph, from, to string) onnx.Graph {
	other := func(list []string) []string {
		list = slices.Clone(list)
		for i := range list {
			if list[i] == from {
				list[i] = to
			}
		}
		return list
	}
	values := func(list []onnx.ValueInfo) []onnx.ValueInfo {
		list = slices.Clone(list)
		for i := range list {
			if list[i].Name == from {
				list[i].Name = to
			}
		}
		return list
	}
	g.Inputs, g.Outputs, g.Values = values(g.Inputs), values(g.Outputs), values(g.Values)
	nodes := slices.Clone(g.Nodes)
	for i := range nodes {
		nodes[i].Inputs, nodes[i].Outputs = other(nodes[i].Inputs), other(nodes[i].Outputs)
	}
	g.Nodes = nodes
	return g
}
