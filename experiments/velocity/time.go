package velocity

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// frequencies is how many of them a time is embedded with. The shortest wave is 1/16 long: a shorter one would let the
// velocity change faster than solvers step.
const frequencies = 6

// timeParams returns the weights of the embedding of the time.
func timeParams(width int) []Param {
	return append(linear("time.0", 1+2*frequencies, width), linear("time.1", width, width)...)
}

// time builds the embedding of the times, (n, Width): a perceptron on t, sin(2^k pi t) and cos(2^k pi t), the features of
// arXiv 2003.08934, equation 4.
func (n Net) time(w *reader, t *graph.Node) *graph.Node {
	waves := make([]float64, frequencies)
	for k := range waves {
		waves[k] = math.Pi * float64(int(1)<<k)
	}
	angles := graph.Mul(t, graph.ConstAsDType(t.Graph(), t.DType(), [][]float64{waves})) // (n, frequencies)
	h := graph.Concatenate([]*graph.Node{t, graph.Sin(angles), graph.Cos(angles)}, -1)
	h = n.Activation.apply(w.linear(h))
	return n.Activation.apply(w.linear(h))
}
