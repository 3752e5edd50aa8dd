package export

import (
	"strconv"

	"flowsweep/experiments/engine/onnx"
)

// constants adds numbers to the initializers of a graph, each once. The name of a float is its text.
type constants struct {
	graph *onnx.Graph
	known map[string]bool
}

func newConstants(g *onnx.Graph) *constants { return &constants{graph: g, known: map[string]bool{}} }

func (c *constants) add(name string, dims []int, data any) string {
	if !c.known[name] {
		c.known[name] = true
		c.graph.Initializers = append(c.graph.Initializers, onnx.Initializer{Name: name, Dims: dims, Data: data})
	}
	return name
}

func (c *constants) float(v float32) string           { return c.add(number(v), nil, []float32{v}) }
func (c *constants) long(name string, v int64) string { return c.add(name, nil, []int64{v}) }
func (c *constants) row(name string, v []float64) string {
	row := make([]float32, len(v))
	for i, x := range v {
		row[i] = float32(x)
	}
	return c.add(name, []int{len(row)}, row)
}

// list adds a list of one integer, as axes and bounds are given.
func (c *constants) list(v int64) string {
	return c.add("ints/"+strconv.FormatInt(v, 10), []int{1}, []int64{v})
}

// number returns the shortest text that parses to the float.
func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }
