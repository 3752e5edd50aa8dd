package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"

	"flowsweep/experiments/engine/fuse"
	"flowsweep/experiments/engine/ort"
)

// TestFusedHere checks that all operations have onnxruntime's bits on the machines that have been tried.
func TestFusedHere(t *testing.T) {
	requireRuntime(t)
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("tried on linux/amd64 only")
	}
	all, err := ort.FusedOperations()
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, fuse.ColumnSum)
	if got, why := Fused(); why != nil || !slices.Equal(got, all) {
		t.Errorf("fused are %v, of %v: %v", got, all, why)
	}
	for _, op := range all {
		if !slices.ContainsFunc(probes, func(p probe) bool { return p.operation == op }) {
			t.Errorf("%s has no probe", op)
		}
	}
}

// compileBoth compiles a graph with and without fused operations.
func compileBoth(t *testing.T, f Graph, inputs ...Input) (fused, plain Program) {
	t.Helper()
	fused, err := ONNXRuntime.Compile(f, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	plain, err = ONNXRuntime.Plain().Compile(f, inputs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, p := range []Program{fused, plain} {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return fused, plain
}

// TestEluHasTheBits compares the exponentials of the fused ELU with those of onnxruntime for one negative number in 61, every one with
// FLOWSWEEP_FLOATS=1 as in `task soak`, and for some positive ones.
func TestEluHasTheBits(t *testing.T) {
	requireRuntime(t)
	if operations, why := Fused(); !slices.Contains(operations, "Elu") {
		t.Skip(why)
	}
	const size = 1 << 16
	elu := probes[slices.IndexFunc(probes, func(p probe) bool { return p.operation == "Elu" })]
	fused, plain := compileBoth(t, func(in []*graph.Node) []*graph.Node {
		return []*graph.Node{elu.build(in[0], nil)}
	}, Input{"x", []int{size}})
	stride := uint64(61)
	if os.Getenv("FLOWSWEEP_FLOATS") != "" {
		stride = 1
	}
	x := Tensor{Dims: []int{size}, Data: make([]float32, size)}
	for at := uint64(0x7f000000); at < 1<<32; {
		for i := range x.Data {
			x.Data[i] = math.Float32frombits(uint32(min(at, 1<<32-1)))
			at += stride
		}
		a, err := fused.Run(x)
		if err != nil {
			t.Fatal(err)
		}
		b, err := plain.Run(x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range x.Data {
			if !sameBits(a[0].Data[i], b[0].Data[i]) {
				t.Fatalf("the ELU of %g is %g fused and %g in onnxruntime", x.Data[i], a[0].Data[i], b[0].Data[i])
			}
		}
	}
}

// TestFusedGraphsHaveTheBits compares random graphs of vectors, single numbers, products, sums and concatenations.
func TestFusedGraphsHaveTheBits(t *testing.T) {
	requireRuntime(t)
	count := 200
	if testing.Short() {
		count = 40
	}
	for seed := range uint64(count) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			rows, columns := 1+r.IntN(60), 1+r.IntN(20)
			build := randomGraph(seed, rows, columns)
			inputs := []Input{{"a", []int{rows, columns}}, {"b", []int{rows, columns}}, {"c", []int{1}}, {"w", []int{columns, columns}}}
			fused, plain := compileBoth(t, build, inputs...)
			var given []Tensor
			for i, in := range inputs {
				given = append(given, random(seed+uint64(i), in.Dims...))
			}
			got, err := fused.Run(given...)
			if err != nil {
				t.Fatal(err)
			}
			want, err := plain.Run(given...)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if !slices.EqualFunc(got[i].Data, want[i].Data, sameBits) || !slices.Equal(got[i].Dims, want[i].Dims) {
					t.Errorf("output %d, %v, differs from that of the plain graph, %v", i, got[i].Dims, want[i].Dims)
				}
			}
		})
	}
}

// randomGraph builds on the inputs a and b, (rows, columns), c, (1), and w, (columns, columns).
func randomGraph(seed uint64, rows, columns int) Graph {
	return func(in []*graph.Node) []*graph.Node {
		r := rand.New(rand.NewPCG(seed, 3))
		full, vectors, singles := []*graph.Node{in[0], in[1]}, []*graph.Node{}, []*graph.Node{in[2]}
		pick := func(list []*graph.Node) *graph.Node { return list[r.IntN(len(list))] }
		binary := []func(a, b *graph.Node) *graph.Node{graph.Add, graph.Sub, graph.Mul, graph.Div, graph.Min, graph.Max}
		for range 10 + r.IntN(20) {
			op := binary[r.IntN(len(binary))]
			switch r.IntN(9) {
			case 0:
				full = append(full, graph.DotProduct(pick(full), in[3]))
			case 1:
				full = append(full, probes[slices.IndexFunc(probes, func(p probe) bool { return p.operation == "Elu" })].build(pick(full), nil))
			case 2:
				vectors = append(vectors, graph.ReduceSum(pick(full), 0))
			case 3:
				singles = append(singles, op(pick(singles), graph.Sqrt(graph.Abs(pick(singles)))))
			case 4:
				one := graph.Reshape(pick(singles), 1, 1)
				full = append(full, op(pick(full), graph.BroadcastToDims(one, rows, columns)))
			case 5:
				full = append(full, graph.MulScalar(pick(full), .7))
			case 6:
				flat := graph.Concatenate([]*graph.Node{graph.Reshape(pick(full), -1), graph.Reshape(pick(full), -1)}, 0)
				vectors = append(vectors, graph.Sub(graph.Square(flat), flat))
			default:
				full = append(full, op(pick(full), pick(full)))
			}
		}
		return slices.Concat(full[max(2, len(full)-3):], vectors, singles[1:], []*graph.Node{graph.Neg(in[0])})
	}
}
