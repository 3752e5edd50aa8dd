package flow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// leastCost returns the smallest cost over all permutations.
func leastCost(cost []float64, n int) float64 {
	best, order := math.Inf(1), make([]int, n)
	for i := range order {
		order[i] = i
	}
	var try func(k int, sum float64)
	try = func(k int, sum float64) {
		if k == n {
			best = min(best, sum)
			return
		}
		for i := k; i < n; i++ {
			order[k], order[i] = order[i], order[k]
			try(k+1, sum+cost[k*n+order[k]])
			order[k], order[i] = order[i], order[k]
		}
	}
	try(0, 0)
	return best
}

// checkOptimal checks that an assignment is optimal by duality: it is a permutation, no reduced cost is negative, and
// those of pairs are 0. The tolerance is a few roundings of the largest cost per row. It returns the total cost.
func checkOptimal(t *testing.T, name string, cost []float64, n int) float64 {
	t.Helper()
	a, err := Assign(cost, n)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	largest := 0.
	for _, c := range cost {
		largest = max(largest, math.Abs(c))
	}
	tol := 4e-16 * largest * float64(n+4)
	seen, total := make([]bool, n), 0.
	for i, j := range a.Column {
		if seen[j] {
			t.Fatalf("%s: column %d is used twice", name, j)
		}
		seen[j] = true
		total += cost[i*n+j]
		if d := cost[i*n+j] - a.Row[i] - a.Col[j]; !(math.Abs(d) <= tol) {
			t.Fatalf("%s: the pair (%d, %d) has reduced cost %g, want 0 within %g", name, i, j, d, tol)
		}
	}
	for k, c := range cost {
		if d := c - a.Row[k/n] - a.Col[k%n]; !(d >= -tol) {
			t.Fatalf("%s: (%d, %d) has reduced cost %g, want at least %g", name, k/n, k%n, d, -tol)
		}
	}
	return total
}

var costKinds = []struct {
	name string
	cost func(r *rand.Rand, i, j int) float64
}{
	{"uniform", func(r *rand.Rand, _, _ int) float64 { return r.Float64() }},
	{"normal", func(r *rand.Rand, _, _ int) float64 { return r.NormFloat64() }},
	{"few values", func(r *rand.Rand, _, _ int) float64 { return float64(r.IntN(3)) }},
	{"integers", func(r *rand.Rand, _, _ int) float64 { return float64(r.IntN(100) - 50) }},
	{"all equal", func(*rand.Rand, int, int) float64 { return 7.1 }},
	{"all zero", func(*rand.Rand, int, int) float64 { return 0 }},
	{"rows alike", func(_ *rand.Rand, _, j int) float64 { return float64(j*j) * .1 }},
	{"columns alike", func(_ *rand.Rand, i, _ int) float64 { return float64(i) * .3 }},
	{"products", func(_ *rand.Rand, i, j int) float64 { return float64((i + 1) * (j + 1)) }}, // Machol and Wien's hard case
	{"huge and tiny", func(r *rand.Rand, _, _ int) float64 { return math.Pow(10, 16*r.Float64()-8) }},
	{"lost in rounding", func(r *rand.Rand, _, _ int) float64 { return 1 + 0x1p-52*float64(r.IntN(3)) }},
}

func TestAssignIsTheBestOfAllPermutations(t *testing.T) {
	t.Parallel()
	r := NewStream(1, "costs").At(0)
	for _, kind := range costKinds {
		for n := range 8 {
			for range 40 {
				cost, largest := make([]float64, n*n), 0.
				for k := range cost {
					cost[k] = kind.cost(r, k/n, k%n)
					largest = max(largest, math.Abs(cost[k]))
				}
				name := fmt.Sprintf("%s, n = %d, %v", kind.name, n, cost)
				got, want := checkOptimal(t, name, cost, n), leastCost(cost, n)
				if tol := 1e-14 * largest; n > 0 && !(math.Abs(got-want) <= tol) { // the roundings of sums of 7 numbers
					t.Fatalf("%s: cost %.17g, want %.17g within %g", name, got, want, tol)
				}
			}
		}
	}
}

func TestAssignIsOptimalByDuality(t *testing.T) {
	t.Parallel()
	r := NewStream(2, "costs").At(0)
	for _, kind := range costKinds {
		for _, n := range []int{64, 256} {
			cost := make([]float64, n*n)
			for k := range cost {
				cost[k] = kind.cost(r, k/n, k%n)
			}
			checkOptimal(t, fmt.Sprintf("%s, n = %d", kind.name, n), cost, n)
		}
	}
	for _, dim := range []int{1, 2, 16} {
		checkOptimal(t, fmt.Sprintf("points of dimension %d", dim), pointCosts(512, dim), 512)
	}
	x, y := NewBatch(300, 2), NewBatch(300, 2)
	NewStream(6, "x").Normal(x, 0)
	NewStream(6, "y").Normal(y, 0)
	for i := range x.Data {
		x.Data[i] += 1e3
	}
	checkOptimal(t, "points far apart", SquaredDistances(x, y), 300)
}

// pointCosts returns the squared distances of n normal points to n points at a few places, half of them equal.
func pointCosts(n, dim int) []float64 {
	x, y := NewBatch(n, dim), NewBatch(n, dim)
	NewStream(3, "x").Normal(x, 0)
	NewStream(3, "y").Normal(y, 0)
	for i := range n / 2 {
		copy(y.Row(i), y.Row(i%5))
	}
	return SquaredDistances(x, y)
}

// TestAssignSortsOnALine: in one dimension the optimal pairs for squared distances have equal ranks.
func TestAssignSortsOnALine(t *testing.T) {
	t.Parallel()
	const n = 300
	x, y := NewBatch(n, 1), NewBatch(n, 1)
	NewStream(4, "x").Normal(x, 0)
	NewStream(4, "y").Normal(y, 0)
	a, err := Assign(SquaredDistances(x, y), n)
	if err != nil {
		t.Fatal(err)
	}
	rank := func(of []float64) map[float64]int {
		sorted, ranks := slices.Sorted(slices.Values(of)), map[float64]int{}
		for k, v := range sorted {
			ranks[v] = k
		}
		return ranks
	}
	rx, ry := rank(x.Data), rank(y.Data)
	for i, j := range a.Column {
		if rx[x.Data[i]] != ry[y.Data[j]] {
			t.Fatalf("the point of rank %d is paired with that of rank %d", rx[x.Data[i]], ry[y.Data[j]])
		}
	}
}

func TestAssignErrors(t *testing.T) {
	t.Parallel()
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
		_, err := Assign([]float64{1, 2, bad, 4}, 2)
		want := fmt.Sprintf("the cost of row 1 and column 0 is %g: must be finite and at most 1e+290 in magnitude", bad)
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	checkOptimal(t, "the largest costs", []float64{1e290, -1e290, -1e290, -1e290, 1e290, 1e290, 0, 1, 1e290}, 3)
}

func TestSquaredDistances(t *testing.T) {
	t.Parallel()
	x := Batch{Dim: 2, Data: []float64{0, 0, 3, 4}}
	y := Batch{Dim: 2, Data: []float64{3, 4, 0, 1, 1e8, 1e-8}}
	want := []float64{25, 1, 1e16 + 1e-16, 0, 18, (1e8-3)*(1e8-3) + (4-1e-8)*(4-1e-8)}
	if got := SquaredDistances(x, y); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func ExampleAssign() {
	a, _ := Assign([]float64{
		4, 1, 3,
		2, 0, 5,
		3, 2, 2,
	}, 3)
	fmt.Println(a.Column)
	// Output: [1 0 2]
}

func BenchmarkAssign512(b *testing.B)  { benchmarkAssign(b, 512) }
func BenchmarkAssign1000(b *testing.B) { benchmarkAssign(b, 1000) }

// benchmarkAssign uses squared distances between normal points, like a distance between samples.
func benchmarkAssign(b *testing.B, n int) {
	x, y := NewBatch(n, 2), NewBatch(n, 2)
	NewStream(5, "x").Normal(x, 0)
	NewStream(5, "y").Normal(y, 0)
	cost := SquaredDistances(x, y)
	for b.Loop() {
		if _, err := Assign(cost, n); err != nil {
			b.Fatal(err)
		}
	}
}
