package export

import (
	"slices"
	"testing"

	"flowsweep/experiments/engine/onnx"
)

// TestBatchesOfImages: batches of images hold at most 65,536 numbers, or 16 images where these are larger; others stay as they are.
func TestBatchesOfImages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		point, want []int
	}{
		{[]int{3072}, batches},
		{[]int{1, 8, 8}, []int{0, 1, 2, 7, 256, 1024}},
		{[]int{3, 32, 32}, []int{0, 1, 2, 7, 21}},
		{[]int{3, 256, 256}, []int{0, 1, 2, 7, 16}},
	} {
		takes := []onnx.ValueInfo{{Name: "t", Dims: []int{onnx.Batch, 1}}, {Name: "x", Dims: append([]int{onnx.Batch}, c.point...)}}
		if got := batchesFor(batches, takes); !slices.Equal(got, c.want) {
			t.Errorf("%v: batches of %v, want %v", c.point, got, c.want)
		}
	}
}
