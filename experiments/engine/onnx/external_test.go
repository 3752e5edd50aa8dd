package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// weighted is y = x + w, with w inside, and again in the body of an operation.
func weighted() Model {
	w := Initializer{Name: "w", Dims: []int{2}, Data: []float32{1, -2}}
	one := ValueInfo{Name: "z", Dims: []int{2}}
	body := Graph{
		Name: "body", Outputs: []ValueInfo{one}, Initializers: []Initializer{{Name: "u", Dims: []int{2}, Data: []float32{3, 4}}},
		Nodes: []Node{{Op: "Identity", Inputs: []string{"u"}, Outputs: []string{"z"}}},
	}
	return Model{Producer: "test", Graph: Graph{
		Name: "g", Inputs: []ValueInfo{{Name: "x", Dims: []int{Batch, 2}}}, Outputs: []ValueInfo{{Name: "y", Dims: []int{Batch, 2}}}, Initializers: []Initializer{w},
		Nodes: []Node{
			{Op: "Add", Inputs: []string{"x", "w"}, Outputs: []string{"y"}},
			{Op: "If", Inputs: []string{"c"}, Outputs: []string{"i"}, Attributes: []Attribute{{Name: "then_branch", Value: body}}},
		},
	}}
}

// outside returns the file of the model with the data of all tensors in the file d, one after the other, and that file.
func outside(t *testing.T, file []byte, entries func(offset, length int) map[string]string) (model, data []byte) {
	t.Helper()
	var walk func(kind string, b []byte) []byte
	walk = func(kind string, b []byte) []byte {
		var out message
		err := eachField(b, func(f field) error {
			switch inner := nested[kind][f.number]; {
			case kind == "tensor" && f.number == 9:
				for key, value := range entries(len(data), len(f.b)) {
					var entry message
					entry.string(1, key)
					entry.string(2, value)
					out.message(13, entry)
				}
				out.int(14, 1)
				data = append(data, f.b...)
			case inner != "":
				out.bytes(f.number, walk(inner, f.b))
			default:
				out = append(out, f.raw...)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	return walk("model", file), data
}

// inD is where outside puts data.
func inD(offset, length int) map[string]string {
	return map[string]string{"location": "d", "offset": fmt.Sprint(offset), "length": fmt.Sprint(length)}
}

// TestInline: a model with its tensors in another file becomes, byte for byte, the one that always had them inside.
func TestInline(t *testing.T) {
	t.Parallel()
	file := weighted().Marshal()
	model, data := outside(t, file, inD)
	if len(data) != 16 || bytes.Equal(model, file) {
		t.Fatalf("%d bytes are outside, want 16", len(data))
	}
	read := func(location string, offset, length int64) ([]byte, error) {
		if location != "d" {
			t.Errorf("read %q", location)
		}
		return data[offset : offset+length], nil
	}
	got, err := Inline(model, 1<<20, read)
	if err != nil || !bytes.Equal(got, file) {
		t.Errorf("%v: %d bytes, want those of the model, %d", err, len(got), len(file))
	}
	if got, err := Inline(file, 1<<20, nil); err != nil || !sameSlice(got, file) {
		t.Errorf("a model without tensors elsewhere is copied, or %v", err)
	}
	if _, err := Inline(model, len(model)+15, read); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("one byte over the limit: error %v", err)
	}
	if _, err := Inline(model, 1<<20, func(string, int64, int64) ([]byte, error) { return nil, errors.New("closed") }); err == nil || !strings.Contains(err.Error(), `"u": closed`) {
		t.Errorf("data that cannot be read: error %v", err)
	}
}

// TestInlineChecksSizes: what a tensor asks for must be what its sizes and type need.
func TestInlineChecksSizes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		entries map[string]string
		want    string
	}{
		"another length":    {map[string]string{"location": "d", "length": "4"}, "takes 8 bytes, but the model gives it 4"},
		"a negative offset": {map[string]string{"location": "d", "offset": "-1"}, "must be a whole number, 0 or more"},
		"no number":         {map[string]string{"location": "d", "offset": "x"}, "must be a whole number, 0 or more"},
	} {
		model, _ := outside(t, weighted().Marshal(), func(int, int) map[string]string { return c.entries })
		_, err := Inline(model, 1<<20, func(string, int64, int64) ([]byte, error) {
			t.Errorf("%s: the data are read", name)
			return make([]byte, 8), nil
		})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	var huge message
	for range 2 {
		huge.int(1, 1<<40)
	}
	huge.int(2, 1)
	huge.int(14, 1)
	var g, m message
	g.message(5, huge)
	m.message(7, g)
	if _, err := Inline(m, 1<<20, nil); err == nil || !strings.Contains(err.Error(), "no file holds") {
		t.Errorf("a tensor of 2^80 numbers: error %v", err)
	}
}

// TestInlineSurvivesAnything: bytes that are changed at random are an error or a model, and never more than the limit.
func TestInlineSurvivesAnything(t *testing.T) {
	t.Parallel()
	model, data := outside(t, weighted().Marshal(), inD)
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		b := bytes.Clone(model)
		for range 1 + r.IntN(3) {
			b[r.IntN(len(b))] = byte(r.Uint32())
		}
		got, err := Inline(b, 4096, func(_ string, offset, length int64) ([]byte, error) {
			if offset < 0 || length < 0 || length > 4096 {
				t.Fatalf("asks for %d bytes at %d", length, offset)
			}
			return append(data, make([]byte, 4096)...)[:length], nil
		})
		if err == nil && len(got) > 4096 {
			t.Fatalf("%d bytes, more than the limit", len(got))
		}
		_, _ = Describe(b)
	}
	deep := message{}
	for range 200 {
		var g, n, a message
		a.message(6, deep)
		n.message(5, a)
		g.message(1, n)
		deep = g
	}
	var m message
	m.message(7, deep)
	if _, err := Inline(m, 1<<20, nil); err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("graphs in 200 graphs: error %v", err)
	}
	if _, err := Describe(m); err == nil {
		t.Error("graphs in 200 graphs are described")
	}
}

// TestDescribe: dropout and batch norm in training mode are found, and inputs that switch dropout off.
func TestDescribe(t *testing.T) {
	t.Parallel()
	dropout := Node{Op: "Dropout", Inputs: []string{"x", "ratio", "mode"}, Outputs: []string{"y"}}
	norm := func(mode int64) Node {
		return Node{Op: "BatchNormalization", Inputs: []string{"x", "s", "b", "m", "v"}, Outputs: []string{"y"}, Attributes: []Attribute{{"training_mode", mode}}}
	}
	half, on, off := Initializer{Name: "ratio", Data: []float32{.5}}, Initializer{Name: "mode", Data: []bool{true}}, Initializer{Name: "mode", Data: []bool{false}}
	for name, c := range map[string]struct {
		node      Node
		constants []Initializer
		inputs    []string
		want      string
	}{
		"without the input":      {Node{Op: "Dropout", Inputs: []string{"x", "ratio"}, Outputs: []string{"y"}}, []Initializer{half}, nil, "[] map[] []"},
		"off":                    {dropout, []Initializer{half, off}, nil, "[] map[] []"},
		"on":                     {dropout, []Initializer{half, on}, nil, "[Dropout] map[] []"},
		"on, of nothing":         {dropout, []Initializer{{Name: "ratio", Data: []float32{0}}, on}, nil, "[] map[] []"},
		"not known":              {dropout, []Initializer{half}, nil, "[Dropout] map[] []"},
		"an input":               {dropout, []Initializer{half}, []string{"mode"}, "[] map[mode:0] []"},
		"the ratio an input":     {dropout, []Initializer{on}, []string{"ratio"}, "[] map[ratio:0] []"},
		"an input that defaults": {dropout, []Initializer{half, on}, []string{"mode"}, "[Dropout] map[] []"},
		"batch norm on":          {norm(1), nil, nil, "[BatchNormalization] map[] []"},
		"batch norm off":         {norm(0), nil, nil, "[] map[] []"},
		"random":                 {Node{Op: "RandomNormalLike", Inputs: []string{"x"}, Outputs: []string{"y"}}, nil, nil, "[] map[] [RandomNormalLike]"},
	} {
		m := Model{Producer: "p", Metadata: map[string]string{"key": "value"}, Graph: Graph{
			Name: "g", Inputs: []ValueInfo{{Name: "x", Dims: []int{1}}}, Nodes: []Node{c.node}, Initializers: c.constants, Outputs: []ValueInfo{{Name: "y"}},
		}}
		for _, in := range c.inputs {
			m.Inputs = append(m.Inputs, ValueInfo{Name: in})
		}
		d, err := Describe(m.Marshal())
		if got := fmt.Sprint(d.Training, d.Switches, d.Random); err != nil || got != c.want {
			t.Errorf("%s: %s (%v), want %s", name, got, err, c.want)
		}
		if d.Producer != "p" || d.Metadata["key"] != "value" {
			t.Errorf("%s: described as %+v", name, d)
		}
	}
	if _, err := Describe(protowire.AppendTag(nil, 1, protowire.StartGroupType)); err == nil || !strings.Contains(err.Error(), "not an ONNX model") {
		t.Errorf("no model: error %v", err)
	}
}
