// Package velocity holds the velocity nets: how they are built in GoMLX, trained, saved, and used as a flow.Field.
//
//	weights, err := velocity.Train(ctx, engine.Go, net, training, seed, pairs, log)
//	model, err := velocity.Compile(engine.Go, net, weights)
//	samples, nfe, err := ode.Solve(model.Field(), ode.Heun, ode.Uniform(16), noise)
package velocity

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/flow"
)

// Net is a multilayer perceptron on (t, x): Depth hidden layers of Width units, and a linear layer to R^Dim.
type Net struct {
	Dim        int
	Width      int
	Depth      int
	Activation Activation
}

// String describes the net in words that differ for nets that differ.
func (n Net) String() string {
	return fmt.Sprintf("mlp, dimension %d, width %d, depth %d, %s", n.Dim, n.Width, n.Depth, n.Activation.Name)
}

// Activation is a nonlinearity, element by element.
type Activation struct {
	Name  string
	apply func(x *graph.Node) *graph.Node
}

// The activations. ELU has alpha = 1 (Clevert et al. 2016); SiLU is x sigmoid(x).
var (
	ELU = Activation{"elu", func(x *graph.Node) *graph.Node {
		// The inner selection keeps exp from overflowing where its value is not taken: 0 times infinity would spoil
		// gradients. The recorder knows this spelling, and its gradient.
		zero := graph.ScalarZero(x.Graph(), x.DType())
		positive := graph.GreaterThan(x, zero)
		return graph.Where(positive, x, graph.MinusOne(graph.Exp(graph.Where(positive, zero, x))))
	}}
	SiLU = Activation{"silu", func(x *graph.Node) *graph.Node { return graph.Mul(x, graph.Sigmoid(x)) }}
	Tanh = Activation{"tanh", func(x *graph.Node) *graph.Node { return graph.Tanh(x) }}
	ReLU = Activation{"relu", func(x *graph.Node) *graph.Node { return graph.Max(x, graph.ScalarZero(x.Graph(), x.DType())) }}
)

// Activations lists every activation by name.
var Activations = []Activation{ELU, SiLU, Tanh, ReLU}

// ActivationByName returns the activation of that name.
func ActivationByName(name string) (Activation, error) {
	for _, a := range Activations {
		if a.Name == name {
			return a, nil
		}
	}
	return Activation{}, fmt.Errorf("unknown activation %q", name)
}

// Param is one weight of a net: its name and sizes.
type Param struct {
	Name string
	Dims []int
}

// Size returns the numbers in the weight.
func (p Param) Size() int {
	n := 1
	for _, d := range p.Dims {
		n *= d
	}
	return n
}

// Params lists the weights of the net in the order they are stored: for each layer its kernel, (in, out), and its
// bias, (out). Names follow PyTorch's Sequential, layers.0.weight; the kernel is the transpose of PyTorch's.
func (n Net) Params() []Param {
	var params []Param
	in := 1 + n.Dim
	for i := range n.Depth + 1 {
		out := n.Width
		if i == n.Depth {
			out = n.Dim
		}
		params = append(params,
			Param{fmt.Sprintf("layers.%d.weight", i), []int{in, out}},
			Param{fmt.Sprintf("layers.%d.bias", i), []int{out}})
		in = out
	}
	return params
}

// Size returns the number of weights, P.
func (n Net) Size() int {
	size := 0
	for _, p := range n.Params() {
		size += p.Size()
	}
	return size
}

// Init returns fresh weights, (P), all of a layer uniform in +-1/sqrt(in), PyTorch's default for linear layers. They
// depend on the seed and on nothing else.
func (n Net) Init(seed uint64) []float32 {
	weights := make([]float32, 0, n.Size())
	stream := flow.NewStream(seed, "init")
	var bound float64
	for _, p := range n.Params() {
		if len(p.Dims) == 2 {
			bound = 1 / math.Sqrt(float64(p.Dims[0]))
		}
		for range p.Size() {
			u := stream.At(uint64(len(weights))).Float64()
			weights = append(weights, float32(bound*(2*u-1)))
		}
	}
	return weights
}

// Apply builds the velocity v, (n, Dim), of the points x, (n, Dim), at the times t, (n, 1), from the weights in the
// order of Params.
func (n Net) Apply(params []*graph.Node, t, x *graph.Node) *graph.Node {
	h := graph.Concatenate([]*graph.Node{t, x}, -1) // (n, 1 + Dim)
	for i := range n.Depth + 1 {
		weight, bias := params[2*i], params[2*i+1]
		h = graph.Add(graph.DotProduct(h, weight), graph.InsertAxes(bias, 0))
		if i < n.Depth {
			h = n.Activation.apply(h)
		}
	}
	return h
}

// split cuts the flat weights, (P), into those of Params.
func (n Net) split(flat *graph.Node) []*graph.Node {
	var params []*graph.Node
	at := 0
	for _, p := range n.Params() {
		piece := graph.Slice(flat, graph.AxisRange(at, at+p.Size()))
		params = append(params, graph.Reshape(piece, p.Dims...))
		at += p.Size()
	}
	return params
}
