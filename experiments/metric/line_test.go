package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
)

// TestSortOrdered compares with package slices on both sides of radixMin, with equal, negative, tiny and huge values.
func TestSortOrdered(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 100, radixMin - 1, radixMin, 5000} {
		for name, value := range map[string]func(i int) float64{
			"normal":  func(i int) float64 { return flow.NewStream(1, "sort").At(uint64(i)).NormFloat64() },
			"coarse":  func(i int) float64 { return float64(i*7919%10 - 5) },
			"extreme": func(i int) float64 { return math.Ldexp(float64(i%3-1), i*7919%2000-1000) },
			"equal":   func(int) float64 { return 3 },
		} {
			keys, want := make([]ordered, n), make([]int, n)
			for i := range n {
				keys[i], want[i] = orderedOf(value(i), i), i
			}
			slices.SortStableFunc(want, func(i, j int) int { return cmp.Compare(value(i), value(j)) })
			sortOrdered(keys, make([]ordered, n))
			for k, o := range keys {
				// -0 sorts before 0 here, but is equal to it in package cmp.
				if v := value(want[k]); o.value() != v || v != 0 && int(o.index) != want[k] {
					t.Fatalf("%d %s numbers: position %d has %g from %d, want %g from %d", n, name, k, o.value(), o.index, v, want[k])
				}
			}
		}
	}
}

// TestTransportOfUnequalSizes is worked out by hand: the quantiles 0, 6 against 0, 3, 6.
func TestTransportOfUnequalSizes(t *testing.T) {
	t.Parallel()
	a, b := lineOf([]float64{6, 0}, new([]ordered)), lineOf([]float64{3, 0, 6}, new([]ordered))
	// On [0, 1/3]: 0 - 0; on [1/3, 1/2]: 0 - 3; on [1/2, 2/3]: 6 - 3; on [2/3, 1]: 6 - 6.
	near(t, "W1", transport(a, b, 1, make([]float64, 2), make([]float64, 3)), 3./6+3./6, 1e-15)
	near(t, "W2 squared", transport(a, b, 2, make([]float64, 2), make([]float64, 3)), 9./6+9./6, 1e-15)
}

// TestTransportIsOptimal checks the dual solution, which proves a cost optimal: the potentials nowhere exceed the cost,
// and their means add up to it. The tolerance allows for the rounding of 1e3 sums of costs up to 50.
func TestTransportIsOptimal(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {40, 40}, {40, 80}, {30, 77}, {90, 60}} {
		for _, coarse := range []float64{0, 2} { // 2: halves, with many equal values
			for p := 1; p <= 2; p++ {
				x, y := normal(size[0], 1, 1, "x").Data, normal(size[1], 1, 0, "y").Data
				if coarse > 0 {
					for _, v := range [][]float64{x, y} {
						for i := range v {
							v[i] = math.Round(v[i]*coarse) / coarse
						}
					}
				}
				phi, psi := make([]float64, len(x)), make([]float64, len(y))
				cost := transport(lineOf(x, new([]ordered)), lineOf(y, new([]ordered)), p, phi, psi)
				what := fmt.Sprintf("W_%d^%d of %v points", p, p, size)
				near(t, what, sum(phi)/float64(len(x))+sum(psi)/float64(len(y)), cost, 1e-11)
				for i, a := range x {
					for j, b := range y {
						if c := math.Pow(math.Abs(a-b), float64(p)); phi[i]+psi[j] > c+1e-11 {
							t.Fatalf("%s: potentials %g and %g, cost %g", what, phi[i], psi[j], c)
						}
					}
				}
			}
		}
	}
}
