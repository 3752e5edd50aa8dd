package flow

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// cloudsOf returns the squared distances of n normal points to n normal points with the given shift and scale.
func cloudsOf(n, dim int, shift, scale float64) [][]float64 {
	x, y := NewBatch(n, dim), NewBatch(n, dim)
	NewStream(7, "x").Normal(x, 0)
	NewStream(7, "y").Normal(y, 0)
	for i := range y.Data {
		y.Data[i] = shift + scale*y.Data[i]
	}
	return rowsOf(SquaredDistances(x, y), n)
}

// TestPairsWithoutTiesDependOnTheCostsAlone: with and without an auction and lists the pairs are the same, since only one
// pairing is optimal.
func TestPairsWithoutTiesDependOnTheCostsAlone(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, maxDense + 1, 200, 300} {
		for _, dim := range []int{1, 2, 8, 64} {
			for _, shift := range []float64{0, 3, 1000} {
				costs := cloudsOf(n, dim, shift, 1.5)
				plain := new(matching)
				plain.reset(costs)
				for i := range costs {
					plain.augmentDense(i)
				}
				if got := AssignRows(costs).Column; !slices.Equal(got, plain.column) {
					t.Errorf("%d points of dimension %d, shifted by %g: got %v, want %v", n, dim, shift, got, plain.column)
				}
			}
		}
	}
}

// TestNearPathsAreShortest: paths by lists cost as much as those over whole rows, without an auction before them. The
// tolerance is a few roundings of the sum.
func TestNearPathsAreShortest(t *testing.T) {
	t.Parallel()
	const n = 200
	costs := cloudsOf(n, 2, 1, 1)
	near, whole := new(matching), new(matching)
	near.reset(costs)
	near.setGap()
	whole.reset(costs)
	start := slices.Clone(near.price)
	for i := range costs {
		near.augmentNear(i)
		whole.augmentDense(i)
		got, want := 0., 0.
		for k := range i + 1 {
			j, l := near.column[k], whole.column[k]
			got += costs[k][j] - start[j]
			want += costs[k][l] - start[l]
		}
		if !(math.Abs(got-want) <= 1e-13*n) {
			t.Fatalf("after path %d the pairs cost %.17g, want %.17g", i, got, want)
		}
	}
	if !slices.Equal(near.column, whole.column) {
		t.Error("the pairs differ")
	}
}

// TestShortlists checks answers against whole rows while prices fall, and that most need no whole row.
func TestShortlists(t *testing.T) {
	t.Parallel()
	const n, rounds = 300, 20
	m := new(matching)
	m.reset(cloudsOf(n, 2, 0, 1))
	m.setGap()
	r := NewStream(8, "prices").At(0)
	for range rounds {
		for i := range n {
			values := make([]float64, n)
			for j, c := range m.costs[i] {
				values[j] = c - m.price[j]
			}
			best, lowest, second := m.two(i)
			sorted := slices.Sorted(slices.Values(values))
			if lowest != sorted[0] || second != sorted[1] || values[best] != lowest {
				t.Fatalf("row %d: got column %d with %g, then %g, want %g and %g", i, best, lowest, second, sorted[0], sorted[1])
			}
			j, tolerance := r.IntN(n), r.Float64()
			if got, want := m.isCheapest(i, j, tolerance), values[j]-tolerance <= sorted[0]; got != want {
				t.Fatalf("row %d: column %d is the cheapest within %g: %v, want %v", i, j, tolerance, got, want)
			}
		}
		for j := range m.price {
			m.price[j] -= m.gap / 10 * math.Abs(r.NormFloat64())
		}
	}
	if all := n * n * rounds; m.work > all/2 {
		t.Errorf("%d costs looked at, of %d", m.work, all)
	}
}

// TestAuctionLeavesFewRows: after the auction, most rows have a column, the cheapest at its prices.
func TestAuctionLeavesFewRows(t *testing.T) {
	t.Parallel()
	const n = 512
	m := new(matching)
	m.reset(cloudsOf(n, 2, 0, 1))
	m.start()
	free := 0
	for i, j := range m.column {
		if j < 0 {
			free++
			continue
		}
		if best, lowest := m.cheapest(i); m.costs[i][j]-m.price[j] > lowest {
			t.Errorf("row %d has column %d, but %d is cheaper", i, j, best)
		}
	}
	if free > n/2 {
		t.Errorf("%d of %d rows have no column", free, n)
	}
}

// TestHardCostsGoOverToWholeRows: where lists do not pay, they are given up.
func TestHardCostsGoOverToWholeRows(t *testing.T) {
	t.Parallel()
	const n = 256
	costs := make([][]float64, n)
	for i := range costs {
		costs[i] = make([]float64, n)
		for j := range costs[i] {
			costs[i][j] = float64((i + 1) * (j + 1)) // Machol and Wien
		}
	}
	m := new(matching)
	m.reset(costs)
	m.start()
	for i, j := range m.column {
		if j < 0 {
			m.augment(i)
		}
	}
	if !m.dense {
		t.Error("searches still look at lists")
	}
	for i, j := range m.column {
		if j != n-1-i { // the products are smallest in reverse order
			t.Fatalf("row %d has column %d, want %d", i, j, n-1-i)
		}
	}
}

// BenchmarkAssignRows solves clouds as couplings (shift 0) and as w2 meet them.
func BenchmarkAssignRows(b *testing.B) {
	for _, n := range []int{64, 512, 2000} {
		for _, dim := range []int{2, 8, 64} {
			for _, shift := range []float64{0, 3} {
				costs := cloudsOf(n, dim, shift, 1)
				b.Run(fmt.Sprintf("n=%d/d=%d/shift=%g", n, dim, shift), func(b *testing.B) {
					for b.Loop() {
						AssignRows(costs)
					}
				})
			}
		}
	}
}
