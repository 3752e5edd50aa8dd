package engine

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
)

// This file says, for each operation of GoMLX, which operations of ONNX it is.

// unary writes an element-wise operation of one argument.
func (f *function) unary(op string, x compute.Value) (compute.Value, error) {
	v := x.(*value)
	return f.recorder.node(op, v.shape, v.dims, nil, v), nil
}

func (f *function) Abs(x compute.Value) (compute.Value, error)      { return f.unary("Abs", x) }
func (f *function) Ceil(x compute.Value) (compute.Value, error)     { return f.unary("Ceil", x) }
func (f *function) Cos(x compute.Value) (compute.Value, error)      { return f.unary("Cos", x) }
func (f *function) Erf(x compute.Value) (compute.Value, error)      { return f.unary("Erf", x) }
func (f *function) Exp(x compute.Value) (compute.Value, error)      { return f.unary("Exp", x) }
func (f *function) Floor(x compute.Value) (compute.Value, error)    { return f.unary("Floor", x) }
func (f *function) Log(x compute.Value) (compute.Value, error)      { return f.unary("Log", x) }
func (f *function) Logistic(x compute.Value) (compute.Value, error) { return f.unary("Sigmoid", x) }
func (f *function) Neg(x compute.Value) (compute.Value, error)      { return f.unary("Neg", x) }
func (f *function) Sign(x compute.Value) (compute.Value, error)     { return f.unary("Sign", x) }
func (f *function) Sin(x compute.Value) (compute.Value, error)      { return f.unary("Sin", x) }
func (f *function) Sqrt(x compute.Value) (compute.Value, error)     { return f.unary("Sqrt", x) }
func (f *function) Tanh(x compute.Value) (compute.Value, error)     { return f.unary("Tanh", x) }

// Rsqrt is 1 / sqrt(x), which ONNX has no operation for.
func (f *function) Rsqrt(x compute.Value) (compute.Value, error) {
	root, err := f.unary("Sqrt", x)
	if err != nil {
		return nil, err
	}
	return f.unary("Reciprocal", root)
}

// binary writes an element-wise operation of two arguments.
func (f *function) binary(op string, kind compute.OpType, lhs, rhs compute.Value) (compute.Value, error) {
	a, b := lhs.(*value), rhs.(*value)
	shape, err := shapeinference.BinaryOp(kind, a.shape, b.shape)
	if err != nil {
		return nil, err
	}
	return f.recorder.node(op, shape, stretch(a.dims, b.dims), nil, a, b), nil
}

func (f *function) Add(a, b compute.Value) (compute.Value, error) {
	return f.binary("Add", compute.OpTypeAdd, a, b)
}

func (f *function) Sub(a, b compute.Value) (compute.Value, error) {
	return f.binary("Sub", compute.OpTypeSub, a, b)
}

func (f *function) Mul(a, b compute.Value) (compute.Value, error) {
	return f.binary("Mul", compute.OpTypeMul, a, b)
}

func (f *function) Div(a, b compute.Value) (compute.Value, error) {
	return f.binary("Div", compute.OpTypeDiv, a, b)
}

func (f *function) Pow(a, b compute.Value) (compute.Value, error) {
	return f.binary("Pow", compute.OpTypePow, a, b)
}

// Max with 0 is Relu.
func (f *function) Max(a, b compute.Value) (compute.Value, error) {
	if f.recorder.isScalar(b.(*value).name, 0) {
		return f.unary("Relu", a)
	}
	return f.binary("Max", compute.OpTypeMax, a, b)
}

func (f *function) Min(a, b compute.Value) (compute.Value, error) {
	return f.binary("Min", compute.OpTypeMin, a, b)
}

// compare writes an element-wise comparison, whose output is boolean.
func (f *function) compare(op string, kind compute.OpType, lhs, rhs compute.Value) (compute.Value, error) {
	a, b := lhs.(*value), rhs.(*value)
	shape, err := shapeinference.ComparisonOp(kind, a.shape, b.shape)
	if err != nil {
		return nil, err
	}
	return f.recorder.node(op, shape, stretch(a.dims, b.dims), nil, a, b), nil
}

func (f *function) Equal(a, b compute.Value) (compute.Value, error) {
	return f.compare("Equal", compute.OpTypeEqual, a, b)
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

// Where selects by a condition; where it spells out an ELU, the operation of that name is written instead.
func (f *function) Where(condition, onTrue, onFalse compute.Value) (compute.Value, error) {
	c, a, b := condition.(*value), onTrue.(*value), onFalse.(*value)
	shape, err := shapeinference.Where(c.shape, a.shape, b.shape)
	if err != nil {
		return nil, err
	}
	if f.recorder.isELU(c, a, b) {
		return f.recorder.node("Elu", shape, a.dims, nil, a), nil
	}
	return f.recorder.node("Where", shape, stretch(c.dims, stretch(a.dims, b.dims)), nil, c, a, b), nil
}

// ConvertDType is Cast.
func (f *function) ConvertDType(x compute.Value, dtype dtypes.DType) (compute.Value, error) {
	v := x.(*value)
	kinds := map[dtypes.DType]int64{dtypes.Float32: onnxFloat, dtypes.Int32: onnxInt32, dtypes.Int64: onnxInt64, dtypes.Bool: onnxBool}
	kind, ok := kinds[dtype]
	if !ok {
		return nil, fmt.Errorf("the ONNX recorder has no tensors of %s: use 32-bit floats", dtype)
	}
	shape := v.shape.Clone()
	shape.DType = dtype
	return f.recorder.node("Cast", shape, v.dims, []Attribute{{"to", kind}}, v), nil
}

// DotGeneral of two matrices is MatMul, or Gemm where one is transposed.
func (f *function) DotGeneral(lhs compute.Value, lhsContracting, lhsBatch []int,
	rhs compute.Value, rhsContracting, rhsBatch []int, config compute.DotGeneralConfig,
) (compute.Value, error) {
	a, b := lhs.(*value), rhs.(*value)
	shape, err := shapeinference.DotGeneral(a.shape, lhsContracting, lhsBatch, b.shape, rhsContracting, rhsBatch, config)
	if err != nil {
		return nil, err
	}
	if a.shape.Rank() != 2 || b.shape.Rank() != 2 || len(lhsContracting) != 1 || len(lhsBatch) != 0 {
		return nil, fmt.Errorf("the ONNX recorder has no DotGeneral of ranks %d and %d: multiply matrices (%w)",
			a.shape.Rank(), b.shape.Rank(), compute.ErrNotImplemented)
	}
	if a, err = f.recorder.whole(a); err != nil {
		return nil, err
	}
	if b, err = f.recorder.whole(b); err != nil {
		return nil, err
	}
	transA, transB := int64(1-lhsContracting[0]), int64(rhsContracting[0])
	if transA == 0 && transB == 0 {
		return f.recorder.node("MatMul", shape, shape.Dimensions, nil, a, b), nil
	}
	return f.recorder.node("Gemm", shape, shape.Dimensions, []Attribute{{"transA", transA}, {"transB", transB}}, a, b), nil
}

// Concatenate is Concat.
func (f *function) Concatenate(axis int, operands ...compute.Value) (compute.Value, error) {
	var parts []*value
	var kinds []shapes.Shape
	for _, o := range operands {
		v, err := f.recorder.whole(o.(*value))
		if err != nil {
			return nil, err
		}
		parts, kinds = append(parts, v), append(kinds, v.shape)
	}
	shape, err := shapeinference.Concatenate(kinds, axis)
	if err != nil {
		return nil, err
	}
	return f.recorder.node("Concat", shape, shape.Dimensions, []Attribute{{"axis", int64(axis)}}, parts...), nil
}

// Slice takes its bounds as constants.
func (f *function) Slice(x compute.Value, starts, limits, strides []int) (compute.Value, error) {
	v, err := f.recorder.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	if len(strides) == 0 {
		strides = slices.Repeat([]int{1}, len(starts))
	}
	shape, err := shapeinference.Slice(v.shape, starts, limits, strides)
	if err != nil {
		return nil, err
	}
	limits = slices.Clone(limits)
	axes := make([]int, len(limits))
	for i := range limits {
		axes[i] = i
		if limits[i] == shapes.DynamicDim {
			limits[i] = 1<<31 - 1 // to the end, says ONNX
		}
	}
	inputs := []string{v.name}
	for _, list := range [][]int{starts, limits, axes, strides} {
		name, err := f.recorder.ints(list)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, name)
	}
	return f.recorder.nodeByName("Slice", shape, shape.Dimensions, nil, inputs...), nil
}

// Transpose never writes an identity permutation: onnxruntime 1.24 to 1.29 compute wrong numbers beside one
// (microsoft/onnxruntime issue 32228).
func (f *function) Transpose(x compute.Value, permutation ...int) (compute.Value, error) {
	v, err := f.recorder.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.Transpose(v.shape, permutation)
	if err != nil || slices.IsSorted(permutation) {
		return v, err
	}
	perm := make([]int64, len(permutation))
	for i, p := range permutation {
		perm[i] = int64(p)
	}
	return f.recorder.node("Transpose", shape, shape.Dimensions, []Attribute{{"perm", perm}}, v), nil
}

// ReduceSum takes its axes as an input in opset 17; none means all.
func (f *function) ReduceSum(x compute.Value, axes ...int) (compute.Value, error) {
	v, err := f.recorder.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	if len(axes) == 0 {
		for i := range v.shape.Rank() {
			axes = append(axes, i)
		}
	}
	shape, err := shapeinference.Reduce(v.shape, axes)
	if err != nil {
		return nil, err
	}
	list, err := f.recorder.ints(axes)
	if err != nil {
		return nil, err
	}
	keep := []Attribute{{"keepdims", int64(0)}}
	return f.recorder.nodeByName("ReduceSum", shape, shape.Dimensions, keep, v.name, list), nil
}
