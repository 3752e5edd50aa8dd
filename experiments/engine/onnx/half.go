package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes/float16"
)

// Half returns the graph with the named weights as 16-bit floats, and with everything that depends on them computed in
// these. Inputs, outputs and what depends on no weight, such as the waves of a time, stay in 32 bits: a value is cast where it
// first meets a weight, and cast back at the end. It returns an error for a weight that is too large for 16 bits. The graph has
// no bodies, and its floats have 32 bits.
func (g Graph) Half(weights []string) (Graph, error) {
	h := halver{kinds: map[string]Kind{}, constants: map[string]Initializer{}, casts: map[string]string{}}
	out := Graph{Name: g.Name, Inputs: g.Inputs, Outputs: g.Outputs}
	for _, in := range g.Inputs {
		h.kinds[in.Name] = max(in.Kind, Float32)
	}
	for _, t := range g.Initializers {
		if slices.Contains(weights, t.Name) {
			half, err := t.half(t.Name)
			if err != nil {
				return g, err
			}
			t = half
		}
		h.kinds[t.Name], h.constants[t.Name] = onnxKinds[dtypeOf(t.Data)], t
		h.initializers = append(h.initializers, t)
	}
	ends := map[string]string{}
	for _, o := range g.Outputs {
		ends[o.Name] = o.Name + "/half"
	}
	for _, n := range g.Nodes {
		if err := h.node(n, ends); err != nil {
			return g, err
		}
	}
	out.Nodes, out.Initializers = h.nodes, used(h.initializers, h.nodes)
	return out, nil
}

// half returns the tensor under a name, rounded to 16 bits.
func (t Initializer) half(name string) (Initializer, error) {
	data, ok := t.Data.([]float32)
	if !ok {
		return t, fmt.Errorf("the tensor %q is not one of 32-bit floats", t.Name)
	}
	half := make([]float16.Float16, len(data))
	for i, v := range data {
		half[i] = halfOf(v)
		if r := float64(half[i].Float32()); math.IsInf(r, 0) || math.IsNaN(r) {
			return t, fmt.Errorf("the tensor %q contains %g, which has no 16-bit float", t.Name, v)
		}
	}
	return Initializer{Name: name, Dims: t.Dims, Data: half}, nil
}

// halfOf returns the nearest 16-bit float, the even one of two, as IEEE 754 says: numbers below 2^-14 are multiples of 2^-24,
// and from 65520 on it is infinite. That of GoMLX makes some of the smallest numbers 0.
func halfOf(v float32) float16.Float16 {
	sign, x := uint16(math.Float32bits(v)>>31)<<15, math.Abs(float64(v))
	exponent := max(math.Ilogb(x), -14) // that of the unit in the last place, plus 10
	switch units := math.RoundToEven(math.Ldexp(x, 10-exponent)); {
	case math.IsNaN(x):
		return float16.NaN()
	case math.Ldexp(units, exponent-10) > 65504:
		return float16.FromBits(sign | 0x7c00)
	default: // a carry out of the 10 bits counts the exponent up
		return float16.FromBits(sign | (uint16(exponent+14)<<10 + uint16(units)))
	}
}

// RoundHalf rounds the numbers to 16-bit floats in place.
func RoundHalf(numbers []float32) {
	for i, v := range numbers {
		numbers[i] = halfOf(v).Float32()
	}
}

// halver writes the nodes of a graph in 16 bits.
type halver struct {
	kinds        map[string]Kind        // of all values
	constants    map[string]Initializer // by name
	casts        map[string]string      // what a value in 32 bits is called in 16
	nodes        []Node
	initializers []Initializer
}

// node writes a node, in 16 bits if one of its inputs has them. An output of the graph gets the name in ends, and is cast
// back.
func (h *halver) node(n Node, ends map[string]string) error {
	n.Inputs, n.Outputs = slices.Clone(n.Inputs), slices.Clone(n.Outputs)
	inHalf := n.Op != "Cast" && slices.ContainsFunc(n.Inputs, func(in string) bool { return h.kinds[in] == float16Kind })
	for i, in := range n.Inputs {
		if !inHalf || h.kinds[in] != Float32 {
			continue
		}
		cast, err := h.cast(in)
		if err != nil {
			return err
		}
		n.Inputs[i] = cast
	}
	name := n.Outputs[0]
	kind := n.kind(h.kinds)
	if end := ends[name]; end != "" && kind == float16Kind {
		n.Outputs[0] = end
		h.nodes = append(h.nodes, n, castNode(end, name, Float32))
		h.kinds[end], h.kinds[name] = kind, Float32
		return nil
	}
	h.nodes, h.kinds[name] = append(h.nodes, n), kind
	return nil
}

// cast returns the name of a value of 32 bits in 16, and writes the cast once. Constants are rounded here.
func (h *halver) cast(name string) (string, error) {
	if h.casts[name] != "" {
		return h.casts[name], nil
	}
	as := name + "/half"
	if c, ok := h.constants[name]; ok {
		half, err := c.half(as)
		if err != nil {
			return "", err
		}
		h.initializers = append(h.initializers, half)
	} else {
		h.nodes = append(h.nodes, castNode(name, as, float16Kind))
	}
	h.casts[name], h.kinds[as] = as, float16Kind
	return as, nil
}

func castNode(from, to string, kind Kind) Node {
	return Node{Op: "Cast", Inputs: []string{from}, Outputs: []string{to}, Attributes: []Attribute{{"to", int64(kind)}}}
}

// kind returns the element type of the node's output, given those of its inputs.
func (n Node) kind(of map[string]Kind) Kind {
	switch n.Op {
	case "Cast":
		return Kind(n.Attributes[0].Value.(int64))
	case "Shape", "Size", "ArgMax", "ArgMin":
		return Int64
	case "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or", "Xor":
		return Bool
	case "Where":
		return of[n.Inputs[1]]
	default:
		return of[n.Inputs[0]]
	}
}

// used returns the tensors that a node uses.
func used(tensors []Initializer, nodes []Node) []Initializer {
	return slices.DeleteFunc(tensors, func(t Initializer) bool {
		return !slices.ContainsFunc(nodes, func(n Node) bool { return slices.Contains(n.Inputs, t.Name) })
	})
}
