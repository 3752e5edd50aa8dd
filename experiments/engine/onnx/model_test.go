package onnx_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"flowsweep/experiments/engine/onnx"
)

// sums returns a model that adds ts[0], ts[1], ... to points in the steps of a Loop. The grid ts has a default.
func sums() onnx.Model {
	points := []int{onnx.Batch, 2}
	body := onnx.Graph{
		Name:    "step",
		Inputs:  []onnx.ValueInfo{{Name: "i", Kind: onnx.Int64}, {Name: "going", Kind: onnx.Bool}, {Name: "x", Dims: points}},
		Outputs: []onnx.ValueInfo{{Name: "going", Kind: onnx.Bool}, {Name: "next", Dims: points}},
		Nodes: []onnx.Node{
			{Op: "Gather", Inputs: []string{"ts", "i"}, Outputs: []string{"t"}},
			{Op: "Add", Inputs: []string{"x", "t"}, Outputs: []string{"next"}},
		},
	}
	return onnx.Model{
		Producer: "flowsweep", Metadata: map[string]string{"a": "1"},
		Graph: onnx.Graph{
			Name:    "g",
			Inputs:  []onnx.ValueInfo{{Name: "noise", Dims: points, Doc: "points"}, {Name: "ts", Dims: []int{onnx.Times}}},
			Outputs: []onnx.ValueInfo{{Name: "y", Dims: points}},
			Nodes: []onnx.Node{
				{Op: "Size", Inputs: []string{"ts"}, Outputs: []string{"count"}},
				{Op: "Loop", Inputs: []string{"count", "", "noise"}, Outputs: []string{"y"}, Attributes: []onnx.Attribute{{Name: "body", Value: body}}},
			},
			Initializers: []onnx.Initializer{{Name: "ts", Dims: []int{2}, Data: []float32{.5, 2}}},
		},
	}
}

// sumsFile is the same model as written by the Python package onnx 1.23.2 (helper.make_model and so on, with the opset's
// domain unset, serialised with deterministic=True). It passed that package's checker with full_check=True.
const sumsFile = "" +
	"08081209666c6f7773776565703ae7020a1d0a0274731205636f756e741a0a53697a652f636f756e74220453697a650ad7010a05636f75" +
	"6e740a000a056e6f6973651201791a064c6f6f702f7922044c6f6f702ab3010a04626f647932a7010a1c0a0274730a01691201741a0847" +
	"61746865722f7422064761746865720a1b0a01780a017412046e6578741a084164642f6e65787422034164641204737465705a0b0a0169" +
	"12060a04080712005a0f0a05676f696e6712060a04080912005a180a017812130a110801120d0a07120562617463680a020802620f0a05" +
	"676f696e6712060a0408091200621b0a046e65787412130a110801120d0a07120562617463680a020802a001051201672a120802100142" +
	"0274734a080000003f000000405a240a056e6f69736512130a110801120d0a07120562617463680a0208021a06706f696e74735a150a02" +
	"7473120f0a0d080112090a07120574696d657362180a017912130a110801120d0a07120562617463680a0208024202101172060a016112" +
	"0131"

func TestMarshalWritesWhatONNXWrites(t *testing.T) {
	t.Parallel()
	want, err := hex.DecodeString(sumsFile)
	if err != nil {
		t.Fatal(err)
	}
	if got := sums().Marshal(); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

func TestReadReturnsWhatWasWritten(t *testing.T) {
	t.Parallel()
	file := sums().Marshal()
	m, err := onnx.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Check(); err != nil {
		t.Error(err)
	}
	body, ok := m.Nodes[1].Attributes[0].Value.(onnx.Graph)
	switch {
	case !ok || len(body.Nodes) != 2 || body.Inputs[1].Kind != onnx.Bool:
		t.Errorf("the body is %+v", m.Nodes[1].Attributes)
	case m.Inputs[0].Dims[0] != onnx.Batch || m.Inputs[1].Dims[0] != onnx.Times || m.Inputs[0].Doc != "points":
		t.Errorf("the inputs are %+v", m.Inputs)
	case m.Initializers[0].Data.([]float32)[1] != 2 || m.Metadata["a"] != "1":
		t.Errorf("read %+v", m)
	}
}

// TestReadErrors reads files that Marshal cannot have written.
func TestReadErrors(t *testing.T) {
	t.Parallel()
	file := sums().Marshal()
	bare := sums()
	bare.Metadata = nil
	for n := range file {
		if n == len(bare.Marshal()) {
			continue // without the metadata, which come last, it is still a model
		}
		if _, err := onnx.Read(file[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are read", n, len(file))
		}
	}
	inGraph := func(tag protowire.Number, b []byte) []byte { // adds a field at the end of the graph
		start := bytes.IndexByte(file, 0x3a) + 1 // past the tag of the graph
		graph, n := protowire.ConsumeBytes(file[start:])
		graph = protowire.AppendBytes(protowire.AppendTag(bytes.Clone(graph), tag, protowire.BytesType), b)
		return append(protowire.AppendBytes(bytes.Clone(file[:start]), graph), file[start+n:]...)
	}
	text := func(tag protowire.Number, s string) []byte {
		return protowire.AppendString(protowire.AppendTag(nil, tag, protowire.BytesType), s)
	}
	number := func(tag protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, tag, protowire.VarintType), v)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	replace := func(old, with string) []byte { return bytes.Replace(file, []byte(old), []byte(with), 1) }
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"garbage":               {[]byte("not a model"), ""},
		"one byte too many":     {join(file, []byte{0}), ""},
		"functions":             {join(file, text(25, "")), "field 25"},
		"training":              {join(file, text(20, "")), "field 20"},
		"metadata twice":        {join(file, text(14, "\x0a\x01a\x12\x011")), "bytes"},
		"another IR version":    {replace("\x08\x08", "\x08\x0a"), "IR version 10"},
		"another opset":         {replace("\x10\x11", "\x10\x15"), "opset 21"},
		"another domain":        {replace("\x42\x02\x10\x11", "\x42\x05\x0a\x01m\x10\x11"), "operator set"},
		"a tensor too short":    {replace("\x08\x02\x10\x01\x42\x02ts", "\x08\x03\x10\x01\x42\x02ts"), "has 8 bytes"},
		"a tensor of strings":   {replace("\x08\x02\x10\x01\x42\x02ts", "\x08\x02\x10\x08\x42\x02ts"), "element type 8"},
		"an axis with no name":  {replace("\x12\x05batch", "\x12\x05bench"), `unknown axis "bench"`},
		"an external tensor":    {inGraph(5, join(number(2, 1), text(8, "w"), text(13, "\x0a\x08location\x12\x0b/etc/passwd"), number(14, 1))), "outside the file"},
		"a huge tensor":         {inGraph(5, join(number(1, 1<<62), number(1, 1<<62), number(2, 1), text(8, "w"), text(9, "1234"))), "has 4 bytes"},
		"sizes that overflow":   {inGraph(5, join(number(1, 1<<32), number(1, 1<<32), number(2, 1), text(8, "w"), text(9, ""))), "has 0 bytes"},
		"a negative size":       {inGraph(5, join(number(1, 1<<64-1), number(2, 1), text(8, "w"), text(9, "1234"))), "has 4 bytes"},
		"a vendor's operation":  {inGraph(1, join(text(2, "o"), text(4, "Add"), text(7, "com.example"))), "com.example"},
		"no outputs":            {inGraph(1, text(4, "Add")), "no outputs"},
		"an attribute's string": {inGraph(1, join(text(2, "o"), text(4, "Add"), text(5, string(join(text(1, "a"), text(4, "s")))))), "field 4"},
		"a graph, three deep": {inGraph(1, join(text(2, "o"), text(5, string(text(6, string(text(1, string(
			join(text(2, "o"), text(5, string(text(6, "")))))))))))), "one loop"},
	} {
		_, err := onnx.Read(c.file)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", name, err, c.want)
		}
	}
}

// TestCheckErrors breaks one thing at a time.
func TestCheckErrors(t *testing.T) {
	t.Parallel()
	body := func(m *onnx.Model, change func(g *onnx.Graph)) {
		g := m.Nodes[1].Attributes[0].Value.(onnx.Graph)
		change(&g)
		m.Nodes[1].Attributes[0].Value = g
	}
	for name, c := range map[string]struct {
		change func(m *onnx.Model)
		want   string
	}{
		"nothing":                    {func(*onnx.Model) {}, ""},
		"an unknown operation":       {func(m *onnx.Model) { m.Nodes[0].Op = "LoadFile" }, "LoadFile"},
		"one in the body":            {func(m *onnx.Model) { body(m, func(g *onnx.Graph) { g.Nodes[1].Op = "LoadFile" }) }, "LoadFile"},
		"an input never made":        {func(m *onnx.Model) { m.Nodes[0].Inputs[0] = "tz" }, `"tz"`},
		"a cycle":                    {func(m *onnx.Model) { m.Nodes[0].Inputs[0] = "y" }, `"y"`},
		"an output never made":       {func(m *onnx.Model) { m.Outputs[0].Name = "z" }, `"z"`},
		"no outputs":                 {func(m *onnx.Model) { m.Outputs = nil }, "no outputs"},
		"a name twice":               {func(m *onnx.Model) { m.Nodes[1].Outputs[0] = "noise" }, `"noise"`},
		"an outer name in the body":  {func(m *onnx.Model) { body(m, func(g *onnx.Graph) { g.Nodes[1].Outputs[0] = "noise" }) }, `"noise"`},
		"an outer value as a result": {func(m *onnx.Model) { body(m, func(g *onnx.Graph) { g.Outputs[1].Name = "noise" }) }, `"noise"`},
		"too few numbers":            {func(m *onnx.Model) { m.Initializers[0].Data = []float32{1} }, "4 bytes"},
		"a default of another rank":  {func(m *onnx.Model) { m.Initializers[0].Dims = []int{2, 1} }, "default"},
		"a default of another type":  {func(m *onnx.Model) { m.Initializers[0].Data = []int32{1, 2} }, "default"},
		"a default twice":            {func(m *onnx.Model) { m.Initializers = append(m.Initializers, m.Initializers[0]) }, `"ts"`},
	} {
		m := sums()
		c.change(&m)
		err := m.Check()
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that contains %q", name, err, c.want)
		}
	}
}

// TestONNXChecker runs the checker of the reference implementation, if it is installed.
func TestONNXChecker(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("python3", "-c", "import onnx").CombinedOutput(); err != nil {
		t.Skipf("python3 has no package onnx to check with: %v %.80s", err, bytes.TrimSpace(out))
	}
	path := t.TempDir() + "/sums.onnx"
	if err := os.WriteFile(path, sums().Marshal(), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("python3", "-c", "import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)", path).CombinedOutput()
	if err != nil {
		t.Errorf("onnx.checker: %v: %s", err, out)
	}
}

// FuzzRead checks that Read does not panic, and accepts only what Marshal writes.
func FuzzRead(f *testing.F) {
	file := sums().Marshal()
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := onnx.Read(file)
		if err != nil {
			return
		}
		if !bytes.Equal(m.Marshal(), file) {
			t.Error("Read accepts a file that Marshal would write differently")
		}
		if err := m.Check(); err != nil && err.Error() == "" {
			t.Error("an error without a message")
		}
	})
}
