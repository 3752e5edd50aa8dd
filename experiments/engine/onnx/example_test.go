package onnx_test

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine/onnx"
)

func ExampleRecord() {
	layer := func(in []*graph.Node) []*graph.Node {
		x, weight, bias := in[0], in[1], in[2]
		return []*graph.Node{graph.Tanh(graph.Add(graph.DotProduct(x, weight), graph.InsertAxes(bias, 0)))}
	}
	model, err := onnx.Record(layer,
		[]onnx.ValueInfo{{Name: "x", Dims: []int{onnx.Batch, 2}}},
		[]onnx.Initializer{
			{Name: "weight", Dims: []int{2, 3}, Data: []float32{1, 2, 3, 4, 5, 6}},
			{Name: "bias", Dims: []int{3}, Data: []float32{1, 2, 3}},
		},
		[]string{"y"})
	for _, n := range model.Nodes {
		fmt.Println(n.Op, n.Inputs, n.Outputs)
	}
	fmt.Println(err)
	// Output:
	// MatMul [x weight] [v1]
	// Add [v1 bias] [v2]
	// Tanh [v2] [y]
	// <nil>
}
