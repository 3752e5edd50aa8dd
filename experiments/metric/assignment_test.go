package metric

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
)

// TestAssignIsOptimal tries every permutation of up to 7.
func TestAssignIsOptimal(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 7; n++ {
		for id := range 20 {
			costs := randomCosts(n, id)
			lowest := math.Inf(1)
			order := make([]int, n)
			for i := range order {
				order[i] = i
			}
			permute(order, 0, func() { lowest = min(lowest, costOf(costs, order)) })
			match, _, _ := assign(costs)
			near(t, fmt.Sprintf("cost of %d, case %d", n, id), costOf(costs, match), lowest, 1e-12)
		}
	}
}

// randomCosts returns normal numbers, rounded to integers for odd ids, which gives many ties.
func randomCosts(n, id int) [][]float64 {
	r := flow.NewStream(1, "costs").At(uint64(id))
	costs := make([][]float64, n)
	for i := range costs {
		costs[i] = make([]float64, n)
		for j := range costs[i] {
			costs[i][j] = 3 * r.NormFloat64()
			if id%2 == 1 {
				costs[i][j] = math.Round(costs[i][j])
			}
		}
	}
	return costs
}

func permute(order []int, from int, do func()) {
	if from == len(order) {
		do()
		return
	}
	for i := from; i < len(order); i++ {
		order[from], order[i] = order[i], order[from]
		permute(order, from+1, do)
		order[from], order[i] = order[i], order[from]
	}
}

func costOf(costs [][]float64, match []int) (total float64) {
	for i, j := range match {
		total += costs[i][j]
	}
	return total
}

// TestAssignProvesItself: only an optimal matching has a feasible dual solution of the same value. The tolerance allows
// for the rounding of paths of up to 300 costs.
func TestAssignProvesItself(t *testing.T) {
	t.Parallel()
	for name, costs := range map[string][][]float64{
		"random":  randomCosts(150, 0),
		"ties":    randomCosts(150, 1),
		"zero":    make2D(100, func(int, int) float64 { return 0 }),
		"product": make2D(120, func(i, j int) float64 { return -float64(i * j) }),
		"points":  pointCosts(300, .3),
		"far":     pointCosts(300, 1e3),
		"one":     {{-5}},
	} {
		match, rows, cols := assign(costs)
		size := 0.
		for _, row := range costs {
			size = max(size, slices.Max(row), -slices.Min(row))
		}
		tol := 1e-13 * (1 + size) * float64(len(costs))
		seen := make([]bool, len(costs))
		for i, row := range costs {
			if seen[match[i]] {
				t.Fatalf("%s: column %d is used twice", name, match[i])
			}
			seen[match[i]] = true
			near(t, name+": dual of a match", rows[i]+cols[match[i]], row[match[i]], tol)
			for j, c := range row {
				if rows[i]+cols[j] > c+tol {
					t.Fatalf("%s: duals %g and %g, cost %g", name, rows[i], cols[j], c)
				}
			}
		}
	}
}

func make2D(n int, cost func(i, j int) float64) [][]float64 {
	costs := make([][]float64, n)
	for i := range costs {
		costs[i] = make([]float64, n)
		for j := range costs[i] {
			costs[i][j] = cost(i, j)
		}
	}
	return costs
}

func pointCosts(n int, shift float64) [][]float64 {
	x, y := normal(n, 2, shift, "x"), normal(n, 2, 0, "y")
	return make2D(n, func(i, j int) float64 { return squaredDistance(x.Row(i), y.Row(j)) })
}

// BenchmarkW2 measures 1,000 samples against 1,000 in 2-D.
func BenchmarkW2(b *testing.B) {
	reference, samples := normal(1000, 2, 0, "reference"), normal(1000, 2, .1, "samples")
	for b.Loop() {
		mustMeasure(b, W2, reference, samples)
	}
}
