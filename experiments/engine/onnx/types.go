package onnx

import (
	"reflect"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// onnxKinds holds ONNX's element types for those of GoMLX that the recorder carries.
var onnxKinds = map[dtypes.DType]Kind{
	dtypes.Float32: Float32, dtypes.Float64: 11, dtypes.Float16: 10, dtypes.BFloat16: 16,
	dtypes.Uint8: 2, dtypes.Int8: 3, dtypes.Uint16: 4, dtypes.Int16: 5,
	dtypes.Int32: 6, dtypes.Int64: Int64, dtypes.Uint32: 12, dtypes.Uint64: 13, dtypes.Bool: Bool,
}

// recorded lists the operations the recorder writes.
var recorded = []compute.OpType{
	compute.OpTypeAbs, compute.OpTypeAdd, compute.OpTypeArgMinMax, compute.OpTypeAtan2, compute.OpTypeBroadcastInDim,
	compute.OpTypeCeil, compute.OpTypeClamp, compute.OpTypeConcatenate, compute.OpTypeConstant,
	compute.OpTypeConvGeneral, compute.OpTypeConvertDType, compute.OpTypeCos, compute.OpTypeDiv,
	compute.OpTypeDotGeneral, compute.OpTypeDynamicDimensionSize, compute.OpTypeDynamicReshape,
	compute.OpTypeDynamicShape, compute.OpTypeEqual, compute.OpTypeErf, compute.OpTypeExp, compute.OpTypeExpm1,
	compute.OpTypeFloor, compute.OpTypeGreaterOrEqual, compute.OpTypeGreaterThan, compute.OpTypeIdentity,
	compute.OpTypeIota, compute.OpTypeIsFinite, compute.OpTypeIsNaN, compute.OpTypeLessOrEqual, compute.OpTypeLessThan,
	compute.OpTypeLog, compute.OpTypeLog1p, compute.OpTypeLogicalAnd, compute.OpTypeLogicalNot, compute.OpTypeLogicalOr,
	compute.OpTypeLogicalXor, compute.OpTypeLogistic, compute.OpTypeMax, compute.OpTypeMin, compute.OpTypeMul,
	compute.OpTypeNeg, compute.OpTypeNotEqual, compute.OpTypeOptimizationBarrier, compute.OpTypePad,
	compute.OpTypeParameter, compute.OpTypePow, compute.OpTypeReduceLogicalAnd, compute.OpTypeReduceLogicalOr,
	compute.OpTypeReduceLogicalXor, compute.OpTypeReduceMax, compute.OpTypeReduceMin, compute.OpTypeReduceProduct,
	compute.OpTypeReduceSum, compute.OpTypeRem, compute.OpTypeReshape, compute.OpTypeReverse, compute.OpTypeRound,
	compute.OpTypeRsqrt, compute.OpTypeSchedulingBarrier, compute.OpTypeSign, compute.OpTypeSin, compute.OpTypeSlice,
	compute.OpTypeSqrt, compute.OpTypeSub, compute.OpTypeTanh, compute.OpTypeTranspose, compute.OpTypeWhere,
}

// dtypeOf returns the type of the elements of a slice.
func dtypeOf(slice any) dtypes.DType { return dtypes.FromGoType(reflect.TypeOf(slice).Elem()) }

// wide returns the type to compute in: onnxruntime has every operation we write only for 32- and 64-bit floats and
// integers. Sums and products of unsigned 64-bit integers are the same bits as those of signed ones.
func wide(dtype dtypes.DType) dtypes.DType {
	switch {
	case dtype.IsHalfPrecision():
		return dtypes.Float32
	case dtype.IsInt() && dtype != dtypes.Int32:
		return dtypes.Int64
	default:
		return dtype
	}
}

// numeric returns the type that stands for booleans where there must be numbers; numbers stay.
func numeric(dtype dtypes.DType) dtypes.DType {
	if dtype == dtypes.Bool {
		return dtypes.Int32
	}
	return dtype
}

// ordered returns an error for what has no order: booleans, and unsigned 64-bit integers, which lose theirs where
// signed ones stand for them.
func ordered(kind compute.OpType, v *value) error {
	switch v.shape.DType {
	case dtypes.Bool:
		return lack(kind.String()+" of booleans", "convert them to numbers")
	case dtypes.Uint64:
		return lack(kind.String()+" of unsigned 64-bit integers", "use signed ones")
	default:
		return nil
	}
}

// single returns an error for 64-bit floats in an operation that onnxruntime has only for 32-bit ones.
func single(op string, v *value) error {
	if v.shape.DType == dtypes.Float64 && slices.Contains([]string{"Atan", "Atanh", "Conv", "Cos", "Erf"}, op) {
		return lack(op+" of 64-bit floats", "use 32-bit ones")
	}
	return nil
}

func withDType(shape shapes.Shape, dtype dtypes.DType) shapes.Shape {
	shape = shape.Clone()
	shape.DType = dtype
	return shape
}

// cast writes a conversion where the type is another one.
func (r *recorder) cast(v *value, dtype dtypes.DType) *value {
	if v.shape.DType == dtype {
		return v
	}
	return r.node("Cast", withDType(v.shape, dtype), v.dims, []Attribute{{"to", int64(onnxKinds[dtype])}}, v)
}

// ConvertDType is Cast.
func (f *function) ConvertDType(x compute.Value, dtype dtypes.DType) (compute.Value, error) {
	if _, ok := onnxKinds[dtype]; !ok {
		return nil, lack("tensors of "+dtype.String(), "use 32-bit floats")
	}
	return f.recorder.cast(x.(*value), dtype), nil
}

// scalar returns a constant of rank 0, of the type that onnxruntime computes in.
func (r *recorder) scalar(dtype dtypes.DType, x float64) (*value, error) {
	one := reflect.ValueOf(x).Convert(wide(dtype).GoType())
	return r.constant(reflect.Append(reflect.MakeSlice(reflect.SliceOf(one.Type()), 0, 1), one).Interface(), nil)
}

// ints returns a constant list of integers.
func (r *recorder) ints(list []int) (*value, error) {
	return r.constant(longs(list), []int{len(list)})
}

// longs returns the numbers as an attribute has them.
func longs(list []int) []int64 {
	out := make([]int64, len(list))
	for i, v := range list {
		out[i] = int64(v)
	}
	return out
}
