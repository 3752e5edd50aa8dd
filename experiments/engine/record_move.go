package engine

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
)

// This file says which operations of ONNX move numbers to other places.

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
	return f.recorder.slice(v, shape, starts, limits, axes, strides)
}

// slice writes a Slice of these bounds.
func (r *recorder) slice(v *value, shape shapes.Shape, starts, limits, axes, strides []int) (*value, error) {
	inputs := []*value{v}
	for _, list := range [][]int{starts, limits, axes, strides} {
		c, err := r.ints(list)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, c)
	}
	return r.node("Slice", shape, shape.Dimensions, nil, inputs...), nil
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
	return f.recorder.node("Transpose", shape, shape.Dimensions, []Attribute{{"perm", longs(permutation)}}, v), nil
}
