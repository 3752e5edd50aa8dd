package velocity

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
)

// scalar is each activation in float64.
var scalar = map[string]func(x float64) float64{
	"elu": func(x float64) float64 {
		if x > 0 {
			return x
		}
		return math.Expm1(x)
	},
	"silu": func(x float64) float64 { return x / (1 + math.Exp(-x)) },
	"tanh": math.Tanh,
	"relu": func(x float64) float64 { return max(x, 0) },
}

// forward evaluates the net at one point in float64, in plain loops.
func forward(n Net, weights []float32, t float64, x []float64) []float64 {
	h := append([]float64{t}, x...)
	at := 0
	for layer := range n.Depth + 1 {
		out := n.Width
		if layer == n.Depth {
			out = n.Dim
		}
		next := make([]float64, out)
		for j := range next {
			for i, v := range h {
				next[j] += v * float64(weights[at+i*out+j])
			}
			next[j] += float64(weights[at+len(h)*out+j])
			if layer < n.Depth {
				next[j] = scalar[n.Activation.Name](next[j])
			}
		}
		at += (len(h) + 1) * out
		h = next
	}
	return h
}

// TestNetIsAnMLP compares the compiled net and the recorded one with plain loops in float64. Sums of some ten terms of
// order 1 in float32 are good to about 1e-6.
func TestNetIsAnMLP(t *testing.T) {
	for _, a := range Activations {
		for _, dim := range []int{1, 2, 5} {
			net := Net{Dim: dim, Width: 9, Depth: 2, Activation: a}
			weights := net.Init(4)
			const n = rows + 30 // more than one chunk
			x, times := flow.NewBatch(n, dim), make([]float64, n)
			flow.NewStream(1, "x").Normal(x, 0)
			flow.NewStream(1, "t").Uniform(times, 0)
			t32, x32 := make([]float32, n), make([]float32, n*dim)
			narrow(t32, times)
			narrow(x32, x.Data)
			model, err := Compile(engine.Go, net, weights)
			if err != nil {
				t.Fatal(err)
			}
			v, err := model.Velocity(t32, x32)
			if err != nil {
				t.Fatal(err)
			}
			onnx := recorded(t, net, weights, t32, x32)
			for i := range n {
				for j, want := range forward(net, weights, times[i], x.Row(i)) {
					if got := float64(v[i*dim+j]); math.Abs(got-want) > 2e-6 {
						t.Fatalf("%s, dimension %d: point %d is %g in Go, want %g", a.Name, dim, i, got, want)
					}
					if got := float64(onnx[i*dim+j]); math.Abs(got-want) > 2e-6 {
						t.Fatalf("%s, dimension %d: point %d is %g in onnxruntime, want %g", a.Name, dim, i, got, want)
					}
				}
			}
			if err := model.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func recorded(t *testing.T, net Net, weights, times, x []float32) []float32 {
	t.Helper()
	m, err := net.Record(weights)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ort.Open(m.Marshal(), ort.SessionOptions{Optimise: ort.All})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out, err := s.Run(engine.Tensor{Dims: []int{len(times), 1}, Data: times}, engine.Tensor{Dims: []int{len(times), net.Dim}, Data: x})
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Data
}

// TestGuideNetSize is the net of the standalone notebook of arXiv 2412.06264: 3-64-64-64-2 with 8,706 parameters.
func TestGuideNetSize(t *testing.T) {
	t.Parallel()
	if got := (Net{Dim: 2, Width: 64, Depth: 3}).Size(); got != 8706 {
		t.Errorf("%d parameters, want 8706", got)
	}
}

// TestRecordIsThePortableForm: MatMul and Add with the weights by name, and nothing that a plain runtime lacks.
func TestRecordIsThePortableForm(t *testing.T) {
	t.Parallel()
	for _, a := range Activations {
		net := Net{Dim: 2, Width: 4, Depth: 1, Activation: a}
		m, err := net.Record(net.Init(1))
		if err != nil {
			t.Fatal(err)
		}
		var ops, names []string
		for _, n := range m.Nodes {
			ops = append(ops, n.Op)
		}
		for _, i := range m.Initializers {
			names = append(names, i.Name)
		}
		middle := map[string]string{"elu": "Elu", "silu": "Sigmoid Mul", "tanh": "Tanh", "relu": "Relu"}[a.Name]
		if got, want := strings.Join(ops, " "), "Concat MatMul Add "+middle+" MatMul Add"; got != want {
			t.Errorf("%s is recorded as %s, want %s", a.Name, got, want)
		}
		if got, want := strings.Join(names, " "), "layers.0.weight layers.0.bias layers.1.weight layers.1.bias"; got != want {
			t.Errorf("%s has the initializers %s, want %s", a.Name, got, want)
		}
	}
}

func TestVelocityDoesNotDependOnTheBatch(t *testing.T) {
	t.Parallel()
	net := Net{Dim: 2, Width: 16, Depth: 2, Activation: ELU}
	model, err := Compile(engine.Go, net, net.Init(1))
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	x := flow.NewBatch(rows+300, 2)
	flow.NewStream(1, "x").Normal(x, 0)
	whole, err := model.Field()(.3, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 1, rows - 2, rows - 1, rows, rows + 299} {
		alone, err := model.Field()(.3, x.Slice(i, i+1))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(alone.Data, whole.Row(i)) {
			t.Errorf("point %d is %v alone and %v in the batch", i, alone.Data, whole.Row(i))
		}
	}
}

func TestInitIsPyTorchs(t *testing.T) {
	t.Parallel()
	net := Net{Dim: 2, Width: 50, Depth: 2, Activation: ELU}
	weights := net.Init(1)
	at := 0
	for _, p := range net.Params() {
		in := p.Dims[0]
		if len(p.Dims) == 1 {
			in = 3
			if p.Name != "layers.0.bias" {
				in = 50
			}
		}
		bound := 1 / math.Sqrt(float64(in))
		largest := 0.
		for _, w := range weights[at : at+p.Size()] {
			largest = max(largest, math.Abs(float64(w)))
		}
		if p.Size() >= 50 && (largest > bound || largest < .8*bound) {
			t.Errorf("%s reaches to %g, want nearly %g", p.Name, largest, bound)
		}
		at += p.Size()
	}
}

func TestWeightsRoundTrip(t *testing.T) {
	t.Parallel()
	net := Net{Dim: 3, Width: 5, Depth: 2, Activation: Tanh}
	weights := net.Init(9)
	weights[0], weights[1] = float32(math.Inf(1)), float32(math.Copysign(0, -1))
	file, err := EncodeWeights(net, weights)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeWeights(net, file)
	sameBits := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
	if err != nil || !slices.EqualFunc(got, weights, sameBits) {
		t.Errorf("weights come back as %v, %v", got, err)
	}
	// The format: a length, a JSON header that says where each tensor lies, and the numbers.
	size := binary.LittleEndian.Uint64(file)
	var header map[string]struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets []int  `json:"data_offsets"`
	}
	if err := json.Unmarshal(bytes.TrimSpace(file[8:8+size]), &header); err != nil {
		t.Fatal(err)
	}
	if h := header["layers.0.bias"]; h.DType != "F32" || fmt.Sprint(h.Shape, h.Offsets) != "[5] [80 100]" || (8+size)%8 != 0 {
		t.Errorf("layers.0.bias is described as %+v", h)
	}
	if _, err := DecodeWeights(Net{Dim: 3, Width: 6, Depth: 2, Activation: Tanh}, file); err == nil {
		t.Error("the weights of another net are taken")
	}
}

func FuzzDecodeWeights(f *testing.F) {
	net := Net{Dim: 1, Width: 2, Depth: 1, Activation: Tanh}
	file, err := EncodeWeights(net, net.Init(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add(file[:20])
	f.Add(file[:len(file)-4])
	f.Add(bytes.Replace(file, []byte("[0,"), []byte("[-8,"), 1))
	f.Fuzz(func(t *testing.T, file []byte) {
		if w, err := DecodeWeights(net, file); err == nil && len(w) != net.Size() {
			t.Errorf("%d weights, want %d", len(w), net.Size())
		}
	})
}

func ExampleCompile() {
	net := Net{Dim: 2, Width: 16, Depth: 2, Activation: SiLU}
	model, _ := Compile(engine.Go, net, net.Init(0))
	defer model.Close()
	u, _ := model.Field()(0.5, flow.NewBatch(3, 2))
	fmt.Println(u.Len(), "velocities of dimension", u.Dim)
	// Output: 3 velocities of dimension 2
}
