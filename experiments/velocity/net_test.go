package velocity

import (
	"bytes"
	"context"
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
	"flowsweep/experiments/net"
)

// small returns a small net of each architecture. For attention the width is that of 2 heads. Nets for images take images of
// 2 x 2 pixels, with dim channels.
func small(dim int, a net.Activation) []net.Net {
	nets := make([]net.Net, len(net.Architectures))
	for i, architecture := range net.Architectures {
		nets[i] = net.Spec{Architecture: architecture, Width: 8, Depth: 2, Activation: a}.On(dim)
		if architecture.Heads {
			nets[i].Heads = 2
		}
		if architecture.Images {
			nets[i].Shape = []int{dim, 2, 2}
		}
		if architecture.Halves {
			nets[i].Depth = 1
		}
	}
	return nets
}

// TestNetsAreWhatTheySay compares the compiled net and the recorded one with plain loops in float64. Sums of some ten terms
// of order 1 in float32 are good to about 1e-6; angles of up to 100 in the embedding of the time add 6e-6 to a sine, which
// the layers behind it make smaller.
func TestNetsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	var nets []net.Net
	for _, a := range net.Activations {
		nets = append(nets, net.Spec{Architecture: net.MLP, Width: 9, Depth: 2, Activation: a}.On(3))
	}
	for _, dim := range []int{1, 2, 5} {
		nets = append(nets, small(dim, net.SiLU)...)
	}
	for _, n := range slices.Concat(nets, shaped(), conditional(2, net.SiLU)) {
		t.Run(n.String(), func(t *testing.T) {
			t.Parallel()
			const tol = 2e-6
			weights := perturbed(n)
			const count = rows + 30 // more than one chunk
			x, times := pointsOf(n, 1, count), make([]float64, count)
			flow.NewStream(1, "t").Uniform(times, 0)
			model, err := Compile(engine.Go, n, weights)
			if err != nil {
				t.Fatal(err)
			}
			defer model.Close()
			v, err := model.RowField()(times, x)
			if err != nil {
				t.Fatal(err)
			}
			onnx := recorded(t, n, weights, times, x)
			for i := 0; i < count; i += 7 {
				for j, want := range forward(n, weights, float64(float32(times[i])), x.Row(i), x.GivenTo(i)) {
					if got := v.Row(i)[j]; math.Abs(got-want) > tol {
						t.Fatalf("point %d is %g in Go, want %g", i, got, want)
					}
					if got := float64(onnx[i*n.Dim()+j]); math.Abs(got-want) > tol {
						t.Fatalf("point %d is %g in onnxruntime, want %g", i, got, want)
					}
				}
			}
		})
	}
}

// perturbed returns fresh weights where no layer norm is left the identity.
func perturbed(n net.Net) []float32 {
	weights := Init(n, 4)
	at := 0
	for _, p := range n.Params() {
		if p.Bound == 0 {
			for i := range p.Size() {
				weights[at+i] += float32(i%5-2) / 8
			}
		}
		at += p.Size()
	}
	return weights
}

func recorded(t *testing.T, n net.Net, weights []float32, times []float64, x flow.Batch) []float32 {
	t.Helper()
	m, err := Record(n, weights)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ort.Open(m.Marshal(), ort.SessionOptions{Optimise: ort.All})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out, err := s.Run(feeds(n, times, x)...)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Data
}

// TestRecordIsThePortableForm: MatMul and Add with the weights by name, and nothing that a plain runtime lacks.
func TestRecordIsThePortableForm(t *testing.T) {
	t.Parallel()
	for _, a := range net.Activations {
		n := net.Spec{Architecture: net.MLP, Width: 4, Depth: 1, Activation: a}.On(2)
		m, err := Record(n, Init(n, 1))
		if err != nil {
			t.Fatal(err)
		}
		var ops, names []string
		for _, n := range m.Nodes {
			ops = append(ops, n.Op)
		}
		for _, i := range m.Initializers {
			if !strings.HasPrefix(i.Name, "constant") {
				names = append(names, i.Name)
			}
		}
		middle := map[string]string{"elu": "Relu Exp Sub Relu Sub", "silu": "Sigmoid Mul", "gelu": "Mul Erf Add Mul Mul", "tanh": "Tanh", "relu": "Relu"}[a.Name]
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
	n := net.Spec{Architecture: net.MLP, Width: 16, Depth: 2, Activation: net.ELU}.On(2)
	model, err := Compile(engine.Go, n, Init(n, 1))
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
	n := net.Spec{Architecture: net.MLP, Width: 50, Depth: 2, Activation: net.ELU}.On(2)
	weights := Init(n, 1)
	at := 0
	for _, p := range n.Params() {
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

// TestWeightsRoundTripByName is that of every architecture, whose names must differ for that.
func TestWeightsRoundTripByName(t *testing.T) {
	t.Parallel()
	for _, n := range append(small(3, net.SiLU), conditional(3, net.SiLU)...) {
		names := map[string]bool{}
		for _, p := range n.Params() {
			names[p.Name] = true
		}
		file, err := EncodeWeights(n, Init(n, 1))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DecodeWeights(n, file); err != nil || bits(got) != bits(Init(n, 1)) || len(names) != len(n.Params()) {
			t.Errorf("%s: the weights come back as others, %v; %d names for %d", n, err, len(names), len(n.Params()))
		}
	}
}

// TestFreshNets: layer norms start as the identity, all else reaches nearly to 1/sqrt(in), where in is what an output sums.
func TestFreshNets(t *testing.T) {
	t.Parallel()
	for _, n := range append(small(3, net.SiLU), conditional(3, net.SiLU)...) {
		n.Width = 32
		weights := Init(n, 1)
		for _, p := range n.Params() {
			numbers := weights[:p.Size()]
			weights = weights[p.Size():]
			if strings.Contains(p.Name, "norm") {
				want := map[bool]float32{true: 1}[strings.HasSuffix(p.Name, "weight")]
				if slices.Min(numbers) != want || slices.Max(numbers) != want {
					t.Errorf("%s: %s starts as %v", n, p.Name, numbers)
				}
				continue
			}
			if strings.HasSuffix(p.Name, "bias") || strings.HasPrefix(p.Name, "input") || strings.HasPrefix(p.Name, "output") {
				continue // too few, or not a product with one of these sizes
			}
			in := float64(p.Dims[0])
			if len(p.Dims) == 3 && p.Dims[2] == 32 { // convolutions, and the joined heads
				in *= float64(p.Dims[1])
			}
			if len(p.Dims) == 4 {
				in *= float64(p.Dims[1] * p.Dims[2])
			}
			if reach := float64(slices.Max(numbers)) * math.Sqrt(in); p.Size() > 100 && (reach < .9 || reach > 1) {
				t.Errorf("%s: %s reaches to %g of its bound", n, p.Name, reach)
			}
		}
	}
}

// TestConvSeesItsNeighbours: 2 Depth + 2 coordinates to either side, and no other.
func TestConvSeesItsNeighbours(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.Conv, Width: 6, Depth: 1, Activation: net.Tanh}.On(12)
	jac := jacobian(n, Init(n, 1), .5, points32(1, 1, 12).Row(0), nil)
	p, err := CompileVJP(engine.Go, n, Init(n, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	x, unit := flow.NewBatch(12, 12), flow.NewBatch(12, 12)
	for j := range n.Dim() {
		copy(x.Row(j), points32(1, 1, 12).Data)
		unit.Row(j)[j] = 1
	}
	_, rows, err := p.Field()(.5, x, unit)
	if err != nil {
		t.Fatal(err)
	}
	for j := range n.Dim() {
		for i, got := range rows.Row(j) {
			if sees := max(i-j, j-i) <= 4; sees != (got != 0) || math.Abs(got-jac[i][j]) > 1e-6 {
				t.Errorf("dv%d/dx%d is %g, want %g", j, i, got, jac[i][j])
			}
		}
	}
}

func TestNetsAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		n    net.Net
		want string
	}{
		{"mlp", net.Spec{Architecture: net.MLP, Width: 4, Depth: 1, Activation: net.ELU}.On(2), ""},
		{"linear", net.Spec{Architecture: net.MLP, Activation: net.ELU}.On(2), ""},
		{"attention", net.Spec{Architecture: net.Attention, Width: 6, Depth: 1, Heads: 3, Activation: net.ELU}.On(2), ""},
		{"no dimension", net.Spec{Architecture: net.MLP, Width: 4, Depth: 1, Activation: net.ELU}.On(0), "dimension 0"},
		{"images as vectors", net.Spec{Architecture: net.MLP, Width: 4, Depth: 1, Activation: net.ELU}.On(3, 8, 8), ""},
		{"images of odd sizes", net.Spec{Architecture: net.Conv2D, Width: 4, Depth: 1, Activation: net.ELU}.On(1, 5, 3), ""},
		{"images in conv", net.Spec{Architecture: net.Conv, Width: 4, Depth: 1, Activation: net.ELU}.On(3, 8, 8), "takes vectors, not points of shape [3 8 8]: use conv2d or unet"},
		{"images in attention", net.Spec{Architecture: net.Attention, Width: 4, Depth: 1, Heads: 2, Activation: net.ELU}.On(3, 8, 8), "use conv2d or unet"},
		{"vectors in conv2d", net.Spec{Architecture: net.Conv2D, Width: 4, Depth: 1, Activation: net.ELU}.On(64), "takes images, points of shape (channels, height, width), and not those of dimension 64"},
		{"no pixels", net.Spec{Architecture: net.Conv2D, Width: 4, Depth: 1, Activation: net.ELU}.On(1, 0, 4), "dimension 1x0x4"},
		{"no shape", net.Spec{Architecture: net.MLP, Width: 4, Depth: 1, Activation: net.ELU}.On(), "needs the shape"},
		{"odd images", net.Spec{Architecture: net.UNet, Width: 4, Depth: 1, Activation: net.ELU}.On(1, 8, 7), "8 x 7 are not both even: use conv2d"},
		{"halved too often", net.Spec{Architecture: net.UNet, Width: 4, Depth: 3, Activation: net.ELU}.On(1, 28, 28), "28 x 28 can be halved 2 times: use a depth of at most 2"},
		{"deep", net.Spec{Architecture: net.UNet, Width: 4, Depth: 1000, Activation: net.ELU}.On(1, 8, 8), "use a depth of at most 3"},
		{"never halved", net.Spec{Architecture: net.UNet, Width: 4, Activation: net.ELU}.On(1, 8, 8), "no unet of depth 0"},
		{"halved", net.Spec{Architecture: net.UNet, Width: 4, Depth: 2, Activation: net.ELU}.On(1, 28, 28), ""},
		{"no architecture", net.Spec{Width: 4, Depth: 1, Activation: net.ELU}.On(2), "no architecture"},
		{"no width", net.Spec{Architecture: net.MLP, Depth: 1, Activation: net.ELU}.On(2), "width 0"},
		{"residual without width", net.Spec{Architecture: net.Residual, Activation: net.ELU}.On(2), "width 0"},
		{"no activation", net.Spec{Architecture: net.MLP, Width: 4, Depth: 1}.On(2), "no activation"},
		{"no heads", net.Spec{Architecture: net.Attention, Width: 6, Depth: 1, Activation: net.ELU}.On(2), "0 heads"},
		{"uneven heads", net.Spec{Architecture: net.Attention, Width: 6, Depth: 1, Heads: 4, Activation: net.ELU}.On(2), "4 heads do not share"},
		{"heads of none", net.Spec{Architecture: net.Conv, Width: 6, Depth: 1, Heads: 2, Activation: net.ELU}.On(2), "conv takes no heads"},
	} {
		err := c.n.Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
		if c.want == "" {
			continue
		}
		_, train := Train(context.Background(), engine.Go, c.n, Training{Steps: 1, Batch: 1}, 1, flow.CondOT, gaussianPairs(1, 1), nil)
		_, compile := Compile(engine.Go, c.n, nil)
		_, record := Record(c.n, nil)
		for what, got := range map[string]error{"train": train, "compile": compile, "record": record} {
			if got == nil || !strings.HasSuffix(got.Error(), err.Error()) {
				t.Errorf("%s: %s says %v, want %v", c.name, what, got, err)
			}
		}
	}
}

func TestWeightsRoundTrip(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 5, Depth: 2, Activation: net.Tanh}.On(3)
	weights := Init(n, 9)
	weights[0], weights[1] = float32(math.Inf(1)), float32(math.Copysign(0, -1))
	file, err := EncodeWeights(n, weights)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeWeights(n, file)
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
	other := net.Spec{Architecture: net.MLP, Width: 6, Depth: 2, Activation: net.Tanh}.On(3)
	if _, err := DecodeWeights(other, file); err == nil {
		t.Error("the weights of another net are taken")
	}
}

func FuzzDecodeWeights(f *testing.F) {
	n := net.Spec{Architecture: net.MLP, Width: 2, Depth: 1, Activation: net.Tanh}.On(1)
	file, err := EncodeWeights(n, Init(n, 1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add(file[:20])
	f.Add(file[:len(file)-4])
	f.Add(bytes.Replace(file, []byte("[0,"), []byte("[-8,"), 1))
	f.Fuzz(func(t *testing.T, file []byte) {
		if w, err := DecodeWeights(n, file); err == nil && len(w) != n.Size() {
			t.Errorf("%d weights, want %d", len(w), n.Size())
		}
	})
}

func ExampleCompile() {
	n := net.Spec{Architecture: net.MLP, Width: 16, Depth: 2, Activation: net.SiLU}.On(2)
	model, _ := Compile(engine.Go, n, Init(n, 0))
	defer model.Close()
	u, _ := model.Field()(0.5, flow.NewBatch(3, 2))
	fmt.Println(u.Len(), "velocities of dimension", u.Dim)
	// Output: 3 velocities of dimension 2
}
