package flow

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// checkTransport checks that a transport is optimal by duality: no reduced cost is negative, and the means of the
// potentials add up to the cost. The tolerance is a few roundings of the largest cost per row and column.
func checkTransport(t *testing.T, name string, costs [][]float64) Transport {
	t.Helper()
	got := TransportRows(costs)
	n, m, largest := len(costs), len(costs[0]), 0.
	for _, row := range costs {
		for _, c := range row {
			largest = max(largest, math.Abs(c))
		}
	}
	tol := 4e-16 * largest * float64(n+m+4)
	for i, row := range costs {
		for j, c := range row {
			if d := c - got.Row[i] - got.Col[j]; !(d >= -tol) {
				t.Fatalf("%s: (%d, %d) has reduced cost %g, want at least %g", name, i, j, d, -tol)
			}
		}
	}
	if dual := mean(got.Row) + mean(got.Col); !(math.Abs(dual-got.Cost) <= tol) {
		t.Fatalf("%s: cost %.17g, but the potentials prove %.17g, want within %g", name, got.Cost, dual, tol)
	}
	return got
}

func mean(v []float64) (mean float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	return mean
}

func rowsOf(cost []float64, m int) (rows [][]float64) {
	for part := range slices.Chunk(cost, m) {
		rows = append(rows, part)
	}
	return rows
}

// TestTransportIsAnAssignmentOfCopies: with m/g copies of every row and n/g of every column, the problem is an
// assignment, whose cost per pair is that of the transport.
func TestTransportIsAnAssignmentOfCopies(t *testing.T) {
	t.Parallel()
	r := NewStream(7, "costs").At(0)
	for _, kind := range costKinds {
		for _, size := range [][2]int{{1, 1}, {1, 4}, {3, 1}, {2, 3}, {4, 6}, {5, 3}, {5, 5}, {9, 12}, {40, 50}} {
			n, m := size[0], size[1]
			g := gcd(n, m)
			costs, largest := make([][]float64, n), 0.
			for i := range costs {
				costs[i] = make([]float64, m)
				for j := range costs[i] {
					costs[i][j] = kind.cost(r, i, j)
					largest = max(largest, math.Abs(costs[i][j]))
				}
			}
			name := fmt.Sprintf("%s, %d to %d", kind.name, n, m)
			copies := make([][]float64, n*m/g)
			for i := range copies {
				copies[i] = make([]float64, n*m/g)
				for j := range copies[i] {
					copies[i][j] = costs[i/(m/g)][j/(n/g)]
				}
			}
			want := 0.
			for i, j := range AssignRows(copies).Column {
				want += copies[i][j] / float64(len(copies))
			}
			got := checkTransport(t, name, costs).Cost
			if tol := 1e-15 * largest * float64(len(copies)+4); !(math.Abs(got-want) <= tol) { // the roundings of a sum of copies
				t.Fatalf("%s: cost %.17g, want %.17g within %g", name, got, want, tol)
			}
		}
	}
}

func TestTransportIsOptimalByDuality(t *testing.T) {
	t.Parallel()
	r := NewStream(8, "costs").At(0)
	for _, kind := range costKinds {
		for _, size := range [][2]int{{64, 97}, {150, 100}, {3, 200}, {200, 2}} {
			costs := make([][]float64, size[0])
			for i := range costs {
				costs[i] = make([]float64, size[1])
				for j := range costs[i] {
					costs[i][j] = kind.cost(r, i, j)
				}
			}
			checkTransport(t, fmt.Sprintf("%s, %v", kind.name, size), costs)
		}
	}
	for _, dim := range []int{1, 2, 16} {
		cost := pointCosts(300, dim)
		checkTransport(t, fmt.Sprintf("points of dimension %d", dim), rowsOf(cost, 300)[:201])
	}
}

// TestTransportOnALine: in one dimension the quantile functions give the cost. For points 0, 1, 2 to 0, 3 it is
// (0 + 1/2 9 ... ) worked out by hand: masses 1/3 to 1/2 in units of 1/6, 0->0 twice, 1->0 once, 1->3 once, 2->3 twice:
// (0 + 1 + 4 + 2) / 6.
func TestTransportOnALine(t *testing.T) {
	t.Parallel()
	x, y := Batch{Dim: 1, Data: []float64{0, 1, 2}}, Batch{Dim: 1, Data: []float64{3, 0}}
	if got := TransportRows(rowsOf(SquaredDistances(x, y), 2)).Cost; math.Abs(got-7./6) > 1e-15 {
		t.Errorf("cost %.17g, want 7/6", got)
	}
}

func ExampleTransportRows() {
	t := TransportRows([][]float64{
		{0, 9},
		{1, 4},
		{4, 1},
	}) // thirds to halves: the middle row is split
	fmt.Printf("%.6f\n", t.Cost)
	// Output: 1.166667
}

// BenchmarkTransport moves normal points in 2-D, in numbers that share few factors or many.
func BenchmarkTransport(b *testing.B) {
	x, y := NewBatch(2000, 2), NewBatch(2000, 2)
	NewStream(5, "x").Normal(x, 0)
	NewStream(5, "y").Normal(y, 0)
	for _, size := range [][2]int{{499, 376}, {1996, 1497}, {1976, 1235}, {2000, 1600}, {2000, 1999}} {
		costs := rowsOf(SquaredDistances(x.Slice(0, size[0]), y.Slice(0, size[1])), size[1])
		b.Run(fmt.Sprintf("%dto%d", size[0], size[1]), func(b *testing.B) {
			for b.Loop() {
				TransportRows(costs)
			}
		})
	}
}
