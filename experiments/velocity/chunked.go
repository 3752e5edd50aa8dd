package velocity

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// rows is how many points a compiled net takes at once. Larger batches are cut into chunks of it, whose intermediate
// results stay in the cache, and smaller ones are filled up, so that what comes out for a point does not depend on how
// many others it came with. The Go backend multiplies three rows at a time and rounds a remainder otherwise, so the number
// is a multiple of 3, and of the powers of 2 that other kernels go by.
const rows = 768

// chunked is something computed from a net, row by row, compiled with its weights. It is used from one goroutine at a time.
type chunked struct {
	program engine.Program
	weights engine.Tensor
	in      []engine.Tensor // one chunk of each input
	out     []int           // numbers a row of each output
}

// compileChunked compiles what f builds from a net at times t and points x, and from more inputs of the size of x if there
// are others: one number or row for each point.
func compileChunked(e engine.Engine, n net.Net, weights []float32, others []string,
	f func(params []*graph.Node, t, x *graph.Node, others []*graph.Node) []*graph.Node,
) (*chunked, error) {
	if err := checkWeights(n, weights); err != nil {
		return nil, err
	}
	inputs := []engine.Input{{Name: "weights", Dims: []int{n.Size()}}, {Name: "t", Dims: []int{rows, 1}}, {Name: "x", Dims: []int{rows, n.Dim()}}}
	for _, name := range others {
		inputs = append(inputs, engine.Input{Name: name, Dims: []int{rows, n.Dim()}})
	}
	c := &chunked{weights: engine.Tensor{Dims: []int{n.Size()}, Data: weights}}
	program, err := e.Compile(func(in []*graph.Node) []*graph.Node {
		outputs := f(split(n, in[0]), in[1], in[2], in[3:])
		c.out = nil
		for _, o := range outputs {
			c.out = append(c.out, o.Shape().Size()/rows)
		}
		return outputs
	}, inputs...)
	if err != nil {
		return nil, err
	}
	c.program = program
	for _, in := range inputs[1:] {
		c.in = append(c.in, engine.Tensor{Dims: in.Dims, Data: make([]float32, rows*in.Dims[1])})
	}
	return c, nil
}

// Close frees what was compiled.
func (c *chunked) Close() error { return c.program.Close() }

// byChunks returns the outputs, all rows of each, for the inputs, of which the first is the times, (n). Numbers are rounded to
// 32 bits on the way in.
func byChunks[T float32 | float64](c *chunked, inputs ...[]T) ([][]T, error) {
	n := len(inputs[0])
	for i, in := range inputs {
		if width := c.in[i].Dims[1]; len(in) != n*width {
			return nil, fmt.Errorf("%d times do not go with %d numbers of points of dimension %d", n, len(in), width)
		}
	}
	outputs := make([][]T, len(c.out))
	for i, width := range c.out {
		outputs[i] = make([]T, 0, n*width)
	}
	for from := 0; from < n; from += rows {
		count := min(rows, n-from)
		for i, in := range inputs {
			width := c.in[i].Dims[1]
			flow.Narrow(c.in[i].Data[:0], in[from*width:(from+count)*width]) // in place; what is beyond does not matter
		}
		out, err := c.program.Run(append([]engine.Tensor{c.weights}, c.in...)...)
		if err != nil {
			return nil, err
		}
		for i, o := range out {
			for _, v := range o.Data[:count*c.out[i]] {
				outputs[i] = append(outputs[i], T(v))
			}
		}
	}
	return outputs, nil
}
