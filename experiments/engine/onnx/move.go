package onnx

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
)

// This file records the operations that move numbers without changing them.

// Concatenate records a Concat.
func (f *function) Concatenate(axis int, operands ...compute.Value) (compute.Value, error) {
	var parts []*value
	var kinds []shapes.Shape
	for _, o := range operands {
		v, err := f.recorder.expand(o.(*value))
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

// Slice records a Slice, with its bounds as constants.
func (f *function) Slice(x compute.Value, starts, limits, strides []int) (compute.Value, error) {
	v, err := f.recorder.expand(x.(*value))
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
			limits[i] = 1<<31 - 1 // ONNX: to the end
		}
	}
	return f.recorder.slice(v, shape, starts, limits, axes, strides)
}

// slice records a Slice.
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

// Reverse records a Slice from the last number to the first.
func (f *function) Reverse(x compute.Value, axes ...int) (compute.Value, error) {
	v, err := f.recorder.expand(x.(*value))
	if err != nil || len(axes) == 0 {
		return v, err
	}
	const beforeFirst = -1 << 31
	back := slices.Repeat([]int{-1}, len(axes))
	return f.recorder.slice(v, v.shape, back, slices.Repeat([]int{beforeFirst}, len(axes)), axes, back)
}

// Pad records a Pad. Negative paddings crop.
func (f *function) Pad(x, fill compute.Value, padding ...compute.PadAxis) (compute.Value, error) {
	r := f.recorder
	v, err := r.expand(x.(*value))
	if err != nil {
		return nil, err
	}
	shape, err := shapeinference.Pad(v.shape, padding...)
	if err != nil {
		return nil, err
	}
	padding = append(slices.Clone(padding), make([]compute.PadAxis, v.shape.Rank()-len(padding))...)
	if v, err = r.dilate(v, fill.(*value), padding); err != nil {
		return nil, err
	}
	pads := make([]int, 2*len(padding))
	for i, p := range padding {
		pads[i], pads[len(padding)+i] = p.Start, p.End
		if v.dims[i] > 1 {
			pads[len(padding)+i] -= p.Interior // dilate adds as many after the last number
		}
	}
	return r.pad(v, fill.(*value), shape, shape.Dimensions, pads)
}

// pad records a Pad. The counts are those before each axis, followed by those after each axis.
func (r *recorder) pad(v, fill *value, shape shapes.Shape, dims, pads []int) (*value, error) {
	if !slices.ContainsFunc(pads, func(n int) bool { return n != 0 }) {
		return v, nil
	}
	counts, err := r.ints(pads)
	if err != nil {
		return nil, err
	}
	return r.node("Pad", shape, dims, nil, v, counts, fill), nil
}

// dilate adds the interior padding after each number of an axis: it splits an axis of length n into two, of lengths n and
// 1, pads the second, and joins the two again.
func (r *recorder) dilate(v, fill *value, padding []compute.PadAxis) (*value, error) {
	if !slices.ContainsFunc(padding, func(p compute.PadAxis) bool { return p.Interior > 0 }) {
		return v, nil
	}
	shape := v.shape.Clone()
	var split, padded []int
	pads := make([]int, 4*len(padding))
	for i, p := range padding {
		n := v.dims[i]
		split = append(split, n, 1)
		padded = append(padded, n, 1)
		if n > 1 {
			pads[2*len(padding)+2*i+1] = p.Interior
			padded[2*i+1] += p.Interior
			shape.Dimensions[i] *= 1 + p.Interior
		}
	}
	v, err := r.reshape(v, split)
	if err != nil {
		return nil, err
	}
	if v, err = r.pad(v, fill, v.shape, padded, pads); err != nil {
		return nil, err
	}
	v, err = r.reshape(v, shape.Dimensions)
	if err != nil {
		return nil, err
	}
	return &value{name: v.name, shape: shape, dims: shape.Dimensions}, nil
}

// Iota records a constant along its axis; the other axes are broadcast.
func (f *function) Iota(shape shapes.Shape, axis int) (compute.Value, error) {
	if axis < 0 || axis >= shape.Rank() || shape.Dimensions[axis] == shapes.DynamicDim || shape.DType == dtypes.Bool {
		return nil, unsupported(fmt.Sprintf("Iota of %s along axis %d", shape, axis), "count numbers along an axis of known size")
	}
	dims := slices.Repeat([]int{1}, shape.Rank()-axis)
	dims[0] = shape.Dimensions[axis]
	of := computeDType(shape.DType).GoType()
	count := reflect.MakeSlice(reflect.SliceOf(of), dims[0], dims[0])
	for i := range dims[0] {
		count.Index(i).Set(reflect.ValueOf(i).Convert(of))
	}
	c, err := f.recorder.constant(count.Interface(), dims)
	if err != nil {
		return nil, err
	}
	c = f.recorder.cast(c, shape.DType)
	return &value{name: c.name, shape: shape, dims: dims}, nil
}

// Transpose never records an identity permutation: with one, onnxruntime 1.24 to 1.29 can return wrong numbers
// (microsoft/onnxruntime issue 32228).
func (f *function) Transpose(x compute.Value, permutation ...int) (compute.Value, error) {
	if _, err := shapeinference.Transpose(x.(*value).shape, permutation); err != nil {
		return nil, err
	}
	return f.recorder.permute(x.(*value), permutation)
}

// permute records a Transpose, unless it would change nothing.
func (r *recorder) permute(v *value, order []int) (*value, error) {
	v, err := r.expand(v)
	if err != nil || slices.IsSorted(order) {
		return v, err
	}
	shape, err := shapeinference.Transpose(v.shape, order)
	if err != nil {
		return nil, err
	}
	return r.node("Transpose", shape, shape.Dimensions, []Attribute{{"perm", int64s(order)}}, v), nil
}
