package velocity

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// rows is the number of points that a compiled net takes at once. Larger batches are cut into chunks, whose intermediate
// results fit the cache; smaller ones are padded, so that the result for a point does not depend on the size of its batch.
// The Go backend multiplies three rows at a time and rounds a remainder differently, so rows is a multiple of 3, and of the
// powers of 2 that other kernels use.
const rows = 768

// chunked is a row-by-row function of a net, compiled with its weights. It is used from one goroutine at a time.
type chunked struct {
	program engine.Program
	weights engine.Tensor
	in      []engine.Tensor // one chunk of each input
	out     []int           // numbers a row of each output
}

// compileChunked compiles what f builds from the inputs of a net, and from others shaped like its points: one number or row
// per point.
func compileChunked(e engine.Engine, n net.Net, weights []float32, others []string,
	f func(weights []*graph.Node, in inputs, others []*graph.Node) []*graph.Node,
) (*chunked, error) {
	if err := checkWeights(n, weights); err != nil {
		return nil, err
	}
	takes := declare(n, rows)
	own := len(takes)
	for _, name := range others {
		takes = append(takes, declareValue(net.Value{Name: name, Dims: n.Shape}, rows))
	}
	c := &chunked{weights: engine.Tensor{Dims: []int{n.Size()}, Data: weights}}
	program, err := e.Compile(func(in []*graph.Node) []*graph.Node {
		outputs := f(split(n, in[0]), in[1:1+own], in[1+own:])
		c.out = nil
		for _, o := range outputs {
			c.out = append(c.out, o.Shape().Size()/rows)
		}
		return outputs
	}, append([]engine.Input{{Name: "weights", Dims: c.weights.Dims}}, takes...)...)
	if err != nil {
		return nil, err
	}
	c.program = program
	for _, in := range takes {
		c.in = append(c.in, newTensor(in))
	}
	return c, nil
}

// Close frees what was compiled.
func (c *chunked) Close() error { return c.program.Close() }

// byChunks returns the outputs, all rows of each, for the inputs, of which the first is the times, (n). Inputs are rounded
// to 32 bits.
func (c *chunked) byChunks(inputs [][]float64) ([][]float64, error) {
	n := len(inputs[0])
	for i, in := range inputs {
		if width := len(c.in[i].Data) / rows; len(in) != n*width {
			return nil, fmt.Errorf("%d times do not go with %d numbers of points of dimension %d", n, len(in), width)
		}
	}
	outputs := make([][]float64, len(c.out))
	for i, width := range c.out {
		outputs[i] = make([]float64, 0, n*width)
	}
	for from := 0; from < n; from += rows {
		count := min(rows, n-from)
		for i, in := range inputs {
			width := len(c.in[i].Data) / rows
			flow.Narrow(c.in[i].Data[:0], in[from*width:(from+count)*width]) // in place; what is beyond does not matter
		}
		out, err := c.program.Run(append([]engine.Tensor{c.weights}, c.in...)...)
		if err != nil {
			return nil, err
		}
		for i, o := range out {
			for _, v := range o.Data[:count*c.out[i]] {
				outputs[i] = append(outputs[i], float64(v))
			}
		}
	}
	return outputs, nil
}
