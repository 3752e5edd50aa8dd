package onnx

import (
	"reflect"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
)

// onnxKinds maps the GoMLX element types that the recorder supports to those of ONNX.
var onnxKinds = map[dtypes.DType]Kind{
	dtypes.Float32: Float32, dtypes.Float64: 11, dtypes.Float16: float16Kind, dtypes.BFloat16: 16,
	dtypes.Uint8: 2, dtypes.Int8: 3, dtypes.Uint16: 4, dtypes.Int16: 5,
	dtypes.Int32: 6, dtypes.Int64: Int64, dtypes.Uint32: 12, dtypes.Uint64: 13, dtypes.Bool: Bool,
}

// supportedOps lists the operations that the recorder supports.
var supportedOps = []compute.OpType{
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

// computeDType returns the type to compute in: onnxruntime supports all recorded operations only for 32- and 64-bit floats
// and integers. Sums and products of unsigned 64-bit integers have the same bits as those of signed ones.
func computeDType(dtype dtypes.DType) dtypes.DType {
	switch {
	case dtype.IsHalfPrecision():
		return dtypes.Float32
	case dtype.IsInt() && dtype != dtypes.Int32:
		return dtypes.Int64
	default:
		return dtype
	}
}

// numeric returns the type that represents booleans as numbers, or the type itself if it is numeric.
func numeric(dtype dtypes.DType) dtypes.DType {
	if dtype == dtypes.Bool {
		return dtypes.Int32
	}
	return dtype
}

// requireOrdered returns an error for booleans, which have no order, and for unsigned 64-bit integers, which lose theirs
// when they are computed as signed ones.
func requireOrdered(kind compute.OpType, v *value) error {
	switch v.shape.DType {
	case dtypes.Bool:
		return unsupported(kind.String()+" of booleans", "convert them to numbers")
	case dtypes.Uint64:
		return unsupported(kind.String()+" of unsigned 64-bit integers", "use signed ones")
	default:
		return nil
	}
}

// requireFloat32 returns an error for 64-bit floats if onnxruntime has the operation only for 32-bit ones.
func requireFloat32(op string, v *value) error {
	if v.shape.DType == dtypes.Float64 && slices.Contains([]string{"Atan", "Atanh", "Conv", "Cos", "Erf"}, op) {
		return unsupported(op+" of 64-bit floats", "use 32-bit ones")
	}
	return nil
}

func withDType(shape shapes.Shape, dtype dtypes.DType) shapes.Shape {
	shape = shape.Clone()
	shape.DType = dtype
	return shape
}

// cast records a Cast unless the value already has the type. That of a constant is worked out at once: converters to half
// precision change the type of constants, and then the Cast no longer fits.
func (r *recorder) cast(v *value, dtype dtypes.DType) *value {
	if v.shape.DType == dtype {
		return v
	}
	if c, ok := r.constants[v.name]; ok {
		if data, ok := folded(c.Data, v.shape.DType, dtype); ok {
			if w, err := r.constant(data, c.Dims); err == nil {
				return &value{name: w.name, shape: withDType(v.shape, dtype), dims: v.dims}
			}
		}
	}
	return r.node("Cast", withDType(v.shape, dtype), v.dims, []Attribute{{"to", int64(onnxKinds[dtype])}}, v)
}

// folded returns the numbers in another type, if Go and onnxruntime convert them alike: both round to the nearest float, but
// floats beyond the integers become anything.
func folded(data any, from, to dtypes.DType) (any, bool) {
	plain := []dtypes.DType{dtypes.Int32, dtypes.Int64, dtypes.Float32, dtypes.Float64}
	if !slices.Contains(plain, from) || !slices.Contains(plain, to) || from.IsFloat() && !to.IsFloat() || from == dtypes.Int64 && to == dtypes.Int32 {
		return nil, false
	}
	list := reflect.ValueOf(data)
	out := reflect.MakeSlice(reflect.SliceOf(to.GoType()), list.Len(), list.Len())
	for i := range list.Len() {
		out.Index(i).Set(list.Index(i).Convert(to.GoType()))
	}
	return out.Interface(), true
}

// ConvertDType records a Cast.
func (f *function) ConvertDType(x compute.Value, dtype dtypes.DType) (compute.Value, error) {
	if _, ok := onnxKinds[dtype]; !ok {
		return nil, unsupported("tensors of "+dtype.String(), "use 32-bit floats")
	}
	return f.recorder.cast(x.(*value), dtype), nil
}

// scalar returns a constant of rank 0, in the type that onnxruntime computes in.
func (r *recorder) scalar(dtype dtypes.DType, x float64) (*value, error) {
	one := reflect.ValueOf(x).Convert(computeDType(dtype).GoType())
	return r.constant(reflect.Append(reflect.MakeSlice(reflect.SliceOf(one.Type()), 0, 1), one).Interface(), nil)
}

// ints returns a constant list of integers.
func (r *recorder) ints(list []int) (*value, error) {
	return r.constant(int64s(list), []int{len(list)})
}

// int64s converts the numbers to the type of attributes.
func int64s(list []int) []int64 {
	out := make([]int64, len(list))
	for i, v := range list {
		out[i] = int64(v)
	}
	return out
}
