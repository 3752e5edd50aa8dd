package engine

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
)

// This file says which operations of ONNX compare and combine booleans.

func (f *function) LogicalAnd(a, b compute.Value) (compute.Value, error) {
	return f.binary("And", compute.OpTypeLogicalAnd, a, b)
}

func (f *function) LogicalOr(a, b compute.Value) (compute.Value, error) {
	return f.binary("Or", compute.OpTypeLogicalOr, a, b)
}

func (f *function) LogicalXor(a, b compute.Value) (compute.Value, error) {
	return f.binary("Xor", compute.OpTypeLogicalXor, a, b)
}

// compare writes an element-wise comparison, whose output is boolean.
func (f *function) compare(op string, kind compute.OpType, lhs, rhs compute.Value) (compute.Value, error) {
	a, b := lhs.(*value), rhs.(*value)
	shape, err := shapeinference.ComparisonOp(kind, a.shape, b.shape)
	if err == nil && kind != compute.OpTypeEqual && kind != compute.OpTypeNotEqual {
		err = ordered(kind, a)
	}
	if err != nil {
		return nil, err
	}
	return f.recorder.node(op, shape, stretch(a.dims, b.dims), nil, a, b), nil
}

func (f *function) Equal(a, b compute.Value) (compute.Value, error) {
	return f.compare("Equal", compute.OpTypeEqual, a, b)
}

func (f *function) NotEqual(a, b compute.Value) (compute.Value, error) {
	equal, err := f.compare("Equal", compute.OpTypeNotEqual, a, b)
	if err != nil {
		return nil, err
	}
	return f.LogicalNot(equal)
}

func (f *function) GreaterThan(a, b compute.Value) (compute.Value, error) {
	return f.compare("Greater", compute.OpTypeGreaterThan, a, b)
}

func (f *function) GreaterOrEqual(a, b compute.Value) (compute.Value, error) {
	return f.compare("GreaterOrEqual", compute.OpTypeGreaterOrEqual, a, b)
}

func (f *function) LessThan(a, b compute.Value) (compute.Value, error) {
	return f.compare("Less", compute.OpTypeLessThan, a, b)
}

func (f *function) LessOrEqual(a, b compute.Value) (compute.Value, error) {
	return f.compare("LessOrEqual", compute.OpTypeLessOrEqual, a, b)
}
