package flow

import (
	"slices"
	"sync"
)

// matching is a partial assignment with prices of the columns, which only fall.
type matching struct {
	shortlists
	column, owner []int // column of each row, row of each column, or -1
	free          []int // scratch of auction: rows without a column, the next one last
	dense         bool  // whether searches for paths look at whole rows
	excess        int   // how many more costs they have looked at than if they did, less or more

	// Scratch of augment.
	dist   []float64 // of each column
	from   []int     // of each column, the row before it on the path
	state  []int     // of each column: 2 search if it is reached, 2 search + 1 if its distance is final
	search int       // number of the search for a path
	final  []int     // columns whose distance is final
	queue  queue
	todo   []int // columns, those whose distance is not final first
}

// matchings keeps the memory of earlier matchings, since a coupling makes one at each step of a training.
var matchings = sync.Pool{New: func() any { return new(matching) }}

// reset starts with no pairs.
func (m *matching) reset(costs [][]float64) {
	n := len(costs)
	m.prices = prices{costs: costs, price: make([]float64, n)}
	m.setPrices()
	m.column, m.owner = slices.Repeat([]int{-1}, n), resized(m.owner, n)
	m.dist, m.from, m.state, m.todo = resized(m.dist, n), resized(m.from, n), resized(m.state, n), resized(m.todo, n)
	m.work, m.excess, m.dense = 0, 0, false
	for j := range m.owner {
		m.owner[j] = -1
	}
}

// crowded is how many rows have the same cheapest column, on average, if prices are far from good ones.
const crowded = 4

// setPrices sets the prices to the smallest costs of the columns. Good prices for clouds that overlap, they are bad ones
// for clouds far apart, where a few columns are the cheapest of all rows. Then they come from the potentials of a quarter of the rows
// and columns.
func (m *matching) setPrices() {
	n := len(m.costs)
	m.reprice(make([]float64, n))
	if m.open()*crowded > n || n <= maxAlone {
		return
	}
	quarter := make([][]float64, n/4)
	for i := range quarter {
		quarter[i] = m.costs[i][:len(quarter)]
	}
	m.reprice(AssignRows(quarter).Row)
	m.open()
}

// resized returns a slice of n elements with any values, in the memory of s if it is large enough.
func resized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

func (m *matching) pair(i, j int) { m.column[i], m.owner[j] = j, i }

func (m *matching) part(i, j int) { m.column[i], m.owner[j] = -1, -1 }
