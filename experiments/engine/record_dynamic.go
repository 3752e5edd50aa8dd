package engine

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
)

// This file holds what is only known when a graph with a dynamic axis runs.

// DynamicShape is Shape.
func (f *function) DynamicShape(x compute.Value) (compute.Value, error) {
	v, err := f.recorder.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	dims := []int{v.shape.Rank()}
	return f.recorder.cast(f.recorder.node("Shape", shapes.Make(dtypes.Int64, dims...), dims, nil, v), dtypes.Int32), nil
}

// DynamicDimensionSize is a constant where it can be.
func (f *function) DynamicDimensionSize(x compute.Value, axis int) (compute.Value, error) {
	v := x.(*value)
	if size := v.shape.Dimensions[axis]; size != shapes.DynamicDim {
		return f.Constant([]int32{int32(size)})
	}
	all, err := f.DynamicShape(v)
	if err != nil {
		return nil, err
	}
	i, err := f.recorder.constant([]int64{int64(axis)}, nil)
	if err != nil {
		return nil, err
	}
	return f.recorder.node("Gather", shapes.Make(dtypes.Int32), nil, nil, all.(*value), i), nil
}

// DynamicReshape is Reshape to a list of sizes that is put together, unless only one of them is unknown: that one
// ONNX infers.
func (f *function) DynamicReshape(x compute.Value, to ...compute.DynamicDimensionSpec) (compute.Value, error) {
	r := f.recorder
	v, err := r.whole(x.(*value))
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.DynamicReshape(v.shape, to)
	if err != nil {
		return nil, err
	}
	unknown := func(d int) bool { return d == shapes.DynamicDim }
	if i := slices.IndexFunc(shape.Dimensions, unknown); i < 0 || !slices.ContainsFunc(shape.Dimensions[i+1:], unknown) {
		if v, err = r.reshape(v, shape.Dimensions); err != nil {
			return nil, err
		}
		return &value{name: v.name, shape: shape, dims: shape.Dimensions}, nil
	}
	parts := make([]*value, len(to))
	for i, spec := range to {
		if parts[i], err = r.ints(shape.Dimensions[i : i+1]); err != nil {
			return nil, err
		}
		if spec.Value != nil {
			if parts[i], err = r.reshape(r.cast(spec.Value.(*value), dtypes.Int64), []int{1}); err != nil {
				return nil, err
			}
		}
	}
	rank := []int{len(to)}
	sizes := r.node("Concat", shapes.Make(dtypes.Int64, rank...), rank, []Attribute{{"axis", int64(0)}}, parts...)
	return r.node("Reshape", shape, shape.Dimensions, nil, v, sizes), nil
}
