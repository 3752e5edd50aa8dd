package engine

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine/ort"
)

// requireRuntime loads onnxruntime, or fails the test.
func requireRuntime(t *testing.T) {
	t.Helper()
	if _, err := ort.LoadRuntime(); err != nil {
		t.Fatalf("onnxruntime: %v", err)
	}
}

func random(seed uint64, dims ...int) Tensor {
	r := rand.New(rand.NewPCG(seed, 1))
	size := 1
	for _, d := range dims {
		size *= d
	}
	t := Tensor{Dims: dims, Data: make([]float32, size)}
	for i := range t.Data {
		t.Data[i] = float32(r.NormFloat64())
	}
	return t
}

func TestProgramsCheckTheirInputs(t *testing.T) {
	t.Parallel()
	p, err := Go.Compile(func(in []*graph.Node) []*graph.Node { return []*graph.Node{graph.Neg(in[0])} }, Input{"x", []int{2, 2}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for name, in := range map[string][]Tensor{
		"none": nil, "other sizes": {random(1, 2, 3)}, "short": {{Dims: []int{2, 2}, Data: make([]float32, 3)}},
	} {
		if _, err := p.Run(in...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestGraphPanicsAreErrors(t *testing.T) {
	t.Parallel()
	wrong := func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{graph.Add(in[0], graph.Const(in[0].Graph(), []float32{1, 2, 3}))}
	}
	if _, err := Go.Compile(wrong, Input{"x", []int{2, 2}}); err == nil {
		t.Error("adding (2, 2) and (3) compiles")
	}
}

func TestPick(t *testing.T) {
	t.Parallel()
	if e, why, err := Pick(Auto); err != nil || e.Name != ONNXRuntime.Name || why == "" {
		t.Errorf("auto picks %q, %q, %v", e.Name, why, err)
	}
	if e, why, err := Pick("go"); err != nil || e.Name != "go" || why != "as requested" {
		t.Errorf("go picks %q, %q, %v", e.Name, why, err)
	}
	if _, _, err := Pick("tpu"); err == nil || !strings.Contains(err.Error(), "auto, onnxruntime") {
		t.Errorf("error %v, want one that lists the engines", err)
	}
}

func TestSelfTest(t *testing.T) {
	requireRuntime(t)
	if err := SelfTest(); err != nil {
		t.Error(err)
	}
}
