package velocity

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// Attention is a transformer whose tokens, of Width numbers, are the coordinates of x, as in arXiv 2106.11959: a linear
// layer for each coordinate makes its token, Depth blocks
//
//	h' = h + Wt e(t);  h'' = h' + attention(norm(h'));  h''' = h'' + W2 act(W1 norm(h''))
//
// of Heads heads follow (arXiv 1706.03762, normed first as in arXiv 2002.04745; W1 widens 4 times), where e(t) is an
// embedding of the time, and a linear layer for each coordinate makes its velocity from its normed token.
var Attention = Architecture{
	Name:  "attention",
	Doc:   "transformer whose tokens are the coordinates: depth blocks of heads heads, tokens of width numbers",
	Takes: []string{"width", "depth", "heads", "activation"},
	params: func(n Net) []Param {
		width, head := n.Width, n.Width/max(n.Heads, 1)
		// As the features' tokenizer of arXiv 2106.11959: the bound goes by the size of the token.
		params := slices.Concat(timeParams(width), layer("input", width, []int{n.Dim, width}, []int{n.Dim, width}))
		for i := range n.Depth {
			name := func(part string) string { return fmt.Sprintf("blocks.%d.%s", i, part) }
			params = slices.Concat(params, linear(name("time"), width, width), layerNorm(name("norm1"), width))
			for _, part := range []string{"query", "key", "value"} {
				params = append(params, layer(name(part), width, []int{width, n.Heads, head}, []int{n.Heads, head})...)
			}
			params = slices.Concat(params, layer(name("out"), width, []int{n.Heads, head, width}, []int{width}),
				layerNorm(name("norm2"), width), linear(name("first"), width, 4*width), linear(name("second"), 4*width, width))
		}
		return slices.Concat(params, layerNorm("norm", width), layer("output", width, []int{n.Dim, width}, []int{n.Dim}))
	},
	apply: func(n Net, w *reader, t, x *graph.Node) *graph.Node {
		e := n.time(w, t)
		h := graph.Mul(graph.InsertAxes(x, -1), spread(w.next(), 3))
		h = plusBias(h, w.next()) // (n, Dim, Width)
		for range n.Depth {
			h = graph.Add(h, graph.InsertAxes(w.linear(e), 1))
			h = graph.Add(h, n.attend(w, w.norm(h)))
			h = graph.Add(h, w.linear(n.Activation.apply(w.linear(w.norm(h)))))
		}
		h = graph.Mul(w.norm(h), spread(w.next(), 3))
		return plusBias(graph.ReduceSum(h, -1), w.next())
	},
	// A number of a token: the norms, the four products, the widened layer three times; and the weights of the attention.
	keeps: func(n Net) int { return n.Depth * n.Dim * (25*n.Width + 3*n.Heads*n.Dim) },
}

// attend builds the attention of the tokens h, (n, Dim, Width), to each other: softmax(q k / sqrt(head)) v for each head.
func (n Net) attend(w *reader, h *graph.Node) *graph.Node {
	query, key, value := w.dense(h, 2), w.dense(h, 2), w.dense(h, 2)                      // (n, Dim, Heads, head)
	scores := graph.Dot(query, key).General([]int{3}, []int{0, 2}, []int{3}, []int{0, 2}) // (n, Heads, Dim, Dim)
	weights := graph.Softmax(graph.MulScalar(scores, 1/math.Sqrt(float64(n.Width/n.Heads))), -1)
	mixed := graph.Dot(weights, value).General([]int{3}, []int{0, 1}, []int{1}, []int{0, 2}) // (n, Heads, Dim, head)
	return w.dense(mixed, 1, 3)
}
