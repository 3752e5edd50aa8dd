package onnx

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
)

// ConvGeneral records a Conv of an input (batch, channels, space...) and a kernel (out, in, space...), between transposes
// from and to the given axes. Conv has no input dilation, no cropping and no groups of the batch, so these are recorded
// before it.
func (f *function) ConvGeneral(input, kernel compute.Value, axes compute.ConvolveAxesConfig, strides []int, paddings [][2]int,
	inputDilations, kernelDilations []int, channelGroups, batchGroups int,
) (compute.Value, error) {
	r := f.recorder
	channelGroups, batchGroups = max(channelGroups, 1), max(batchGroups, 1)
	x, k := input.(*value), kernel.(*value)
	shape, err := shapeinference.ConvGeneral(x.shape, k.shape, axes, strides, paddings, inputDilations, kernelDilations,
		channelGroups, batchGroups)
	if err == nil {
		err = requireFloat32("Conv", x)
	}
	if err != nil {
		return nil, err
	}
	if x, err = r.permute(x, append([]int{axes.InputBatch, axes.InputChannels}, axes.InputSpatial...)); err != nil {
		return nil, err
	}
	if k, err = r.permute(k, append([]int{axes.KernelOutputChannels, axes.KernelInputChannels}, axes.KernelSpatial...)); err != nil {
		return nil, err
	}
	if batchGroups > 1 {
		if x, err = r.batchGroupsToChannels(x, batchGroups); err != nil {
			return nil, err
		}
	}
	if x, paddings, err = f.padInput(x, inputDilations, orZeros(paddings, len(axes.InputSpatial))); err != nil {
		return nil, err
	}
	order := append([]int{axes.OutputBatch, axes.OutputChannels}, axes.OutputSpatial...)
	made := shape.Clone()
	for i, axis := range order {
		made.Dimensions[i] = shape.Dimensions[axis]
	}
	attributes := convAttributes(max(channelGroups, batchGroups), strides, kernelDilations, paddings)
	y, err := r.permute(r.node("Conv", made, made.Dimensions, attributes, x, k), inverse(order))
	if err != nil {
		return nil, err
	}
	return &value{name: y.name, shape: shape, dims: shape.Dimensions}, nil
}

// convAttributes returns the attributes of a Conv, which has one padding per axis of space.
func convAttributes(groups int, strides, dilations []int, paddings [][2]int) []Attribute {
	rank := len(paddings)
	pads := make([]int, 2*rank)
	for i, p := range paddings {
		pads[i], pads[rank+i] = p[0], p[1]
	}
	return []Attribute{
		{"group", int64(groups)},
		{"strides", int64s(orOnes(strides, rank))},
		{"dilations", int64s(orOnes(dilations, rank))},
		{"pads", int64s(pads)},
	}
}

// inverse returns the inverse of a permutation.
func inverse(order []int) []int {
	back := make([]int, len(order))
	for i, axis := range order {
		back[axis] = i
	}
	return back
}

// batchGroupsToChannels turns groups of the batch into groups of channels: (g n, c, space...) becomes (n, g c, space...).
func (r *recorder) batchGroupsToChannels(x *value, groups int) (*value, error) {
	dims := x.shape.Dimensions
	if dims[0] == shapes.DynamicDim {
		return nil, unsupported("groups of a dynamic batch", "record with a fixed one")
	}
	n, c, space := dims[0]/groups, dims[1], dims[2:]
	x, err := r.reshape(x, slices.Concat([]int{groups, n, c}, space))
	if err != nil {
		return nil, err
	}
	x = &value{name: x.name, shape: shapes.Make(x.shape.DType, x.dims...), dims: x.dims}
	order := []int{1, 0, 2}
	for i := range space {
		order = append(order, 3+i)
	}
	if x, err = r.permute(x, order); err != nil {
		return nil, err
	}
	joined := slices.Concat([]int{n, groups * c}, space)
	if x, err = r.reshape(x, joined); err != nil {
		return nil, err
	}
	return &value{name: x.name, shape: shapes.Make(x.shape.DType, joined...), dims: joined}, nil
}

// padInput records the padding of the input if Conv cannot do it: zeros between the numbers, or negative counts. It returns
// the paddings that Conv must still do.
func (f *function) padInput(x *value, dilations []int, paddings [][2]int) (*value, [][2]int, error) {
	dilations = orOnes(dilations, len(paddings))
	needed := slices.ContainsFunc(dilations, func(d int) bool { return d > 1 }) ||
		slices.ContainsFunc(paddings, func(p [2]int) bool { return min(p[0], p[1]) < 0 })
	if !needed {
		return x, paddings, nil
	}
	zero, err := f.recorder.scalar(x.shape.DType, 0)
	if err != nil {
		return nil, nil, err
	}
	config := make([]compute.PadAxis, 2, 2+len(paddings))
	for i, p := range paddings {
		config = append(config, compute.PadAxis{Start: p[0], End: p[1], Interior: dilations[i] - 1})
	}
	v, err := f.Pad(x, f.recorder.cast(zero, x.shape.DType), config...)
	if err != nil {
		return nil, nil, err
	}
	return v.(*value), make([][2]int, len(paddings)), nil
}

func orOnes(list []int, n int) []int {
	if len(list) == 0 {
		return slices.Repeat([]int{1}, n)
	}
	return list
}

func orZeros(list [][2]int, n int) [][2]int {
	if len(list) == 0 {
		return make([][2]int, n)
	}
	return list
}
