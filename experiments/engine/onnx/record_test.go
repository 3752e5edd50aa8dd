package onnx_test

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
)

// TestRecordNamesTheLine checks that errors name a line of the caller, not of GoMLX.
func TestRecordNamesTheLine(t *testing.T) {
	t.Parallel()
	var line int
	_, err := onnx.Record(func(in []*graph.Node) []*graph.Node {
		_, _, line, _ = runtime.Caller(0)
		return []*graph.Node{graph.CumSum(in[0], 0)}
	}, []onnx.ValueInfo{{Name: "x", Dims: []int{4, 4}}}, nil, []string{"y"})
	want := fmt.Sprintf("used at record_test.go:%d (onnx_test.TestRecordNamesTheLine.func1)", line+1)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one that contains %q", err, want)
	}
	_, err = onnx.Record(func(in []*graph.Node) []*graph.Node {
		_, _, line, _ = runtime.Caller(0)
		return []*graph.Node{graph.Erf(graph.ConvertDType(in[0], dtypes.Float64))}
	}, []onnx.ValueInfo{{Name: "x", Dims: []int{4, 4}}}, nil, []string{"y"})
	want = fmt.Sprintf("no Erf of 64-bit floats, used at record_test.go:%d ", line+1)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one that contains %q", err, want)
	}
}

// TestRecordedWithADynamicBatch records each graph once and runs it with batches of several sizes.
func TestRecordedWithADynamicBatch(t *testing.T) {
	requireRuntime(t)
	for _, c := range []struct {
		name   string
		inputs [][]int // the first axis of the first input is the batch
		build  func(x, w *graph.Node) *graph.Node
	}{
		{"dense of rank 3", [][]int{{onnx.Batch, 3, 4}, {4, 5}}, func(x, w *graph.Node) *graph.Node {
			return graph.Dot(x, w).General([]int{2}, nil, []int{0}, nil)
		}},
		{"dense that contracts two axes", [][]int{{onnx.Batch, 3, 4}, {5, 3, 4}}, func(x, w *graph.Node) *graph.Node {
			return graph.Dot(x, w).General([]int{1, 2}, nil, []int{1, 2}, nil)
		}},
		{"dense that keeps two axes", [][]int{{onnx.Batch, 4}, {4, 2, 3}}, func(x, w *graph.Node) *graph.Node {
			return graph.Dot(x, w).General([]int{1}, nil, []int{0}, nil)
		}},
		{"attention", [][]int{{onnx.Batch, 6, 4}, {4, 4}}, func(x, w *graph.Node) *graph.Node {
			keys := graph.Dot(x, w).General([]int{2}, nil, []int{0}, nil)
			weights := graph.Softmax(graph.Dot(x, keys).General([]int{2}, []int{0}, []int{2}, []int{0}), -1)
			return graph.Dot(weights, x).General([]int{2}, []int{0}, []int{1}, []int{0})
		}},
		{"heads", [][]int{{onnx.Batch, 6, 2, 4}, {1}}, func(x, w *graph.Node) *graph.Node {
			return graph.Mul(graph.Dot(x, x).General([]int{3}, []int{0, 2}, []int{3}, []int{0, 2}), graph.InsertAxes(w, 0, 0, 0))
		}},
		{"convolution", [][]int{{onnx.Batch, 6, 2}, {3, 2, 4}}, func(x, w *graph.Node) *graph.Node {
			return graph.Convolve(x, w).PadSame().Done()
		}},
		{"reverse", [][]int{{onnx.Batch, 3}, {3}}, func(x, w *graph.Node) *graph.Node {
			return graph.Add(graph.Reverse(x, 0, 1), graph.InsertAxes(w, 0))
		}},
		{"pad", [][]int{{onnx.Batch, 3}, {5}}, func(x, w *graph.Node) *graph.Node {
			zero := graph.ScalarZero(x.Graph(), x.DType())
			return graph.Add(graph.Pad(x, zero, compute.PadAxis{}, compute.PadAxis{Interior: 1}), graph.InsertAxes(w, 0))
		}},
		{"layer norm", [][]int{{onnx.Batch, 3, 4}, {4}}, func(x, w *graph.Node) *graph.Node {
			x = graph.Sub(x, graph.ReduceAndKeep(x, graph.ReduceMean, -1))
			x = graph.Div(x, graph.Sqrt(graph.AddScalar(graph.ReduceAndKeep(graph.Square(x), graph.ReduceMean, -1), 1e-3)))
			return graph.Mul(x, graph.InsertAxes(w, 0, 0))
		}},
		{"mean over the batch", [][]int{{onnx.Batch, 3}, {3}}, func(x, w *graph.Node) *graph.Node {
			return graph.Add(graph.ReduceMean(x, 0), w)
		}},
		{"a broadcast beside the input", [][]int{{onnx.Batch, 3}, {2}}, func(x, w *graph.Node) *graph.Node {
			shape := x.Shape().Clone()
			shape.Dimensions[1] = 2
			return graph.Concatenate([]*graph.Node{x, graph.BroadcastToShape(graph.InsertAxes(w, 0), shape)}, 1)
		}},
		{"statistics", [][]int{{onnx.Batch, 3}, {3}}, func(x, w *graph.Node) *graph.Node {
			return graph.Add(graph.ReduceAndKeep(x, graph.ReduceMax, 0), graph.InsertAxes(w, 0))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			build := func(in []*graph.Node) []*graph.Node { return []*graph.Node{c.build(in[0], in[1])} }
			m, err := onnx.Record(build, []onnx.ValueInfo{{Name: "x", Dims: c.inputs[0]}, {Name: "w", Dims: c.inputs[1]}}, nil, []string{"y"})
			if err != nil {
				t.Fatal(err)
			}
			for _, batch := range []int{1, 2, 7} {
				dims := slices.Clone(c.inputs[0])
				dims[0] = batch
				tensors := []engine.Tensor{random(1, dims...), random(2, c.inputs[1]...)}
				want := runGo(t, build, []onnx.ValueInfo{{Name: "x", Dims: dims}, {Name: "w", Dims: c.inputs[1]}}, tensors)
				for _, level := range []ort.Level{ort.Off, ort.All} {
					compare(t, runONNX(t, m, level, tensors), want, 1e-5)
				}
			}
		})
	}
}

// TestPadCrops compares with known numbers, as the Go backend has no negative padding.
func TestPadCrops(t *testing.T) {
	requireRuntime(t)
	m, err := onnx.Record(func(in []*graph.Node) []*graph.Node {
		zero := graph.ScalarZero(in[0].Graph(), dtypes.Float32)
		return []*graph.Node{graph.Pad(in[0], zero, compute.PadAxis{Start: -1, End: 2, Interior: 1})}
	}, []onnx.ValueInfo{{Name: "x", Dims: []int{3}}}, nil, []string{"y"})
	if err != nil {
		t.Fatal(err)
	}
	got := runONNX(t, m, ort.All, []engine.Tensor{{Dims: []int{3}, Data: []float32{1, 2, 3}}})
	compare(t, got, []engine.Tensor{{Dims: []int{6}, Data: []float32{0, 2, 0, 3, 0, 0}}}, 0)
}

// TestMaximumWithAColumnOfZero checks that a maximum with a zero of more axes is not recorded as a Relu.
func TestMaximumWithAColumnOfZero(t *testing.T) {
	requireRuntime(t)
	m, err := onnx.Record(func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Max(graph.ReduceAllSum(in[0]), graph.Const(in[0].Graph(), [][]float32{{0}}))}
	}, []onnx.ValueInfo{{Name: "x", Dims: []int{2}}}, nil, []string{"y"})
	if err != nil {
		t.Fatal(err)
	}
	got := runONNX(t, m, ort.All, []engine.Tensor{{Dims: []int{2}, Data: []float32{3, -1}}})
	compare(t, got, []engine.Tensor{{Dims: []int{1, 1}, Data: []float32{2}}}, 0)
}

// TestZerosKeepTheirSign checks that 0 and -0 do not share a constant, although equal constants do.
func TestZerosKeepTheirSign(t *testing.T) {
	requireRuntime(t)
	m, err := onnx.Record(func(in []*graph.Node) []*graph.Node {
		zero := func(v float64) *graph.Node { return graph.Const(in[0].Graph(), []float32{float32(v)}) }
		return []*graph.Node{graph.Div(in[0], zero(0)), graph.Div(in[0], zero(math.Copysign(0, -1)))}
	}, []onnx.ValueInfo{{Name: "x", Dims: []int{1}}}, nil, []string{"p", "q"})
	if err != nil {
		t.Fatal(err)
	}
	got := runONNX(t, m, ort.All, []engine.Tensor{{Dims: []int{1}, Data: []float32{1}}})
	if p, q := got[0].Data[0], got[1].Data[0]; !math.IsInf(float64(p), 1) || !math.IsInf(float64(q), -1) {
		t.Errorf("1/0 = %g and 1/-0 = %g", p, q)
	}
}

func TestRecordNamesUnsupportedOperations(t *testing.T) {
	t.Parallel()
	inputs := []onnx.ValueInfo{{Name: "x", Dims: []int{4, 4}}}
	_, err := onnx.Record(func(in []*graph.Node) []*graph.Node { return []*graph.Node{graph.CumSum(in[0], 0)} },
		inputs, nil, []string{"y"})
	if err == nil || !strings.Contains(err.Error(), "the ONNX recorder has no ReduceWindow") {
		t.Errorf("error %v, want one that names ReduceWindow", err)
	}
	_, err = onnx.Record(func(in []*graph.Node) []*graph.Node { return []*graph.Node{graph.Reshape(in[0], 3)} }, inputs, nil, []string{"y"})
	if err == nil {
		t.Error("a reshape of 16 numbers to 3 is recorded")
	}
}

func TestRecordIsReproducible(t *testing.T) {
	t.Parallel()
	c := cases()[len(cases())-1]
	var last []byte
	for range 3 {
		m, err := onnx.Record(c.build, []onnx.ValueInfo{{Name: "a", Dims: c.inputs[0]}, {Name: "b", Dims: c.inputs[1]}, {Name: "c", Dims: c.inputs[2]}}, nil, []string{"p", "q"})
		if err != nil {
			t.Fatal(err)
		}
		m.Metadata = map[string]string{"one": "1", "two": "2", "three": "3", "four": "4"}
		b := m.Marshal()
		if last != nil && !bytes.Equal(b, last) {
			t.Fatal("the same graph gives different bytes")
		}
		last = b
	}
}

// TestGradientOfELUIsShort checks that nothing is left of the form that GoMLX builds.
func TestGradientOfELUIsShort(t *testing.T) {
	t.Parallel()
	m, err := onnx.RecordSized(func(in []*graph.Node) []*graph.Node {
		return graph.Gradient(graph.ReduceAllSum(graph.Mul(elu(in[0], 0), in[1])), in[0])
	}, []onnx.ValueInfo{{Name: "x", Dims: []int{5, 3}}, {Name: "w", Dims: []int{5, 3}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range m.Nodes {
		if slices.Contains([]string{"Where", "Exp", "Greater", "Sign"}, n.Op) {
			t.Errorf("%s is left in %v", n.Op, m.Nodes)
		}
	}
}

// TestELUsOfFilesAreSpelt checks that files have no Elu, which onnxruntime is slow at, and that graphs to be fused have it.
func TestELUsOfFilesAreSpelt(t *testing.T) {
	t.Parallel()
	build := func(in []*graph.Node) []*graph.Node { return []*graph.Node{elu(elu(in[0], 0), 0)} }
	inputs := []onnx.ValueInfo{{Name: "x", Dims: []int{5, 3}}}
	file, err := onnx.Record(build, inputs, nil, []string{"y"})
	if err != nil {
		t.Fatal(err)
	}
	sized, err := onnx.RecordSized(build, inputs)
	if err != nil {
		t.Fatal(err)
	}
	const spelt = "Relu Exp Sub Relu Sub"
	if got, want := operations(file), spelt+" "+spelt; got != want {
		t.Errorf("the file has the operations %s, want %s", got, want)
	}
	if got, want := operations(sized), "Elu Elu"; got != want {
		t.Errorf("the graph to fuse has the operations %s, want %s", got, want)
	}
}

// operations lists the operations of a model.
func operations(m onnx.Model) string {
	var list []string
	for _, n := range m.Nodes {
		list = append(list, n.Op)
	}
	return strings.Join(list, " ")
}

// TestGradientOfSiLUIsShort checks that only four Mul are left: one with the weights, one for y and two for the slope.
func TestGradientOfSiLUIsShort(t *testing.T) {
	t.Parallel()
	m, err := onnx.Record(func(in []*graph.Node) []*graph.Node {
		return graph.Gradient(graph.ReduceAllSum(graph.Mul(silu(in[0], in[0]), in[1])), in[0])
	}, []onnx.ValueInfo{{Name: "x", Dims: []int{5, 3}}, {Name: "w", Dims: []int{5, 3}}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, n := range m.Nodes {
		count[n.Op]++
	}
	if count["Mul"] > 4 || count["Sub"] != 1 || count["Add"] != 1 {
		t.Errorf("the gradient has the operations %v, want those of its short form", count)
	}
}

func TestRecordReturnsPanics(t *testing.T) {
	t.Parallel()
	_, err := onnx.Record(func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Add(in[0], graph.Const(in[0].Graph(), []float32{1, 2, 3}))}
	}, []onnx.ValueInfo{{Name: "x", Dims: []int{2, 2}}}, nil, []string{"y"})
	if err == nil {
		t.Error("adding (2, 2) and (3) is recorded")
	}
}
