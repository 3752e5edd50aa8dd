package export

import (
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
)

// TestOpenTurnsDropoutOff: an input that switches dropout is given its value for evaluation, a second output is left out, and a
// batch of 3 is filled up.
func TestOpenTurnsDropoutOff(t *testing.T) {
	t.Parallel()
	points := []int{3, 2}
	m := onnx.Model{Graph: onnx.Graph{
		Name: "net", Inputs: []onnx.ValueInfo{{Name: "s", Dims: []int{3}}, {Name: "x", Dims: points}, {Name: "training", Kind: onnx.Bool}},
		Outputs: []onnx.ValueInfo{{Name: "mean"}, {Name: "v", Dims: points}},
		Nodes: []onnx.Node{
			{Op: "Unsqueeze", Inputs: []string{"s", "axis"}, Outputs: []string{"column"}},
			{Op: "Add", Inputs: []string{"column", "x"}, Outputs: []string{"sum"}},
			{Op: "Dropout", Inputs: []string{"sum", "ratio", "training"}, Outputs: []string{"v"}},
			{Op: "ReduceMean", Inputs: []string{"v"}, Outputs: []string{"mean"}, Attributes: []onnx.Attribute{{Name: "keepdims", Value: int64(0)}}},
		},
		Initializers: []onnx.Initializer{{Name: "axis", Dims: []int{1}, Data: []int64{1}}, {Name: "ratio", Data: []float32{.5}}},
	}}
	o, err := Open(m.Marshal(), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	x := flow.NewBatch(7, 2)
	times, want := make([]float64, 7), make([]float64, 14)
	for i := range x.Data {
		times[i/2] = float64(i/2) / 8
		x.Data[i] = float64(i)
		want[i] = float64(i) + times[i/2]
	}
	if v, err := o.Velocity(times, x); err != nil || !slices.Equal(v.Data, want) { // eighths are exact
		t.Errorf("velocity %v (%v), want %v", v.Data, err, want)
	}
}

// TestOpenCautions: a file that draws random numbers is opened with a caution.
func TestOpenCautions(t *testing.T) {
	t.Parallel()
	points := []int{onnx.Batch, 2}
	m := onnx.Model{Graph: onnx.Graph{
		Name: "sampler", Inputs: []onnx.ValueInfo{{Name: "noise", Dims: points}}, Outputs: []onnx.ValueInfo{{Name: "samples", Dims: points}},
		Nodes: []onnx.Node{
			{Op: "RandomNormalLike", Inputs: []string{"noise"}, Outputs: []string{"more"}},
			{Op: "Add", Inputs: []string{"noise", "more"}, Outputs: []string{"samples"}},
		},
	}}
	o, err := Open(m.Marshal(), OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if len(o.Cautions) != 1 || !strings.Contains(o.Cautions[0], "RandomNormalLike") {
		t.Errorf("cautions %q, want one about random numbers", o.Cautions)
	}
}

// TestOpenStaysInTheFolder: OpenFile alone reads weights that are in another file.
func TestOpenStaysInTheFolder(t *testing.T) {
	t.Parallel()
	const path = "../testdata/foreign/a/model.onnx"
	o, err := OpenFile(path, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	content, err := readUpTo(path, 2000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(content, OpenOptions{}); err == nil || !strings.Contains(err.Error(), "external_data=False") {
		t.Errorf("without a folder: error %v, want one that says how to do without the second file", err)
	}
	if _, err := readUpTo(path, 1000); err == nil || !strings.Contains(err.Error(), "at most 1000") {
		t.Errorf("a file over the limit: error %v", err)
	}
}
