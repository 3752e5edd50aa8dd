package onnx

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/notimplemented"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Record returns the graph that f builds as an ONNX model with named inputs, named outputs, and the weights as
// initializers. Outputs without a name get one. GoMLX builds the graph on a backend that records operations instead of
// running them. f receives the inputs and then the weights, and must not depend on anything else. Record returns an error
// if an operation has no ONNX form; the error names the operation and the line that uses it. Record is for files: it spells
// ELUs out, which makes these faster.
func Record(f func(nodes []*graph.Node) []*graph.Node, inputs []ValueInfo, weights []Initializer, outputs []string) (Model, error) {
	r, err := record(f, inputs, weights, outputs)
	if err != nil {
		return Model{}, err
	}
	if err := r.spellELUs(); err != nil {
		return Model{}, err
	}
	return r.model, nil
}

func record(f func(nodes []*graph.Node) []*graph.Node, inputs []ValueInfo, weights []Initializer, outputs []string) (r *recorder, err error) {
	defer recovered(&err)
	r = newRecorder(outputs)
	g := graph.NewGraph(r, "recorded")
	var nodes []*graph.Node
	for _, in := range inputs {
		shape := dynamicShape(in.Kind, in.Dims)
		nodes = append(nodes, graph.Parameter(g, in.Name, shape))
		r.note(in.Name, in.Dims, shape.DType)
	}
	r.model.Inputs = slices.Clone(inputs)
	for _, w := range weights {
		nodes = append(nodes, graph.Parameter(g, w.Name, shapes.Make(dtypeOf(w.Data), w.Dims...)))
		r.model.Initializers = append(r.model.Initializers, w)
	}
	if err := g.Compile(f(nodes)...); err != nil {
		return nil, fmt.Errorf("record as ONNX: %w", err)
	}
	return r, nil
}

// batchAxis is the name of the dynamic axis in GoMLX.
const batchAxis = "batch"

// dynamicShape returns the shape of these sizes, in which Batch becomes the dynamic axis.
func dynamicShape(kind Kind, dims []int) shapes.Shape {
	dtype := dtypes.Float32
	for d, k := range onnxKinds {
		if k == kind {
			dtype = d
		}
	}
	names := make([]string, len(dims))
	for i, d := range dims {
		if d == Batch {
			names[i] = batchAxis
		}
	}
	return shapes.MakeDynamic(dtype, dims, names)
}

// recorder is a GoMLX backend that records one graph.
type recorder struct {
	notimplemented.Backend
	model     Model
	producers map[string]int         // index of the node that makes each value
	constants map[string]Initializer // by name, without the weights
	names     map[string]string      // of constants, by type, sizes and bytes
	elus      map[string]*value      // by the exponential in their original form
	silus     map[string]*value      // by their sigmoid
	values    map[string]ValueInfo   // of fixed sizes
	outputs   []string               // names of the outputs
	count     int                    // of values named so far
}

func newRecorder(outputs []string) *recorder {
	return &recorder{
		producers: map[string]int{}, constants: map[string]Initializer{}, names: map[string]string{},
		elus: map[string]*value{}, silus: map[string]*value{}, values: map[string]ValueInfo{}, outputs: outputs,
	}
}

// value is the output of an operation.
//
// A broadcast is not recorded where it happens. Instead, dims are the sizes of the recorded tensor, which may be shorter
// and smaller than shape; ONNX broadcasts it to shape, with axes aligned at the right. Only an operation that needs the
// full tensor expands it.
type value struct {
	name  string
	shape shapes.Shape
	dims  []int
}

func (r *recorder) Name() string        { return "onnx-recorder" }
func (r *recorder) String() string      { return r.Name() }
func (r *recorder) Description() string { return "records graphs as ONNX models" }

func (r *recorder) Capabilities() compute.Capabilities {
	c := compute.Capabilities{
		Operations:  map[compute.OpType]bool{},
		DTypes:      map[dtypes.DType]bool{},
		DynamicAxes: true,
	}
	for _, op := range supportedOps {
		c.Operations[op] = true
	}
	for dtype := range onnxKinds {
		c.DTypes[dtype] = true
	}
	return c
}

func (r *recorder) Builder(string) compute.Builder { return &builder{recorder: r} }

// GoMLX builds graphs with a builder and a function; both write to the recorder.
type builder struct {
	notimplemented.Builder
	recorder *recorder
	main     *function
}

func (b *builder) Name() string { return b.recorder.Name() }

func (b *builder) Main() compute.Function {
	if b.main == nil {
		b.main = &function{recorder: b.recorder, builder: b, Function: notimplemented.Function{ErrFn: unsupportedOp}}
	}
	return b.main
}

func (b *builder) OpShape(v compute.Value) (shapes.Shape, error) { return v.(*value).shape, nil }

func (b *builder) Compile() (compute.Executable, error) {
	b.recorder.model.DropUnused()
	return nil, nil
}

type function struct {
	notimplemented.Function
	recorder *recorder
	builder  *builder
}

func (f *function) Builder() compute.Builder                        { return f.builder }
func (f *function) Shape(v compute.Value) (shapes.Shape, error)     { return v.(*value).shape, nil }
func (f *function) Identity(x compute.Value) (compute.Value, error) { return x, nil }

// OptimizationBarrier and SchedulingBarrier do nothing: recorded nodes stay in order.
func (f *function) OptimizationBarrier(operands ...compute.Value) ([]compute.Value, error) {
	return operands, nil
}

func (f *function) SchedulingBarrier(x compute.Value, _ ...compute.Value) (compute.Value, error) {
	return x, nil
}

func (f *function) Parameter(name string, shape shapes.Shape, _ *compute.ShardingSpec) (compute.Value, error) {
	return &value{name: name, shape: shape, dims: shape.Dimensions}, nil
}

func (f *function) Constant(flat any, dims ...int) (compute.Value, error) {
	return f.recorder.constant(flat, dims)
}

// Return names the outputs. It renames the node that makes an output, or adds an Identity if the output is an input, a
// constant or another output.
func (f *function) Return(outputs []compute.Value, _ []*compute.ShardingSpec) error {
	r := f.recorder
	for i := len(r.outputs); i < len(outputs); i++ {
		r.outputs = append(r.outputs, fmt.Sprintf("output%d", i))
	}
	for i, o := range outputs {
		v, err := r.expand(o.(*value))
		if err != nil {
			return err
		}
		node, ok := r.producers[v.name]
		if !ok || slices.Contains(r.outputs, v.name) {
			v = r.node("Identity", v.shape, v.dims, nil, v)
			node = r.producers[v.name]
		}
		r.rename(node, v.name, r.outputs[i])
		r.model.Outputs = append(r.model.Outputs,
			ValueInfo{Name: r.outputs[i], Dims: v.shape.Dimensions, Kind: onnxKinds[v.shape.DType]})
	}
	return nil
}

// node adds a node with one output and returns the output. If onnxruntime does not support the type of an input, the node
// computes in a wider type.
func (r *recorder) node(op string, shape shapes.Shape, dims []int, attributes []Attribute, inputs ...*value) *value {
	made := shape
	names := make([]string, len(inputs))
	for i, in := range inputs {
		if have := in.shape.DType; op != "Cast" && computeDType(have) != have {
			if have == shape.DType {
				made = withDType(shape, computeDType(have))
			}
			in = r.cast(in, computeDType(have))
		}
		names[i] = in.name
	}
	r.count++
	name := fmt.Sprintf("v%d", r.count)
	r.producers[name] = len(r.model.Nodes)
	r.model.Nodes = append(r.model.Nodes, Node{Op: op, Inputs: names, Outputs: []string{name}, Attributes: attributes})
	if op != "MatMul" && op != "Gemm" { // their sizes are known later
		r.note(name, dims, made.DType)
	}
	v := &value{name: name, shape: made, dims: dims}
	if made.DType != shape.DType {
		return r.cast(v, shape.DType)
	}
	return v
}

// constant returns an initializer that holds the numbers. Equal constants share one initializer.
func (r *recorder) constant(flat any, dims []int) (*value, error) {
	dtype := dtypeOf(flat)
	if _, ok := onnxKinds[dtype]; !ok {
		return nil, unsupported(fmt.Sprintf("constants of type %T", flat), "use 32-bit floats")
	}
	shape := shapes.Make(dtype, dims...)
	key := shape.String() + string(littleEndian(flat))
	if name, ok := r.names[key]; ok {
		return &value{name: name, shape: shape, dims: shape.Dimensions}, nil
	}
	r.count++
	name := fmt.Sprintf("constant%d", r.count)
	// Copy the data, as the slice belongs to GoMLX.
	data := reflect.AppendSlice(reflect.MakeSlice(reflect.TypeOf(flat), 0, shape.Size()), reflect.ValueOf(flat)).Interface()
	c := Initializer{Name: name, Dims: shape.Dimensions, Data: data}
	r.names[key], r.constants[name] = name, c
	r.note(name, c.Dims, dtype)
	r.model.Initializers = append(r.model.Initializers, c)
	return &value{name: name, shape: shape, dims: shape.Dimensions}, nil
}
