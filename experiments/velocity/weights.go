package velocity

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// Init returns fresh weights, (P), which depend on the seed and on nothing else. Kernels and biases are uniform in
// +-1/sqrt(in), PyTorch's default for linear layers and convolutions, where in counts the numbers that go into one that
// comes out; layer norms start as the identity.
func Init(n net.Net, seed uint64) []float32 {
	weights := make([]float32, 0, n.Size())
	stream := flow.NewStream(seed, "init")
	for _, p := range n.Params() {
		for range p.Size() {
			u := stream.At(uint64(len(weights))).Float64()
			weights = append(weights, float32(p.Center+p.Bound*(2*u-1)))
		}
	}
	return weights
}

// EncodeWeights returns the weights in the safetensors format. Equal weights give equal bytes.
func EncodeWeights(n net.Net, weights []float32) ([]byte, error) {
	if err := checkWeights(n, weights); err != nil {
		return nil, err
	}
	file, err := encodeTensors(n.Params(), nil, weights)
	if err != nil {
		return nil, fmt.Errorf("encode weights: %w", err)
	}
	return file, nil
}

// DecodeWeights returns the weights encoded by EncodeWeights. It is an error if they are damaged or of another net.
func DecodeWeights(n net.Net, file []byte) ([]float32, error) {
	tensors, err := openTensors(file)
	if err != nil {
		return nil, fmt.Errorf("decode weights: %w", err)
	}
	weights := make([]float32, 0, n.Size())
	for _, p := range n.Params() {
		numbers, err := tensors.read(p)
		if err != nil {
			return nil, fmt.Errorf("decode weights: %w", err)
		}
		weights = append(weights, numbers...)
	}
	return weights, nil
}

// checkWeights returns an error unless the weights are those of a net.
func checkWeights(n net.Net, weights []float32) error {
	if err := n.Check(); err != nil {
		return err
	}
	if len(weights) != n.Size() {
		return fmt.Errorf("the net has %d weights, got %d", n.Size(), len(weights))
	}
	return nil
}

// split cuts the flat weights, (P), into those of Params.
func split(n net.Net, flat *graph.Node) []*graph.Node {
	var params []*graph.Node
	at := 0
	for _, p := range n.Params() {
		piece := graph.Slice(flat, graph.AxisRange(at, at+p.Size()))
		params = append(params, graph.Reshape(piece, p.Dims...))
		at += p.Size()
	}
	return params
}

// flatten joins the pieces of split into one vector, (P). Gradients are taken by piece and joined: through the cuts, each
// would be a vector of all weights, padded with zeros.
func flatten(pieces []*graph.Node) *graph.Node {
	flat := make([]*graph.Node, len(pieces))
	for i, p := range pieces {
		flat[i] = graph.Reshape(p, p.Shape().Size())
	}
	return graph.Concatenate(flat, 0)
}
