package onnx

import (
	"reflect"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

func TestDynamicShape(t *testing.T) {
	t.Parallel()
	if got, want := dynamicShape(0, []int{Batch, 2}), shapes.MakeDynamic(dtypes.Float32, []int{-1, 2}, []string{"batch", ""}); !got.Equal(want) {
		t.Errorf("shape %s, want %s", got, want)
	}
}

// TestBroadcast checks the rule of broadcasting: axes are aligned at the right.
func TestBroadcast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want []int }{
		{[]int{5, 3}, []int{3}, []int{5, 3}},
		{[]int{1, 4}, []int{4}, []int{1, 4}},
		{[]int{4}, []int{2, 1}, []int{2, 4}},
		{[]int{}, []int{Batch, 2}, []int{Batch, 2}},
		{[]int{Batch, 1}, []int{3}, []int{Batch, 3}},
	} {
		if got := broadcast(c.a, c.b); !slices.Equal(got, c.want) {
			t.Errorf("%v and %v broadcast to %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// TestIdentityTransposeIsNotRecorded calls the recorder itself, as GoMLX drops most identity permutations.
func TestIdentityTransposeIsNotRecorded(t *testing.T) {
	t.Parallel()
	r := newRecorder(nil)
	f := r.Builder("").Main()
	x, err := f.Parameter("x", shapes.Make(dtypes.Float32, 2, 3), nil)
	if err != nil {
		t.Fatal(err)
	}
	same, err := f.Transpose(x, 0, 1)
	if err != nil || len(r.model.Nodes) != 0 || same.(*value).name != "x" {
		t.Errorf("an identity permutation is recorded as %v (%v)", r.model.Nodes, err)
	}
	if _, err := f.Transpose(x, 1, 0); err != nil || len(r.model.Nodes) != 1 {
		t.Errorf("a true permutation is recorded as %v (%v)", r.model.Nodes, err)
	}
}

// TestCastsOfConstantsAreFolded divides by an integer, as GoMLX's means do.
func TestCastsOfConstantsAreFolded(t *testing.T) {
	t.Parallel()
	x := []ValueInfo{{Name: "x", Dims: []int{Batch, 4}}}
	m, err := Record(func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Div(in[0], graph.ConvertDType(graph.Const(in[0].Graph(), int32(7)), dtypes.Float32))}
	}, x, nil, []string{"y"})
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Nodes) != 1 || m.Nodes[0].Op != "Div" || len(m.Initializers) != 1 || !reflect.DeepEqual(m.Initializers[0].Data, []float32{7}) {
		t.Errorf("recorded %+v with %+v, want one division by 7", m.Nodes, m.Initializers)
	}
	for _, c := range []struct{ from, to dtypes.DType }{{dtypes.Float32, dtypes.Int32}, {dtypes.Int64, dtypes.Int32}, {dtypes.Float16, dtypes.Float32}} {
		if _, ok := folded([]float32{1e20}, c.from, c.to); ok {
			t.Errorf("folds %s to %s, which Go and onnxruntime may do differently", c.from, c.to)
		}
	}
}
