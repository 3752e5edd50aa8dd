package fuse

import (
	"slices"

	"flowsweep/experiments/engine/onnx"
)

// roleKind is what a node may be in a Fused.
type roleKind int

const (
	alone       roleKind = iota // no part of any
	elementWise                 // of vectors and single numbers
	columnSum                   // a ReduceSum over leading axes
	join                        // a Concat of pieces to a vector
)

// role is a node as a part of a Fused.
type role struct {
	kind   roleKind
	size   int      // elements to pass over
	pieces []string // of a join: its inputs, before they were reshaped
}

// role returns what a node may be.
func (f *fuser) role(n onnx.Node, operations []string) role {
	out, ok := f.floats(n.Outputs[0])
	if !ok || len(n.Inputs) == 0 {
		return role{}
	}
	switch {
	case n.Op == "ReduceSum" && slices.Contains(operations, ColumnSum):
		if in, ok := f.floats(n.Inputs[0]); ok && f.leading(n, in.dims) {
			return role{kind: columnSum, size: in.size()}
		}
	case n.Op == "Concat" && len(out.dims) == 1:
		if pieces, ok := f.pieces(n); ok {
			return role{kind: join, size: out.size(), pieces: pieces}
		}
	case slices.Contains(operations, n.Op) && f.vectors(n, out) && !f.biases(n) && !f.scales(n):
		return role{kind: elementWise, size: out.size()}
	}
	return role{}
}

// floats returns what is known of a value of 32-bit floats.
func (f *fuser) floats(name string) (tensor, bool) {
	t, ok := f.tensors[name]
	return t, ok && t.floats
}

// vectors reports whether every input has the sizes of the output, or is a single number.
func (f *fuser) vectors(n onnx.Node, out tensor) bool {
	return !slices.ContainsFunc(n.Inputs, func(in string) bool {
		t, ok := f.floats(in)
		return !ok || t.size() > 1 && !slices.Equal(trimmed(t.dims), trimmed(out.dims))
	})
}

// trimmed returns sizes without leading ones.
func trimmed(dims []int) []int {
	for len(dims) > 0 && dims[0] == 1 {
		dims = dims[1:]
	}
	return dims
}

// pieces returns the inputs of a Concat. A vector has its numbers in the order of the tensor that it was.
func (f *fuser) pieces(n onnx.Node) ([]string, bool) {
	pieces := slices.Clone(n.Inputs)
	for i, in := range pieces {
		if j, ok := f.made[in]; ok && f.nodes[j].Op == "Reshape" {
			pieces[i] = f.nodes[j].Inputs[0]
		}
		if _, ok := f.floats(pieces[i]); !ok {
			return nil, false
		}
	}
	return pieces, true
}

// leading reports whether a ReduceSum is over the first axes, without keeping them. With more than three axes onnxruntime
// adds in another order.
func (f *fuser) leading(n onnx.Node, dims []int) bool {
	axes, ok := f.constants[n.Inputs[1]].Data.([]int64)
	if !ok || len(axes) == 0 || len(axes) >= len(dims) || len(dims) > 3 {
		return false
	}
	for i, axis := range axes {
		if axis != int64(i) {
			return false
		}
	}
	return slices.Equal(n.Attributes, []onnx.Attribute{{Name: "keepdims", Value: int64(0)}})
}

// biases reports whether a node adds to a product: onnxruntime makes one operation of both, which rounds once.
func (f *fuser) biases(n onnx.Node) bool {
	return n.Op == "Add" && slices.ContainsFunc(n.Inputs, f.isProduct)
}

func (f *fuser) isProduct(name string) bool {
	j, ok := f.made[name]
	return ok && f.nodes[j].Op == "MatMul"
}

// scales reports whether a node multiplies what a product makes or takes by a constant. onnxruntime makes one operation of
// them, which rounds once, and looks through transposes and other such factors for it.
func (f *fuser) scales(n onnx.Node) bool {
	in, ok := f.factor(n)
	return ok && (f.fromProduct(in) || f.toProduct(n.Outputs[0]))
}

// factor returns what a node multiplies by a constant, if it does.
func (f *fuser) factor(n onnx.Node) (string, bool) {
	if n.Op != "Mul" && n.Op != "Div" {
		return "", false
	}
	for i, in := range n.Inputs {
		if _, ok := f.constants[in]; ok && f.tensors[in].size() == 1 {
			return n.Inputs[1-i], true
		}
	}
	return "", false
}

// fromProduct reports whether a value is a product, transposed or multiplied by constants.
func (f *fuser) fromProduct(name string) bool {
	j, ok := f.made[name]
	if !ok || f.isProduct(name) {
		return ok
	}
	if f.nodes[j].Op == "Transpose" {
		return f.fromProduct(f.nodes[j].Inputs[0])
	}
	in, ok := f.factor(f.nodes[j])
	return ok && f.fromProduct(in)
}

// toProduct reports whether a product takes a value, transposed or multiplied by constants.
func (f *fuser) toProduct(name string) bool {
	return slices.ContainsFunc(f.uses[name], func(i int) bool {
		n := f.nodes[i]
		_, factor := f.factor(n)
		return n.Op == "MatMul" || (n.Op == "Transpose" || factor) && f.toProduct(n.Outputs[0])
	})
}
