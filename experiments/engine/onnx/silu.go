package onnx

import "github.com/gomlx/compute"

// This file knows the gradient of a SiLU, y = x s with s = sigmoid(x). GoMLX spells it, for what is passed back v,
//
//	v s + (v x) (s (1 - s)) = v (s + y (1 - s))
//
// Written down as it is built it takes six passes over the data; written as at the right, four.

// siluGradient returns what is passed back to the x of a SiLU, if that is what a + b is.
func (f *function) siluGradient(a, b *value) (compute.Value, bool, error) {
	r := f.recorder
	direct, ok := r.operands(a.name, "Mul")
	through, also := r.operands(b.name, "Mul")
	if !ok || !also {
		return nil, false, nil
	}
	v, s := direct[0], direct[1]
	y, known := r.silus[s]
	product, ok := r.operands(through[0], "Mul")
	slope, also := r.operands(through[1], "Mul")
	if !known || !ok || !also || slope[0] != s || product[0] != v {
		return nil, false, nil
	}
	rest, ok := r.operands(slope[1], "Sub")
	sigmoid, also := r.operands(s, "Sigmoid")
	if !ok || !also || !r.isScalar(rest[0], 1) || rest[1] != s || product[1] != sigmoid[0] {
		return nil, false, nil
	}
	made := func(op string, x, y *value) *value { return r.node(op, a.shape, a.dims, nil, x, y) }
	of := func(name string) *value { return &value{name: name, shape: a.shape, dims: a.dims} }
	return made("Mul", of(v), made("Add", of(s), made("Mul", y, of(slope[1])))), true, nil
}

// rememberSiLU notes the product if it is x sigmoid(x), by the name of its sigmoid.
func (r *recorder) rememberSiLU(x, s, product *value) {
	if sigmoid, ok := r.operands(s.name, "Sigmoid"); ok && sigmoid[0] == x.name {
		r.silus[s.name] = product
	}
}
