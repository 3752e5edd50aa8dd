package onnx

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"github.com/gomlx/compute/notimplemented"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/compute/support/backendtest"
	yalue "github.com/yalue/onnxruntime_go"

	"flowsweep/experiments/engine/ort"
)

// TestCompliance runs GoMLX's test suite for backends on recorded graphs, in onnxruntime. The suite skips operations that
// the recorder does not claim to support, and lists them with -v.
func TestCompliance(t *testing.T) {
	if _, err := ort.LoadRuntime(); err != nil {
		t.Fatalf("onnxruntime: %v", err)
	}
	backendtest.RunAll(t, &testBackend{}, &backendtest.AllTestsConfiguration{
		ConvGeneralDTypes: []dtypes.DType{dtypes.Float32}, // onnxruntime's Conv supports no other
	})
}

// testBackend is a backend that records graphs and runs them in onnxruntime.
type testBackend struct{ notimplemented.Backend }

func (*testBackend) Name() string                       { return "recorded" }
func (*testBackend) Capabilities() compute.Capabilities { return (&recorder{}).Capabilities() }

func (*testBackend) Builder(string) compute.Builder {
	b := &builder{recorder: newRecorder(nil)}
	return &testBuilder{builder: b, function: &testFunction{function: b.Main().(*function)}}
}

func (*testBackend) BufferFromFlatData(_ compute.DeviceNum, flat any, shape shapes.Shape) (compute.Buffer, error) {
	return &testBuffer{flat: flat, shape: shape}, nil
}

type testBuffer struct {
	compute.Buffer
	flat  any
	shape shapes.Shape
}

func (b *testBuffer) Shape() (shapes.Shape, error) { return b.shape, nil }

func (b *testBuffer) ToFlatData(flat any) error {
	reflect.Copy(reflect.ValueOf(flat), reflect.ValueOf(b.flat))
	return nil
}

type testBuilder struct {
	*builder
	function *testFunction
}

func (b *testBuilder) Main() compute.Function { return b.function }

func (b *testBuilder) Compile() (compute.Executable, error) {
	r := b.recorder
	if len(r.model.Inputs) == 0 { // onnxruntime_go rejects models without inputs
		r.model.Inputs = []ValueInfo{{Name: "unused", Dims: []int{1}}}
	}
	_, err := b.builder.Compile()
	return &testExecutable{model: r.model, inputs: b.function.inputs, outputs: b.function.outputs}, err
}

// testFunction converts inputs and outputs to what onnxruntime_go supports: no half precision, no rank 0.
type testFunction struct {
	*function
	inputs, outputs []shapes.Shape // as the suite sees them
}

// outerShape returns the shape that represents a shape outside the model.
func outerShape(shape shapes.Shape) shapes.Shape {
	shape = shape.Clone()
	if shape.DType.IsHalfPrecision() {
		shape.DType = dtypes.Float32
	}
	if shape.Rank() == 0 {
		shape.Dimensions = []int{1}
	}
	return shape
}

func (f *testFunction) Parameter(name string, shape shapes.Shape, _ *compute.ShardingSpec) (compute.Value, error) {
	outside, r := outerShape(shape), f.recorder
	r.model.Inputs = append(r.model.Inputs, ValueInfo{Name: name, Dims: outside.Dimensions, Kind: onnxKinds[outside.DType]})
	f.inputs = append(f.inputs, shape)
	v := r.cast(&value{name: name, shape: outside, dims: outside.Dimensions}, shape.DType)
	if shape.Rank() > 0 {
		return v, nil
	}
	v, err := r.reshape(v, nil)
	v.shape = shape
	return v, err
}

func (f *testFunction) Return(outputs []compute.Value, _ []*compute.ShardingSpec) error {
	outside := slices.Clone(outputs)
	for i, o := range outputs {
		v := o.(*value)
		f.outputs = append(f.outputs, v.shape)
		want := outerShape(v.shape)
		full, err := f.recorder.expand(v)
		if err != nil {
			return err
		}
		full = f.recorder.cast(full, want.DType)
		if v.shape.Rank() == 0 {
			if full, err = f.recorder.reshape(full, []int{1}); err != nil {
				return err
			}
		}
		outside[i] = &value{name: full.name, shape: want, dims: want.Dimensions}
		f.recorder.outputs = append(f.recorder.outputs, fmt.Sprint("output", i))
	}
	return f.function.Return(outside, nil)
}

type testExecutable struct {
	compute.Executable
	model           Model
	inputs, outputs []shapes.Shape
}

func (e *testExecutable) Execute(inputs []compute.Buffer, _ []bool, _ compute.DeviceNum) ([]compute.Buffer, error) {
	if len(inputs) != len(e.inputs) {
		return nil, fmt.Errorf("%d inputs, want %d", len(inputs), len(e.inputs))
	}
	var values []yalue.Value
	for i, in := range inputs {
		b := in.(*testBuffer)
		if want := e.inputs[i]; b.shape.DType != want.DType || !want.IsDynamic() && !slices.Equal(b.shape.Dimensions, want.Dimensions) {
			return nil, fmt.Errorf("input %d is %s, want %s", i, b.shape, want)
		}
		v, err := toValue(b)
		if err != nil {
			return nil, err
		}
		defer v.Destroy()
		values = append(values, v)
	}
	if len(values) == 0 {
		v, err := yalue.NewTensor(yalue.NewShape(1), []float32{0})
		if err != nil {
			return nil, err
		}
		defer v.Destroy()
		values = append(values, v)
	}
	results, err := execute(e.model, values)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", err, e.model.Nodes)
	}
	buffers := make([]compute.Buffer, len(results))
	for i, v := range results {
		buffers[i] = fromValue(v, e.outputs[i])
		defer v.Destroy()
	}
	return buffers, nil
}

// execute runs a model once.
func execute(m Model, inputs []yalue.Value) (outputs []yalue.Value, err error) {
	var in, out []string
	for _, v := range m.Inputs {
		in = append(in, v.Name)
	}
	for _, v := range m.Outputs {
		out = append(out, v.Name)
	}
	s, err := yalue.NewDynamicAdvancedSessionWithONNXData(m.Marshal(), in, out, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Destroy()) }()
	outputs = make([]yalue.Value, len(out))
	return outputs, s.Run(inputs, outputs)
}

func toValue(b *testBuffer) (yalue.Value, error) {
	var dims []int64
	for _, d := range outerShape(b.shape).Dimensions {
		dims = append(dims, int64(d))
	}
	shape := yalue.NewShape(dims...)
	switch flat := b.flat.(type) {
	case []bfloat16.BFloat16:
		return yalue.NewTensor(shape, converted(flat, bfloat16.BFloat16.Float32))
	case []float16.Float16:
		return yalue.NewTensor(shape, converted(flat, float16.Float16.Float32))
	case []float32:
		return yalue.NewTensor(shape, slices.Clone(flat))
	case []float64:
		return yalue.NewTensor(shape, slices.Clone(flat))
	case []int8:
		return yalue.NewTensor(shape, slices.Clone(flat))
	case []int16:
		return yalue.NewTensor(shape, slices.Clone(flat))
	case []int32:
		return yalue.NewTensor(shape, slices.Clone(flat))
	case []int64:
		return yalue.NewTensor(shape, slices.Clone(flat))
	case []uint8:
		return yalue.NewTensor(shape, slices.Clone(flat))
	case []uint16:
		return yalue.NewTensor(shape, slices.Clone(flat))
	case []uint32:
		return yalue.NewTensor(shape, slices.Clone(flat))
	case []uint64:
		return yalue.NewTensor(shape, slices.Clone(flat))
	case []bool:
		return yalue.NewTensor(shape, slices.Clone(flat))
	default:
		return nil, fmt.Errorf("unsupported tensor of %T", flat)
	}
}

func converted[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

// fromValue copies a result, which has the declared shape except for dynamic axes.
func fromValue(v yalue.Value, declared shapes.Shape) *testBuffer {
	shape := shapes.Make(declared.DType)
	if declared.Rank() > 0 {
		for _, d := range v.GetShape() {
			shape.Dimensions = append(shape.Dimensions, int(d))
		}
	}
	// Every yalue.Tensor has this method, with a result of its own type.
	flat := reflect.ValueOf(v).MethodByName("GetData").Call(nil)[0].Interface()
	switch declared.DType {
	case dtypes.BFloat16:
		return &testBuffer{flat: converted(flat.([]float32), bfloat16.FromFloat32), shape: shape}
	case dtypes.Float16:
		return &testBuffer{flat: converted(flat.([]float32), float16.FromFloat32), shape: shape}
	default:
		copied := reflect.AppendSlice(reflect.MakeSlice(reflect.TypeOf(flat), 0, 0), reflect.ValueOf(flat)).Interface()
		return &testBuffer{flat: copied, shape: shape}
	}
}
