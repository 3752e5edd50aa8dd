package ort

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"slices"

	ort "github.com/yalue/onnxruntime_go"
)

// Kind is the element type of a tensor. Kinds compare with ==.
type Kind ort.TensorElementDataType

// The kinds that RunNumbers converts to and from, and Other for what is no tensor.
const (
	Other    Kind = ort.TensorElementDataTypeUndefined
	Float32  Kind = ort.TensorElementDataTypeFloat
	Float64  Kind = ort.TensorElementDataTypeDouble
	Float16  Kind = ort.TensorElementDataTypeFloat16
	BFloat16 Kind = ort.TensorElementDataTypeBFloat16
	Bool     Kind = ort.TensorElementDataTypeBool
	Int64    Kind = ort.TensorElementDataTypeInt64
)

// kindNames holds the names of element types in PyTorch and NumPy.
var kindNames = map[Kind]string{
	Float32: "float32", Float64: "float64", Float16: "float16", BFloat16: "bfloat16", Bool: "bool",
	ort.TensorElementDataTypeInt8: "int8", ort.TensorElementDataTypeInt16: "int16", ort.TensorElementDataTypeInt32: "int32",
	ort.TensorElementDataTypeInt64: "int64", ort.TensorElementDataTypeUint8: "uint8", ort.TensorElementDataTypeUint16: "uint16",
	ort.TensorElementDataTypeUint32: "uint32", ort.TensorElementDataTypeUint64: "uint64", ort.TensorElementDataTypeString: "string",
}

// String returns the name of the type in PyTorch and NumPy.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return fmt.Sprintf("type %d", int(k))
}

// Float reports whether the elements are floats that RunNumbers converts.
func (k Kind) Float() bool { return k == Float32 || k == Float64 || k == Float16 || k == BFloat16 }

func kindOf(info ort.InputOutputInfo) Kind {
	if info.OrtValueType != ort.ONNXTypeTensor {
		return Other
	}
	return Kind(info.DataType)
}

// Array is a dense array of numbers of any type. Rank 0 has no Dims and one number.
type Array struct {
	Dims []int
	Data []float64 // row-major
}

// Ports returns the inputs that a run takes and the outputs that it returns.
func (s *Session) Ports() (inputs, outputs []Port) {
	return slices.Clone(s.inputs), slices.Clone(s.outputs)
}

// RunNumbers runs a model with one output on the inputs, by their names, each rounded to the type that the model declares.
// The output must have the sizes dims.
func (s *Session) RunNumbers(inputs map[string]Array, dims []int) (Array, error) {
	if len(s.outputs) != 1 {
		return Array{}, fmt.Errorf("run the ONNX model: it has the outputs %v: must be one", names(s.outputs))
	}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	values := make([]ort.Value, len(s.inputs))
	for i, p := range s.inputs {
		v, err := p.Kind.value(inputs[p.Name], &pinner)
		if err != nil {
			return Array{}, fmt.Errorf("input %q: %w", p.Name, err)
		}
		defer v.Destroy()
		values[i] = v
	}
	results, half := make([]ort.Value, 1), []byte(nil)
	if k := s.outputs[0].Kind; k == Float16 || k == BFloat16 {
		// onnxruntime_go copies only half of such an output, so it is written where it belongs.
		half = make([]byte, 2*size(dims))
		v, err := k.bytes(dims, half, &pinner)
		if err != nil {
			return Array{}, fmt.Errorf("output %q: %w", s.outputs[0].Name, err)
		}
		results[0] = v
	}
	if err := s.run(values, results); err != nil {
		return Array{}, fmt.Errorf("run the ONNX model: %w", err)
	}
	runtime.KeepAlive(values)
	out := Array{Dims: ints(results[0].GetShape()), Data: s.outputs[0].Kind.numbers(results[0], half)}
	err := results[0].Destroy()
	if err == nil && !slices.Equal(out.Dims, dims) {
		err = fmt.Errorf("it returns shape %v for points of shape %v: they must be the same", out.Dims, dims)
	}
	return out, err
}

// value returns the numbers as an onnxruntime value of the kind.
func (k Kind) value(a Array, pinner *runtime.Pinner) (ort.Value, error) {
	switch k {
	case Float32:
		return tensor(a, pinner, func(v float64) float32 { return float32(v) })
	case Float64:
		return tensor(a, pinner, func(v float64) float64 { return v })
	case Bool:
		return tensor(a, pinner, func(v float64) bool { return v != 0 })
	case Int64:
		return tensor(a, pinner, func(v float64) int64 { return int64(v) })
	case Float16:
		return k.bytes(a.Dims, halves(a.Data, float16Bits), pinner)
	case BFloat16:
		return k.bytes(a.Dims, halves(a.Data, bfloat16Bits), pinner)
	default:
		return nil, fmt.Errorf("takes %v, which floats cannot be converted to", k)
	}
}

// tensor returns the numbers as a tensor of elements of type T.
func tensor[T ort.TensorData](a Array, pinner *runtime.Pinner, convert func(float64) T) (ort.Value, error) {
	if len(a.Dims) == 0 {
		return ort.NewScalar(convert(a.Data[0]))
	}
	data := make([]T, len(a.Data))
	for i, v := range a.Data {
		data[i] = convert(v)
	}
	if len(data) > 0 {
		pinner.Pin(&data[0])
	}
	return ort.NewTensor(ort.NewShape(longs(a.Dims)...), data)
}

// bytes returns a tensor in the memory.
func (k Kind) bytes(dims []int, memory []byte, pinner *runtime.Pinner) (ort.Value, error) {
	if len(dims) == 0 || len(memory) == 0 {
		return nil, fmt.Errorf("has no axes, or an empty one: that is not supported for %v", k)
	}
	pinner.Pin(&memory[0])
	return ort.NewCustomDataTensor(ort.NewShape(longs(dims)...), memory, ort.TensorElementDataType(k))
}

// numbers returns the elements of an output, which for 16-bit floats are in the given memory.
func (k Kind) numbers(v ort.Value, half []byte) []float64 {
	switch t := v.(type) {
	case *ort.Tensor[float32]:
		return widened(t.GetData())
	case *ort.Tensor[float64]:
		return slices.Clone(t.GetData())
	}
	out := make([]float64, len(half)/2)
	for i := range out {
		bits := binary.NativeEndian.Uint16(half[2*i:])
		if k == Float16 {
			out[i] = float16(bits)
		} else {
			out[i] = float64(math.Float32frombits(uint32(bits) << 16))
		}
	}
	return out
}

func widened(list []float32) []float64 {
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = float64(v)
	}
	return out
}

func longs(list []int) []int64 {
	out := make([]int64, len(list))
	for i, v := range list {
		out[i] = int64(v)
	}
	return out
}
