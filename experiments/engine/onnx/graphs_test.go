package onnx_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
)

// requireRuntime loads onnxruntime, or fails the test.
func requireRuntime(t *testing.T) {
	t.Helper()
	if _, err := ort.LoadRuntime(); err != nil {
		t.Fatalf("onnxruntime: %v", err)
	}
}

func random(seed uint64, dims ...int) engine.Tensor {
	r := rand.New(rand.NewPCG(seed, 1))
	size := 1
	for _, d := range dims {
		size *= d
	}
	t := engine.Tensor{Dims: dims, Data: make([]float32, size)}
	for i := range t.Data {
		t.Data[i] = float32(r.NormFloat64())
	}
	return t
}

// graphCase is a graph that both engines run, with a batch of 5.
type graphCase struct {
	name   string
	inputs [][]int // sizes; a first axis of 5 is the batch
	static bool    // record with a fixed batch, which the graph needs to know
	tol    float64 // 0 means 1e-6, a few roundings of numbers of order 1
	build  engine.Graph
	wantOp string // an operation that must be recorded
}

func cases() []graphCase {
	one := func(f func(x *graph.Node) *graph.Node) engine.Graph {
		return func(in []*graph.Node) []*graph.Node { return []*graph.Node{f(in[0])} }
	}
	two := func(f func(x, y *graph.Node) *graph.Node) engine.Graph {
		return func(in []*graph.Node) []*graph.Node { return []*graph.Node{f(in[0], in[1])} }
	}
	positive := func(x *graph.Node) *graph.Node { return graph.AddScalar(graph.Abs(x), .5) }
	batch, pair := [][]int{{5, 3}}, [][]int{{5, 3}, {5, 3}}
	list := []graphCase{
		{name: "abs", inputs: batch, build: one(graph.Abs), wantOp: "Abs"},
		{name: "ceil", inputs: batch, build: one(graph.Ceil), wantOp: "Ceil"},
		{name: "cos", inputs: batch, build: one(graph.Cos), wantOp: "Cos"},
		{name: "erf", inputs: batch, build: one(graph.Erf), wantOp: "Erf"},
		{name: "exp", inputs: batch, build: one(graph.Exp), tol: 1e-5, wantOp: "Exp"},
		{name: "floor", inputs: batch, build: one(graph.Floor), wantOp: "Floor"},
		{name: "log", inputs: batch, build: one(func(x *graph.Node) *graph.Node { return graph.Log(positive(x)) }), wantOp: "Log"},
		{name: "sigmoid", inputs: batch, build: one(graph.Sigmoid), wantOp: "Sigmoid"},
		{name: "neg", inputs: batch, build: one(graph.Neg), wantOp: "Neg"},
		{name: "sign", inputs: batch, build: one(graph.Sign), wantOp: "Sign"},
		{name: "sin", inputs: batch, build: one(graph.Sin), wantOp: "Sin"},
		{name: "sqrt", inputs: batch, build: one(func(x *graph.Node) *graph.Node { return graph.Sqrt(positive(x)) }), wantOp: "Sqrt"},
		{name: "rsqrt", inputs: batch, build: one(func(x *graph.Node) *graph.Node { return graph.Rsqrt(positive(x)) }), wantOp: "Reciprocal"},
		{name: "tanh", inputs: batch, build: one(graph.Tanh), wantOp: "Tanh"},
		{name: "relu", inputs: batch, build: one(func(x *graph.Node) *graph.Node { return graph.MaxScalar(x, 0) }), wantOp: "Relu"},
		{name: "elu", inputs: batch, build: one(func(x *graph.Node) *graph.Node {
			return elu(x, 0)
		}), wantOp: "Exp"}, // spelt out
		{name: "gradient of an elu", inputs: [][]int{{5, 3}, {5, 3}}, static: true, build: func(in []*graph.Node) []*graph.Node {
			return graph.Gradient(graph.ReduceAllSum(graph.Mul(elu(in[0], 0), in[1])), in[0])
		}, wantOp: "Min"},
		{name: "gradient of almost an elu", inputs: [][]int{{5, 3}, {5, 3}}, static: true, build: func(in []*graph.Node) []*graph.Node {
			return graph.Gradient(graph.ReduceAllSum(graph.Mul(elu(in[0], .25), in[1])), in[0])
		}, wantOp: "Where"},
		{name: "almost an elu", inputs: batch, build: one(func(x *graph.Node) *graph.Node {
			return elu(x, .5)
		}), wantOp: "Where"},
		{name: "gradient of a silu", inputs: [][]int{{5, 3}, {5, 3}}, static: true, build: func(in []*graph.Node) []*graph.Node {
			return graph.Gradient(graph.ReduceAllSum(graph.Mul(silu(in[0], in[0]), in[1])), in[0])
		}, wantOp: "Sigmoid"},
		{name: "gradient of almost a silu", inputs: [][]int{{5, 3}, {5, 3}}, static: true, build: func(in []*graph.Node) []*graph.Node {
			return graph.Gradient(graph.ReduceAllSum(silu(in[0], in[1])), in[0])
		}, wantOp: "Sigmoid"},
		{name: "gradient of a silu used twice", inputs: [][]int{{5, 3}, {5, 3}}, static: true, build: func(in []*graph.Node) []*graph.Node {
			y := silu(in[0], in[0])
			return graph.Gradient(graph.ReduceAllSum(graph.Add(graph.Mul(y, in[1]), graph.Square(y))), in[0])
		}, wantOp: "Sigmoid"},
		{name: "add", inputs: pair, build: two(graph.Add), wantOp: "Add"},
		{name: "sub", inputs: pair, build: two(graph.Sub), wantOp: "Sub"},
		{name: "mul", inputs: pair, build: two(graph.Mul), wantOp: "Mul"},
		{name: "div", inputs: pair, build: two(func(x, y *graph.Node) *graph.Node { return graph.Div(x, positive(y)) }), wantOp: "Div"},
		{name: "pow", inputs: pair, build: two(func(x, y *graph.Node) *graph.Node { return graph.Pow(positive(x), y) }), tol: 1e-4, wantOp: "Pow"},
		{name: "max", inputs: pair, build: two(graph.Max), wantOp: "Max"},
		{name: "min", inputs: pair, build: two(graph.Min), wantOp: "Min"},
		{name: "equal", inputs: pair, build: two(func(x, y *graph.Node) *graph.Node {
			return graph.Where(graph.Equal(graph.Floor(x), graph.Floor(y)), x, y)
		}), wantOp: "Equal"},
		{name: "greater or equal", inputs: pair, build: two(func(x, y *graph.Node) *graph.Node {
			return graph.ConvertDType(graph.GreaterOrEqual(x, y), dtypes.Float32)
		}), wantOp: "GreaterOrEqual"},
		{name: "less", inputs: pair, build: two(func(x, y *graph.Node) *graph.Node {
			return graph.ConvertDType(graph.LessThan(x, y), dtypes.Float32)
		}), wantOp: "Less"},
		{name: "less or equal", inputs: pair, build: two(func(x, y *graph.Node) *graph.Node {
			return graph.ConvertDType(graph.LessOrEqual(x, y), dtypes.Float32)
		}), wantOp: "LessOrEqual"},
		{name: "matmul", inputs: [][]int{{5, 3}, {3, 4}}, build: two(graph.DotProduct), wantOp: "MatMul"},
		{name: "concatenate", inputs: pair, build: two(func(x, y *graph.Node) *graph.Node {
			return graph.Concatenate([]*graph.Node{x, y}, -1)
		}), wantOp: "Concat"},
		{name: "bias", inputs: [][]int{{5, 3}, {3}}, build: two(func(x, y *graph.Node) *graph.Node {
			return graph.Add(x, graph.InsertAxes(y, 0))
		}), wantOp: "Add"},
		{name: "column", inputs: [][]int{{5, 3}, {5, 1}}, build: two(graph.Mul), wantOp: "Mul"},
		{name: "slice", inputs: batch, build: one(func(x *graph.Node) *graph.Node {
			return graph.Slice(x, graph.AxisRange(), graph.AxisRange(1, 3))
		}), wantOp: "Slice"},
		{name: "reduce the last axis", inputs: batch, build: one(func(x *graph.Node) *graph.Node { return graph.ReduceSum(x, -1) }), wantOp: "ReduceSum"},
		{name: "an input as output", inputs: batch, build: one(func(x *graph.Node) *graph.Node { return x }), wantOp: "Identity"},
		{name: "transpose", inputs: batch, build: one(func(x *graph.Node) *graph.Node { return graph.Transpose(x, 0, 1) }), static: true, wantOp: "Transpose"},
		{name: "identity transpose", inputs: batch, build: one(func(x *graph.Node) *graph.Node {
			return graph.Neg(graph.TransposeAllAxes(x, 0, 1))
		}), static: true, wantOp: "Neg"},
		{name: "reshape", inputs: batch, build: one(func(x *graph.Node) *graph.Node { return graph.Reshape(x, 3, 5) }), static: true, wantOp: "Reshape"},
		{name: "expand", inputs: [][]int{{3}}, build: one(func(x *graph.Node) *graph.Node {
			return graph.ReduceSum(graph.BroadcastToDims(graph.InsertAxes(x, 0), 4, 3), 0)
		}), static: true, wantOp: "Expand"},
		{name: "broadcast a column", inputs: [][]int{{5}}, build: one(func(x *graph.Node) *graph.Node {
			return graph.BroadcastToDims(graph.InsertAxes(x, -1), 5, 2)
		}), static: true, wantOp: "Expand"},
		{name: "two outputs of one node", inputs: batch, build: func(in []*graph.Node) []*graph.Node {
			y := graph.Neg(in[0])
			return []*graph.Node{y, graph.Exp(y)}
		}, tol: 1e-5, wantOp: "Neg"},
	}
	for _, o := range []struct {
		name     string
		lhs, rhs []int
		axes     [2]int
	}{
		{"gemm, left transposed", []int{3, 5}, []int{3, 4}, [2]int{0, 0}},
		{"gemm, right transposed", []int{5, 3}, []int{4, 3}, [2]int{1, 1}},
		{"gemm, both transposed", []int{3, 5}, []int{4, 3}, [2]int{0, 1}},
	} {
		list = append(list, graphCase{
			name: o.name, inputs: [][]int{o.lhs, o.rhs}, static: true, wantOp: "Gemm",
			build: two(func(x, y *graph.Node) *graph.Node {
				return graph.Dot(x, y).General([]int{o.axes[0]}, nil, []int{o.axes[1]}, nil)
			}),
		})
	}
	// The gradient of a small net, as in training.
	list = append(list, graphCase{
		name: "gradient", inputs: [][]int{{5, 3}, {3, 4}, {4}}, static: true, wantOp: "Gemm",
		build: func(in []*graph.Node) []*graph.Node {
			h := graph.Tanh(graph.Add(graph.DotProduct(in[0], in[1]), graph.InsertAxes(in[2], 0)))
			return graph.Gradient(graph.ReduceAllMean(graph.Square(h)), in[1], in[2])
		},
	})
	return list
}

// TestRecordedGraphsMatchGo records each graph, runs it in onnxruntime with graph optimisation off and on, and compares the
// outputs with those of the Go backend.
func TestRecordedGraphsMatchGo(t *testing.T) {
	requireRuntime(t)
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			var fixed, dynamic []onnx.ValueInfo
			var tensors []engine.Tensor
			for i, dims := range c.inputs {
				name := string(rune('a' + i))
				fixed = append(fixed, onnx.ValueInfo{Name: name, Dims: dims})
				open := slices.Clone(dims)
				if dims[0] == 5 && !c.static {
					open[0] = onnx.Batch
				}
				dynamic = append(dynamic, onnx.ValueInfo{Name: name, Dims: open})
				tensors = append(tensors, random(uint64(i), dims...))
			}
			want := runGo(t, c.build, fixed, tensors)
			names := []string{"p", "q", "r"}[:len(want)]
			m, err := onnx.Record(c.build, dynamic, nil, names)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(m.Nodes, func(n onnx.Node) bool { return n.Op == c.wantOp }) {
				t.Errorf("no %s in %v", c.wantOp, m.Nodes)
			}
			for _, level := range []ort.Level{ort.Off, ort.All} {
				compare(t, runONNX(t, m, level, tensors), want, c.tol)
			}
		})
	}
}

func runGo(t *testing.T, f engine.Graph, inputs []onnx.ValueInfo, tensors []engine.Tensor) []engine.Tensor {
	t.Helper()
	declared := make([]engine.Input, len(inputs))
	for i, in := range inputs {
		declared[i] = engine.Input{Name: in.Name, Dims: in.Dims}
	}
	p, err := engine.Go.Compile(f, declared...)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	out, err := p.Run(tensors...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func runONNX(t *testing.T, m onnx.Model, level ort.Level, tensors []engine.Tensor) []engine.Tensor {
	t.Helper()
	file := m.Marshal()
	read, err := onnx.Read(file)
	if err == nil {
		err = read.Check()
	}
	if err != nil {
		t.Fatalf("the recorded model: %v", err)
	}
	s, err := ort.Open(file, ort.SessionOptions{Optimise: level})
	if err != nil {
		t.Fatalf("%v: %v", err, m.Nodes)
	}
	defer s.Close()
	out, err := s.Run(tensors...)
	if err != nil {
		t.Fatalf("%v: %v", err, m.Nodes)
	}
	return out
}

func compare(t *testing.T, got, want []engine.Tensor, tol float64) {
	t.Helper()
	if tol == 0 {
		tol = 1e-6
	}
	if len(got) != len(want) {
		t.Fatalf("%d outputs, want %d", len(got), len(want))
	}
	for i := range want {
		if !slices.Equal(got[i].Dims, want[i].Dims) {
			t.Fatalf("output %d has sizes %v, want %v", i, got[i].Dims, want[i].Dims)
		}
		for j, w := range want[i].Data {
			if d := math.Abs(float64(got[i].Data[j] - w)); !(d <= tol*(1+math.Abs(float64(w)))) {
				t.Fatalf("output %d, number %d: %g, want %g", i, j, got[i].Data[j], w)
			}
		}
	}
}

// silu is a SiLU if both arguments are the same.
func silu(x, y *graph.Node) *graph.Node { return graph.Mul(y, graph.Sigmoid(x)) }

// elu builds an ELU with its kink at the given point. It is a true ELU only at 0.
func elu(x *graph.Node, at float64) *graph.Node {
	zero, kink := graph.ScalarZero(x.Graph(), x.DType()), graph.Scalar(x.Graph(), x.DType(), at)
	positive := graph.GreaterThan(x, kink)
	return graph.Where(positive, x, graph.MinusOne(graph.Exp(graph.Where(positive, zero, x))))
}
