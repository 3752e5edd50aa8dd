package metric

import "math"

// assign solves the linear assignment problem: it returns the permutation that minimises sum_i costs[i][match[i]] for a
// square matrix of finite costs, and a dual solution that proves it optimal, up to rounding:
//
//	rows_i + cols_j <= costs[i][j],  with equality for j = match[i]
//
// It uses the shortest augmenting path method (Jonker and Volgenant 1987, "A shortest augmenting path algorithm for
// dense and sparse linear assignment problems"). The initial prices come from solving half of the problem, which keeps
// paths short wherever the points lie. The time is O(n^3) in the worst case.
//
// flow.Assign, which couplings use, is about a quarter faster if the two samples overlap, and seven times slower if
// they are far apart, as bad samples are here. Couplings cannot take this one without training other weights under the
// same key: where points repeat, the two break ties in another way.
func assign(costs [][]float64) (match []int, rows, cols []float64) {
	a := newAssignment(costs)
	a.setPrices()
	for i := range costs {
		if j, _ := a.cheapest(i); a.owner[j] < 0 {
			a.match[i], a.owner[j] = j, i
		}
	}
	for i, j := range a.match {
		if j < 0 {
			a.augment(i)
		}
	}
	rows = make([]float64, len(costs))
	for i, j := range a.match {
		rows[i] = costs[i][j] - a.price[j]
	}
	return a.match, rows, a.price
}

// assignment is a partial matching with prices of columns, under which every matched row has its cheapest column.
type assignment struct {
	costs        [][]float64
	price        []float64 // of columns
	match, owner []int     // column of each row, row of each column, or -1
	dist         []float64 // scratch of augment
	from, todo   []int
}

func newAssignment(costs [][]float64) *assignment {
	n := len(costs)
	a := &assignment{
		costs: costs, price: make([]float64, n), match: make([]int, n), owner: make([]int, n),
		dist: make([]float64, n), from: make([]int, n), todo: make([]int, n),
	}
	for i := range n {
		a.match[i], a.owner[i] = -1, -1
	}
	return a
}

// assignedAlone is the largest problem for which solving half of it first does not pay.
const assignedAlone = 32

// setPrices sets prices from the duals of the first half of the rows and columns, then once more from the smallest
// reduced costs of all rows at those prices.
func (a *assignment) setPrices() {
	n := len(a.costs)
	worth := make([]float64, n)
	if n <= assignedAlone {
		a.reprice(worth)
		return
	}
	half := make([][]float64, n/2)
	for i := range half {
		half[i] = a.costs[i][:len(half)]
	}
	_, rows, _ := assign(half)
	a.reprice(rows)
	for i := range worth {
		_, worth[i] = a.cheapest(i)
	}
	a.reprice(worth)
}

// reprice gives each column the highest price at which no reduced cost of row i is below worth[i].
func (a *assignment) reprice(worth []float64) {
	for j := range a.price {
		a.price[j] = math.Inf(1)
	}
	for i, w := range worth {
		for j, c := range a.costs[i] {
			a.price[j] = min(a.price[j], c-w)
		}
	}
}

// cheapest returns the first column with the smallest reduced cost in row i, and that cost.
func (a *assignment) cheapest(i int) (best int, lowest float64) {
	lowest = math.Inf(1)
	for j, c := range a.costs[i] {
		if c -= a.price[j]; c < lowest {
			best, lowest = j, c
		}
	}
	return best, lowest
}

// augment matches a free row along the shortest augmenting path, found by Dijkstra's algorithm over reduced costs.
func (a *assignment) augment(free int) {
	todo := a.todo
	for j := range todo {
		todo[j], a.dist[j] = j, math.Inf(1)
	}
	done := len(todo) // columns at todo[done:] have their final distance
	row, base, end := free, 0., -1
	for end < 0 {
		costs, nearest := a.costs[row], 0
		if row != free {
			base -= costs[a.match[row]] - a.price[a.match[row]]
		}
		for k, j := range todo[:done] {
			if d := base + costs[j] - a.price[j]; d < a.dist[j] {
				a.dist[j], a.from[j] = d, row
			}
			if d := a.dist[j]; d < a.dist[todo[nearest]] || d == a.dist[todo[nearest]] && a.owner[j] < 0 {
				nearest = k
			}
		}
		j := todo[nearest]
		done--
		todo[nearest], todo[done] = todo[done], j
		base = a.dist[j]
		if row = a.owner[j]; row < 0 {
			end = j
		}
	}
	for _, j := range todo[done:] {
		a.price[j] += a.dist[j] - a.dist[end]
	}
	for j := end; j >= 0; {
		i := a.from[j]
		a.owner[j] = i
		j, a.match[i] = a.match[i], j
	}
}
