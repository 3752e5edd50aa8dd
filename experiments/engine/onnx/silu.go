package onnx

import "github.com/gomlx/compute"

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
