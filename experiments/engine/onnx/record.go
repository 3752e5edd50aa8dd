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

// Record returns what f builds as an ONNX model, with the inputs and outputs named (outputs without a name get one) and
// the weights as initializers of their names. GoMLX builds the graph into a backend that, instead of computing, writes
// down what it is told. f gets the inputs first and then the weights, and must not depend on anything else. An operation
// without an ONNX form is an error that names it and the line that asks for it.
func Record(f func(nodes []*graph.Node) []*graph.Node, inputs []ValueInfo, weights []Initializer, outputs []string) (m Model, err error) {
	defer recovered(&err)
	r := newRecorder(outputs)
	g := graph.NewGraph(r, "recorded")
	var nodes []*graph.Node
	for _, in := range inputs {
		nodes = append(nodes, graph.Parameter(g, in.Name, dynamic(in.Kind, in.Dims)))
	}
	r.model.Inputs = slices.Clone(inputs)
	for _, w := range weights {
		nodes = append(nodes, graph.Parameter(g, w.Name, shapes.Make(dtypeOf(w.Data), w.Dims...)))
		r.model.Initializers = append(r.model.Initializers, w)
	}
	if err := g.Compile(f(nodes)...); err != nil {
		return Model{}, fmt.Errorf("record as ONNX: %w", err)
	}
	return r.model, nil
}

// recovered turns a panic of GoMLX into an error.
func recovered(err *error) {
	switch p := recover().(type) {
	case nil:
	case error:
		*err = p
	default:
		*err = fmt.Errorf("%v", p)
	}
}

// batchAxis is GoMLX's name for the dynamic axis.
const batchAxis = "batch"

// dynamic returns the shape of these sizes, where Batch is the axis of that name.
func dynamic(kind Kind, dims []int) shapes.Shape {
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
	made      map[string]int         // name of a value to the index of the node that makes it
	constants map[string]Initializer // by name; weights are not among them
	known     map[string]string      // type, sizes and bytes of a constant to its name
	elus      map[string]*value      // by the exponential that they were spelled with
	silus     map[string]*value      // by the sigmoid that is their factor
	outputs   []string               // names to give
	count     int                    // of values named so far
}

func newRecorder(outputs []string) *recorder {
	return &recorder{
		made: map[string]int{}, constants: map[string]Initializer{}, known: map[string]string{},
		elus: map[string]*value{}, silus: map[string]*value{}, outputs: outputs,
	}
}

// value is what GoMLX holds for the output of an operation.
//
// A broadcast is not written down where it happens: dims, which may be shorter and smaller than the shape, are the
// sizes of the tensor there is, and stretch to the shape by ONNX's own broadcasting (axes aligned at the right). Only
// an operation that needs the whole tensor expands it.
type value struct {
	name  string
	shape shapes.Shape
	dims  []int
}

func (r *recorder) Name() string        { return "onnx-recorder" }
func (r *recorder) String() string      { return r.Name() }
func (r *recorder) Description() string { return "records graphs as ONNX" }

func (r *recorder) Capabilities() compute.Capabilities {
	c := compute.Capabilities{
		Operations:  map[compute.OpType]bool{},
		DTypes:      map[dtypes.DType]bool{},
		DynamicAxes: true,
	}
	for _, op := range recorded {
		c.Operations[op] = true
	}
	for dtype := range onnxKinds {
		c.DTypes[dtype] = true
	}
	return c
}

func (r *recorder) Builder(string) compute.Builder { return &builder{recorder: r} }

// builder and function are the two faces GoMLX builds through; both write into the recorder.
type builder struct {
	notimplemented.Builder
	recorder *recorder
	main     *function
}

func (b *builder) Name() string { return b.recorder.Name() }

func (b *builder) Main() compute.Function {
	if b.main == nil {
		b.main = &function{recorder: b.recorder, builder: b, Function: notimplemented.Function{ErrFn: lacks}}
	}
	return b.main
}

func (b *builder) OpShape(v compute.Value) (shapes.Shape, error) { return v.(*value).shape, nil }

func (b *builder) Compile() (compute.Executable, error) {
	b.recorder.dropUnused()
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

// OptimizationBarrier and SchedulingBarrier have nothing to hold back: what is written keeps its order of dependence.
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

// Return gives the outputs their names: the node that makes one is renamed, and where that cannot be, because it is
// an input, a constant or already an output, an Identity is added.
func (f *function) Return(outputs []compute.Value, _ []*compute.ShardingSpec) error {
	r := f.recorder
	for i := len(r.outputs); i < len(outputs); i++ {
		r.outputs = append(r.outputs, fmt.Sprintf("output%d", i))
	}
	for i, o := range outputs {
		v, err := r.whole(o.(*value))
		if err != nil {
			return err
		}
		made, ok := r.made[v.name]
		if !ok || slices.Contains(r.outputs, v.name) {
			v = r.node("Identity", v.shape, v.dims, nil, v)
			made = r.made[v.name]
		}
		r.rename(made, v.name, r.outputs[i])
		r.model.Outputs = append(r.model.Outputs,
			ValueInfo{Name: r.outputs[i], Dims: v.shape.Dimensions, Kind: onnxKinds[v.shape.DType]})
	}
	return nil
}

// node writes down an operation with one output and returns that. Where onnxruntime cannot compute in the type of an
// input, it computes in a wider one.
func (r *recorder) node(op string, shape shapes.Shape, dims []int, attributes []Attribute, inputs ...*value) *value {
	made := shape
	names := make([]string, len(inputs))
	for i, in := range inputs {
		if have := in.shape.DType; op != "Cast" && wide(have) != have {
			if have == shape.DType {
				made = withDType(shape, wide(have))
			}
			in = r.cast(in, wide(have))
		}
		names[i] = in.name
	}
	r.count++
	name := fmt.Sprintf("v%d", r.count)
	r.made[name] = len(r.model.Nodes)
	r.model.Nodes = append(r.model.Nodes, Node{Op: op, Inputs: names, Outputs: []string{name}, Attributes: attributes})
	v := &value{name: name, shape: made, dims: dims}
	if made.DType != shape.DType {
		return r.cast(v, shape.DType)
	}
	return v
}

// constant returns an initializer that holds the numbers, one for all equal ones.
func (r *recorder) constant(flat any, dims []int) (*value, error) {
	dtype := dtypeOf(flat)
	if _, ok := onnxKinds[dtype]; !ok {
		return nil, lack(fmt.Sprintf("constants of type %T", flat), "use 32-bit floats")
	}
	shape := shapes.Make(dtype, dims...)
	key := shape.String() + string(little(flat))
	if name, ok := r.known[key]; ok {
		return &value{name: name, shape: shape, dims: shape.Dimensions}, nil
	}
	r.count++
	name := fmt.Sprintf("constant%d", r.count)
	// A copy: the slice is GoMLX's.
	data := reflect.AppendSlice(reflect.MakeSlice(reflect.TypeOf(flat), 0, shape.Size()), reflect.ValueOf(flat)).Interface()
	c := Initializer{Name: name, Dims: shape.Dimensions, Data: data}
	r.known[key], r.constants[name] = name, c
	r.model.Initializers = append(r.model.Initializers, c)
	return &value{name: name, shape: shape, dims: shape.Dimensions}, nil
}
