package onnx_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes/float16"

	"flowsweep/experiments/engine/onnx"
)

// TestRoundHalfKnownValues compares with IEEE 754 binary16: ties go to even, the smallest subnormal is 2^-24.
func TestRoundHalfKnownValues(t *testing.T) {
	t.Parallel()
	for x, want := range map[float32]float32{
		1: 1, 1 + 0x1p-11: 1, 1 + 0x1p-11 + 0x1p-20: 1 + 0x1p-10, 1 + 3*0x1p-11: 1 + 2*0x1p-10, -65504: -65504, 65519: 65504,
		0x1p-24: 0x1p-24, 0x1p-25: 0, 0x1.8p-25: 0x1p-24, 0x1p-30: 0, .1: 0.0999755859375,
	} {
		got := []float32{x}
		if onnx.RoundHalf(got); got[0] != want {
			t.Errorf("%g becomes %g, want %g", x, got[0], want)
		}
	}
}

// TestRoundHalfKeepsEveryHalf rounds all finite 16-bit floats, which stay, and the middle of each to the next, which becomes the
// even one.
func TestRoundHalfKeepsEveryHalf(t *testing.T) {
	t.Parallel()
	for bits := range uint16(0x7bff) {
		h, next := float16.FromBits(bits).Float32(), float16.FromBits(bits+1).Float32()
		even := h
		if bits%2 == 1 {
			even = next
		}
		got := []float32{h, -h, (h + next) / 2}
		if onnx.RoundHalf(got); !slices.Equal(got, []float32{h, -h, even}) {
			t.Fatalf("%g, its negative and the middle to %g become %v", h, next, got)
		}
	}
}

// TestHalfCastsAtTheWeights writes w1 relu(w0 sin(x)) in 16 bits: the sine stays in 32 bits, and so does the output.
func TestHalfCastsAtTheWeights(t *testing.T) {
	t.Parallel()
	g := onnx.Graph{
		Inputs: []onnx.ValueInfo{{Name: "x", Dims: []int{onnx.Batch, 1}}}, Outputs: []onnx.ValueInfo{{Name: "y", Dims: []int{onnx.Batch, 1}}},
		Initializers: []onnx.Initializer{
			{Name: "w0", Dims: []int{1, 1}, Data: []float32{.1}}, {Name: "w1", Dims: []int{1, 1}, Data: []float32{2}}, {Name: "zero", Data: []float32{0}},
		},
		Nodes: []onnx.Node{
			{Op: "Sin", Inputs: []string{"x"}, Outputs: []string{"sine"}},
			{Op: "MatMul", Inputs: []string{"sine", "w0"}, Outputs: []string{"a"}},
			{Op: "Greater", Inputs: []string{"a", "zero"}, Outputs: []string{"positive"}},
			{Op: "Where", Inputs: []string{"positive", "a", "zero"}, Outputs: []string{"b"}},
			{Op: "MatMul", Inputs: []string{"b", "w1"}, Outputs: []string{"y"}},
		},
	}
	h, err := g.Half([]string{"w0", "w1"})
	if err != nil {
		t.Fatal(err)
	}
	var ops []string
	for _, n := range h.Nodes {
		ops = append(ops, n.Op+" "+strings.Join(n.Inputs, ","))
	}
	want := []string{"Sin x", "Cast sine", "MatMul sine/half,w0", "Greater a,zero/half", "Where positive,a,zero/half", "MatMul b,w1", "Cast y/half"}
	if !slices.Equal(ops, want) {
		t.Errorf("nodes %q, want %q", ops, want)
	}
	if err := (onnx.Model{Graph: h}).Check(); err != nil {
		t.Error(err)
	}
	for _, i := range h.Initializers {
		if _, ok := i.Data.([]float32); ok {
			t.Errorf("the tensor %q has 32 bits", i.Name)
		}
	}
	g.Initializers[0].Data = []float32{7e4}
	if _, err := g.Half([]string{"w0", "w1"}); err == nil || !strings.Contains(err.Error(), `"w0" contains 70000`) {
		t.Errorf("a weight of 70000: error %v", err)
	}
}

// TestLinearKnownValues stores ranges in 8 bits.
func TestLinearKnownValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		low, high, scale float32
		zero             uint8
	}{{0, 255, 1, 0}, {-128, 127, 1, 128}, {-255, 0, 1, 255}, {1, 510, 2, 0}, {0, 0, 1, 0}, {-1, 254, 1, 1}} {
		if scale, zero := (onnx.Product{Low: c.low, High: c.high}).Linear(); scale != c.scale || zero != c.zero {
			t.Errorf("from %g to %g: scale %g, zero %d, want %g and %d", c.low, c.high, scale, zero, c.scale, c.zero)
		}
	}
}

// TestRoundKnownWeights rounds weights of two columns: to multiples of 1/64 of the largest of each, ties to even.
func TestRoundKnownWeights(t *testing.T) {
	t.Parallel()
	w := []float32{64, 1, .5, -.5, 1.5, 1. / 128, -63.4, 0}
	onnx.Product{Columns: 2}.Round(w)
	if want := []float32{64, 1, 0, -.5, 2, 0, -63, 0}; !slices.Equal(w, want) {
		t.Errorf("got %v, want %v", w, want)
	}
	zero := make([]float32, 4)
	if (onnx.Product{Columns: 2}).Round(zero); !slices.Equal(zero, make([]float32, 4)) {
		t.Errorf("zeros become %v", zero)
	}
}

// TestInt8PairsFitSixteenBits checks what onnxruntime needs on processors without VNNI: no sum of two products of an 8-bit value
// and a weight exceeds 16 bits.
func TestInt8PairsFitSixteenBits(t *testing.T) {
	t.Parallel()
	w := make([]float32, 16*16)
	for i := range w {
		w[i] = float32(i%7) - 3
	}
	g := onnx.Graph{
		Outputs: []onnx.ValueInfo{{Name: "y"}}, Initializers: []onnx.Initializer{{Name: "w", Dims: []int{16, 16}, Data: w}},
		Nodes: []onnx.Node{{Op: "MatMul", Inputs: []string{"x", "w"}, Outputs: []string{"y"}}},
	}
	products := g.Products([]string{"w"})
	products[0].Low, products[0].High = -1, 1
	out, err := g.Int8(products)
	if err != nil {
		t.Fatal(err)
	}
	largest := 0
	for _, i := range out.Initializers {
		if q, ok := i.Data.([]int8); ok {
			for _, v := range q {
				largest = max(largest, int(v), -int(v))
			}
		}
	}
	if largest == 0 || 2*math.MaxUint8*largest > math.MaxInt16 {
		t.Errorf("the largest weight is %d: two products may sum to %d", largest, 2*math.MaxUint8*largest)
	}
}
