package export

import (
	"slices"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/velocity"
)

// Sample holds inputs of a velocity net, rounded to 32 bits: times, (n), and points, (n, d).
type Sample struct {
	Net net.Net
	T   []float64
	X   flow.Batch
}

// Points returns seeded inputs of the net at count points. Times are uniform in [0, 1], the first two exactly 0 and 1. Points
// are normal with standard deviation 3, so that they reach well beyond the paths of samples.
func Points(n net.Net, count int, seed uint64) Sample {
	s := Sample{Net: n, T: make([]float64, count), X: flow.NewBatch(count, n.Dim())}
	flow.NewStream(seed, "verify times").Uniform(s.T, 0)
	flow.NewStream(seed, "verify points").Normal(s.X, 0)
	copy(s.T, []float64{0, 1})
	for i, t := range s.T {
		s.T[i] = float64(float32(t))
	}
	for i, x := range s.X.Data {
		s.X.Data[i] = float64(float32(3 * x))
	}
	return s
}

// farOut returns some of the inputs, with their points scaled by a thousand.
func (s Sample) farOut() Sample {
	n := min(len(s.T), 256)
	far := Sample{Net: s.Net, T: s.T[:n], X: s.X.Slice(0, n).Clone()}
	for i, x := range far.X.Data {
		far.X.Data[i] = float64(float32(1000 * x))
	}
	return far
}

// inputs returns the inputs of a file of the net for some of the points.
func (s Sample) inputs(from, to int) (list []ort.Tensor) {
	numbers := velocity.Numbers(s.T[from:to], s.X.Slice(from, to))
	for i, in := range s.Net.Inputs() {
		list = append(list, ort.Tensor{Dims: slices.Concat([]int{to - from}, in.Dims), Data: flow.Narrow(nil, numbers[i])})
	}
	return list
}

// Noise returns n seeded standard normal points, rounded to 32 bits as a sampler takes them.
func Noise(dim, n int, seed uint64) flow.Batch {
	x := flow.NewBatch(n, dim)
	flow.NewStream(seed, "verify noise").Normal(x, 0)
	for i, v := range x.Data {
		x.Data[i] = float64(float32(v))
	}
	return x
}
