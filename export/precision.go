package export

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// Precision is the kind of numbers that a file stores its weights in and computes its net with. The times, the points and the
// steps of a sampler are 32-bit floats in all of them.
type Precision struct {
	Name string // in names of files and in metadata
	Doc  string // what is stored and computed, in a sentence

	// calibrate returns the ranges of the values of a net, if the precision needs them.
	calibrate func(g onnx.Graph, weights []string, on Steps, noise flow.Batch) ([]onnx.Product, error)
	rewrite   func(g onnx.Graph, weights []string, products []onnx.Product) (onnx.Graph, error)
	round     func(n net.Net, weights []float32, products []onnx.Product) []float32
	inFloats  bool // Go evaluates it in 32-bit floats, except for the weights
	// roundoff is the largest error of a number of the net, relative to it, that depends on how a runtime computes.
	roundoff float64
}

// Precisions lists the precisions below 32-bit floats.
var Precisions = []Precision{FP16, Int8}

// FP16 stores the weights as 16-bit floats, and computes the net in them from where a value first meets a weight.
var FP16 = Precision{
	Name: "fp16", Doc: "Weights and the arithmetic of the net are 16-bit floats; times, points and steps are 32-bit floats",
	rewrite: func(g onnx.Graph, weights []string, _ []onnx.Product) (onnx.Graph, error) { return g.Half(weights) },
	round: func(_ net.Net, weights []float32, _ []onnx.Product) []float32 {
		rounded := slices.Clone(weights)
		onnx.RoundHalf(rounded)
		return rounded
	},
	inFloats: true,
	roundoff: 0x1p-11,
}

// Int8 stores the matrices of weights as 8-bit integers with a scale for each column, and multiplies them with values rounded
// to 8 bits, in integers. The range of the values is that of the run's own samples. Small matrices, biases and everything
// between the products stay in 32-bit floats.
var Int8 = Precision{
	Name: "int8", Doc: "Products with matrices of weights are of 8-bit integers, the weights with a scale for each column, and the values with " +
		"ranges fixed on the paths of the run itself; all else is in 32-bit floats",
	calibrate: calibrate,
	rewrite: func(g onnx.Graph, _ []string, products []onnx.Product) (onnx.Graph, error) {
		return g.Int8(products)
	},
	round:    velocity.RoundInt8,
	roundoff: 0x1p-20, // of 32-bit floats, before they are rounded to 8 bits
}

// PrecisionsNamed returns the precisions with these names, each once. The error lists all there are.
func PrecisionsNamed(names []string) (list []Precision, err error) {
	for _, name := range names {
		i := slices.IndexFunc(Precisions, func(p Precision) bool { return p.Name == strings.TrimSpace(name) })
		if i < 0 {
			var all []string
			for _, p := range Precisions {
				all = append(all, p.Name)
			}
			return nil, fmt.Errorf("unknown precision %q: use %s", name, strings.Join(all, " or "))
		}
		if !slices.ContainsFunc(list, func(p Precision) bool { return p.Name == Precisions[i].Name }) {
			list = append(list, Precisions[i])
		}
	}
	return list, nil
}

// Suffixed returns the name of a file in the precision, such as velocity-fp16.onnx for velocity.onnx.
func (p Precision) Suffixed(file string) string {
	return strings.TrimSuffix(file, ".onnx") + "-" + p.Name + ".onnx"
}

// unsuffixed returns the name of the file in 32-bit floats.
func unsuffixed(file string) string {
	for _, p := range Precisions {
		file = strings.Replace(file, "-"+p.Name+".onnx", ".onnx", 1)
	}
	return file
}

// ErrUnfit is in the errors of nets that cannot be written in a precision.
var ErrUnfit = errors.New("the net has no form in this precision")

// Reduced is a net whose files compute in a precision.
type Reduced struct {
	Precision Precision

	net      net.Net
	weights  []float32      // as trained
	products []onnx.Product // with their ranges, if the precision needs them
}

// Reduce prepares a net for a precision. Ranges of values are those met on the way from the noise, (n, d), by the solver over
// the times of the steps; their field is not used.
func Reduce(p Precision, n net.Net, weights []float32, on Steps, noise flow.Batch) (*Reduced, error) {
	r := &Reduced{Precision: p, net: n, weights: weights}
	if p.calibrate == nil {
		return r, nil
	}
	m, err := velocity.Record(n, weights)
	if err == nil {
		r.products, err = p.calibrate(m.Graph, paramNames(n), on, noise)
	}
	if err != nil {
		return nil, fmt.Errorf("reduce the net to %s: %w", p.Name, err)
	}
	return r, nil
}

func paramNames(n net.Net) (names []string) {
	for _, p := range n.Params() {
		names = append(names, p.Name)
	}
	return names
}

// calibrate solves with the net in onnxruntime, and returns its products with the ranges of their values.
func calibrate(g onnx.Graph, weights []string, on Steps, noise flow.Batch) (products []onnx.Product, err error) {
	if products = g.Products(weights); len(products) == 0 {
		return nil, fmt.Errorf("%w: it has no matrix of weights with enough rows and columns", ErrUnfit)
	}
	s, err := ort.Open(onnx.Model{Graph: g.Watched(products)}.Marshal(), ort.SessionOptions{Optimise: ort.All})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for i := range products {
		products[i].Low, products[i].High = 0, 0 // 0 is always stored exactly
	}
	on = on.on(func(t float64, x flow.Batch) (flow.Batch, error) {
		times := ort.Tensor{Dims: []int{x.Len(), 1}, Data: slices.Repeat([]float32{float32(t)}, x.Len())}
		out, err := s.Run(times, tensorOf(x, g.Inputs[1].Dims[1:]))
		if err != nil {
			return x, err
		}
		for i := range products {
			p := &products[i]
			p.Low, p.High = min(p.Low, out[1+2*i].Data[0]), max(p.High, out[2+2*i].Data[0])
		}
		return batchOf(out[0], x)
	})
	if on.SDE == nil {
		_, _, err = ode.Solve(on.Field, on.Solver, on.Times, noise)
	} else {
		_, err = on.carry(noise)
	}
	return products, err
}

// graph returns the graph of a net in the precision. It may be called on nil, for 32-bit floats.
func (r *Reduced) graph(g onnx.Graph) (onnx.Graph, error) {
	if r == nil {
		return g, nil
	}
	g, err := r.Precision.rewrite(g, paramNames(r.net), r.products)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrUnfit, err)
	}
	return g, err
}

// The properties of a file that say how it computes.
const (
	precisionKey = "precision"
	rangesKey    = "int8_ranges"
)

// properties returns the metadata of a file. It may be called on nil.
func (r *Reduced) properties() map[string]string {
	if r == nil {
		return nil
	}
	properties := map[string]string{precisionKey: r.Precision.Name, precisionKey + "_doc": r.Precision.Doc}
	if r.products != nil {
		properties[rangesKey] = toJSON(r.products)
	}
	return properties
}

// Weights returns the weights as the files hold them.
func (r *Reduced) Weights() []float32 { return r.Precision.round(r.net, r.weights, r.products) }

// Compile returns the net with the weights of the files, for Go's own backend. It also rounds values to 8 bits where the files do, but not to 16.
// Close it after use.
func (r *Reduced) Compile() (*velocity.Model, error) {
	return velocity.CompileInt8(r.net, r.Weights(), r.products)
}

// jittered returns the weights, each moved by up to the roundoff of the precision. Rounding a value of the net by that much is
// the same as moving the weights that it is multiplied with.
func (r *Reduced) jittered(seed uint64) []float32 {
	weights := r.Weights()
	moves := make([]float64, len(weights))
	flow.NewStream(seed, "jitter").Uniform(moves, 0)
	for i, m := range moves {
		weights[i] *= float32(1 + r.Precision.roundoff*(2*m-1))
	}
	return weights
}

// tensorOf returns a batch of points of a shape.
func tensorOf(x flow.Batch, shape []int) ort.Tensor {
	return ort.Tensor{Dims: slices.Concat([]int{x.Len()}, shape), Data: flow.Narrow(nil, x.Data)}
}

// batchOf returns an output with as many points as x as a batch.
func batchOf(out ort.Tensor, x flow.Batch) (flow.Batch, error) {
	if len(out.Data) != len(x.Data) || len(out.Dims) == 0 || out.Dims[0] != x.Len() {
		return x, fmt.Errorf("it returns shape %v for points of shape [%d %d]", out.Dims, x.Len(), x.Dim)
	}
	b := flow.NewBatch(x.Len(), x.Dim)
	for i, v := range out.Data {
		b.Data[i] = float64(v)
	}
	return b, nil
}
