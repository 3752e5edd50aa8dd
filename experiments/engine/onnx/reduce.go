package onnx

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
)

// reduce records a reduction; no axes means all. In opset 17 ReduceSum takes its axes as an input, the others as an
// attribute.
func (f *function) reduce(op string, kind compute.OpType, x compute.Value, axes []int) (compute.Value, error) {
	r := f.recorder
	dtype := x.(*value).shape.DType
	if dtype == dtypes.Bool || dtype == dtypes.Uint64 && kind != compute.OpTypeReduceSum && kind != compute.OpTypeReduceProduct {
		return nil, requireOrdered(kind, x.(*value))
	}
	v, err := r.expand(x.(*value))
	if err != nil || v.shape.Rank() == 0 {
		return v, err
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
	keep := Attribute{"keepdims", int64(0)}
	if op != "ReduceSum" {
		return r.node(op, shape, shape.Dimensions, []Attribute{{"axes", int64s(axes)}, keep}, v), nil
	}
	list, err := r.ints(axes)
	if err != nil {
		return nil, err
	}
	return r.node(op, shape, shape.Dimensions, []Attribute{keep}, v, list), nil
}

func (f *function) ReduceSum(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceSum", compute.OpTypeReduceSum, x, axes)
}

func (f *function) ReduceProduct(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceProd", compute.OpTypeReduceProduct, x, axes)
}

func (f *function) ReduceMax(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceMax", compute.OpTypeReduceMax, x, axes)
}

func (f *function) ReduceMin(x compute.Value, axes ...int) (compute.Value, error) {
	return f.reduce("ReduceMin", compute.OpTypeReduceMin, x, axes)
}

// logical reduces booleans as the integers 0 and 1.
func (f *function) logical(op string, kind compute.OpType, x compute.Value, axes []int) (*value, error) {
	v, err := f.reduce(op, kind, f.recorder.cast(x.(*value), dtypes.Int32), axes)
	if err != nil {
		return nil, err
	}
	return v.(*value), nil
}

func (f *function) ReduceLogicalAnd(x compute.Value, axes ...int) (compute.Value, error) {
	smallest, err := f.logical("ReduceMin", compute.OpTypeReduceMin, x, axes)
	if err != nil {
		return nil, err
	}
	return f.recorder.cast(smallest, dtypes.Bool), nil
}

func (f *function) ReduceLogicalOr(x compute.Value, axes ...int) (compute.Value, error) {
	largest, err := f.logical("ReduceMax", compute.OpTypeReduceMax, x, axes)
	if err != nil {
		return nil, err
	}
	return f.recorder.cast(largest, dtypes.Bool), nil
}

// ReduceLogicalXor reports whether an odd number of the values is true.
func (f *function) ReduceLogicalXor(x compute.Value, axes ...int) (compute.Value, error) {
	count, err := f.logical("ReduceSum", compute.OpTypeReduceSum, x, axes)
	if err != nil {
		return nil, err
	}
	two, err := f.recorder.constant([]int32{2}, nil)
	if err != nil {
		return nil, err
	}
	odd, err := f.Rem(count, two)
	if err != nil {
		return nil, err
	}
	return f.recorder.cast(odd.(*value), dtypes.Bool), nil
}

// ArgMinMax records an ArgMin or ArgMax. Like GoMLX it selects the first of equal values, but it ignores NaN.
func (f *function) ArgMinMax(x compute.Value, axis int, out dtypes.DType, isMin bool) (compute.Value, error) {
	v, err := f.recorder.expand(x.(*value))
	if err == nil {
		err = requireOrdered(compute.OpTypeArgMinMax, v)
	}
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.ArgMinMax(v.shape, axis, out)
	if err != nil {
		return nil, err
	}
	op := "ArgMax"
	if isMin {
		op = "ArgMin"
	}
	which := []Attribute{{"axis", int64(axis)}, {"keepdims", int64(0)}}
	i := f.recorder.node(op, withDType(shape, dtypes.Int64), shape.Dimensions, which, v)
	return f.recorder.cast(i, out), nil
}
