package fuse_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine/fuse"
	"flowsweep/experiments/engine/onnx"
)

// TestChains checks which nodes become one.
func TestChains(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		rows  int
		build func(a, b, w, bias *graph.Node) *graph.Node
		want  []string
	}{
		{"a chain", 8, func(a, b, _, _ *graph.Node) *graph.Node {
			return graph.Sqrt(graph.AddScalar(graph.Square(graph.Sub(a, b)), 1))
		}, []string{"Fused Sub Mul Add Sqrt"}},
		{"one alone", 8, func(a, b, _, _ *graph.Node) *graph.Node { return graph.Add(a, b) }, []string{"Add"}},
		{"a dynamic batch", onnx.Batch, func(a, b, _, _ *graph.Node) *graph.Node {
			return graph.Square(graph.Sub(a, b))
		}, []string{"Sub", "Mul"}},
		{"around what it feeds", 8, func(a, b, w, _ *graph.Node) *graph.Node {
			h := graph.Square(graph.Sub(a, b))
			return graph.Neg(graph.Mul(graph.DotProduct(h, w), h))
		}, []string{"Fused Sub Mul", "MatMul", "Fused Mul Neg"}},
		{"after a bias", 8, func(a, _, w, bias *graph.Node) *graph.Node {
			h := graph.Add(graph.DotProduct(a, w), graph.InsertAxes(bias, 0))
			return graph.Neg(graph.Square(h))
		}, []string{"MatMul", "Add", "Fused Mul Neg"}},
		{"after a factor of a product", 8, func(a, _, w, _ *graph.Node) *graph.Node {
			h := graph.MulScalar(graph.DotProduct(a, w), .5)
			return graph.Neg(graph.Square(h))
		}, []string{"MatMul", "Mul", "Fused Mul Neg"}},
		{"with the sums of its columns", 8, func(a, b, _, _ *graph.Node) *graph.Node {
			return graph.ReduceSum(graph.Mul(a, b), 0)
		}, []string{"Fused Mul"}},
		{"not with what takes the sums", 8, func(a, b, _, _ *graph.Node) *graph.Node {
			return graph.Neg(graph.Mul(graph.ReduceSum(graph.Mul(a, b), 0), graph.ReduceSum(a, 0)))
		}, []string{"Fused Mul", "Fused ", "Fused Mul Neg"}},
		{"not with sums along rows", 8, func(a, b, _, _ *graph.Node) *graph.Node {
			return graph.ReduceSum(graph.Neg(graph.Mul(a, b)), 1)
		}, []string{"Fused Mul Neg", "ReduceSum"}},
		{"of pieces", 8, func(a, b, w, _ *graph.Node) *graph.Node {
			flat := graph.Concatenate([]*graph.Node{graph.Reshape(a, -1), graph.Reshape(w, -1)}, 0)
			return graph.Neg(graph.Square(flat))
		}, []string{"Fused Mul Neg"}},
		{"with single numbers", 8, func(a, _, _, bias *graph.Node) *graph.Node {
			one := graph.Neg(graph.Square(graph.Slice(bias, graph.AxisRange(0, 1))))
			return graph.Mul(a, graph.Reshape(one, 1, 1))
		}, []string{"Slice", "Fused Mul Neg Mul"}},
	} {
		m, err := onnx.RecordSized(func(in []*graph.Node) []*graph.Node {
			return []*graph.Node{c.build(in[0], in[1], in[2], in[3])}
		}, []onnx.ValueInfo{
			{Name: "a", Dims: []int{c.rows, 4}}, {Name: "b", Dims: []int{c.rows, 4}}, {Name: "w", Dims: []int{4, 4}}, {Name: "bias", Dims: []int{4}},
		})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		m = fuse.Chains(m, []string{"Add", "Sub", "Mul", "Div", "Neg", "Sqrt", fuse.ColumnSum})
		var got []string
		for _, n := range m.Nodes {
			op := n.Op
			for _, a := range n.Attributes {
				if n.Domain == fuse.Domain && a.Name == "operations" {
					op += fmt.Sprint(" ", a.Value)
				}
			}
			got = append(got, op)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: recorded as %q, want %q", c.name, got, c.want)
		}
	}
}
