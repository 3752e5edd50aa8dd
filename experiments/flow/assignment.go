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
// It initialises like Jonker and Volgenant ("A shortest augmenting path algorithm for dense and sparse linear
// assignment problems", Computing 38, 1987), then adds successive shortest paths. It takes O(n^3) time and memory for a
// few rows. Ties are broken the same way every time. Assign returns an error if a cost is not finite or exceeds 1e290
// in magnitude.
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
	m := newMatching(cost, n)
	m.reduceColumns()
	free := m.transferReductions()
	for range 2 {
		free = m.reduceRows(free)
	}
	for _, i := range free {
		m.augment(i)
	}
	u := make([]float64, n)
	for i, j := range m.column {
		u[i] = m.costs(i)[j] - m.v[j]
	}
	return Assignment{Column: m.column, Row: u, Col: m.v}, nil
}

// matching is a partial assignment. Each pair has the smallest cost - v of its row. The potentials v start at the
// smallest cost of their column and only decrease, so cost - v is never negative.
type matching struct {
	n      int
	cost   []float64 // (n, n)
	column []int     // of each row, -1 for none
	row    []int     // of each column, -1 for none
	v      []float64 // potentials of the columns

	// Memory for the shortest paths from one row.
	passed []int     // columns whose shortest path is known
	length []float64 // length of the path to each of them
	ahead  []float64 // length of the shortest path so far to each other column, +Inf for those passed
	open   []float64 // potentials of the columns, -Inf for those passed
	before []int     // the row before each column on its path
}

func newMatching(cost []float64, n int) *matching {
	m := &matching{
		n: n, cost: cost, column: make([]int, n), row: make([]int, n), v: make([]float64, n),
		length: make([]float64, n), ahead: make([]float64, n), open: make([]float64, n), before: make([]int, n),
	}
	for k := range n {
		m.column[k], m.row[k] = -1, -1
	}
	return m
}

func (m *matching) costs(i int) []float64 { return m.cost[i*m.n : (i+1)*m.n] }

func (m *matching) pair(i, j int) { m.column[i], m.row[j] = j, i }

// reduceColumns sets each column's potential to its smallest cost and pairs it with the row of that cost, if still
// free.
func (m *matching) reduceColumns() {
	least := make([]int, m.n)
	copy(m.v, m.cost[:m.n])
	for i := 1; i < m.n; i++ {
		for j, c := range m.costs(i) {
			if c < m.v[j] {
				m.v[j], least[j] = c, i
			}
		}
	}
	for j, i := range least {
		if m.column[i] < 0 {
			m.pair(i, j)
		}
	}
}

// transferReductions lowers the potential of each paired column as far as its row allows, which makes it easier to pair
// other rows, and returns the free rows.
func (m *matching) transferReductions() (free []int) {
	for i, paired := range m.column {
		if paired < 0 {
			free = append(free, i)
			continue
		}
		least := math.Inf(1)
		for j, c := range m.costs(i) {
			if j != paired {
				least = min(least, c-m.v[j])
			}
		}
		if m.n > 1 {
			m.v[paired] = min(m.v[paired], m.costs(i)[paired]-least)
		}
	}
	return free
}

// reduceRows pairs each free row with its cheapest column, lowers that column's potential until the second cheapest
// costs the same, and returns the rows that remain free. If the potential fell, a displaced row is processed
// immediately.
func (m *matching) reduceRows(free []int) (left []int) {
	turns := 4 * m.n // rows may displace each other many times, by small amounts
	for _, i := range free {
		for i >= 0 {
			j, second, gap := m.cheapest(i)
			lower := m.v[j] - gap
			fell := lower < m.v[j] // false if the gap is lost in rounding, which would loop forever
			if fell {
				m.v[j] = lower
			} else if m.row[j] >= 0 {
				j = second
			}
			out := m.row[j]
			m.pair(i, j)
			if out >= 0 {
				m.column[out] = -1
				if turns--; !fell || turns < 0 {
					left = append(left, out)
					break
				}
			}
			i = out
		}
	}
	return left
}

// cheapest returns the two cheapest columns of a row and the difference of their costs.
func (m *matching) cheapest(i int) (first, second int, gap float64) {
	a, b := math.Inf(1), math.Inf(1)
	for j, c := range m.costs(i) {
		switch d := c - m.v[j]; {
		case d < a:
			second, b = first, a
			first, a = j, d
		case d < b:
			second, b = j, d
		}
	}
	return first, second, b - a
}

// augment pairs a free row along the shortest alternating path to a free column.
func (m *matching) augment(free int) {
	last, distance := m.shortest(free)
	for _, j := range m.passed {
		m.v[j] += m.length[j] - distance
	}
	for i := -1; i != free; {
		i = m.before[last]
		next := m.column[i]
		m.pair(i, last)
		last = next
	}
}

// shortest finds the nearest free column from a free row by Dijkstra's algorithm. The length of an edge is its cost - v
// minus that of the row's pair. It leaves the nearer columns in passed.
func (m *matching) shortest(free int) (last int, distance float64) {
	m.passed = m.passed[:0]
	copy(m.open, m.v)
	for j := range m.ahead {
		m.ahead[j] = math.Inf(1)
	}
	for i, shift := free, 0.; ; {
		j := m.relax(i, shift, distance)
		distance = m.ahead[j]
		if m.row[j] < 0 {
			return j, distance
		}
		// A potential of -Inf makes later paths to a passed column infinite, so that relax need not check for them.
		m.passed = append(m.passed, j)
		m.length[j], m.ahead[j], m.open[j] = distance, math.Inf(1), math.Inf(-1)
		i = m.row[j]
		shift = m.costs(i)[j] - m.v[j] - distance
	}
}

// relax extends the paths from a row and returns the nearest column ahead. It returns early at a free column that is no
// farther than the row.
func (m *matching) relax(i int, shift, distance float64) (nearest int) {
	n := m.n
	costs, open, ahead, least := m.costs(i)[:n], m.open[:n], m.ahead[:n], math.Inf(1)
	for j, c := range costs {
		length, known := c-open[j]-shift, ahead[j]
		if length < known {
			known = length
			ahead[j], m.before[j] = length, i
		}
		if known < least {
			least, nearest = known, j
			if known <= distance && m.row[j] < 0 {
				return nearest
			}
		}
	}
	return nearest
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
