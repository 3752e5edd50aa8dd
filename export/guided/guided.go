// Package guided makes nets that are conditional on something take it as people have it, a class by its number or numbers in their own
// units, and takes the net once with it and once without, for guidance.
//
//	g := guided.Model{Given: species, Guidance: flow.Guided(2), Whole: true}
//	inputs := g.Inputs()      // label, guidance
//	nodes := g.Before()       // what follows from them alone
//	net := g.Net(recorded)    // t, x -> v, which uses it
package guided

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
)

// The inputs of files.
const (
	Label     = "label"     // int64[batch], the number of a class from 0, or -1 for none
	Condition = "condition" // float[batch,k], in the order of the names in the metadata
	Guidance  = "guidance"  // float, the weight w
)

// Model is what a file is conditional on. The zero value is nothing.
type Model struct {
	Given    given.Condition
	Guidance flow.Guidance // the default
	Whole    bool          // the net has learnt the whole distribution too, so that the file takes a guidance
}

// Empty reports whether the model is conditional on nothing.
func (g Model) Empty() bool { return g.Given.Empty() }

// input returns the name of the input that says what points are given.
func (g Model) input() string {
	if len(g.Given.Classes) > 0 {
		return Label
	}
	return Condition
}

// Inputs returns the input of a file that says what points are given.
func (g Model) Inputs() []onnx.ValueInfo {
	switch {
	case g.Empty():
		return nil
	case len(g.Given.Classes) > 0:
		doc := fmt.Sprintf("class of each point: its number from 0 in the list classes of the metadata, of the label %s", g.Given.Label)
		if g.Whole {
			doc += "; -1 for none"
		}
		return []onnx.ValueInfo{{Name: Label, Kind: onnx.Int64, Dims: []int{onnx.Batch}, Doc: doc}}
	default:
		return []onnx.ValueInfo{{
			Name: Condition, Dims: []int{onnx.Batch, len(g.Given.Numbers)},
			Doc: "what each point is given, in the units of the data, in the order of the list conditions of the metadata",
		}}
	}
}

// Weight returns the input for the guidance and its default, if the file takes one.
func (g Model) Weight() (inputs []onnx.ValueInfo, defaults []onnx.Initializer) {
	if g.Empty() || !g.Whole {
		return nil, nil
	}
	w := float32(g.Guidance.Weight())
	return []onnx.ValueInfo{{Name: Guidance, Dims: []int{}, Doc: fmt.Sprintf("weight w of %s; the default is %g", flow.GuidanceFormula, w)}},
		[]onnx.Initializer{{Name: Guidance, Data: []float32{w}}}
}

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

// Tensor returns what points are given, (n, m), as the input of a file.
func (g Model) Tensor(rows []float64) ort.Tensor {
	n := len(rows) / g.Given.Width()
	t := ort.Tensor{Dims: []int{n}, Data: make([]float32, 0, n)}
	if k := len(g.Given.Numbers); k > 0 {
		t.Dims = []int{n, k}
	}
	for i := range n {
		own := rows[i*g.Given.Width() : (i+1)*g.Given.Width()]
		if len(g.Given.Classes) > 0 {
			t.Data = append(t.Data, float32(given.ClassOf(own)))
			continue
		}
		for j, v := range g.Given.Values(own) {
			if own[0] == 0 { // nothing: any number does with a guidance of 0
				v = g.Given.Numbers[j].Mean
			}
			t.Data = append(t.Data, float32(v))
		}
	}
	return t
}

// Ports returns the inputs of a file that are not among times, points and noise.
func (g Model) Ports() []string {
	switch {
	case g.Empty():
		return nil
	case g.Whole:
		return []string{g.input(), Guidance}
	default:
		return []string{g.input()}
	}
}

// Arrays returns what points are given, (n, m), and a weight, as the inputs of a file by their names. Rows of nothing, all or none of
// them, take a guidance of 0 where that is the only way to say so.
func (g Model) Arrays(rows []float64, w float64) (map[string]ort.Array, error) {
	if g.Empty() {
		return nil, nil
	}
	m := g.Given.Width()
	nothing := 0
	for i := 0; i < len(rows); i += m {
		if !slices.ContainsFunc(rows[i:i+m], func(v float64) bool { return v != 0 }) {
			nothing++
		}
	}
	switch {
	case len(rows) == 0:
		return nil, fmt.Errorf("it is conditional on %s: say what its samples are given", g.words())
	case nothing > 0 && !g.Whole:
		return nil, fmt.Errorf("it has not learnt the whole distribution: say what its samples are given, %s", g.words())
	case nothing > 0 && len(g.Given.Numbers) > 0:
		w = 0
	}
	t := g.Tensor(rows)
	arrays := map[string]ort.Array{g.input(): {Dims: t.Dims, Data: flow.Widen(t.Data)}}
	if g.Whole {
		arrays[Guidance] = ort.Array{Data: []float64{w}}
	}
	return arrays, nil
}

// words names what the model is conditional on.
func (g Model) words() string {
	if len(g.Given.Classes) > 0 {
		return g.Given.Label
	}
	return strings.Join(g.Given.Names(), ", ")
}

// Metadata returns what a file says of its condition.
func (g Model) Metadata() map[string]string {
	m := map[string]string{}
	switch {
	case g.Empty():
		return m
	case len(g.Given.Classes) > 0:
		m["label"], m["classes"], m["class_shares"] = g.Given.Label, toJSON(g.Given.Classes), toJSON(g.Given.Shares)
	default:
		m["conditions"] = toJSON(g.Given.Numbers)
	}
	if g.Whole {
		m["guidance"], m["guidance_formula"] = strconv.FormatFloat(g.Guidance.Weight(), 'g', -1, 64), flow.GuidanceFormula
	}
	return m
}

// Properties are the names of what Metadata may hold.
var Properties = []string{"label", "classes", "class_shares", "conditions", "guidance", "guidance_formula"}

// Read returns what a file is conditional on, by its metadata. It is the inverse of Metadata.
func Read(metadata map[string]string) (g Model, err error) {
	for key, into := range map[string]any{"classes": &g.Given.Classes, "class_shares": &g.Given.Shares, "conditions": &g.Given.Numbers} {
		if text, ok := metadata[key]; ok && json.Unmarshal([]byte(text), into) != nil {
			return g, fmt.Errorf("its %s are not readable", key)
		}
	}
	g.Given.Label = metadata["label"]
	text, ok := metadata["guidance"]
	if ok {
		w, err := strconv.ParseFloat(text, 64)
		if err != nil || !flow.Finite(w) {
			return g, fmt.Errorf("its guidance %.40q is no number", text)
		}
		g.Guidance, g.Whole = flow.Guided(w), true
	} else if !g.Empty() {
		g.Guidance = flow.Guided(1)
	}
	own := maps.Clone(metadata)
	maps.DeleteFunc(own, func(key, _ string) bool { return !slices.Contains(Properties, key) })
	if !maps.Equal(own, g.Metadata()) || len(g.Given.Classes) > 0 && (len(g.Given.Shares) != len(g.Given.Classes) || g.Given.Label == "") {
		return g, fmt.Errorf("what it says of its label, conditions and guidance does not fit together")
	}
	return g, nil
}

func toJSON(values any) string {
	text, err := json.Marshal(values)
	if err != nil {
		panic("guided: " + err.Error()) // finite numbers and names have a JSON form
	}
	return string(text)
}

// Rows returns what n points are given to compare a file with Go, (n, m): every class in turn and, if that has a meaning, none, or seeded
// numbers that are exact in 32 bits.
func (g Model) Rows(n int) (rows []float64) {
	if g.Empty() {
		return nil
	}
	kinds := len(g.Given.Classes)
	if g.Whole {
		kinds++
	}
	numbers := flow.NewBatch(n, max(len(g.Given.Numbers), 1))
	flow.NewStream(0, "verify conditions").Normal(numbers, 0)
	for i := range n {
		if len(g.Given.Classes) > 0 {
			k := i % kinds
			if k == len(g.Given.Classes) {
				k = given.None
			}
			rows = append(rows, g.Given.Class(k)...)
			continue
		}
		values := make([]float64, len(g.Given.Numbers))
		for j, of := range g.Given.Numbers {
			values[j] = float64(float32(of.Mean + of.Std*numbers.Row(i)[j]))
		}
		rows = append(rows, g.Given.Row(values)...)
	}
	return rows
}

// Weights returns the weights that a file is compared with Go at besides its default: nothing, what points are given, and beyond.
func (g Model) Weights() (list []flow.Guidance) {
	if g.Empty() || !g.Whole {
		return nil
	}
	for _, w := range []float64{0, 1, 2} {
		if w != g.Guidance.Weight() {
			list = append(list, flow.Guided(w))
		}
	}
	return list
}

// Default returns a weight as the input of a file, one number, or nil if it takes none.
func (g Model) Default(w flow.Guidance) []float32 {
	if g.Empty() || !g.Whole {
		return nil
	}
	return []float32{float32(w.Weight())}
}
