package flow

import (
	"math"
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

// augment pairs a free row along the shortest augmenting path, found by Dijkstra's algorithm over the reduced costs. It
// requires that every paired row has its cheapest column, and keeps that so.
func (m *matching) augment(free int) {
	if m.dense {
		m.augmentDense(free)
		return
	}
	n, before := len(m.costs), m.work
	m.augmentNear(free)
	m.excess += m.work - before - (len(m.final)+2)*n/2
	m.dense = m.excess > n*n/4
}

// queueWork is what an event of the queue takes, in costs looked at.
const queueWork = 16

// augmentNear is augment by lists. It looks at no column farther than the nearest free one found so far.
func (m *matching) augmentNear(free int) {
	m.search++
	m.queue, m.final = m.queue[:0], m.final[:0]
	if len(m.near[free].ids) == 0 {
		m.list(free, minListed)
	}
	end, least := m.relax(free, 0, -1, math.Inf(1))
	for len(m.queue) > 0 && m.queue[0].dist < least {
		e := m.queue.pop()
		m.work += queueWork
		if e.more {
			m.list(e.id, 2*len(m.near[e.id].ids))
			end, least = m.relax(e.id, e.base, end, least)
			continue
		}
		j := e.id
		if m.state[j] == 2*m.search+1 {
			continue
		}
		m.state[j], m.final = 2*m.search+1, append(m.final, j)
		i := m.owner[j]
		end, least = m.relax(i, e.dist-(m.costs[i][j]-m.price[j]), end, least)
	}
	m.follow(end, m.final)
}

// follow moves the pairs along the path to the end, and lowers the prices of columns nearer than that.
func (m *matching) follow(end int, nearer []int) {
	for _, j := range nearer {
		m.price[j] += m.dist[j] - m.dist[end]
	}
	for j := end; j >= 0; {
		i := m.from[j]
		next := m.column[i]
		m.pair(i, j)
		j = next
	}
}

// augmentDense is augment without lists, for searches that reach most columns.
func (m *matching) augmentDense(free int) {
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
	m.follow(end, todo[done:])
}

// relax shortens the paths to the columns listed for row i, whose distance is base plus their reduced costs. The others
// follow once the search is as far as they may be. It returns the nearest free column found so far and its distance.
func (m *matching) relax(i int, base float64, end int, least float64) (int, float64) {
	l := &m.near[i]
	costs := l.costs[:len(l.ids)]
	m.work += len(costs)
	for k, id := range l.ids {
		d := base + (costs[k] - m.price[id])
		if d >= least {
			continue
		}
		j := int(id)
		if s := m.state[j] - 2*m.search; s == 1 || s == 0 && d >= m.dist[j] {
			continue
		}
		m.dist[j], m.from[j], m.state[j] = d, i, 2*m.search
		if m.owner[j] < 0 {
			end, least = j, d
		} else {
			m.queue.push(event{dist: d, id: j})
		}
	}
	if d := base + l.beyond; d < least {
		m.queue.push(event{dist: d, id: i, more: true, base: base})
	}
	return end, least
}
