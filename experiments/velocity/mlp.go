package velocity

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

// MLP is a multilayer perceptron on (t, x): Depth hidden layers of Width units, and a linear layer to R^Dim. Names follow
// PyTorch's Sequential.
var MLP = Architecture{
	Name:  "mlp",
	Doc:   "multilayer perceptron on (t, x): depth hidden layers of width units",
	Takes: []string{"width", "depth", "activation"},
	params: func(n Net) (params []Param) {
		in := 1 + n.Dim
		for i := range n.Depth + 1 {
			out := n.Width
			if i == n.Depth {
				out = n.Dim
			}
			params = append(params, linear(fmt.Sprintf("layers.%d", i), in, out)...)
			in = out
		}
		return params
	},
	apply: func(n Net, w *reader, t, x *graph.Node) *graph.Node {
		h := graph.Concatenate([]*graph.Node{t, x}, -1) // (n, 1 + Dim)
		for i := range n.Depth + 1 {
			h = w.linear(h)
			if i < n.Depth {
				h = n.Activation.apply(h)
			}
		}
		return h
	},
	keeps: func(n Net) int { return 3 * n.Depth * n.Width }, // about three numbers a unit
}
