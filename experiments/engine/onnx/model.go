// Package onnx records GoMLX graphs as ONNX models, writes the models as files and reads them back.
//
//	model, err := onnx.Record(graph, []onnx.ValueInfo{{Name: "x", Dims: []int{onnx.Batch, 2}}}, weights, []string{"y"})
//	file := model.Marshal()
//
// GoMLX panics if a graph cannot be built; Record returns such panics as errors.
package onnx

import (
	"bytes"
	"slices"
)

// The versions that every model declares. All runtimes we know support them.
const (
	Opset     = 17
	IRVersion = 8
)

// The sizes of dynamic axes, which are known only when a model runs. All Batch axes have the same size, as have all Times axes.
const (
	Batch = -1
	Times = -2
)

// axisNames holds the names of the dynamic axes in files.
var axisNames = map[int]string{Batch: "batch", Times: "times"}

// Kind is an element type, with ONNX's number.
type Kind int32

// The element types used by other packages; the recorder supports more.
const (
	Float32 Kind = 1
	Int64   Kind = 7
	Bool    Kind = 9

	float16Kind Kind = 10
)

// Model is an ONNX model: a graph and its description.
type Model struct {
	Producer, ProducerVersion string
	Domain                    string // reverse DNS name of the maker
	Version                   int64
	Doc                       string
	Metadata                  map[string]string
	Graph
}

// Graph is a computation. As an attribute it is a body, such as that of a Loop. A body may use every value defined before
// its node, and must not reuse the names of those values.
type Graph struct {
	Name         string
	Inputs       []ValueInfo // an Initializer of the same name is the default
	Outputs      []ValueInfo
	Nodes        []Node
	Initializers []Initializer
	Values       []ValueInfo // what is known of other values
}

// ValueInfo declares an input or output. Negative sizes stand for dynamic axes.
type ValueInfo struct {
	Name string
	Dims []int
	Kind Kind // 0 means 32-bit floats
	Doc  string
}

// Node is one operation.
type Node struct {
	Op              string
	Domain          string   // of the operation, in its version 1; empty: that of ONNX
	Inputs, Outputs []string // an empty name stands for one left out
	Attributes      []Attribute
}

// Attribute is a named constant of an operation: an int64, a []int64, a float32, a string or a Graph.
type Attribute struct {
	Name  string
	Value any
}

// Initializer is a named constant tensor: a slice of floats, integers or booleans.
type Initializer struct {
	Name string
	Dims []int
	Data any
}

// Equal reports whether two tensors have the same type, sizes and bits.
func (t Initializer) Equal(o Initializer) bool {
	return t.Data != nil && o.Data != nil && dtypeOf(t.Data) == dtypeOf(o.Data) && slices.Equal(t.Dims, o.Dims) &&
		bytes.Equal(littleEndian(t.Data), littleEndian(o.Data))
}

// DropUnused drops the nodes and constants that no output depends on. Nodes are in topological order, so one backward pass
// finds them.
func (g *Graph) DropUnused() {
	used := map[string]bool{}
	for _, o := range g.Outputs {
		used[o.Name] = true
	}
	var kept []Node
	for _, n := range slices.Backward(g.Nodes) {
		if slices.ContainsFunc(n.Outputs, func(out string) bool { return used[out] }) {
			kept = append(kept, n)
			for _, in := range n.Inputs {
				used[in] = true
			}
		}
	}
	slices.Reverse(kept)
	g.Nodes = kept
	g.Initializers = slices.DeleteFunc(g.Initializers, func(t Initializer) bool { return !used[t.Name] })
}
