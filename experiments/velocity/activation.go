package velocity

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// Activation is a nonlinearity, element by element.
type Activation struct {
	Name  string
	apply func(x *graph.Node) *graph.Node
}

// The activations. ELU has alpha = 1 (Clevert et al. 2016); SiLU is x sigmoid(x). GELU is x
// times the normal distribution function, erf and not its approximation (arXiv 1606.08415).
var (
	ELU = Activation{"elu", func(x *graph.Node) *graph.Node {
		// The inner selection keeps exp from overflowing where its value is not taken: 0 times infinity would spoil
		// gradients. The recorder knows this spelling, and its gradient.
		zero := graph.ScalarZero(x.Graph(), x.DType())
		positive := graph.GreaterThan(x, zero)
		return graph.Where(positive, x, graph.MinusOne(graph.Exp(graph.Where(positive, zero, x))))
	}}
	SiLU = Activation{"silu", func(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Sigmoid(x)) }}
	GELU = Activation{"gelu", func(x *graph.Node) *graph.Node {
		return graph.Mul(x, graph.MulScalar(graph.OnePlus(graph.Erf(graph.MulScalar(x, 1/math.Sqrt2))), .5))
	}}
	Tanh = Activation{"tanh", func(x *graph.Node) *graph.Node { return graph.Tanh(x) }}
	ReLU = Activation{"relu", func(x *graph.Node) *graph.Node { return graph.Max(x, graph.ScalarZero(x.Graph(), x.DType())) }}
)

// Activations lists every activation by name.
var Activations = []Activation{ELU, SiLU, GELU, Tanh, ReLU}

// ActivationByName returns the activation of that name.
func ActivationByName(name string) (Activation, error) {
	for _, a := range Activations {
		if a.Name == name {
			return a, nil
		}
	}
	return Activation{}, fmt.Errorf("unknown activation %q", name)
}
