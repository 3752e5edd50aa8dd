package onnx

import (
	"bytes"
	"slices"
	"testing"
)

func plainModel() Model {
	return Model{
		Producer: "a", Doc: "adds", Metadata: map[string]string{"k": "v"},
		Graph: Graph{
			Name: "g", Inputs: []ValueInfo{{Name: "x", Dims: []int{Batch, 2}, Doc: "points"}}, Outputs: []ValueInfo{{Name: "y", Dims: []int{Batch, 2}}},
			Nodes:        []Node{{Op: "Add", Inputs: []string{"x", "b"}, Outputs: []string{"y"}}},
			Initializers: []Initializer{{Name: "b", Dims: []int{2}, Data: []float32{1, 2}}, {Name: "n", Dims: []int{1}, Data: []int64{3}}},
		},
	}
}

// TestDifferencesAreNamed changes one part each.
func TestDifferencesAreNamed(t *testing.T) {
	t.Parallel()
	for want, edit := range map[string]func(m *Model){
		"producer":                  func(m *Model) { m.Producer = "b" },
		"doc string of the model":   func(m *Model) { m.Doc = "" },
		"model version":             func(m *Model) { m.Version = 9 },
		"metadata k":                func(m *Model) { m.Metadata["k"] = "w" },
		"graph name":                func(m *Model) { m.Name = "h" },
		"initializer b":             func(m *Model) { m.Initializers[0].Data = []float32{1, 3} },
		"input x":                   func(m *Model) { m.Inputs[0].Dims = []int{2, 2} },
		"doc string of the input x": func(m *Model) { m.Inputs[0].Doc = "" },
		"output y":                  func(m *Model) { m.Outputs[0].Dims = nil },
		"nodes":                     func(m *Model) { m.Nodes[0].Inputs[0] = "b" },
		"order of the initializers": func(m *Model) { slices.Reverse(m.Initializers) },
	} {
		m := plainModel()
		edit(&m)
		got, err := Differences(plainModel().Marshal(), m.Marshal())
		if err != nil || !slices.Equal(got, []string{want}) {
			t.Errorf("differences %q (%v), want %q", got, err, want)
		}
	}
	if got, err := Differences(plainModel().Marshal(), plainModel().Marshal()); err != nil || len(got) > 0 {
		t.Errorf("equal files differ in %q (%v)", got, err)
	}
	if _, err := Differences([]byte("no model"), nil); err == nil {
		t.Error("garbage has differences")
	}
}

// otherwise returns the model as another program may write it: without names of nodes, with a doc string of the graph and of a
// node, floats in float_data and integers in int64_data.
func otherwise(t *testing.T, m Model) []byte {
	t.Helper()
	file, err := rewrite(m.Marshal(), func(b *message, f field) (err error) {
		if f.number == 7 {
			f.b, err = rewrite(f.b, func(b *message, f field) (err error) {
				switch f.number {
				case 1:
					f.b, err = rewrite(f.b, func(b *message, f field) error {
						if f.number != 3 {
							b.field(f)
						}
						return nil
					})
					f.b = append(f.b, message{0x32, 1, 'd'}...) // doc string
				case 2:
					b.string(10, "of the graph")
				case 5:
					f.b, err = rewrite(f.b, func(b *message, f field) error {
						switch {
						case f.number == 9 && len(f.b) == 8 && f.b[0] == 3:
							b.bytes(7, []byte{3})
						case f.number == 9:
							b.bytes(4, f.b)
						default:
							b.field(f)
						}
						return nil
					})
				}
				b.field(f)
				return err
			})
		}
		b.field(f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestReadAnyReadsOtherWriters: the model is the same, Read refuses the file, and the differences are those of layout alone.
func TestReadAnyReadsOtherWriters(t *testing.T) {
	t.Parallel()
	m := plainModel()
	file := otherwise(t, m)
	if _, err := Read(file); err == nil {
		t.Error("Read takes the file of another writer")
	}
	got, err := ReadAny(file)
	if err != nil || !bytes.Equal(got.Marshal(), m.Marshal()) {
		t.Errorf("read %+v (%v), want %+v", got, err, m)
	}
	want := []string{"doc string of the graph", "layout of the initializer b", "layout of the initializer n", "names of the nodes"}
	if list, err := Differences(m.Marshal(), file); err != nil || !slices.Equal(list, want) {
		t.Errorf("differences %q (%v), want %q", list, err, want)
	}
	twice := append(slices.Clone(file), 0x3a, 2, 0x12, 0)
	for _, bad := range [][]byte{nil, []byte("no model"), file[:len(file)/2], twice} {
		if m, err := ReadAny(bad); err == nil && len(m.Nodes) > 0 {
			t.Errorf("%q is read as a model", bad)
		}
	}
}
