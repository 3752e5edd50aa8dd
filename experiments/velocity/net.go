// Package velocity holds the velocity nets: how they are built in GoMLX, trained, saved, and used as a flow.Field.
//
//	weights, err := velocity.Train(ctx, engine.Go, net, training, seed, path, pairs, log)
//	model, err := velocity.Compile(engine.Go, net, weights)
//	samples, nfe, err := ode.Solve(model.Field(), ode.Heun, ode.Uniform(16), noise)
package velocity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/flow"
)

// Net is a velocity net on R^Dim: an architecture and its sizes, whose meaning the architecture says.
type Net struct {
	Architecture Architecture // MLP if left out
	Dim          int
	Width        int
	Depth        int
	Heads        int // of attention; 0 where there is none
	Activation   Activation
}

// Architecture is a way to build a net. The time enters as (n, 1), the points as (n, Dim).
type Architecture struct {
	Name  string
	Doc   string
	Takes []string // what it takes beside the dimension: width, depth, heads, activation

	params func(n Net) []Param
	apply  func(n Net, params *reader, t, x *graph.Node) *graph.Node
	keeps  func(n Net) int // about how many numbers a row keeps for its gradient
}

// Nets lists every architecture by name.
var Nets = []Architecture{MLP, Residual, Attention, Conv}

// ArchitectureByName returns the architecture of that name.
func ArchitectureByName(name string) (Architecture, error) {
	var names []string
	for _, a := range Nets {
		if a.Name == name {
			return a, nil
		}
		names = append(names, a.Name)
	}
	return Architecture{}, fmt.Errorf("unknown net %q (have %s)", name, strings.Join(names, ", "))
}

// Check returns an error unless the sizes make a net. An MLP without hidden layers, which is linear, is one.
func (n Net) Check() error {
	a := n.architecture()
	heads := slices.Contains(a.Takes, "heads")
	linear := a.Name == MLP.Name && n.Width == 0 && n.Depth == 0
	switch {
	case n.Dim < 1 || n.Depth < 0 || n.Width < 1 && !linear:
		return fmt.Errorf("there is no %s of dimension %d, width %d and depth %d: use sizes of at least 1", a.Name, n.Dim, n.Width, n.Depth)
	case n.Activation.apply == nil:
		return fmt.Errorf("the %s has no activation: set one of velocity.Activations", a.Name)
	case heads && (n.Heads < 1 || n.Width%n.Heads != 0):
		return fmt.Errorf("%d heads do not share a width of %d evenly: use a number of heads that divides it", n.Heads, n.Width)
	case !heads && n.Heads != 0:
		return fmt.Errorf("a net of the kind %s takes no heads: leave them out", a.Name)
	}
	return nil
}

func (n Net) architecture() Architecture {
	if n.Architecture.Name == "" {
		return MLP
	}
	return n.Architecture
}

// String describes the net in words that differ for nets that differ.
func (n Net) String() string {
	heads := ""
	if n.Heads > 0 {
		heads = fmt.Sprintf("%d heads, ", n.Heads)
	}
	return fmt.Sprintf("%s, dimension %d, width %d, depth %d, %s%s", n.architecture().Name, n.Dim, n.Width, n.Depth, heads, n.Activation.Name)
}

// Params lists the weights of the net in the order they are stored. Kernels are (in, out), the transpose of PyTorch's.
func (n Net) Params() []Param { return n.architecture().params(n) }

// Size returns the number of weights, P.
func (n Net) Size() int {
	size := 0
	for _, p := range n.Params() {
		size += p.Size()
	}
	return size
}

// Init returns fresh weights, (P), which depend on the seed and on nothing else. Kernels and biases are uniform in
// +-1/sqrt(in), PyTorch's default for linear layers and convolutions, where in counts the numbers that go into one that
// comes out; layer norms start as the identity.
func (n Net) Init(seed uint64) []float32 {
	weights := make([]float32, 0, n.Size())
	stream := flow.NewStream(seed, "init")
	for _, p := range n.Params() {
		for range p.Size() {
			u := stream.At(uint64(len(weights))).Float64()
			weights = append(weights, float32(p.center+p.bound*(2*u-1)))
		}
	}
	return weights
}

// Apply builds the velocity v, (n, Dim), of the points x, (n, Dim), at the times t, (n, 1), from the weights in the
// order of Params.
func (n Net) Apply(params []*graph.Node, t, x *graph.Node) *graph.Node {
	return n.architecture().apply(n, &reader{params}, t, x)
}
