package velocity

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// TestPartsOfABatchAddUp compares the loss and the gradient of a batch of 10 in 3 uneven parts with those of the whole.
// Both are sums of the same numbers in another order: 1e-5 is 100 roundings of 32 bits.
func TestPartsOfABatchAddUp(t *testing.T) {
	t.Parallel()
	for _, n := range small(2, net.SiLU) {
		t.Run(n.Architecture.Name, func(t *testing.T) { partsAddUp(t, n) })
	}
}

func partsAddUp(t *testing.T, n net.Net) {
	dim := n.Dim()
	batch := flow.NewBatch(10, 1+2*dim)
	flow.NewStream(1, "batch").Normal(batch, 0)
	var in [3]engine.Tensor
	for i, columns := range [][2]int{{0, 1}, {1, 1 + dim}, {1 + dim, 1 + 2*dim}} {
		in[i].Dims = slices.Concat([]int{10}, append([][]int{{1}}, n.Shape, n.Shape)[i])
		for r := range 10 {
			for _, v := range batch.Row(r)[columns[0]:columns[1]] {
				in[i].Data = append(in[i].Data, float32(v))
			}
		}
	}
	results := map[int][]engine.Tensor{}
	for _, parts := range []int{1, 3} {
		program, err := engine.Go.Compile(func(in []*graph.Node) []*graph.Node {
			loss, grad := lossOf(n, split(n, in[0]), in[1:3], in[3], parts)
			return []*graph.Node{graph.InsertAxes(loss, 0), grad}
		}, engine.Input{Name: "weights", Dims: []int{n.Size()}}, engine.Input{Name: "t", Dims: in[0].Dims},
			engine.Input{Name: "x", Dims: in[1].Dims}, engine.Input{Name: "u", Dims: in[2].Dims})
		if err != nil {
			t.Fatal(err)
		}
		defer program.Close()
		if results[parts], err = program.Run(engine.Tensor{Dims: []int{n.Size()}, Data: Init(n, 0)}, in[0], in[1], in[2]); err != nil {
			t.Fatal(err)
		}
	}
	for o, whole := range results[1] {
		for i, want := range whole.Data {
			if got := results[3][o].Data[i]; math.Abs(float64(got-want)) > 1e-5*(1+math.Abs(float64(want))) {
				t.Fatalf("output %d at %d: %g in parts, %g at once", o, i, got, want)
			}
		}
	}
}

func TestChunks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		n     net.Net
		batch int
		want  int
	}{
		{"small", net.Spec{Architecture: net.MLP, Width: 64, Depth: 3}.On(2), 256, 1},
		{"notebook", net.Spec{Architecture: net.MLP, Width: 512, Depth: 4}.On(2), 4096, 4},
		{"few rows of a large net", net.Spec{Architecture: net.MLP, Width: 65536, Depth: 3}.On(2), 256, 2},
		{"a row", net.Spec{Architecture: net.MLP, Width: 65536, Depth: 1000}.On(2), 1, 1},
		{"residual", net.Spec{Architecture: net.Residual, Width: 512, Depth: 4}.On(2), 4096, 12},
		{"attention by width", net.Spec{Architecture: net.Attention, Width: 64, Depth: 2, Heads: 4}.On(2), 4096, 5},
		{"attention by dimension", net.Spec{Architecture: net.Attention, Width: 8, Depth: 1, Heads: 8}.On(64), 1024, 8},
		{"conv", net.Spec{Architecture: net.Conv, Width: 64, Depth: 2}.On(16), 4096, 14},
		{"small images", net.Spec{Architecture: net.Conv2D, Width: 32, Depth: 2}.On(1, 8, 8), 128, 10},
		{"few images", net.Spec{Architecture: net.UNet, Width: 32, Depth: 2}.On(3, 32, 32), 20, 2},
		{"large images", net.Spec{Architecture: net.UNet, Width: 64, Depth: 3}.On(3, 32, 32), 1024, 16},
	} {
		if got := chunks(c.n, c.batch); got != c.want {
			t.Errorf("%s: %d chunks, want %d", c.name, got, c.want)
		}
	}
}
