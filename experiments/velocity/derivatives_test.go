package velocity

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
)

// jacobian returns dv_j/dx_i at one point given c, (i, j), by central differences of the net in float64, good to about 1e-8: h^2
// times a third derivative of order 1, and roundings of 1e-16 / h.
func jacobian(n net.Net, weights []float32, t float64, x, c []float64) [][]float64 {
	const h = 1e-4
	jac := make([][]float64, len(x))
	for i := range x {
		up, down := slices.Clone(x), slices.Clone(x)
		up[i] += h
		down[i] -= h
		jac[i] = forward(n, weights, t, up, c)
		for j, v := range forward(n, weights, t, down, c) {
			jac[i][j] = (jac[i][j] - v) / (2 * h)
		}
	}
	return jac
}

// derivatives returns u, div v and e^T J from what is compiled, at one time.
func derivatives(t *testing.T, e engine.Engine, n net.Net, weights []float32, at float64, x, vectors flow.Batch) (u flow.Batch, div []float64, ej flow.Batch) {
	t.Helper()
	d, err := CompileDivergence(e, n, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	p, err := CompileVJP(e, n, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if u, div, err = d.DivField()(at, x); err != nil {
		t.Fatal(err)
	}
	v, ej, err := p.Field()(at, x, vectors)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range u.Data {
		if math.Abs(v.Data[i]-want) > 1e-6*(1+math.Abs(want)) { // two graphs of the same net: a few roundings apart
			t.Fatalf("%s: the velocities beside the divergence and the product are %g and %g", e.Name, want, v.Data[i])
		}
	}
	return u, div, ej
}

// points32 returns n standard normal points that are 32-bit numbers, as the nets see them.
func points32(seed uint64, n, dim int) flow.Batch {
	x := flow.NewBatch(n, dim)
	flow.NewStream(seed, "points").Normal(x, 0)
	for i, v := range x.Data {
		x.Data[i] = float64(float32(v))
	}
	return x
}

// TestDerivativesAreThoseOfTheNet compares both engines with central differences of the net in float64. The nets compute
// in float32: each number is a sum of some ten terms of order 1, so 3e-6, about 50 roundings, allows for it.
func TestDerivativesAreThoseOfTheNet(t *testing.T) {
	t.Parallel()
	var nets []net.Net
	for _, a := range net.Activations {
		nets = append(nets, net.Spec{Architecture: net.MLP, Width: 9, Depth: 2, Activation: a}.On(2))
	}
	for _, dim := range []int{1, 3} {
		nets = append(nets, small(dim, net.Tanh)...)
	}
	nets = append(nets, conditional(1, net.Tanh)...)
	for _, n := range nets {
		t.Run(n.String(), func(t *testing.T) {
			t.Parallel()
			const at, tol = .375, 3e-6
			weights := perturbed(n)
			x, vectors := pointsOf(n, 1, 20), points32(2, 20, n.Dim())
			var jacs [][][]float64
			for i := range x.Len() {
				jacs = append(jacs, jacobian(n, weights, at, x.Row(i), x.GivenTo(i)))
			}
			for _, e := range []engine.Engine{engine.Go, engine.ONNXRuntime} {
				u, div, ej := derivatives(t, e, n, weights, at, x, vectors)
				for i, jac := range jacs {
					trace := 0.
					for j, v := range forward(n, weights, at, x.Row(i), x.GivenTo(i)) {
						if got := u.Row(i)[j]; math.Abs(got-v) > tol {
							t.Fatalf("%s: the velocity is %g, want %g", e.Name, got, v)
						}
						trace += jac[j][j]
						want := 0.
						for k, dv := range jac[j] {
							want += dv * vectors.Row(i)[k]
						}
						if got := ej.Row(i)[j]; math.Abs(got-want) > tol*(1+math.Abs(want)) {
							t.Fatalf("%s: e^T J is %g, want %g", e.Name, got, want)
						}
					}
					if math.Abs(div[i]-trace) > tol*(1+math.Abs(trace)) {
						t.Fatalf("%s: the divergence is %g, want %g", e.Name, div[i], trace)
					}
				}
			}
		})
	}
}

// TestDerivativesOfALinearNet: v = A x + b t + c has the Jacobian A everywhere, whose numbers are the weights.
func TestDerivativesOfALinearNet(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Activation: net.Tanh}.On(2) // no hidden layer
	weights := []float32{10, 20 /* t */, 1, 2 /* x1 */, 3, 4 /* x2 */, 5, 6 /* bias */}
	x, vectors := points32(1, 10, 2), points32(2, 10, 2)
	for _, e := range []engine.Engine{engine.Go, engine.ONNXRuntime} {
		_, div, ej := derivatives(t, e, n, weights, .5, x, vectors)
		for i := range x.Len() {
			v := vectors.Row(i)
			want := []float64{v[0] + 2*v[1], 3*v[0] + 4*v[1]}
			for j, got := range ej.Row(i) {
				if math.Abs(got-want[j]) > 1e-6*(1+math.Abs(want[j])) || div[i] != 1+4 {
					t.Fatalf("%s: e^T J is %v, want %v; the divergence is %g, want 5", e.Name, ej.Row(i), want, div[i])
				}
			}
		}
	}
}

// TestBasisVectorsSumToTheDivergence is Hutchinson's identity without chance: the unit vectors in place of random ones.
func TestBasisVectorsSumToTheDivergence(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 16, Depth: 2, Activation: net.SiLU}.On(3)
	weights := Init(n, 2)
	x := points32(3, 20, 3)
	_, div, _ := derivatives(t, engine.Go, n, weights, .25, x, x)
	sums := make([]float64, x.Len())
	for j := range n.Dim() {
		unit := flow.NewBatch(x.Len(), 3)
		for i := range x.Len() {
			unit.Row(i)[j] = 1
		}
		_, _, ej := derivatives(t, engine.Go, n, weights, .25, x, unit)
		for i := range sums {
			sums[i] += ej.Row(i)[j]
		}
	}
	for i, want := range div {
		if math.Abs(sums[i]-want) > 1e-6*(1+math.Abs(want)) { // the same three numbers, added in float32 and float64
			t.Errorf("point %d: the products sum to %g, want %g", i, sums[i], want)
		}
	}
}

// TestRowsDoNotDependOnTheBatch: what comes out for a point is the same to the bit alone, among others and in any chunk.
func TestRowsDoNotDependOnTheBatch(t *testing.T) {
	t.Parallel()
	const count = rows + 300
	for _, n := range small(2, net.ELU) {
		weights := Init(n, 1)
		x, vectors := points32(1, count, n.Dim()), points32(2, count, n.Dim())
		for _, e := range []engine.Engine{engine.Go, engine.ONNXRuntime} {
			t.Run(n.Architecture.Name+"/"+e.Name, func(t *testing.T) {
				t.Parallel()
				d, err := CompileDivergence(e, n, weights)
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				p, err := CompileVJP(e, n, weights)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				numbers := func(from, to int) (u flow.Batch, div []float64, ej flow.Batch) {
					u, div, err := d.DivField()(.3, x.Slice(from, to))
					if err != nil {
						t.Fatal(err)
					}
					_, ej, err = p.Field()(.3, x.Slice(from, to), vectors.Slice(from, to))
					if err != nil {
						t.Fatal(err)
					}
					return u, div, ej
				}
				u, div, ej := numbers(0, count)
				for _, i := range []int{0, 1, rows - 1, rows, count - 1} {
					v, divAlone, ejAlone := numbers(i, i+1)
					whole, alone := slices.Concat(u.Row(i), div[i:i+1], ej.Row(i)), slices.Concat(v.Data, divAlone, ejAlone.Data)
					if !slices.Equal(whole, alone) {
						t.Errorf("point %d gives %v among others and %v alone", i, whole, alone)
					}
				}
			})
		}
	}
}

// TestRowFieldHasATimeForEachPoint compares it, to the bit, with the field at one time.
func TestRowFieldHasATimeForEachPoint(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 8, Depth: 1, Activation: net.SiLU}.On(2)
	m, err := Compile(engine.Go, n, Init(n, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	x, ts := points32(1, 5, 2), []float64{0, .25, .5, .75, 1}
	u, err := m.RowField()(ts, x)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range ts {
		want, err := m.Field()(at, x.Slice(i, i+1))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(u.Row(i), want.Data) {
			t.Errorf("at time %g: %v, want %v", at, u.Row(i), want.Data)
		}
	}
	if _, err := m.RowField()(ts[:4], x); err == nil {
		t.Error("4 times go with 5 points")
	}
}

func TestDerivativesCheckWhatTheyTake(t *testing.T) {
	t.Parallel()
	n := net.Spec{Architecture: net.MLP, Width: 4, Depth: 1, Activation: net.SiLU}.On(2)
	p, err := CompileVJP(engine.Go, n, Init(n, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, _, err := p.Field()(0, flow.NewBatch(3, 2), flow.NewBatch(2, 2)); err == nil {
		t.Error("3 points go with 2 vectors")
	}
	if _, _, err := p.Field()(0, flow.NewBatch(2, 3), flow.NewBatch(2, 3)); err == nil {
		t.Error("points of dimension 3 go into a net of dimension 2")
	}
	if u, ej, err := p.Field()(0, flow.NewBatch(0, 2), flow.NewBatch(0, 2)); err != nil || u.Len()+ej.Len() != 0 {
		t.Errorf("no points give %v, %v, %v", u, ej, err)
	}
	if _, err := CompileDivergence(engine.Go, n, nil); err == nil {
		t.Error("a net is compiled without weights")
	}
}

func ExampleCompileDivergence() {
	n := net.Spec{Architecture: net.MLP, Activation: net.Tanh}.On(2)               // v = A x + b t + c
	d, _ := CompileDivergence(engine.Go, n, []float32{0, 0, 1.5, 2, 3, -4, .5, 0}) // b, A by columns, c
	defer d.Close()
	u, div, _ := d.DivField()(0, flow.Batch{Dim: 2, Data: []float64{1, 1}})
	fmt.Println(u.Data, div)
	// Output: [5 -2] [-2.5]
}
