package onnx

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
)

// This file records the element-wise operations.

// unary records an element-wise operation of one argument.
func (f *function) unary(op string, kind compute.OpType, x compute.Value) (compute.Value, error) {
	v := x.(*value)
	shape, err := shapeinference.UnaryOp(kind, v.shape)
	if err == nil {
		err = requireFloat32(op, v)
	}
	if err != nil {
		return nil, err
	}
	return f.recorder.node(op, shape, v.dims, nil, v), nil
}

func (f *function) Abs(x compute.Value) (compute.Value, error) {
	return f.unary("Abs", compute.OpTypeAbs, x)
}

func (f *function) Ceil(x compute.Value) (compute.Value, error) {
	return f.unary("Ceil", compute.OpTypeCeil, x)
}

func (f *function) Cos(x compute.Value) (compute.Value, error) {
	return f.unary("Cos", compute.OpTypeCos, x)
}

func (f *function) Erf(x compute.Value) (compute.Value, error) {
	return f.unary("Erf", compute.OpTypeErf, x)
}

func (f *function) Exp(x compute.Value) (compute.Value, error) {
	return f.unary("Exp", compute.OpTypeExp, x)
}

func (f *function) Floor(x compute.Value) (compute.Value, error) {
	return f.unary("Floor", compute.OpTypeFloor, x)
}

func (f *function) Log(x compute.Value) (compute.Value, error) {
	return f.unary("Log", compute.OpTypeLog, x)
}

func (f *function) LogicalNot(x compute.Value) (compute.Value, error) {
	return f.unary("Not", compute.OpTypeLogicalNot, x)
}

func (f *function) Logistic(x compute.Value) (compute.Value, error) {
	return f.unary("Sigmoid", compute.OpTypeLogistic, x)
}

func (f *function) Neg(x compute.Value) (compute.Value, error) {
	return f.unary("Neg", compute.OpTypeNeg, x)
}

func (f *function) Round(x compute.Value) (compute.Value, error) {
	return f.unary("Round", compute.OpTypeRound, x)
}

func (f *function) Sign(x compute.Value) (compute.Value, error) {
	return f.unary("Sign", compute.OpTypeSign, x)
}

func (f *function) Sin(x compute.Value) (compute.Value, error) {
	return f.unary("Sin", compute.OpTypeSin, x)
}

func (f *function) Sqrt(x compute.Value) (compute.Value, error) {
	return f.unary("Sqrt", compute.OpTypeSqrt, x)
}

func (f *function) Tanh(x compute.Value) (compute.Value, error) {
	return f.unary("Tanh", compute.OpTypeTanh, x)
}

// binary records an element-wise operation of two arguments. A maximum with 0 becomes a Relu.
func (f *function) binary(op string, kind compute.OpType, lhs, rhs compute.Value, attributes ...Attribute) (compute.Value, error) {
	a, b := lhs.(*value), rhs.(*value)
	shape, err := shapeinference.BinaryOp(kind, a.shape, b.shape)
	switch {
	case err != nil:
		return nil, err
	case op == "Max" && f.recorder.isScalar(b.name, 0) && slices.Equal(shape.Dimensions, a.shape.Dimensions):
		return f.recorder.node("Relu", shape, a.dims, nil, a), nil
	case op == "Div" || op == "Pow" || op == "Mod" || op == "Max" || op == "Min":
		err = requireOrdered(kind, a)
	}
	if err != nil {
		return nil, err
	}
	return f.recorder.node(op, shape, broadcast(a.dims, b.dims), attributes, a, b), nil
}

func (f *function) Add(a, b compute.Value) (compute.Value, error) {
	if grad, ok, err := f.eluGradient(a.(*value), b.(*value)); ok || err != nil {
		return grad, err
	}
	if grad, ok, err := f.siluGradient(a.(*value), b.(*value)); ok || err != nil {
		return grad, err
	}
	return f.binary("Add", compute.OpTypeAdd, a, b)
}

func (f *function) Sub(a, b compute.Value) (compute.Value, error) {
	return f.binary("Sub", compute.OpTypeSub, a, b)
}

func (f *function) Mul(a, b compute.Value) (compute.Value, error) {
	product, err := f.binary("Mul", compute.OpTypeMul, a, b)
	if err == nil {
		f.recorder.rememberSiLU(a.(*value), b.(*value), product.(*value))
	}
	return product, err
}

func (f *function) Div(a, b compute.Value) (compute.Value, error) {
	return f.binary("Div", compute.OpTypeDiv, a, b)
}

func (f *function) Pow(a, b compute.Value) (compute.Value, error) {
	return f.binary("Pow", compute.OpTypePow, a, b)
}

func (f *function) Max(a, b compute.Value) (compute.Value, error) {
	return f.binary("Max", compute.OpTypeMax, a, b)
}

func (f *function) Min(a, b compute.Value) (compute.Value, error) {
	return f.binary("Min", compute.OpTypeMin, a, b)
}

// Rem has the sign of the dividend, like C's fmod.
func (f *function) Rem(a, b compute.Value) (compute.Value, error) {
	return f.binary("Mod", compute.OpTypeRem, a, b, Attribute{"fmod", int64(1)})
}

// Where records a Where, or an Elu if that is what it computes.
func (f *function) Where(condition, onTrue, onFalse compute.Value) (compute.Value, error) {
	c, a, b := condition.(*value), onTrue.(*value), onFalse.(*value)
	shape, err := shapeinference.Where(c.shape, a.shape, b.shape)
	if err != nil {
		return nil, err
	}
	if f.recorder.isELU(c, a, b) {
		return f.recorder.elu(a, b), nil
	}
	// onnxruntime has no Where of booleans.
	asNumbers := withDType(shape, numeric(shape.DType))
	a, b = f.recorder.cast(a, asNumbers.DType), f.recorder.cast(b, asNumbers.DType)
	v := f.recorder.node("Where", asNumbers, broadcast(c.dims, broadcast(a.dims, b.dims)), nil, c, a, b)
	return f.recorder.cast(v, shape.DType), nil
}

func (f *function) LogicalAnd(a, b compute.Value) (compute.Value, error) {
	return f.binary("And", compute.OpTypeLogicalAnd, a, b)
}

func (f *function) LogicalOr(a, b compute.Value) (compute.Value, error) {
	return f.binary("Or", compute.OpTypeLogicalOr, a, b)
}

func (f *function) LogicalXor(a, b compute.Value) (compute.Value, error) {
	return f.binary("Xor", compute.OpTypeLogicalXor, a, b)
}

// compare records an element-wise comparison, whose output is boolean.
func (f *function) compare(op string, kind compute.OpType, lhs, rhs compute.Value) (compute.Value, error) {
	a, b := lhs.(*value), rhs.(*value)
	shape, err := shapeinference.ComparisonOp(kind, a.shape, b.shape)
	if err == nil && kind != compute.OpTypeEqual && kind != compute.OpTypeNotEqual {
		err = requireOrdered(kind, a)
	}
	if err != nil {
		return nil, err
	}
	return f.recorder.node(op, shape, broadcast(a.dims, b.dims), nil, a, b), nil
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
