package flow

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestEntropicPlan: the plan is the only matrix with the given marginals whose entries are a row factor times a column
// factor times exp(-cost / epsilon).
func TestEntropicPlan(t *testing.T) {
	t.Parallel()
	const n = 60
	x0, x1 := ringPairs(n)
	for k, epsilon := range []float64{100, 5, .5, .05, .01, .003, .003} {
		cost := SquaredDistances(x1, x0)
		if k == 6 {
			cost = SquaredDistances(x0, x1) // here b grows instead of falling
		}
		plan, err := entropicPlan(cost, n, epsilon)
		if err != nil {
			t.Fatalf("epsilon %g: %v", epsilon, err)
		}
		columns, off := make([]float64, n), 0.
		for i := range n {
			row := 0.
			for j := range n {
				row += plan[i*n+j]
				columns[j] += plan[i*n+j]
			}
			if math.Abs(row-1) > 1e-13 { // the roundings of 60 numbers
				t.Errorf("epsilon %g: row %d sums to %.17g, want 1", epsilon, i, row)
			}
		}
		for _, sum := range columns {
			off += math.Abs(sum-1) / n
		}
		if off > planTolerance {
			t.Errorf("epsilon %g: the columns are off by %g, want at most %g", epsilon, off, planTolerance)
		}
		checkProducts(t, plan, cost, n, epsilon)
	}
}

// checkProducts checks on every 2 by 2 submatrix that the entries of the plan are such products.
func checkProducts(t *testing.T, plan, cost []float64, n int, epsilon float64) {
	t.Helper()
	for i := 1; i < n; i++ {
		for j := 1; j < n; j++ {
			a, b, c, d := plan[i*n+j], plan[(i-1)*n+j-1], plan[i*n+j-1], plan[(i-1)*n+j]
			if min(a, b, c, d) < 1e-100 {
				continue // the kernel may be smaller by a factor of 1e200, where numbers have fewer digits
			}
			got := math.Log(a) + math.Log(b) - math.Log(c) - math.Log(d)
			want := -(cost[i*n+j] + cost[(i-1)*n+j-1] - cost[i*n+j-1] - cost[(i-1)*n+j]) / epsilon
			// Roundings of the costs, which are below 60, divided by epsilon, and of exponents up to 700.
			if math.Abs(got-want) > 4e-14/epsilon+1e-12 {
				t.Fatalf("epsilon %g: the submatrix at (%d, %d) has log ratio %g, want %g", epsilon, i, j, got, want)
			}
		}
	}
}

// TestEntropicPlanOfTwo: each of two points at distance d is paired with itself with probability
// 1 / (1 + exp(-d^2 / epsilon)).
func TestEntropicPlanOfTwo(t *testing.T) {
	t.Parallel()
	for _, epsilon := range []float64{.1, 1, 10} {
		plan, err := entropicPlan([]float64{0, 4, 4, 0}, 2, epsilon)
		want := 1 / (1 + math.Exp(-4/epsilon))
		if err != nil || math.Abs(plan[0]-want) > 1e-15 || math.Abs(plan[2]-(1-want)) > 1e-15 { // some roundings
			t.Errorf("epsilon %g: got %v (%v), want to stay with %g", epsilon, plan, err, want)
		}
	}
}

// TestScalingAddsInOrder: four rows at a time have the bits of one after the other.
func TestScalingAddsInOrder(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 3, 4, 7, 60} {
		x0, x1 := ringPairs(n)
		s := newScaling(SquaredDistances(x1, x0), n)
		s.renew(5)
		for round := range 3 {
			sums := make([]float64, n)
			for i, a := range s.a {
				row := 0.
				for j, k := range s.kernel[i*n : (i+1)*n] {
					sums[j] += a * k
					row += k * s.b[j]
				}
				if want := 1 / row; round > 0 && s.a[i] != want {
					t.Errorf("n = %d: row %d has the factor %.17g, want %.17g", n, i, s.a[i], want)
				}
			}
			if !slices.Equal(s.sums, sums) {
				t.Errorf("n = %d: got sums %v, want %v", n, s.sums, sums)
			}
			s.scale()
		}
	}
}

// TestEntropicPlanLimits: for large epsilon all pairs are equally likely, for small epsilon the plan is the optimal
// assignment.
func TestEntropicPlanLimits(t *testing.T) {
	t.Parallel()
	const n = 16
	x0, x1 := ringPairs(n)
	cost := SquaredDistances(x1, x0)
	a, err := Assign(cost, n)
	if err != nil {
		t.Fatal(err)
	}
	much, err := entropicPlan(cost, n, 1e9)
	if err != nil {
		t.Fatal(err)
	}
	little, err := entropicPlan(cost, n, 2e-3)
	if err != nil {
		t.Fatal(err)
	}
	for i, j := range a.Column {
		if got := much[i*n+j]; math.Abs(got-1./n) > 1e-8 { // the largest cost over epsilon
			t.Errorf("epsilon 1e9: the entry (%d, %d) is %g, want %g", i, j, got, 1./n)
		}
		if got := little[i*n+j]; got < .99 {
			t.Errorf("epsilon 0.002: the pair (%d, %d) has probability %g, want it near 1", i, j, got)
		}
	}
}

// TestSinkhornDrawsFromThePlan: over many draws each pair occurs as often as the plan says.
func TestSinkhornDrawsFromThePlan(t *testing.T) {
	t.Parallel()
	const n, draws = 6, 20_000
	x0, x1 := ringPairs(n)
	c := Sinkhorn{Epsilon: 4}
	plan, err := entropicPlan(SquaredDistances(x1, x0), n, c.Epsilon)
	if err != nil {
		t.Fatal(err)
	}
	counts, stream := make([]float64, n*n), NewStream(1, "pairs")
	for k := range draws {
		drawn := x0.Clone()
		if err := c.pair(stream.At(uint64(k)), drawn, x1); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			for j := range n {
				if drawn.Row(i)[0] == x0.Row(j)[0] {
					counts[i*n+j]++
				}
			}
		}
	}
	for k, p := range plan {
		// 5 standard deviations of a count.
		if tol := 5*math.Sqrt(draws*p*(1-p)) + 1; math.Abs(counts[k]-draws*p) > tol {
			t.Errorf("(%d, %d): %g of %d draws, want %g within %g", k/n, k%n, counts[k], draws, draws*p, tol)
		}
	}
}

// TestSinkhornSaysWhenItFails: if costs are too large for epsilon, the error says how far off the plan is and what to
// do. No scaling becomes NaN, however small epsilon is and whichever side is wider.
func TestSinkhornSaysWhenItFails(t *testing.T) {
	t.Parallel()
	x0, x1 := ringPairs(24)
	for _, epsilon := range []float64{1e-12, 1e-4} {
		for _, pair := range [][2]Batch{{x0, x1}, {x1, x0}} {
			err := Sinkhorn{Epsilon: epsilon}.pair(NewStream(1, "pairs").At(0), pair[0].Clone(), pair[1])
			want := fmt.Sprintf("from its marginals after 10000 rounds: raise epsilon (now %g), or use ot", epsilon)
			if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "NaN") {
				t.Errorf("epsilon %g: got %v, want an error with a number that ends in %s", epsilon, err, want)
			}
		}
	}
}
