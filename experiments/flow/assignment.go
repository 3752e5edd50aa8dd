package flow

import (
	"fmt"
	"math"
)

// Assignment pairs each row of a square cost matrix with a column of its own at the minimum total cost. The potentials
// prove it optimal: up to rounding, Row[i] + Col[j] is at most the cost of (i, j), and equal to it for pairs.
type Assignment struct {
	Column   []int     // of each row, (n)
	Row, Col []float64 // potentials, (n) each, in units of cost
}

// maxCost is the largest cost, chosen to keep sums of n costs finite.
const maxCost = 1e290

// Assign solves the linear assignment problem exactly, up to rounding, for the (n, n) row-major matrix cost:
//
//	minimise sum_i cost[i n + Column[i]] over the permutations Column
//
// It uses the shortest augmenting path method (Jonker and Volgenant, "A shortest augmenting path algorithm for dense
// and sparse linear assignment problems", Computing 38, 1987). An auction comes before, so that few rows are left for it
// and their paths are short. Of most rows only the cheapest columns are looked at. The time is O(n^3) in the worst case.
// Ties are broken the same way every time. Assign returns an error if a cost is not finite or exceeds 1e290 in magnitude.
func Assign(cost []float64, n int) (Assignment, error) {
	if len(cost) != n*n {
		panic(fmt.Sprintf("flow: %d costs for an assignment of %d", len(cost), n))
	}
	for k, c := range cost {
		if !(math.Abs(c) <= maxCost) {
			return Assignment{}, fmt.Errorf("the cost of row %d and column %d is %g: must be finite and at most %g in magnitude",
				k/n, k%n, c, maxCost)
		}
	}
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = cost[i*n : (i+1)*n]
	}
	return AssignRows(rows), nil
}

// AssignRows is Assign for the rows of a square matrix whose costs are known to be finite.
func AssignRows(costs [][]float64) Assignment {
	n := len(costs)
	if n == 0 {
		return Assignment{}
	}
	m := matchings.Get().(*matching)
	m.reset(costs)
	m.start()
	for i, j := range m.column {
		if j < 0 {
			m.augment(i)
		}
	}
	rows := make([]float64, n)
	for i, j := range m.column {
		rows[i] = costs[i][j] - m.price[j]
	}
	a := Assignment{Column: m.column, Row: rows, Col: m.price}
	m.prices, m.column = prices{}, nil
	matchings.Put(m)
	return a
}

// maxAlone is the largest problem whose prices never come from a part of it.
const maxAlone = 32

// prices are prices of the columns of a cost matrix, (n, m).
type prices struct {
	costs [][]float64
	price []float64 // (m)
}

// set sets the prices from the potentials of the first half of the rows, which half returns for the first half of the
// columns, then once more from the smallest reduced costs of all rows at those prices. A small problem stands alone: its
// prices are the smallest costs.
func (p *prices) set(alone bool, half func() []float64) {
	worth := make([]float64, len(p.costs))
	if alone {
		p.reprice(worth)
		return
	}
	p.reprice(half())
	for i := range worth {
		_, worth[i] = p.cheapest(i)
	}
	p.reprice(worth)
}

// reprice gives each column the highest price at which no reduced cost of row i is below worth[i].
func (p *prices) reprice(worth []float64) {
	for j := range p.price {
		p.price[j] = math.Inf(1)
	}
	for i, w := range worth {
		for j, c := range p.costs[i] {
			if v := c - w; v < p.price[j] {
				p.price[j] = v
			}
		}
	}
}

// cheapest returns the first column with the lowest reduced cost in row i, and that cost.
func (p *prices) cheapest(i int) (best int, lowest float64) {
	lowest = math.Inf(1)
	for j, c := range p.costs[i] {
		if c -= p.price[j]; c < lowest {
			best, lowest = j, c
		}
	}
	return best, lowest
}

// SquaredDistances returns the squared Euclidean distances between the points of x, (n, d), and of y, (m, d), as an
// (n, m) row-major matrix. It sums squared differences, since the expanded square loses precision for close points.
func SquaredDistances(x, y Batch) []float64 {
	if x.Dim != y.Dim {
		panic(fmt.Sprintf("flow: distances between points of dimensions %d and %d", x.Dim, y.Dim))
	}
	out := make([]float64, x.Len()*y.Len())
	for i := range x.Len() {
		squaredDistances(out[i*y.Len():(i+1)*y.Len()], x.Row(i), y)
	}
	return out
}

// squaredDistances sets dst to the squared distances of a point to those of y. The loop for the plane has the same bits.
func squaredDistances(dst, x []float64, y Batch) {
	if y.Dim == 2 {
		a, b, points := x[0], x[1], y.Data
		for j := range dst {
			p := points[2*j : 2*j+2]
			d, e := a-p[0], b-p[1]
			dst[j] = d*d + e*e
		}
		return
	}
	for j := range dst {
		sum := 0.
		for k, v := range y.Row(j) {
			d := x[k] - v
			sum += d * d
		}
		dst[j] = sum
	}
}
