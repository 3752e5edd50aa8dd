package ort

import (
	"fmt"
	"runtime"
	"slices"

	ort "github.com/yalue/onnxruntime_go"
)

// Tensor is a dense array of 32-bit floats.
type Tensor struct {
	Dims []int     // sizes of the axes
	Data []float32 // row-major
}

// Check returns an error unless the tensor has the declared sizes and as many numbers as they say. A negative declared size
// matches any size, and nil matches any sizes.
func (t Tensor) Check(declared []int) error {
	same := declared == nil || slices.EqualFunc(declared, t.Dims, func(want, have int) bool { return want == have || want < 0 })
	if !same || size(t.Dims) != len(t.Data) {
		return fmt.Errorf("takes sizes %v, got %v with %d numbers", declared, t.Dims, len(t.Data))
	}
	return nil
}

// Clone returns a copy with data of its own.
func (t Tensor) Clone() Tensor { return Tensor{Dims: t.Dims, Data: slices.Clone(t.Data)} }

// value returns the tensor as an onnxruntime value, which holds a raw pointer to the data. The data must be pinned.
func (t Tensor) value() (ort.Value, error) {
	return ort.NewTensor(ort.NewShape(longs(t.Dims)...), t.Data)
}

// as returns the tensor as an onnxruntime value of an input's kind.
func (t Tensor) as(kind Kind, pinner *runtime.Pinner) (ort.Value, error) {
	if kind != Int64 && len(t.Dims) > 0 {
		return t.value()
	}
	a := Array{Dims: t.Dims}
	for _, v := range t.Data {
		a.Data = append(a.Data, float64(v))
	}
	return kind.value(a, pinner)
}

// size returns the number of elements in a tensor of these sizes.
func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
