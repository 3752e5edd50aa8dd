package onnx

import (
	"slices"

	"github.com/gomlx/compute"
)

// This file recognises the ELU, for which GoMLX has no operation, and its gradient:
//
//	y = where(x > 0, x, exp(where(x > 0, 0, x)) - 1)
//	x' = where(x > 0, v, 0) + where(x > 0, 0, where(x > 0, 0, v) exp(...)) = v (min(y, 0) + 1)
//
// Recorded as GoMLX builds it, the gradient takes nine more passes over the data, one of them an exponential. The form on
// the right takes three.

// isELU reports whether where(c, a, b) is an ELU of a.
func (r *recorder) isELU(c, a, b *value) bool {
	minusOne, ok := r.operands(b.name, "Sub")
	if !ok || !r.isScalar(minusOne[1], 1) {
		return false
	}
	exponent, ok := r.operands(minusOne[0], "Exp")
	if !ok {
		return false
	}
	inner, ok := r.operands(exponent[0], "Where")
	if !ok || inner[0] != c.name || !r.isScalar(inner[1], 0) || inner[2] != a.name {
		return false
	}
	greater, ok := r.operands(c.name, "Greater")
	return ok && greater[0] == a.name && r.isScalar(greater[1], 0)
}

// elu records the ELU of x, and stores it under the exponential of its original form, for its gradient.
func (r *recorder) elu(x, original *value) *value {
	y := r.node("Elu", x.shape, x.dims, nil, x)
	minusOne, _ := r.operands(original.name, "Sub")
	r.elus[minusOne[0]] = y
	return y
}

// eluGradient returns the gradient in the x of an ELU, if a + b is one.
func (f *function) eluGradient(a, b *value) (compute.Value, bool, error) {
	r := f.recorder
	positive, ok := r.operands(a.name, "Where")
	negative, ok2 := r.operands(b.name, "Where")
	if !ok || !ok2 || positive[0] != negative[0] || !r.isScalar(positive[2], 0) || !r.isScalar(negative[1], 0) {
		return nil, false, nil
	}
	product, ok := r.operands(negative[2], "Mul")
	if !ok {
		return nil, false, nil
	}
	passed, ok := r.operands(product[0], "Where")
	y, known := r.elus[product[1]]
	if !ok || !known || passed[0] != positive[0] || !r.isScalar(passed[1], 0) || passed[2] != positive[1] {
		return nil, false, nil
	}
	zero, err := r.constant([]float32{0}, nil)
	if err != nil {
		return nil, false, err
	}
	one, err := r.constant([]float32{1}, nil)
	if err != nil {
		return nil, false, err
	}
	slope := r.node("Add", y.shape, y.dims, nil, r.node("Min", y.shape, y.dims, nil, y, zero), one)
	v := &value{name: positive[1], shape: a.shape, dims: a.dims}
	return r.node("Mul", a.shape, a.dims, nil, v, slope), true, nil
}

// spellELUs replaces every y = Elu(x) by
//
//	y = relu(x) - relu(1 - exp(x))
//
// The numbers differ only in the rounding of the exponential. onnxruntime's Elu takes 2.2 ns a number, as its exponential has
// vectors of four; these five operations together take .6 ns. Whoever fuses operations records with RecordSized, and keeps the Elu.
func (r *recorder) spellELUs() error {
	var nodes []Node
	for _, n := range r.model.Nodes {
		if n.Op != "Elu" {
			nodes = append(nodes, n)
			continue
		}
		one, err := r.constant([]float32{1}, nil)
		if err != nil {
			return err
		}
		if isOne := func(c Initializer) bool { return c.Name == one.name }; !slices.ContainsFunc(r.model.Initializers, isOne) {
			r.model.Initializers = append(r.model.Initializers, r.constants[one.name]) // nothing else used it
		}
		x, y := n.Inputs[0], n.Outputs[0]
		positive, exp, missing, negative := y+"/positive", y+"/exp", y+"/missing", y+"/negative"
		nodes = append(nodes,
			Node{Op: "Relu", Inputs: []string{x}, Outputs: []string{positive}},
			Node{Op: "Exp", Inputs: []string{x}, Outputs: []string{exp}},
			Node{Op: "Sub", Inputs: []string{one.name, exp}, Outputs: []string{missing}},
			Node{Op: "Relu", Inputs: []string{missing}, Outputs: []string{negative}},
			Node{Op: "Sub", Inputs: []string{positive, negative}, Outputs: []string{y}},
		)
	}
	r.model.Nodes = nodes
	return nil
}

// This file recognises the gradient of a SiLU, y = x s with s = sigmoid(x). With v the gradient in y, it is
//
//	v s + (v x) (s (1 - s)) = v (s + y (1 - s))
//
// Recorded as GoMLX builds it, it takes six passes over the data. The form on the right takes four.

// siluGradient returns the gradient in the x of a SiLU, if a + b is one.
func (f *function) siluGradient(a, b *value) (compute.Value, bool, error) {
	r := f.recorder
	direct, ok := r.operands(a.name, "Mul")
	through, ok2 := r.operands(b.name, "Mul")
	if !ok || !ok2 {
		return nil, false, nil
	}
	v, s := direct[0], direct[1]
	y, known := r.silus[s]
	product, ok := r.operands(through[0], "Mul")
	slope, ok2 := r.operands(through[1], "Mul")
	if !known || !ok || !ok2 || slope[0] != s || product[0] != v {
		return nil, false, nil
	}
	rest, ok := r.operands(slope[1], "Sub")
	sigmoid, ok2 := r.operands(s, "Sigmoid")
	if !ok || !ok2 || !r.isScalar(rest[0], 1) || rest[1] != s || product[1] != sigmoid[0] {
		return nil, false, nil
	}
	node := func(op string, x, y *value) *value { return r.node(op, a.shape, a.dims, nil, x, y) }
	named := func(name string) *value { return &value{name: name, shape: a.shape, dims: a.dims} }
	return node("Mul", named(v), node("Add", named(s), node("Mul", y, named(slope[1])))), true, nil
}

// rememberSiLU stores the product x s under the name of s, if s is the sigmoid of x.
func (r *recorder) rememberSiLU(x, s, product *value) {
	if sigmoid, ok := r.operands(s.name, "Sigmoid"); ok && sigmoid[0] == x.name {
		r.silus[s.name] = product
	}
}
