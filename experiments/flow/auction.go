package flow

// The stages of the auction: the increment of prices in the first, as a share of the gap that lists reach over, and the
// divisor for each further stage.
const (
	firstIncrement = .3
	nextIncrement  = 5
	auctionStages  = 3
)

// auctionWork limits how many costs the auction looks at, per cost of the matrix. Clouds of points take about half of it.
const auctionWork = 10

// maxDense is the largest problem that is solved without an auction and lists, which do not pay there.
const maxDense = 64

// start pairs most rows with their cheapest columns.
func (m *matching) start() {
	m.setGap()
	m.dense = m.gap == 0 || len(m.costs) <= maxDense // a gap of 0 means that most costs of a row are the same
	if !m.dense {
		m.auction()
		m.release(0)
	}
	for i, j := range m.column {
		if j >= 0 {
			continue
		}
		if j = m.choice(i); m.owner[j] < 0 {
			m.pair(i, j)
		}
	}
}

// choice returns the cheapest column of a row.
func (m *matching) choice(i int) int {
	if m.dense {
		j, _ := m.cheapest(i)
		return j
	}
	j, _, _ := m.two(i)
	return j
}

// auction pairs the rows at prices that are nearly optimal (Bertsekas, "The auction algorithm: a distributed relaxation
// method for the assignment problem", Annals of Operations Research 14, 1988). A row without a column bids for its
// cheapest one: it lowers that one's price until it is dearer than the second cheapest by the increment, and takes it from
// its owner. In each stage the increment is smaller, and rows whose column is dearer than the cheapest by more than the
// increment bid anew (epsilon scaling). If the work exceeds its limit, as for many equal points, rows are left without a
// column.
func (m *matching) auction() {
	limit := auctionWork * len(m.costs) * len(m.costs)
	increment := firstIncrement * m.gap
	for range auctionStages {
		m.release(increment)
		for len(m.free) > 0 && m.work < limit {
			last := len(m.free) - 1
			i := m.free[last]
			m.free = m.free[:last]
			m.bid(i, increment)
		}
		increment /= nextIncrement
	}
}

func (m *matching) bid(i int, increment float64) {
	j, lowest, second := m.two(i)
	m.price[j] -= second - lowest + increment
	if loser := m.owner[j]; loser >= 0 {
		m.part(loser, j)
		m.free = append(m.free, loser)
	}
	m.pair(i, j)
}

// release parts pairs whose column is dearer than the cheapest of the row by more than the tolerance, and lists the rows
// without a column in m.free.
func (m *matching) release(tolerance float64) {
	m.free = m.free[:0]
	for i := len(m.column) - 1; i >= 0; i-- {
		if j := m.column[i]; j >= 0 && !m.isCheapest(i, j, tolerance) {
			m.part(i, j)
		}
		if m.column[i] < 0 {
			m.free = append(m.free, i)
		}
	}
}
