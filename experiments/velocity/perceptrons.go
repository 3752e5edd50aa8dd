package velocity

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
)

// perceptrons are the nets of a Classifier, one for each fold: two hidden layers of ReLUs and one output, the log odds.
// They have the same sizes and learn side by side, in products of stacks of matrices.
//
// A bias is the weight of an input that is always 1. Every layer but the last passes that input on, through a column of its
// kernel that does not learn. A layer is then a single product, and a step takes half the time.
type perceptrons struct {
	folds, dim, width int
	batch             int // points of each fold in a step
}

// denseLayer is a layer: its inputs and outputs, without those that are always 1.
type denseLayer struct {
	in, out int
	last    bool
}

func (p perceptrons) layers() []denseLayer {
	return []denseLayer{{in: p.dim, out: p.width}, {in: p.width, out: p.width}, {in: p.width, out: 1, last: true}}
}

// rows and columns are the sizes of the kernel.
func (l denseLayer) rows() int { return l.in + 1 }

func (l denseLayer) columns() int {
	if l.last {
		return l.out
	}
	return l.out + 1
}

// fill appends the kernel, (rows, columns): learned gives a weight, or a bias, and fixed what the column that does not
// learn has for each of them.
func (l denseLayer) fill(dst []float32, learned func(bias bool) float64, fixed func(bias bool) float64) []float32 {
	for i := range l.rows() {
		bias := i == l.in
		for range l.out {
			dst = append(dst, float32(learned(bias)))
		}
		if !l.last {
			dst = append(dst, float32(fixed(bias)))
		}
	}
	return dst
}

// size returns the number P of weights of one net.
func (p perceptrons) size() int {
	size := 0
	for _, l := range p.layers() {
		size += l.rows() * l.columns()
	}
	return size
}

// init returns fresh weights, (folds, P), as scikit-learn draws them: weights and biases are uniform in
// +-sqrt(6 / (in + out)) (Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural
// networks").
func (p perceptrons) init(seed uint64) engine.Tensor {
	t := engine.Tensor{Dims: []int{p.folds, p.size()}}
	stream, id := flow.NewStream(seed, "classifier init"), uint64(0)
	for range p.folds {
		for _, l := range p.layers() {
			bound := math.Sqrt(6 / float64(l.in+l.out))
			draw := func(bool) float64 {
				id++
				return bound * (2*stream.At(id).Float64() - 1)
			}
			t.Data = l.fill(t.Data, draw, number(1, 0))
		}
	}
	return t
}

// number returns a function for fill: one number for biases, another for weights.
func number(bias, weight float64) func(bias bool) float64 {
	return func(isBias bool) float64 {
		if isBias {
			return bias
		}
		return weight
	}
}

// mask builds a factor for each weight of a net, (1, P): it is 0 for those that do not learn.
func (p perceptrons) mask(like *graph.Node, bias, weight float64) *graph.Node {
	var factors []float32
	for _, l := range p.layers() {
		factors = l.fill(factors, number(bias, weight), number(0, 0))
	}
	return graph.ConstAsDType(like.Graph(), like.DType(), [][]float32{factors})
}

// split cuts the weights, (folds, P), into the kernels of the layers, (folds, rows, columns).
func (p perceptrons) split(weights *graph.Node) (kernels []*graph.Node) {
	at := 0
	for _, l := range p.layers() {
		size := l.rows() * l.columns()
		piece := graph.Slice(weights, graph.AxisRange(), graph.AxisRange(at, at+size))
		kernels = append(kernels, graph.Reshape(piece, p.folds, l.rows(), l.columns()))
		at += size
	}
	return kernels
}

// apply builds the log odds, (folds, n), of points with a column of ones, (folds, n, dim + 1), and the inputs of each
// layer, (folds, n, rows).
func (p perceptrons) apply(kernels []*graph.Node, x *graph.Node) (odds *graph.Node, inputs []*graph.Node) {
	for i, kernel := range kernels {
		if i > 0 {
			x = graph.Max(x, graph.ScalarZero(x.Graph(), x.DType()))
		}
		inputs = append(inputs, x)
		x = graph.Dot(x, kernel).General([]int{2}, []int{0}, []int{1}, []int{0})
	}
	return graph.Squeeze(x, 2), inputs
}

// gradient builds the gradient of a loss in the weights, (folds, P), from that in the log odds, (folds, n). It is written
// out because the gradient that GoMLX derives for a ReLU takes longer than the products.
func (p perceptrons) gradient(kernels, inputs []*graph.Node, odds *graph.Node) *graph.Node {
	pieces := make([]*graph.Node, len(kernels))
	g := graph.InsertAxes(odds, 2) // (folds, n, columns)
	for i := len(kernels) - 1; i >= 0; i-- {
		piece := graph.Dot(inputs[i], g).General([]int{1}, []int{0}, []int{1}, []int{0})
		pieces[i] = graph.Reshape(piece, p.folds, piece.Shape().Size()/p.folds)
		if i > 0 {
			g = graph.Dot(g, kernels[i]).General([]int{2}, []int{0}, []int{2}, []int{0})
			g = graph.Mul(g, graph.Sign(inputs[i])) // 0 or 1, as inputs are ReLUs
		}
	}
	return graph.Concatenate(pieces, 1)
}

// loss builds the loss of every net, (folds), and its gradient in the weights, (folds, P). The batch is points with a
// column of ones, (folds, batch, dim + 1); their classes, 1 or -1; and their shares, (folds, batch). The loss is the
// cross-entropy and, as in scikit-learn, classifierDecay / (2 batch) times the sum of the squared weights, biases excepted.
func (p perceptrons) loss(weights, x, class, share *graph.Node) (loss, gradient *graph.Node) {
	const least = 1e-30 // keeps the logarithm finite
	kernels := p.split(weights)
	odds, inputs := p.apply(kernels, x)
	right := graph.Sigmoid(graph.Mul(class, odds)) // probability of the right class
	surprise := graph.Neg(graph.Log(graph.MaxScalar(right, least)))
	slope := graph.Mul(graph.Mul(class, share), graph.AddScalar(right, -1))
	decay := graph.Mul(weights, p.mask(weights, 0, classifierDecay/float64(p.batch)))
	loss = graph.ReduceSum(graph.Mul(share, surprise), 1)
	loss = graph.Add(loss, graph.MulScalar(graph.ReduceSum(graph.Mul(decay, weights), 1), .5))
	return loss, graph.Add(graph.Mul(p.gradient(kernels, inputs, slope), p.mask(weights, 1, 1)), decay)
}
