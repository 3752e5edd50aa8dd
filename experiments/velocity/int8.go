package velocity

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/net"
)

// CompileInt8 is Compile, for Go's own backend, of a net that computes the products as onnx.Graph.Int8 does. It does so in floats: values are
// rounded to their 8 bits and back, and multiplied with the weights, which must be rounded already (RoundInt8).
func CompileInt8(n net.Net, weights []float32, products []onnx.Product) (*Model, error) {
	c, err := compileChunked(engine.Go, n, weights, nil, func(weights []*graph.Node, in inputs, _ []*graph.Node) []*graph.Node {
		return []*graph.Node{apply(n, weights, in, products...)}
	})
	if err != nil {
		return nil, fmt.Errorf("compile the velocity net in 8-bit integers: %w", err)
	}
	return &Model{n, c}, nil
}

// RoundInt8 returns the weights with those of the products rounded to 8 bits.
func RoundInt8(n net.Net, weights []float32, products []onnx.Product) []float32 {
	rounded := slices.Clone(weights)
	rest := rounded
	for _, param := range n.Params() {
		if i := slices.IndexFunc(products, func(p onnx.Product) bool { return p.Weight == param.Name }); i >= 0 {
			products[i].Round(rest[:param.Size()])
		}
		rest = rest[param.Size():]
	}
	return rounded
}

// rounded rounds the values that meet the next weight to 8 bits, if it is one of the products. The rounding of windows of a
// convolution is that of their values, since 0 is stored exactly.
func (l *layers) rounded(h *graph.Node) *graph.Node {
	if len(l.products) == 0 {
		return h
	}
	params := l.Params()
	name := params[len(params)-len(l.weights)].Name
	i := slices.IndexFunc(l.products, func(p onnx.Product) bool { return p.Weight == name })
	if i < 0 {
		return h
	}
	scale, zero := l.products[i].Linear()
	q := graph.Round(graph.Div(h, graph.Scalar(h.Graph(), h.DType(), scale)))
	q = graph.MinScalar(graph.MaxScalar(q, -float64(zero)), math.MaxUint8-float64(zero))
	return graph.MulScalar(q, scale)
}
