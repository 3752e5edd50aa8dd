package onnx

import (
	"fmt"
	"math"
	"slices"
)

// Product is a product of values with a matrix of weights that Int8 computes in integers.
type Product struct {
	Weight        string  `json:"weight"` // name of the initializer
	Rows, Columns int     `json:"-"`      // of the matrix
	Low           float32 `json:"low"`    // of the values that the matrix is multiplied with; 0 lies between them
	High          float32 `json:"high"`

	input string // name of the values
	node  int
}

// minSide is the least number of rows and columns of a matrix that is worth 8 bits. Matrices at the ends of a net have few:
// they weigh almost nothing, and rounding them costs the most.
const minSide = 16

// Products returns the products of values with one of the named weights, in the order of the nodes, without their ranges.
func (g Graph) Products(weights []string) (list []Product) {
	matrices := map[string]Product{}
	for _, t := range g.Initializers {
		if _, ok := t.Data.([]float32); ok && len(t.Dims) == 2 && slices.Contains(weights, t.Name) {
			matrices[t.Name] = Product{Weight: t.Name, Rows: t.Dims[0], Columns: t.Dims[1]}
		}
	}
	for i, n := range g.Nodes {
		switch n.Op {
		case "Reshape": // of a kernel whose axes are joined
			if w, columns := g.reshaped(n, weights); columns > 0 {
				matrices[n.Outputs[0]] = Product{Weight: w.Name, Rows: elementsOf(w.Dims) / columns, Columns: columns}
			}
		case "MatMul":
			p, ok := matrices[n.Inputs[1]]
			if ok && p.Rows >= minSide && p.Columns >= minSide {
				p.input, p.node = n.Inputs[0], i
				list = append(list, p)
			}
		}
	}
	return list
}

// reshaped returns the weight that a Reshape makes a matrix of, and the columns of the matrix; 0 if it does neither.
func (g Graph) reshaped(n Node, weights []string) (w Initializer, columns int) {
	var sizes []int64
	for _, t := range g.Initializers {
		if _, ok := t.Data.([]float32); ok && t.Name == n.Inputs[0] && slices.Contains(weights, t.Name) {
			w = t
		}
		if t.Name == n.Inputs[1] {
			sizes, _ = t.Data.([]int64)
		}
	}
	switch {
	case w.Name == "" || len(sizes) != 2:
		return w, 0
	case sizes[1] > 0:
		return w, int(sizes[1])
	case sizes[0] > 0:
		return w, elementsOf(w.Dims) / int(sizes[0])
	}
	return w, 0
}

func elementsOf(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// Watched returns the graph with the lowest and the highest value of each product as two further outputs, of size [1].
func (g Graph) Watched(products []Product) Graph {
	g.Outputs, g.Nodes = slices.Clone(g.Outputs), slices.Clone(g.Nodes)
	const axis = "watched/axis"
	g.Initializers = append(slices.Clone(g.Initializers), Initializer{Name: axis, Dims: []int{1}, Data: []int64{0}})
	for i, p := range products {
		for _, op := range []string{"ReduceMin", "ReduceMax"} {
			name := fmt.Sprintf("watched/%s%d", op, i)
			g.Nodes = append(g.Nodes,
				Node{Op: op, Inputs: []string{p.input}, Outputs: []string{name + "/scalar"}, Attributes: []Attribute{{"keepdims", int64(0)}}},
				Node{Op: "Unsqueeze", Inputs: []string{name + "/scalar", axis}, Outputs: []string{name}})
			g.Outputs = append(g.Outputs, ValueInfo{Name: name, Dims: []int{1}})
		}
	}
	return g
}

// Int8 returns the graph with its products, which are those of Products with their ranges, computed in 8-bit integers: the
// values rounded to Scale (q - Zero), with q from 0 to 255, and the weights to multiples of a scale for each column. The
// operations are QuantizeLinear, MatMulInteger, Cast and Mul. All else stays in 32-bit floats.
//
// The ranges are fixed, so a value does not depend on the others of its batch. The operation says that the product is of
// integers. A DequantizeLinear in front of a MatMul leaves that open, and onnxruntime 1.28 then rounds the values as it likes
// (MatMulNBits), differently at each level of optimisation.
func (g Graph) Int8(products []Product) (Graph, error) {
	q := quantiser{done: map[string]bool{}}
	for _, t := range g.Initializers {
		q.add(t)
	}
	for i, n := range g.Nodes {
		at := slices.IndexFunc(products, func(p Product) bool { return p.node == i && p.input != "" })
		if at < 0 {
			q.nodes = append(q.nodes, n)
			continue
		}
		p := products[at]
		w := g.Initializers[slices.IndexFunc(g.Initializers, func(t Initializer) bool { return t.Name == p.Weight })]
		if err := q.product(p, w.Data.([]float32), n.Outputs[0]); err != nil {
			return g, err
		}
	}
	out := Graph{Name: g.Name, Inputs: g.Inputs, Outputs: g.Outputs, Nodes: q.nodes}
	out.Nodes = needed(out)
	out.Initializers = used(q.initializers, out.Nodes)
	return out, nil
}

// quantiser writes the nodes of a graph with products in integers.
type quantiser struct {
	done         map[string]bool // tensors and values that are written
	nodes        []Node
	initializers []Initializer
}

// add adds a tensor, once.
func (q *quantiser) add(t Initializer) {
	if !q.done[t.Name] {
		q.done[t.Name] = true
		q.initializers = append(q.initializers, t)
	}
}

// product writes a product with the weights w, whose result has the name end.
func (q *quantiser) product(p Product, w []float32, end string) error {
	weights, scales := p.quantised(w)
	scale, zero := p.Linear()
	if !(scale > 0) || math.IsInf(float64(scale), 0) {
		return fmt.Errorf("the values that meet %q range from %g to %g: they have no 8 bits", p.Weight, p.Low, p.High)
	}
	factors := make([]float32, len(scales))
	for j, s := range scales {
		factors[j] = scale * s
	}
	q.add(Initializer{Name: p.Weight + "/int8", Dims: []int{p.Rows, p.Columns}, Data: weights})
	q.add(Initializer{Name: p.Weight + "/factor", Dims: []int{p.Columns}, Data: factors})
	q.add(Initializer{Name: p.input + "/scale", Data: []float32{scale}})
	q.add(Initializer{Name: p.input + "/zero", Data: []uint8{zero}})
	if values := p.input + "/uint8"; !q.done[values] {
		q.done[values] = true
		q.nodes = append(q.nodes, Node{Op: "QuantizeLinear", Inputs: []string{p.input, p.input + "/scale", p.input + "/zero"}, Outputs: []string{values}})
	}
	q.nodes = append(q.nodes,
		Node{Op: "MatMulInteger", Inputs: []string{p.input + "/uint8", p.Weight + "/int8", p.input + "/zero"}, Outputs: []string{end + "/int32"}},
		castNode(end+"/int32", end+"/sum", Float32),
		Node{Op: "Mul", Inputs: []string{end + "/sum", p.Weight + "/factor"}, Outputs: []string{end}})
	return nil
}

// needed returns the nodes that an output depends on.
func needed(g Graph) (nodes []Node) {
	wanted := map[string]bool{}
	for _, o := range g.Outputs {
		wanted[o.Name] = true
	}
	for _, n := range slices.Backward(g.Nodes) {
		if !slices.ContainsFunc(n.Outputs, func(name string) bool { return wanted[name] }) {
			continue
		}
		for _, in := range n.Inputs {
			wanted[in] = true
		}
		nodes = append(nodes, n)
	}
	slices.Reverse(nodes)
	return nodes
}

// Linear returns how the values are stored: as Scale (q - Zero), q from 0 to 255.
func (p Product) Linear() (scale float32, zero uint8) {
	low, high := min(p.Low, 0), max(p.High, 0)
	if low == high {
		return 1, 0
	}
	scale = (high - low) / math.MaxUint8
	return scale, uint8(min(math.RoundToEven(float64(-low/scale)), math.MaxUint8))
}

// weightLimit is the largest weight in 8 bits. With weights up to 127, the sum of two products can exceed 16 bits, and
// processors without VNNI instructions, on which onnxruntime adds in pairs of 16 bits, would cut it off: 2 x 255 x 64 < 2^15.
const weightLimit = 64

// quantised returns the weights as multiples of the scale of their column, of which the largest is weightLimit.
func (p Product) quantised(w []float32) (q []int8, scales []float32) {
	scales = make([]float32, p.Columns)
	for i, v := range w {
		scales[i%p.Columns] = max(scales[i%p.Columns], float32(math.Abs(float64(v))))
	}
	for j := range scales {
		if scales[j] /= weightLimit; scales[j] == 0 {
			scales[j] = 1
		}
	}
	q = make([]int8, len(w))
	for i, v := range w {
		q[i] = int8(max(-weightLimit, min(weightLimit, math.RoundToEven(float64(v/scales[i%p.Columns])))))
	}
	return q, scales
}

// Round rounds weights as Int8 does, in place.
func (p Product) Round(w []float32) {
	q, scales := p.quantised(w)
	for i, v := range q {
		w[i] = float32(v) * scales[i%p.Columns]
	}
}
