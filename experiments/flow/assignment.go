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
// and sparse linear assignment problems", Computing 38, 1987). The initial prices come from solving half of the
// problem, which keeps paths short wherever the points lie. The time is O(n^3) in the worst case. Ties are broken the
// same way every time. Assign returns an error if a cost is not finite or exceeds 1e290 in magnitude.
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
	m := newMatching(costs)
	m.setPrices()
	for i := range costs {
		if j, _ := m.cheapest(i); m.owner[j] < 0 {
			m.column[i], m.owner[j] = j, i
		}
	}
	for i, j := range m.column {
		if j < 0 {
			m.augment(i)
		}
	}
	rows := make([]float64, len(costs))
	for i, j := range m.column {
		rows[i] = costs[i][j] - m.price[j]
	}
	return Assignment{Column: m.column, Row: rows, Col: m.price}
}

// matching is a partial assignment with prices of the columns, under which every paired row has its cheapest column.
type matching struct {
	prices
	column, owner []int     // column of each row, row of each column, or -1
	dist          []float64 // scratch of augment
	from, todo    []int
}

func newMatching(costs [][]float64) *matching {
	n := len(costs)
	m := &matching{
		prices: prices{costs: costs, price: make([]float64, n)}, column: make([]int, n), owner: make([]int, n),
		dist: make([]float64, n), from: make([]int, n), todo: make([]int, n),
	}
	for i := range n {
		m.column[i], m.owner[i] = -1, -1
	}
	return m
}

// maxAlone is the largest problem that is solved without solving half of it first.
const maxAlone = 32

// setPrices sets the prices from half of the problem.
func (m *matching) setPrices() {
	n := len(m.costs)
	m.set(n <= maxAlone, func() []float64 {
		half := make([][]float64, n/2)
		for i := range half {
			half[i] = m.costs[i][:len(half)]
		}
		return AssignRows(half).Row
	})
}

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
			p.price[j] = min(p.price[j], c-w)
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

// augment pairs a free row along the shortest augmenting path, found by Dijkstra's algorithm over the reduced costs.
func (m *matching) augment(free int) {
	todo := m.todo
	for j := range todo {
		todo[j], m.dist[j] = j, math.Inf(1)
	}
	done := len(todo) // columns at todo[done:] have their final distance
	row, base, end := free, 0., -1
	for end < 0 {
		costs, nearest := m.costs[row], 0
		if row != free {
			base -= costs[m.column[row]] - m.price[m.column[row]]
		}
		for k, j := range todo[:done] {
			if d := base + costs[j] - m.price[j]; d < m.dist[j] {
				m.dist[j], m.from[j] = d, row
			}
			if d := m.dist[j]; d < m.dist[todo[nearest]] || d == m.dist[todo[nearest]] && m.owner[j] < 0 {
				nearest = k
			}
		}
		j := todo[nearest]
		done--
		todo[nearest], todo[done] = todo[done], j
		base = m.dist[j]
		if row = m.owner[j]; row < 0 {
			end = j
		}
	}
	for _, j := range todo[done:] {
		m.price[j] += m.dist[j] - m.dist[end]
	}
	for j := end; j >= 0; {
		i := m.from[j]
		m.owner[j] = i
		j, m.column[i] = m.column[i], j
	}
}

// SquaredDistances returns the squared Euclidean distances between the points of x, (n, d), and of y, (m, d), as an
// (n, m) row-major matrix. It sums squared differences, since the expanded square loses precision for close points.
func SquaredDistances(x, y Batch) []float64 {
	if x.Dim != y.Dim {
		panic(fmt.Sprintf("flow: distances between points of dimensions %d and %d", x.Dim, y.Dim))
	}
	out := make([]float64, 0, x.Len()*y.Len())
	for i := range x.Len() {
		row := x.Row(i)
		for j := range y.Len() {
			sum := 0.
			for k, yk := range y.Row(j) {
				d := row[k] - yk
				sum += d * d
			}
			out = append(out, sum)
		}
	}
	return out
}
