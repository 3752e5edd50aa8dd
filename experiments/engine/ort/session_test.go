package ort

import (
	"slices"
	"testing"

	"flowsweep/experiments/engine/onnx"
)

// requireRuntime loads onnxruntime, or fails the test.
func requireRuntime(t *testing.T) {
	t.Helper()
	if _, err := LoadRuntime(); err != nil {
		t.Fatalf("onnxruntime: %v", err)
	}
}

// negation returns a model with one node, y = -x, for points of two coordinates.
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
		t.Errorf("metadata %q, want what was written", got)
	}
}

func TestOpenBadModels(t *testing.T) {
	requireRuntime(t)
	m := negation()
	whole := m.Marshal()
	for name, bad := range map[string][]byte{"empty": nil, "garbage": []byte("not a model"), "truncated": whole[:len(whole)/2]} {
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
		t.Error("Run accepts an input of the wrong width")
	}
	if _, err := s.Run(); err == nil {
		t.Error("Run accepts no inputs")
	}
}

// TestDefaultsMayBeLeftOut checks that Run takes an input with a default only if SessionOptions.Defaults names it.
func TestDefaultsMayBeLeftOut(t *testing.T) {
	requireRuntime(t)
	m := negation()
	m.Inputs = append(m.Inputs, onnx.ValueInfo{Name: "shift", Dims: []int{onnx.Times}})
	m.Initializers = []onnx.Initializer{{Name: "shift", Dims: []int{1}, Data: []float32{10}}}
	m.Nodes = []onnx.Node{{Op: "Add", Inputs: []string{"x", "shift"}, Outputs: []string{"y"}}}
	x := Tensor{Dims: []int{1, 2}, Data: []float32{1, 2}}
	for _, c := range []struct {
		options SessionOptions
		inputs  []Tensor
		want    []float32
	}{
		{SessionOptions{}, []Tensor{x}, []float32{11, 12}},
		{SessionOptions{Optimise: All}, []Tensor{x}, []float32{11, 12}},
		{SessionOptions{Optimise: All, Defaults: []string{"shift"}}, []Tensor{x, {Dims: []int{1}, Data: []float32{20}}}, []float32{21, 22}},
		{SessionOptions{Defaults: []string{"shift"}}, []Tensor{x, {Dims: []int{2}, Data: []float32{20, 30}}}, []float32{21, 32}},
	} {
		s, err := Open(m.Marshal(), c.options)
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Run(c.inputs...)
		if err != nil || !slices.Equal(out[0].Data, c.want) {
			t.Errorf("%+v: %v, %v, want %v", c.options, out, err, c.want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if s, err := Open(m.Marshal(), SessionOptions{Defaults: []string{"shift"}}); err != nil {
		t.Error(err)
	} else if _, err := s.Run(x); err == nil {
		t.Error("Run accepts a missing input that Defaults names")
	}
}

// TestEmptyBatches checks that no points give no points.
func TestEmptyBatches(t *testing.T) {
	requireRuntime(t)
	for _, level := range Levels {
		s, err := Open(negation().Marshal(), SessionOptions{Optimise: level})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		out, err := s.Run(Tensor{Dims: []int{0, 2}})
		if err != nil || !slices.Equal(out[0].Dims, []int{0, 2}) || len(out[0].Data) != 0 {
			t.Errorf("%s: %v, %v", level, out, err)
		}
	}
}

// TestLoopCarriesItsState adds inputs to the state, and checks that a model with dynamic sizes cannot loop.
func TestLoopCarriesItsState(t *testing.T) {
	requireRuntime(t)
	one := func(v float32) Tensor { return Tensor{Dims: []int{1}, Data: []float32{v}} }
	value := func(name string) onnx.ValueInfo { return onnx.ValueInfo{Name: name, Dims: []int{1}} }
	m := onnx.Model{Graph: onnx.Graph{
		Name: "sum", Inputs: []onnx.ValueInfo{value("x"), value("d")}, Outputs: []onnx.ValueInfo{value("next")},
		Nodes: []onnx.Node{{Op: "Add", Inputs: []string{"x", "d"}, Outputs: []string{"next"}}},
	}}
	s, err := Open(m.Marshal(), SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, err := s.Loop(one(10))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i := range 3 {
		if _, err := l.Step(one(float32(i))); err != nil {
			t.Fatal(err)
		}
	}
	if state, err := l.State(); err != nil || state[0].Data[0] != 10+0+1+2 {
		t.Errorf("after three steps the state is %v (%v), want 13", state, err)
	}
	open, err := Open(negation().Marshal(), SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if _, err := open.Loop(); err == nil {
		t.Error("Loop accepts a model with a dynamic batch")
	}
}
