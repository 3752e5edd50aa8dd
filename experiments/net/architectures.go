package net

import (
	"fmt"
	"slices"
)

// Architecture is a kind of net.
type Architecture struct {
	Name          string
	Heads         bool // takes heads, which divide the width
	Linear        bool // width and depth may be 0, which makes a linear net
	PerCoordinate bool // applies its weights to each coordinate of a point
	AnyShape      bool // takes points of any shape, as vectors
	Images        bool // takes points of shape (channels, height, width)
	Halves        bool // halves height and width Depth times

	params    func(n Net) []Param
	rowFloats func(n Net) int
}

// MarshalText returns the name of the architecture, its form in a spec.
func (a Architecture) MarshalText() ([]byte, error) { return []byte(a.Name), nil }

// Architectures lists all architectures. The package velocity has a builder for each.
var Architectures = []Architecture{MLP, Residual, Attention, Conv, Conv2D, UNet}

// MLP is a multilayer perceptron on (t, x), and on what the points are conditional on: Depth hidden layers of Width units, and a linear layer to R^Dim. Names follow
// PyTorch's Sequential.
var MLP = Architecture{
	Name:     "mlp",
	Linear:   true,
	AnyShape: true,
	params: func(n Net) (params []Param) {
		in := 1 + n.Dim() + n.Given
		for i := range n.Depth + 1 {
			out := n.Width
			if i == n.Depth {
				out = n.Dim()
			}
			params = append(params, linear(fmt.Sprintf("layers.%d", i), in, out)...)
			in = out
		}
		return params
	},
	rowFloats: func(n Net) int { return 3 * n.Depth * n.Width }, // about three numbers a unit
}

// Residual is a residual net with pre-activation (arXiv 1603.05027): a linear layer to Width units, Depth blocks
//
//	h + W2 act(W1 act(h) + Wt e(t))
//
// where e(t) is an embedding of the time, and a linear layer from act(h) to R^Dim.
var Residual = Architecture{
	Name:     "residual",
	AnyShape: true,
	params: func(n Net) []Param {
		params := slices.Concat(n.embedding(), linear("input", n.Dim(), n.Width))
		for i := range n.Depth {
			for _, name := range []string{"time", "first", "second"} {
				params = append(params, linear(fmt.Sprintf("blocks.%d.%s", i, name), n.Width, n.Width)...)
			}
		}
		return append(params, linear("output", n.Width, n.Dim())...)
	},
	rowFloats: func(n Net) int { return (7*n.Depth + 6) * n.Width }, // three numbers an activation, and the sums
}

// Attention is a transformer whose tokens, of Width numbers, are the coordinates of x, as in arXiv 2106.11959: a linear
// layer for each coordinate makes its token, Depth blocks
//
//	h' = h + Wt e(t);  h'' = h' + attention(norm(h'));  h''' = h'' + W2 act(W1 norm(h''))
//
// of Heads heads follow (arXiv 1706.03762, normed first as in arXiv 2002.04745; W1 widens 4 times), where e(t) is an
// embedding of the time, and a linear layer for each coordinate makes its velocity from its normed token.
var Attention = Architecture{
	Name:          "attention",
	Heads:         true,
	PerCoordinate: true,
	params: func(n Net) []Param {
		dim, width, head := n.Dim(), n.Width, n.Width/max(n.Heads, 1)
		// As in the feature tokenizer of arXiv 2106.11959, the bound depends on the size of the token.
		params := slices.Concat(n.embedding(), layer("input", width, []int{dim, width}, []int{dim, width}))
		for i := range n.Depth {
			name := func(part string) string { return fmt.Sprintf("blocks.%d.%s", i, part) }
			params = slices.Concat(params, linear(name("time"), width, width), layerNorm(name("norm1"), width))
			for _, part := range []string{"query", "key", "value"} {
				params = append(params, layer(name(part), width, []int{width, n.Heads, head}, []int{n.Heads, head})...)
			}
			params = slices.Concat(params, layer(name("out"), width, []int{n.Heads, head, width}, []int{width}),
				layerNorm(name("norm2"), width), linear(name("first"), width, 4*width), linear(name("second"), 4*width, width))
		}
		return slices.Concat(params, layerNorm("norm", width), layer("output", width, []int{dim, width}, []int{dim}))
	},
	// Per token: the norms, the four products, the widened layer three times, and the attention weights.
	rowFloats: func(n Net) int { return n.Depth * n.Dim() * (25*n.Width + 3*n.Heads*n.Dim()) },
}

// Conv is a convolutional net over the coordinates of x, for vectors whose coordinates have an order, such as series: a
// convolution to Width channels, Depth blocks
//
//	h + conv(act((1 + a) conv(act(h)) + b)),  a = Wa e(t),  b = Wb e(t)
//
// where e(t) is an embedding of the time (FiLM, arXiv 1709.07871), and a convolution from act(h) to one channel. Every
// kernel covers Taps coordinates and sees zeros past the ends, so that a velocity depends on 2 Depth + 2 coordinates to
// either side.
var Conv = Architecture{
	Name:          "conv",
	PerCoordinate: true,
	params: func(n Net) []Param {
		params := slices.Concat(n.embedding(), convolution("input", 1, n.Width))
		for i := range n.Depth {
			name := func(part string) string { return fmt.Sprintf("blocks.%d.%s", i, part) }
			params = slices.Concat(params, linear(name("scale"), n.Width, n.Width), linear(name("shift"), n.Width, n.Width),
				convolution(name("first"), n.Width, n.Width), convolution(name("second"), n.Width, n.Width))
		}
		return append(params, convolution("output", n.Width, 1)...)
	},
	rowFloats: func(n Net) int { return (9*n.Depth + 3) * n.Dim() * n.Width },
}
