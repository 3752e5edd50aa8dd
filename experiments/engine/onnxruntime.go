package engine

import (
	"errors"
	"fmt"

	"flowsweep/experiments/engine/fuse"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
)

// ONNXRuntime records graphs as ONNX models and runs them in onnxruntime.
var ONNXRuntime = Engine{Name: "onnxruntime", compile: compileONNX, available: func() error {
	_, err := ort.LoadRuntime()
	return err
}}

// ortProgram is a recorded graph opened in onnxruntime.
type ortProgram struct{ *ort.Session }

// compileONNX fuses operations for one thread: the passes of a large net are divided between threads, and take little of
// its time.
func compileONNX(e Engine, f Graph, inputs []Input) (Program, error) {
	var operations []string
	if e.Threads <= 1 && !e.plain {
		operations, _ = Fused() // without any, the graph is as it was recorded
	}
	return openONNX(max(e.Threads, 1), operations, f, inputs)
}

// openONNX records a graph, with the operations fused, and opens it.
func openONNX(threads int, operations []string, f Graph, inputs []Input) (Program, error) {
	declared := make([]onnx.ValueInfo, len(inputs))
	for i, in := range inputs {
		declared[i] = onnx.ValueInfo{Name: in.Name, Dims: in.Dims}
	}
	m, err := onnx.RecordSized(f, declared)
	if err != nil {
		return nil, err
	}
	if len(operations) > 0 {
		m = fuse.Chains(m, operations)
	} else {
		m.Values = nil
	}
	s, err := ort.Open(m.Marshal(), ort.SessionOptions{
		Threads: threads, Optimise: ort.All, Fused: len(operations) > 0,
		Ports: &ort.Ports{Inputs: ports(m.Inputs), Outputs: ports(m.Outputs)},
	})
	if err != nil {
		return nil, err
	}
	return ortProgram{s}, nil
}

func ports(values []onnx.ValueInfo) []ort.Port {
	list := make([]ort.Port, len(values))
	for i, v := range values {
		list[i] = ort.Port{Name: v.Name, Dims: v.Dims, Kind: ort.Kind(max(v.Kind, onnx.Float32))}
	}
	return list
}

// Loop returns a loop that keeps the state in onnxruntime's memory.
func (p ortProgram) Loop(state ...Tensor) (Loop, error) {
	l, err := p.Session.Loop(state...)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// SelfTest runs a model of one node, 1 + 2, in onnxruntime.
func SelfTest() (err error) {
	m := onnx.Model{
		Producer: "flowsweep", Graph: onnx.Graph{
			Name:    "self-test",
			Inputs:  []onnx.ValueInfo{{Name: "a", Dims: []int{1}}, {Name: "b", Dims: []int{1}}},
			Outputs: []onnx.ValueInfo{{Name: "sum", Dims: []int{1}}},
			Nodes:   []onnx.Node{{Op: "Add", Inputs: []string{"a", "b"}, Outputs: []string{"sum"}}},
		},
	}
	s, err := ort.Open(m.Marshal(), ort.SessionOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	one := func(v float32) Tensor { return Tensor{Dims: []int{1}, Data: []float32{v}} }
	out, err := s.Run(one(1), one(2))
	if err != nil {
		return err
	}
	if out[0].Data[0] != 3 {
		return fmt.Errorf("onnxruntime computes 1 + 2 = %g", out[0].Data[0])
	}
	return nil
}
