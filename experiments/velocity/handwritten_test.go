package velocity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// handWritten is the training step of an ELU net with plain Adam as a person would write it in ONNX: what the recorded
// one is held against. It takes and gives what compileStep does.
func handWritten(n net.Net, batch int, rate float64) onnx.Model {
	h := &hand{}
	m := onnx.Model{Producer: "flowsweep", Graph: onnx.Graph{Name: "hand-written", Inputs: []onnx.ValueInfo{
		{Name: "weights", Dims: []int{n.Size()}},
		{Name: "m", Dims: []int{n.Size()}},
		{Name: "v", Dims: []int{n.Size()}},
		{Name: "step", Dims: []int{1}},
		{Name: "t", Dims: []int{batch, 1}},
		{Name: "x", Dims: []int{batch, n.Dim()}},
		{Name: "u", Dims: []int{batch, n.Dim()}},
	}}}
	var sizes []int64
	var pieces []string
	for i, p := range n.Params() {
		sizes, pieces = append(sizes, int64(p.Size())), append(pieces, fmt.Sprint("w", i))
	}
	h.nodes = append(h.nodes, onnx.Node{Op: "Split", Inputs: []string{"weights", h.ints(sizes...)}, Outputs: pieces})
	layers := n.Depth + 1
	acts := []string{h.op("Concat", []onnx.Attribute{{Name: "axis", Value: int64(1)}}, "t", "x")}
	kernels := make([]string, layers)
	for i := range layers {
		dims := n.Params()[2*i].Dims
		kernels[i] = h.op("Reshape", nil, pieces[2*i], h.ints(int64(dims[0]), int64(dims[1])))
		out := h.op("Gemm", nil, acts[i], kernels[i], pieces[2*i+1])
		if i < n.Depth {
			out = h.op("Elu", nil, out)
		}
		acts = append(acts, out)
	}
	diff := h.op("Sub", nil, acts[layers], "u")
	loss := h.op("ReduceMean", []onnx.Attribute{{Name: "keepdims", Value: int64(0)}}, h.op("Mul", nil, diff, diff))
	grads := make([]string, 2*layers)
	g := h.op("Mul", nil, diff, h.float(2/float64(batch*n.Dim())))
	for i := layers - 1; i >= 0; i-- {
		dw := h.op("Gemm", []onnx.Attribute{{Name: "transA", Value: int64(1)}}, acts[i], g)
		grads[2*i] = h.op("Reshape", nil, dw, h.ints(-1))
		grads[2*i+1] = h.op("ReduceSum", []onnx.Attribute{{Name: "keepdims", Value: int64(0)}}, g, h.ints(0))
		if i > 0 {
			back := h.op("Gemm", []onnx.Attribute{{Name: "transB", Value: int64(1)}}, g, kernels[i])
			g = h.op("Mul", nil, back, h.op("Add", nil, h.op("Min", nil, acts[i], h.float(0)), h.float(1)))
		}
	}
	grad := h.op("Concat", []onnx.Attribute{{Name: "axis", Value: int64(0)}}, grads...)
	outputs := h.adam(grad, rate)
	outputs = append(outputs, h.op("Reshape", nil, loss, h.ints(1)))
	m.Nodes, m.Initializers = h.nodes, h.constants
	for i, dims := range [][]int{{n.Size()}, {n.Size()}, {n.Size()}, {1}, {1}} {
		m.Outputs = append(m.Outputs, onnx.ValueInfo{Name: outputs[i], Dims: dims})
	}
	return m
}

// hand collects nodes and constants.
type hand struct {
	nodes     []onnx.Node
	constants []onnx.Initializer
}

func (h *hand) op(op string, attributes []onnx.Attribute, inputs ...string) string {
	out := fmt.Sprint("n", len(h.nodes))
	h.nodes = append(h.nodes, onnx.Node{Op: op, Inputs: inputs, Outputs: []string{out}, Attributes: attributes})
	return out
}

func (h *hand) ints(v ...int64) string {
	name := fmt.Sprint("c", len(h.constants))
	h.constants = append(h.constants, onnx.Initializer{Name: name, Dims: []int{len(v)}, Data: v})
	return name
}

func (h *hand) float(v float64) string {
	name := fmt.Sprint("c", len(h.constants))
	h.constants = append(h.constants, onnx.Initializer{Name: name, Data: []float32{float32(v)}})
	return name
}

// adam returns the next weights, moments and step.
func (h *hand) adam(grad string, rate float64) []string {
	step := h.op("Add", nil, "step", h.float(1))
	m := h.op("Add", nil, h.op("Mul", nil, "m", h.float(beta1)), h.op("Mul", nil, grad, h.float(1-beta1)))
	v := h.op("Add", nil, h.op("Mul", nil, "v", h.float(beta2)), h.op("Mul", nil, h.op("Mul", nil, grad, grad), h.float(1-beta2)))
	unbias := func(beta float64) string { return h.op("Sub", nil, h.float(1), h.op("Pow", nil, h.float(beta), step)) }
	root := h.op("Add", nil, h.op("Sqrt", nil, h.op("Div", nil, v, unbias(beta2))), h.float(epsilon))
	direction := h.op("Div", nil, h.op("Div", nil, m, unbias(beta1)), root)
	return []string{h.op("Sub", nil, "weights", h.op("Mul", nil, direction, h.float(rate))), m, v, step}
}

// handLoop starts the hand-written step.
func handLoop(tb testing.TB, n net.Net, tr Training) (step func(b *trainingBatch) float64, done func()) {
	tb.Helper()
	session, err := ort.Open(handWritten(n, tr.Batch, tr.Optimizer.Rate).Marshal(), ort.SessionOptions{Threads: 1, Optimise: ort.All})
	if err != nil {
		tb.Fatal(err)
	}
	loop, err := session.Loop(tr.Optimizer.start(Init(n, 1))...)
	if err != nil {
		tb.Fatal(err)
	}
	return steps(tb, loop, session)
}

// recordedLoop starts the recorded step.
func recordedLoop(tb testing.TB, n net.Net, tr Training) (step func(b *trainingBatch) float64, done func()) {
	tb.Helper()
	program, err := compileStep(engine.ONNXRuntime, n, tr)
	if err != nil {
		tb.Fatal(err)
	}
	loop, err := program.Loop(tr.Optimizer.start(Init(n, 1))...)
	if err != nil {
		tb.Fatal(err)
	}
	return steps(tb, loop, program)
}

func steps(tb testing.TB, loop engine.Loop, of io.Closer) (step func(b *trainingBatch) float64, done func()) {
	step = func(b *trainingBatch) float64 {
		out, err := loop.Step(b.tensors...)
		if err != nil {
			tb.Fatal(err)
		}
		return float64(out[0].Data[0])
	}
	return step, func() {
		if err := errors.Join(loop.Close(), of.Close()); err != nil {
			tb.Error(err)
		}
	}
}

var guideNet = net.Spec{Architecture: net.MLP, Width: 64, Depth: 3, Activation: net.ELU}.On(2)

func guideTraining(steps int) Training {
	return Training{Steps: steps, Batch: 256, Optimizer: Optimizer{Rate: 1e-3}}
}

// TestHandWrittenStepIsTheRecordedOne: the losses of 50 steps agree as those of two engines do.
func TestHandWrittenStepIsTheRecordedOne(t *testing.T) {
	t.Parallel()
	tr := guideTraining(50)
	step, done := handLoop(t, guideNet, tr)
	defer done()
	b, draw := newTrainingBatch(guideNet, tr), gaussianPairs(1, 1)
	_, err := Train(context.Background(), engine.ONNXRuntime, guideNet, tr, 1, flow.CondOT, gaussianPairs(1, 1), func(at int, want float64) error {
		if err := b.draw(at, flow.CondOT, draw); err != nil {
			return err
		}
		if got := step(b); math.Abs(got/want-1) > 1e-4 {
			t.Fatalf("the loss of step %d is %g by hand and %g recorded", at, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkGuideStep compares the recorded step with the hand-written one, data aside.
func BenchmarkGuideStep(b *testing.B) {
	tr := guideTraining(1)
	batch := newTrainingBatch(guideNet, tr)
	if err := batch.draw(1, flow.CondOT, gaussianPairs(1, 1)); err != nil {
		b.Fatal(err)
	}
	b.Run("hand-written", func(b *testing.B) {
		step, done := handLoop(b, guideNet, tr)
		defer done()
		for b.Loop() {
			step(batch)
		}
	})
	b.Run("recorded", func(b *testing.B) {
		step, done := recordedLoop(b, guideNet, tr)
		defer done()
		for b.Loop() {
			step(batch)
		}
	})
}
