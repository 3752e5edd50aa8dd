package velocity

import (
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// Residual is a residual net with pre-activation (arXiv 1603.05027): a linear layer to Width units, Depth blocks
//
//	h + W2 act(W1 act(h) + Wt e(t))
//
// where e(t) is an embedding of the time, and a linear layer from act(h) to R^Dim.
var Residual = Architecture{
	Name:  "residual",
	Doc:   "residual net: depth blocks of two layers of width units, the time added in each",
	Takes: []string{"width", "depth", "activation"},
	params: func(n Net) []Param {
		params := slices.Concat(timeParams(n.Width), linear("input", n.Dim, n.Width))
		for i := range n.Depth {
			for _, name := range []string{"time", "first", "second"} {
				params = append(params, linear(fmt.Sprintf("blocks.%d.%s", i, name), n.Width, n.Width)...)
			}
		}
		return append(params, linear("output", n.Width, n.Dim)...)
	},
	apply: func(n Net, w *reader, t, x *graph.Node) *graph.Node {
		act := n.Activation.apply
		e := n.time(w, t)
		h := w.linear(x)
		for range n.Depth {
			shift := w.linear(e)
			inner := act(graph.Add(w.linear(act(h)), shift))
			h = graph.Add(h, w.linear(inner))
		}
		return w.linear(act(h))
	},
	keeps: func(n Net) int { return (7*n.Depth + 6) * n.Width }, // three numbers an activation, and the sums
}
