package onnx

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
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
