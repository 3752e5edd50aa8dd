package velocity

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
)

// Optimizer is Adam (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1) and what is commonly put around it. All weights
// are one vector, so that an update is one short chain of operations however many layers there are.
type Optimizer struct {
	Rate   float64 // learning rate
	Cosine bool    // the rate falls to 0 along half a cosine over the training (arXiv 1608.03983, without restarts)
	Clip   float64 // largest Euclidean norm of a gradient, longer ones are shortened to it; 0: none
	Decay  float64 // decoupled weight decay, as in AdamW (arXiv 1711.05101); 0: none
	EMA    float64 // largest decay a step of the moving average of the weights, which is the result then; 0: none
}

// The constants of Adam, as in its paper.
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-8
)

// average is the index of the averaged weights in the state.
const average = 4

// state declares what a step passes to the next: the weights and the moments of Adam, (P) each, the number of steps taken,
// (1), and the averaged weights, (P), if any.
func (o Optimizer) state(size int) []engine.Input {
	vector := func(name string) engine.Input { return engine.Input{Name: name, Dims: []int{size}} }
	inputs := []engine.Input{vector("weights"), vector("m"), vector("v"), {Name: "step", Dims: []int{1}}}
	if o.EMA > 0 {
		inputs = append(inputs, vector("average"))
	}
	return inputs
}

// start returns the state before the first step.
func (o Optimizer) start(weights []float32) []engine.Tensor {
	var tensors []engine.Tensor
	for i, in := range o.state(len(weights)) {
		t := engine.Tensor{Dims: in.Dims, Data: make([]float32, in.Dims[0])}
		if i == 0 || i == average {
			copy(t.Data, weights)
		}
		tensors = append(tensors, t)
	}
	return tensors
}

// result returns the trained weights from the last state.
func (o Optimizer) result(state []engine.Tensor) []float32 {
	if o.EMA > 0 {
		return state[average].Data
	}
	return state[0].Data
}

// update builds the next state from the state and the gradient, (P), of the weights.
func (o Optimizer) update(state []*graph.Node, grad *graph.Node, steps int) []*graph.Node {
	weights, m, v, step := state[0], state[1], state[2], graph.OnePlus(state[3])
	if o.Clip > 0 {
		norm := graph.Sqrt(graph.ReduceAllSum(graph.Square(grad)))
		grad = graph.Mul(grad, graph.MinScalar(graph.Div(graph.Scalar(grad.Graph(), grad.DType(), o.Clip), norm), 1))
	}
	m = graph.Add(graph.MulScalar(m, beta1), graph.MulScalar(grad, 1-beta1))
	v = graph.Add(graph.MulScalar(v, beta2), graph.MulScalar(graph.Square(grad), 1-beta2))
	direction := graph.Div(graph.Div(m, unbias(step, beta1)), graph.AddScalar(graph.Sqrt(graph.Div(v, unbias(step, beta2))), epsilon))
	if o.Decay > 0 {
		direction = graph.Add(direction, graph.MulScalar(weights, o.Decay))
	}
	weights = graph.Sub(weights, graph.Mul(direction, o.rate(step, steps)))
	next := []*graph.Node{weights, m, v, step}
	if o.EMA > 0 {
		next = append(next, o.averaged(state[average], weights, step))
	}
	return next
}

// averaged builds the average, (P), after step k, counted from 1, of which the new weights have the share
//
//	1 - min(EMA, (1 + k) / (10 + k)) = max(1 - EMA, 9 / (10 + k))
//
// The decay warms up as in tf.train.ExponentialMovingAverage with num_updates, counted as in torch_ema: the first update
// has k = 1. A constant decay would keep EMA^n of the initial weights after n steps, nine tenths for 0.9999 and 1,000
// steps. This one keeps 10! / ((n + 2) ... (n + 10)) until it reaches EMA.
func (o Optimizer) averaged(average, weights, step *graph.Node) *graph.Node {
	share := graph.MaxScalar(graph.Div(graph.Scalar(step.Graph(), step.DType(), 9), graph.AddScalar(step, 10)), 1-o.EMA)
	return graph.Add(average, graph.Mul(graph.Sub(weights, average), share))
}

// rate builds the learning rate of a step, (1), counted from 1.
func (o Optimizer) rate(step *graph.Node, steps int) *graph.Node {
	if !o.Cosine {
		return graph.Scalar(step.Graph(), step.DType(), o.Rate)
	}
	turn := graph.MulScalar(graph.AddScalar(step, -1), math.Pi/float64(steps))
	return graph.MulScalar(graph.OnePlus(graph.Cos(turn)), o.Rate/2)
}

// unbias builds 1 - beta^step.
func unbias(step *graph.Node, beta float64) *graph.Node {
	return graph.OneMinus(graph.Pow(graph.Scalar(step.Graph(), step.DType(), beta), step))
}
