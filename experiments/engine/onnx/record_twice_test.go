package onnx_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
)

// TestRecordTwice records the gradient of sum_ij (x_ij + w_j)^2 w_j in x, which is 2 (x_ij + w_j) w_j. Its bias is
// broadcast along the batch, and some sizes are twice the batch.
func TestRecordTwice(t *testing.T) {
	t.Parallel()
	w := []float32{3, -2}
	m, err := onnx.RecordTwice(func(in []*graph.Node) []*graph.Node {
		x, w := in[0], in[1]
		sum := graph.Add(x, graph.BroadcastToShape(graph.Reshape(w, 1, 2), x.Shape()))
		loss := graph.ReduceAllSum(graph.Mul(graph.Square(sum), graph.BroadcastToShape(graph.Reshape(w, 1, 2), x.Shape())))
		return []*graph.Node{graph.Gradient(loss, x)[0], graph.Reshape(graph.Square(graph.Reshape(x, x.Shape().Dimensions[0]*2)), -1, 2)}
	}, []onnx.ValueInfo{{Name: "x", Dims: []int{onnx.Batch, 2}}}, []onnx.Initializer{{Name: "w", Dims: []int{2}, Data: w}}, []string{"slope", "squares"})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	s, err := ort.Open(m.Marshal(), ort.SessionOptions{Optimise: ort.All})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, rows := range []int{0, 1, 13, 26, 30} {
		x := make([]float32, 2*rows)
		slope, squares := make([]float32, 2*rows), make([]float32, 2*rows)
		for i := range x { // small integers, which are exact
			x[i] = float32(i%7 - 3)
			slope[i], squares[i] = 2*(x[i]+w[i%2])*w[i%2], x[i]*x[i]
		}
		out, err := s.Run(ort.Tensor{Dims: []int{rows, 2}, Data: x})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(out[0].Data, slope) || !slices.Equal(out[1].Data, squares) || out[0].Dims[0] != rows || out[1].Dims[0] != rows {
			t.Errorf("%d rows: slopes %v, want %v; squares of sizes %v", rows, out[0].Data, slope, out[1].Dims)
		}
	}
}

// TestRecordTwiceErrors records graphs that depend on the batch in other ways than by sizes.
func TestRecordTwiceErrors(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(x *graph.Node) *graph.Node{
		"the constant": func(x *graph.Node) *graph.Node { return graph.MulScalar(x, float64(x.Shape().Dimensions[0])) },
		"the graph": func(x *graph.Node) *graph.Node {
			if x.Shape().Dimensions[0] > 20 {
				return graph.Neg(x)
			}
			return x
		},
		"return one row per point": func(x *graph.Node) *graph.Node { return graph.Reshape(x, -1) },
		"rows and": func(x *graph.Node) *graph.Node {
			n := x.Shape().Dimensions[0]
			return graph.ReduceSum(graph.Slice(x, graph.AxisRange(), graph.AxisRange(0, 1+n/29)), 1) // 1, then 2: not linear in the batch
		},
	} {
		_, err := onnx.RecordTwice(func(in []*graph.Node) []*graph.Node { return []*graph.Node{f(in[0])} },
			[]onnx.ValueInfo{{Name: "x", Dims: []int{onnx.Batch, 3}}}, nil, []string{"y"})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one about %s", err, name)
		}
	}
}
