package onnx

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapeinference"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/compute/support/sets"
)

// This file handles shapes: broadcasts that are not recorded, reshapes, and sizes known only at run time. It also tidies
// the finished graph.

// broadcast returns the sizes that two tensors broadcast to, with axes aligned at the right.
func broadcast(a, b []int) []int {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	for i, d := range b {
		if j := len(a) - len(b) + i; out[j] == 1 {
			out[j] = d
		}
	}
	return out
}

// BroadcastInDim records a Reshape if axes were inserted between others, and nothing otherwise.
func (f *function) BroadcastInDim(x compute.Value, shape shapes.Shape, axes []int) (compute.Value, error) {
	v := x.(*value)
	if err := shapeinference.BroadcastInDim(v.shape, shape, axes, sets.MakeWith(batchAxis)); err != nil {
		return nil, err
	}
	// dims holds the sizes of v at the axes of the new shape, and 1 elsewhere.
	dims := slices.Repeat([]int{1}, shape.Rank())
	for i, axis := range axes {
		if j := i - (v.shape.Rank() - len(v.dims)); j >= 0 {
			dims[axis] = v.dims[j]
		}
	}
	for len(dims) > len(v.dims) && dims[0] == 1 {
		dims = dims[1:]
	}
	if !slices.Equal(dims, v.dims) {
		var err error
		if v, err = f.recorder.reshape(v, dims); err != nil {
			return nil, err
		}
	}
	return &value{name: v.name, shape: shape, dims: dims}, nil
}

// Reshape records nothing if it only adds or drops leading axes of size 1.
func (f *function) Reshape(x compute.Value, dims ...int) (compute.Value, error) {
	v := x.(*value)
	shape, err := shapeinference.Reshape(v.shape, dims)
	if err != nil {
		return nil, err
	}
	if slices.Equal(trimmed(v.shape.Dimensions), trimmed(dims)) && len(v.dims) <= len(dims) {
		return &value{name: v.name, shape: shape, dims: v.dims}, nil
	}
	if v, err = f.recorder.expand(v); err != nil {
		return nil, err
	}
	w, err := f.recorder.reshape(v, dims)
	if err != nil {
		return nil, err
	}
	return &value{name: w.name, shape: shape, dims: dims}, nil
}

// trimmed returns the sizes without leading ones.
func trimmed(dims []int) []int {
	for len(dims) > 0 && dims[0] == 1 {
		dims = dims[1:]
	}
	return dims
}

// reshape records a Reshape of the recorded tensor. One size may be Batch, which ONNX infers.
func (r *recorder) reshape(v *value, dims []int) (*value, error) {
	sizes, err := r.ints(dims)
	if err != nil {
		return nil, err
	}
	return r.node("Reshape", v.shape, dims, nil, v, sizes), nil
}

// expand returns the value with its broadcasts recorded, for an operation that needs the full tensor.
func (r *recorder) expand(v *value) (*value, error) {
	dims := v.shape.Dimensions
	if slices.Equal(v.dims, dims) {
		return v, nil
	}
	if slices.Equal(trimmed(v.dims), trimmed(dims)) {
		w, err := r.reshape(v, dims)
		if err != nil {
			return nil, err
		}
		return &value{name: w.name, shape: v.shape, dims: dims}, nil
	}
	sizes, err := r.sizes(v.shape)
	if err != nil {
		return nil, err
	}
	return r.node("Expand", v.shape, dims, nil, v, sizes), nil
}

// sizes returns the sizes of a shape as a tensor. It reads the size of the batch from an input.
func (r *recorder) sizes(shape shapes.Shape) (*value, error) {
	at := slices.Index(shape.Dimensions, shapes.DynamicDim)
	if at < 0 {
		return r.ints(shape.Dimensions)
	}
	in := slices.IndexFunc(r.model.Inputs, func(v ValueInfo) bool { return slices.Contains(v.Dims, Batch) })
	if in < 0 || shape.AxisName(at) != batchAxis || slices.Contains(shape.Dimensions[at+1:], shapes.DynamicDim) {
		return nil, unsupported("expansion to "+shape.String(), "combine it with an input first")
	}
	given := r.model.Inputs[in]
	axis := slices.Index(given.Dims, Batch)
	list := func(n int) shapes.Shape { return shapes.Make(dtypes.Int64, n) }
	// Fewer runtimes know the attributes of Shape that select one size.
	first, err := r.ints([]int{axis})
	if err != nil {
		return nil, err
	}
	all := r.node("Shape", list(len(given.Dims)), []int{len(given.Dims)}, nil, &value{name: given.Name})
	batch := r.node("Gather", list(1), []int{1}, nil, all, first)
	before, err := r.ints(shape.Dimensions[:at])
	if err != nil {
		return nil, err
	}
	after, err := r.ints(shape.Dimensions[at+1:])
	if err != nil {
		return nil, err
	}
	return r.node("Concat", list(shape.Rank()), []int{shape.Rank()}, []Attribute{{"axis", int64(0)}}, before, batch, after), nil
}

// DynamicShape records a Shape.
func (f *function) DynamicShape(x compute.Value) (compute.Value, error) {
	v, err := f.recorder.expand(x.(*value))
	if err != nil {
		return nil, err
	}
	dims := []int{v.shape.Rank()}
	return f.recorder.cast(f.recorder.node("Shape", shapes.Make(dtypes.Int64, dims...), dims, nil, v), dtypes.Int32), nil
}

// DynamicDimensionSize records a constant if the size is known, and a Gather otherwise.
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

// DynamicReshape records a Reshape. ONNX infers the size if only one is unknown; otherwise the list of sizes is computed.
func (f *function) DynamicReshape(x compute.Value, to ...compute.DynamicDimensionSpec) (compute.Value, error) {
	r := f.recorder
	v, err := r.expand(x.(*value))
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

// operands returns the inputs of the node that makes the named value, if that node is the given operation.
func (r *recorder) operands(name, op string) ([]string, bool) {
	i, ok := r.producers[name]
	if !ok || r.model.Nodes[i].Op != op {
		return nil, false
	}
	return r.model.Nodes[i].Inputs, true
}

// isScalar reports whether the named value is a constant with the single number want.
func (r *recorder) isScalar(name string, want float32) bool {
	data, ok := r.constants[name].Data.([]float32)
	return ok && len(data) == 1 && data[0] == want
}

// rename renames the output of a node wherever it is used.
func (r *recorder) rename(node int, from, to string) {
	r.model.Nodes[node].Outputs[0] = to
	for _, n := range r.model.Nodes {
		for i, in := range n.Inputs {
			if in == from {
				n.Inputs[i] = to
			}
		}
	}
	delete(r.producers, from)
	r.producers[to] = node
	v := r.values[from]
	v.Name = to
	r.values[to] = v
}
