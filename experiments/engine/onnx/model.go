// Package onnx writes ONNX models and reads them back: a small form of them, their bytes, and a recorder that gets them from
// GoMLX graphs.
//
//	model, err := onnx.Record(graph, []onnx.ValueInfo{{Name: "x", Dims: []int{onnx.Batch, 2}}}, weights, []string{"y"})
//	file := model.Marshal()
//
// GoMLX panics while it builds graphs; Record returns those panics as errors.
package onnx

// The versions every model declares: every runtime we know of takes them.
const (
	Opset     = 17
	IRVersion = 8
)

// The sizes of axes that are known only when a model runs. All axes of one of them have the same size.
const (
	Batch = -1
	Times = -2
)

// axisNames holds the names of the dynamic axes in a file.
var axisNames = map[int]string{Batch: "batch", Times: "times"}

// Kind is an element type, as ONNX numbers them.
type Kind int32

// The element types that are asked for by name; the recorder carries more.
const (
	Float32 Kind = 1
	Int64   Kind = 7
	Bool    Kind = 9
)

// Model is an ONNX model: a graph, and what a person should know about it.
type Model struct {
	Producer, ProducerVersion string
	Domain                    string // reverse DNS name of who made it
	Version                   int64
	Doc                       string
	Metadata                  map[string]string
	Graph
}

// Graph is a computation. As the value of an attribute it is a body, of a Loop say, which may use every value made before
// its node; names must not be used twice then either.
type Graph struct {
	Name         string
	Inputs       []ValueInfo // one with an Initializer of its name has that as its default
	Outputs      []ValueInfo
	Nodes        []Node
	Initializers []Initializer
}

// ValueInfo declares an input or output: its sizes, of which negative ones are dynamic axes, and what it means.
type ValueInfo struct {
	Name string
	Dims []int
	Kind Kind // 0 means 32-bit floats
	Doc  string
}

// Node is one operation.
type Node struct {
	Op              string
	Inputs, Outputs []string // an empty name stands for one that is left out
	Attributes      []Attribute
}

// Attribute is a named constant of an operation: an int64, a []int64, a float32 or a Graph.
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
