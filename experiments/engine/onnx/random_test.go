package onnx_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
)

// graphKind draws random graphs of one kind: the sizes of the inputs, and a graph of them.
type graphKind struct {
	name string
	draw func(r *rand.Rand) ([][]int, engine.Graph)
}

// TestRandomShapes compares recorded graphs of every kind, with random shapes, with the Go backend.
func TestRandomShapes(t *testing.T) {
	requireRuntime(t)
	for _, k := range graphKinds() {
		t.Run(k.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for i := range 40 {
				dims, drawn := k.draw(r)
				build := func(in []*graph.Node) []*graph.Node {
					out := drawn(in)
					for i, y := range out {
						if y.Rank() == 0 { // onnxruntime_go cannot return scalars
							out[i] = graph.Reshape(y, 1)
						}
					}
					return out
				}
				var inputs []onnx.ValueInfo
				var tensors []engine.Tensor
				for j, d := range dims {
					inputs = append(inputs, onnx.ValueInfo{Name: fmt.Sprint("x", j), Dims: d})
					tensors = append(tensors, random(r.Uint64(), d...))
				}
				want := runGo(t, build, inputs, tensors)
				m, err := onnx.Record(build, inputs, nil, []string{"y", "z"}[:len(want)])
				if err != nil {
					t.Fatalf("draw %d, %v: %v", i, dims, err)
				}
				for _, level := range []ort.Level{ort.Off, ort.All} {
					// 1e-5 allows for sums of up to a hundred products in another order.
					compare(t, runONNX(t, m, level, tensors), want, 1e-5)
				}
				if t.Failed() {
					t.Fatalf("draw %d, %v: %v", i, dims, m.Nodes)
				}
			}
		})
	}
}

func graphKinds() []graphKind {
	return []graphKind{
		{"unary", drawUnary},
		{"binary", drawBinary},
		{"reduce", drawReduce},
		{"dot", drawDot},
		{"slice", drawSlice},
		{"pad", drawPad},
		{"move", drawMove},
		{"broadcast", drawBroadcast},
		{"convolve", drawConvolve},
		{"convolve along any axes", drawConvGeneral},
		{"chain", drawChain},
	}
}

// sizes draws the sizes of some axes.
func sizes(r *rand.Rand, rank int) []int {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = 1 + r.IntN(4)
	}
	return dims
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func one(f func(x *graph.Node) *graph.Node) engine.Graph {
	return func(in []*graph.Node) []*graph.Node { return []*graph.Node{f(in[0])} }
}

func float(x *graph.Node) *graph.Node { return graph.ConvertDType(x, dtypes.Float32) }

func drawUnary(r *rand.Rand) ([][]int, engine.Graph) {
	positive := func(x *graph.Node) *graph.Node { return graph.AddScalar(graph.Abs(x), .5) }
	f := pick(r, []func(x *graph.Node) *graph.Node{
		graph.Abs, graph.Ceil, graph.Cos, graph.Erf, graph.Exp, graph.Expm1, graph.Floor, graph.Neg, graph.Round, graph.Sign,
		graph.Sin, graph.Sigmoid, graph.Tanh,
		func(x *graph.Node) *graph.Node { return graph.Log(positive(x)) },
		func(x *graph.Node) *graph.Node { return graph.Log1p(positive(x)) },
		func(x *graph.Node) *graph.Node { return graph.Log1p(graph.MulScalar(graph.Sin(x), .9)) },
		func(x *graph.Node) *graph.Node { return graph.Sqrt(positive(x)) },
		func(x *graph.Node) *graph.Node { return graph.Rsqrt(positive(x)) },
		func(x *graph.Node) *graph.Node { return graph.ClipScalar(x, -.5, .7) },
		func(x *graph.Node) *graph.Node { return float(graph.IsFinite(graph.Log(x))) },
		func(x *graph.Node) *graph.Node { return float(graph.IsNaN(graph.Sqrt(x))) },
		func(x *graph.Node) *graph.Node { return float(graph.ConvertDType(x, dtypes.Int32)) },
		func(x *graph.Node) *graph.Node { return float(graph.ConvertDType(x, dtypes.Int8)) },
		func(x *graph.Node) *graph.Node { return float(graph.ConvertDType(x, dtypes.Float64)) },
		func(x *graph.Node) *graph.Node { return graph.Add(x, graph.Iota(x.Graph(), x.Shape(), x.Rank()-1)) },
	})
	return [][]int{sizes(r, 1+r.IntN(4))}, one(f)
}

func drawBinary(r *rand.Rand) ([][]int, engine.Graph) {
	a := sizes(r, 1+r.IntN(4))
	b := slices.Clone(a)
	for i := range a {
		switch r.IntN(4) {
		case 0:
			a[i] = 1
		case 1:
			b[i] = 1
		}
	}
	awayFrom0 := func(y *graph.Node) *graph.Node {
		return graph.Add(y, graph.Where(graph.GreaterThan(y, graph.ScalarZero(y.Graph(), y.DType())), graph.OnesLike(y), graph.Neg(graph.OnesLike(y))))
	}
	bits := func(f func(x, y *graph.Node) *graph.Node) func(x, y *graph.Node) *graph.Node {
		return func(x, y *graph.Node) *graph.Node {
			zero := graph.ScalarZero(x.Graph(), x.DType())
			return float(f(graph.GreaterThan(x, zero), graph.GreaterThan(y, zero)))
		}
	}
	order := func(f func(x, y *graph.Node) *graph.Node) func(x, y *graph.Node) *graph.Node {
		return func(x, y *graph.Node) *graph.Node { return float(f(graph.Floor(x), graph.Floor(y))) }
	}
	f := pick(r, []func(x, y *graph.Node) *graph.Node{
		func(x, y *graph.Node) *graph.Node {
			zero := graph.ScalarZero(x.Graph(), x.DType())
			a, b := graph.GreaterThan(graph.Add(x, y), zero), graph.LessThan(graph.Mul(x, y), zero)
			return float(graph.Where(graph.LogicalNot(a), a, b))
		},
		graph.Add, graph.Sub, graph.Mul, graph.Max, graph.Min,
		func(x, y *graph.Node) *graph.Node { return graph.Div(x, awayFrom0(y)) },
		func(x, y *graph.Node) *graph.Node { return graph.Mod(x, awayFrom0(y)) },
		func(x, y *graph.Node) *graph.Node { return graph.Pow(graph.AddScalar(graph.Abs(x), .5), y) },
		bits(graph.LogicalAnd), bits(graph.LogicalOr), bits(graph.LogicalXor),
		order(graph.Equal), order(graph.NotEqual), order(graph.GreaterThan), order(graph.GreaterOrEqual), order(graph.LessThan), order(graph.LessOrEqual),
	})
	return [][]int{a, b}, func(in []*graph.Node) []*graph.Node { return []*graph.Node{f(in[0], in[1])} }
}

// some draws a subset of the axes, with at least minCount of them.
func some(r *rand.Rand, rank, minCount int) []int {
	return r.Perm(rank)[:minCount+r.IntN(rank-minCount+1)]
}

func drawReduce(r *rand.Rand) ([][]int, engine.Graph) {
	dims := sizes(r, 1+r.IntN(4))
	axes := some(r, len(dims), 1)
	slices.Sort(axes)
	bits := func(f func(*graph.Node, ...int) *graph.Node) func(*graph.Node, ...int) *graph.Node {
		return func(x *graph.Node, axes ...int) *graph.Node {
			return float(f(graph.GreaterThan(x, graph.ScalarZero(x.Graph(), x.DType())), axes...))
		}
	}
	f := pick(r, []func(*graph.Node, ...int) *graph.Node{
		graph.ReduceSum, graph.ReduceMean, graph.ReduceMax, graph.ReduceMin, graph.ReduceMultiply,
		bits(graph.ReduceLogicalAnd), bits(graph.ReduceLogicalOr), bits(graph.ReduceLogicalXor),
	})
	if r.IntN(5) == 0 {
		g := pick(r, []func(*graph.Node, int, ...dtypes.DType) *graph.Node{graph.ArgMax, graph.ArgMin})
		return [][]int{dims}, one(func(x *graph.Node) *graph.Node { return float(g(graph.Floor(x), axes[0])) })
	}
	return [][]int{dims}, one(func(x *graph.Node) *graph.Node { return f(x, axes...) })
}
