package velocity

import (
	"cmp"
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

// imageRows is that of nets for images, whose convolutions see each pixel as a row, in nine windows.
const imageRows = 48

// chunkRows returns the number of points that a compiled net takes at once.
func chunkRows(n net.Net) int {
	if n.Architecture.Images {
		return imageRows
	}
	return rows
}

// chunked is a row-by-row function of a net, compiled with its weights. Its chunks are computed on all cores; it is used from one
// goroutine at a time.
type chunked struct {
	program engine.Program
	rows    int // of a chunk
	weights engine.Tensor
	takes   []engine.Input    // one chunk of each input
	lanes   [][]engine.Tensor // memory of the inputs, for each chunk under way
	out     []int             // numbers a row of each output
}

// compileChunked compiles what f builds from the inputs of a net, and from others shaped like its points: one number or row
// per point.
func compileChunked(e engine.Engine, n net.Net, weights []float32, others []string,
	f func(weights []*graph.Node, in inputs, others []*graph.Node) []*graph.Node,
) (*chunked, error) {
	if err := checkWeights(n, weights); err != nil {
		return nil, err
	}
	rows := chunkRows(n)
	takes := declare(n, rows)
	own := len(takes)
	for _, name := range others {
		takes = append(takes, declareValue(net.Value{Name: name, Dims: n.Shape}, rows))
	}
	c := &chunked{rows: rows, weights: engine.Tensor{Dims: []int{n.Size()}, Data: weights}, takes: takes}
	// Chunks side by side use the cores better than the threads of an operation.
	program, err := e.WithThreads(1).Compile(func(in []*graph.Node) []*graph.Node {
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
	return c, nil
}

// Close frees what was compiled.
func (c *chunked) Close() error { return c.program.Close() }

// byChunks returns the outputs, all rows of each, for the inputs, of which the first is the times, (n). Inputs are rounded
// to 32 bits.
func (c *chunked) byChunks(inputs [][]float64) ([][]float64, error) {
	n := len(inputs[0])
	for i, in := range inputs {
		if width := c.takes[i].Size() / c.rows; len(in) != n*width {
			return nil, fmt.Errorf("%d times do not go with %d numbers of points of dimension %d", n, len(in), width)
		}
	}
	outputs := make([][]float64, len(c.out))
	for i, width := range c.out {
		outputs[i] = make([]float64, n*width)
	}
	errs := make([]error, (n+c.rows-1)/c.rows)
	lanes := 0
	flow.ParallelWorkers(len(errs), func() func(k int) {
		lane := c.lane(lanes)
		lanes++
		return func(k int) { errs[k] = c.chunk(lane, inputs, outputs, k*c.rows, min((k+1)*c.rows, n)) }
	})
	return outputs, cmp.Or(errs...)
}

// lane returns memory for the inputs of a chunk.
func (c *chunked) lane(i int) []engine.Tensor {
	if i == len(c.lanes) {
		var lane []engine.Tensor
		for _, in := range c.takes {
			lane = append(lane, newTensor(in))
		}
		c.lanes = append(c.lanes, lane)
	}
	return c.lanes[i]
}

// chunk computes the rows from one to before another.
func (c *chunked) chunk(lane []engine.Tensor, inputs, outputs [][]float64, from, to int) error {
	for i, in := range inputs {
		width := len(lane[i].Data) / c.rows
		flow.Narrow(lane[i].Data[:0], in[from*width:to*width]) // in place; what is beyond does not matter
	}
	out, err := c.program.Run(append([]engine.Tensor{c.weights}, lane...)...)
	if err != nil {
		return err
	}
	for i, o := range out {
		for j, v := range o.Data[:(to-from)*c.out[i]] {
			outputs[i][from*c.out[i]+j] = float64(v)
		}
	}
	return nil
}
