package velocity

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/net"
)

// activations holds the builder of each of net.Activations, by name.
var activations = map[string]func(x *graph.Node) *graph.Node{
	net.ELU.Name: func(x *graph.Node) *graph.Node {
		// The inner selection keeps exp from overflowing where its value is not used, as 0 times infinity would spoil
		// gradients. The recorder recognises this form and its gradient.
		zero := graph.ScalarZero(x.Graph(), x.DType())
		positive := graph.GreaterThan(x, zero)
		return graph.Where(positive, x, graph.MinusOne(graph.Exp(graph.Where(positive, zero, x))))
	},
	net.SiLU.Name: func(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Sigmoid(x)) },
	net.GELU.Name: func(x *graph.Node) *graph.Node {
		return graph.Mul(x, graph.MulScalar(graph.OnePlus(graph.Erf(graph.MulScalar(x, 1/math.Sqrt2))), .5))
	},
	net.Tanh.Name: func(x *graph.Node) *graph.Node { return graph.Tanh(x) },
	net.ReLU.Name: func(x *graph.Node) *graph.Node { return graph.Max(x, graph.ScalarZero(x.Graph(), x.DType())) },
}
