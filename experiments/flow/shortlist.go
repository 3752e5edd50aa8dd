package flow

import (
	"math"
	"slices"
)

// shortlists keep the cheapest columns of each row of a cost matrix, so that most questions about a row need not look at
// all of it. The prices may only fall.
type shortlists struct {
	prices
	near []near
	gap  float64 // how far the listed reduced costs reach at first
	work int     // how many costs have been looked at
}

// minListed is the least number of columns listed, and meanListed about the mean number at first.
const (
	minListed  = 8
	meanListed = 20
)

// open empties all lists, and returns how many columns are the cheapest of a row.
func (s *shortlists) open() (chosen int) {
	n := len(s.costs)
	if cap(s.near) < n {
		const room = 2 * meanListed
		s.near = make([]near, n)
		ids, costs := make([]int32, n*room), make([]float64, n*room)
		for i := range s.near {
			from, to := i*room, (i+1)*room
			s.near[i] = near{ids: ids[from:from:to], costs: costs[from:from:to]}
		}
	}
	s.near = s.near[:n]
	isChosen := make([]bool, n)
	for i := range s.near {
		j, lowest := s.cheapest(i)
		s.near[i].ids, s.near[i].beyond = s.near[i].ids[:0], lowest
		if !isChosen[j] {
			isChosen[j] = true
			chosen++
		}
	}
	return chosen
}

// setGap chooses how far lists reach, from a few rows.
func (s *shortlists) setGap() {
	n, sampled := len(s.costs), min(8, len(s.costs))
	s.gap = 0
	values := make([]float64, n)
	for t := range sampled {
		for j, c := range s.costs[t*n/sampled] {
			values[j] = c - s.price[j]
		}
		low := slices.Min(values)
		s.gap += (smallest(values, min(n-1, meanListed)) - low) / float64(sampled)
	}
}

// list lists the cheapest columns of row i, at least the given number. If some are listed already, it adds some of the
// rest.
func (s *shortlists) list(i, least int) {
	row, gap, l := s.costs[i], s.gap, &s.near[i]
	price := s.price[:len(row)]
	limit := l.beyond + gap
	for {
		s.work += len(row)
		l.ids, l.costs, l.beyond = l.ids[:0], l.costs[:0], math.Inf(1)
		for j, c := range row {
			v := c - price[j]
			if v > limit {
				if v < l.beyond {
					l.beyond = v
				}
				continue
			}
			l.ids, l.costs = append(l.ids, int32(j)), append(l.costs, c)
		}
		if len(l.ids) >= least || math.IsInf(l.beyond, 1) {
			return
		}
		gap = 2*gap + (l.beyond - limit)
		limit = l.beyond + gap
	}
}

// two returns the first column with the lowest reduced cost in row i, that cost, and the lowest of the other columns.
func (s *shortlists) two(i int) (best int, lowest, second float64) {
	for {
		l := &s.near[i]
		lowest, second = math.Inf(1), math.Inf(1)
		costs := l.costs[:len(l.ids)]
		s.work += len(costs)
		for k, j := range l.ids {
			if c := costs[k] - s.price[j]; c < second {
				if c < lowest {
					best, lowest, second = int(j), c, lowest
				} else {
					second = c
				}
			}
		}
		if second <= l.beyond && len(costs) > 0 {
			return best, lowest, second
		}
		s.list(i, minListed)
	}
}

// isCheapest reports whether no reduced cost of row i is below that of the given column by more than the tolerance.
func (s *shortlists) isCheapest(i, j int, tolerance float64) bool {
	limit := s.costs[i][j] - s.price[j] - tolerance
	for {
		l := &s.near[i]
		costs := l.costs[:len(l.ids)]
		s.work += len(costs)
		for k, other := range l.ids {
			if costs[k]-s.price[other] < limit {
				return false
			}
		}
		if len(costs) > 0 && limit <= l.beyond {
			return true
		}
		s.list(i, minListed)
	}
}
