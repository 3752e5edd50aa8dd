package ort

import (
	"testing"

	"flowsweep/experiments/engine/onnx"
)

// requireRuntime loads onnxruntime, which the tests of the real thing need.
func requireRuntime(t *testing.T) {
	t.Helper()
	if _, err := LoadRuntime(); err != nil {
		t.Fatalf("onnxruntime: %v", err)
	}
}

// negation is a model of one node, y = -x for points of two coordinates.
func negation() onnx.Model {
	points := []int{onnx.Batch, 2}
	return onnx.Model{Graph: onnx.Graph{
		Name: "negation", Inputs: []onnx.ValueInfo{{Name: "x", Dims: points}}, Outputs: []onnx.ValueInfo{{Name: "y", Dims: points}},
		Nodes: []onnx.Node{{Op: "Neg", Inputs: []string{"x"}, Outputs: []string{"y"}}},
	}}
}

func TestMetadataComesBack(t *testing.T) {
	requireRuntime(t)
	m := negation()
	m.Metadata = map[string]string{"target": "moons é", "empty": ""}
	s, err := Open(m.Marshal(), SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := s.Metadata(); got["target"] != "moons é" || len(got) != 2 {
		t.Errorf("metadata %q, want that written", got)
	}
}

func TestOpenBadModels(t *testing.T) {
	requireRuntime(t)
	m := negation()
	whole := m.Marshal()
	for name, bad := range map[string][]byte{"empty": nil, "garbage": []byte("not a model"), "cut": whole[:len(whole)/2]} {
		if s, err := Open(bad, SessionOptions{}); err == nil {
			s.Close()
			t.Errorf("%s: no error", name)
		}
	}
	s, err := Open(whole, SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Run(Tensor{Dims: []int{3, 3}, Data: make([]float32, 9)}); err == nil {
		t.Error("an input of the wrong width runs")
	}
	if _, err := s.Run(); err == nil {
		t.Error("no input at all runs")
	}
}
