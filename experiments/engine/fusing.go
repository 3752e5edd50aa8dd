package engine

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine/fuse"
	"flowsweep/experiments/engine/ort"
)

// Fused lists the operations that are fused on this machine, in chains of them, and says why others are not. An operation is
// fused only if it has the bits of onnxruntime's own, as there are other versions of onnxruntime and other processors than
// those that have been tried. The first call takes some milliseconds.
func Fused() (operations []string, why error) { return fusable() }

var fusable = sync.OnceValues(func() (operations []string, why error) {
	all, err := ort.FusedOperations()
	if err != nil {
		return nil, err
	}
	all = append(all, fuse.ColumnSum)
	plain, err := runProbes(nil)
	if err != nil {
		return nil, fmt.Errorf("try operations in onnxruntime: %w", err)
	}
	fused, err := runProbes(all)
	if err != nil {
		return nil, fmt.Errorf("try fused operations: %w", err)
	}
	var others []string
	for _, op := range all {
		same := true
		for i, p := range probes {
			same = same && (p.operation != op || slices.EqualFunc(plain[i].Data, fused[i].Data, sameBits))
		}
		if same {
			operations = append(operations, op)
		} else {
			others = append(others, op)
		}
	}
	if len(others) > 0 {
		why = fmt.Errorf("onnxruntime has other bits for %s", strings.Join(others, ", "))
	}
	return operations, why
})

// sameBits compares two numbers to the bit; all NaN are the same.
func sameBits(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

// probe is a graph with one operation of two vectors.
type probe struct {
	operation string
	build     func(a, b *graph.Node) *graph.Node
}

var probes = []probe{
	{"Add", graph.Add},
	{"Sub", graph.Sub},
	{"Mul", graph.Mul},
	{"Div", graph.Div},
	{"Neg", func(a, _ *graph.Node) *graph.Node { return graph.Neg(a) }},
	{"Abs", func(a, _ *graph.Node) *graph.Node { return graph.Abs(a) }},
	{"Sqrt", func(a, _ *graph.Node) *graph.Node { return graph.Sqrt(a) }},
	{"Reciprocal", func(a, _ *graph.Node) *graph.Node { return graph.Rsqrt(a) }},
	{"Min", graph.Min},
	{"Min", func(a, _ *graph.Node) *graph.Node { return graph.MinScalar(a, 0) }},
	{"Max", graph.Max},
	{"Max", func(a, _ *graph.Node) *graph.Node { return graph.MaxScalar(a, 1) }},
	{"Relu", func(a, _ *graph.Node) *graph.Node { return graph.MaxScalar(a, 0) }},
	{"Sign", func(a, _ *graph.Node) *graph.Node { return graph.Sign(a) }},
	{"Elu", func(a, _ *graph.Node) *graph.Node { // as the recorder recognises it
		zero := graph.ScalarZero(a.Graph(), a.DType())
		positive := graph.GreaterThan(a, zero)
		return graph.Where(positive, a, graph.MinusOne(graph.Exp(graph.Where(positive, zero, a))))
	}},
	{fuse.ColumnSum, func(a, b *graph.Node) *graph.Node { return graph.ReduceSum(matrix(graph.Mul(a, b), 98, 21), 0) }},
	{fuse.ColumnSum, func(a, b *graph.Node) *graph.Node { return graph.ReduceSum(matrix(graph.Add(a, b), 98, 3, 7), 0, 1) }},
}

// matrix takes as many of the first numbers as it needs.
func matrix(a *graph.Node, dims ...int) *graph.Node {
	size := 1
	for _, d := range dims {
		size *= d
	}
	return graph.Reshape(graph.Slice(a, graph.AxisRange(0, size)), dims...)
}

// probeSize covers several blocks of a Fused, and is no multiple of four. The last three are a zero of either sign and a one.
const probeSize = 2103

// runProbes returns the results of all probes, with the operations fused.
func runProbes(operations []string) ([]Tensor, error) {
	inputs := []Input{{"a", []int{probeSize}}, {"b", []int{probeSize}}}
	program, err := openONNX(1, operations, func(in []*graph.Node) (out []*graph.Node) {
		for _, p := range probes {
			y := p.build(in[0], in[1])
			out = append(out, y, graph.Square(y)) // a chain
		}
		return out
	}, inputs)
	if err != nil {
		return nil, err
	}
	a, b := Tensor{Dims: inputs[0].Dims}, Tensor{Dims: inputs[1].Dims}
	for i := range probeSize {
		a.Data, b.Data = append(a.Data, probeNumber(i)), append(b.Data, probeNumber(3*i+1))
	}
	out, err := program.Run(a, b)
	if err := errors.Join(err, program.Close()); err != nil {
		return nil, err
	}
	var results []Tensor
	for i := range probes {
		results = append(results, out[2*i])
	}
	return results, nil
}

// probeNumber returns one of many numbers, of all sizes.
func probeNumber(i int) float32 {
	special := []float64{0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), 1e-40, -1e-40, 3e38, -3e38, -86, -88, -104}
	if i%100 < len(special) {
		return float32(special[i%100])
	}
	return float32(math.Sin(float64(i)) * math.Pow(2, float64(i%30-20)))
}
