package flow

import (
	"fmt"
	"math"
	"slices"
)

// Transport moves equal masses 1/n of n rows to equal masses 1/m of m columns at the minimum total cost. The potentials
// prove it optimal: up to rounding, Row[i] + Col[j] is at most the cost of (i, j), and Cost is mean Row + mean Col.
type Transport struct {
	Cost     float64   // sum over (i, j) of the mass moved times its cost
	Row, Col []float64 // potentials, (n) and (m), in units of cost
}

// TransportRows solves the transportation problem exactly, up to rounding, for the rows of a matrix, (n, m), whose costs
// are known to be finite:
//
//	minimise sum_ij f_ij cost_ij  subject to  sum_j f_ij = 1/n,  sum_i f_ij = 1/m,  f_ij >= 0
//
// It takes shortest augmenting paths as AssignRows does, with amounts, and initial prices from half of the problem. Amounts are
// integers in units of 1/lcm(n, m), so a row has m/g of them and a column n/g, where g is the greatest common divisor.
// They move in steps, the remainders of Euclid's algorithm for m/g and n/g, each time from the side where less is left.
// Ties are broken the same way every time.
func TransportRows(costs [][]float64) Transport {
	n := len(costs)
	if n == 0 || len(costs[0]) == 0 {
		panic(fmt.Sprintf("flow: transport of %d rows to no columns", n))
	}
	m := len(costs[0])
	g := gcd(n, m)
	rows, columns := newSide(costs, m/g), newSide(transposed(costs), n/g)
	columns.price = startingPrices(costs)
	most := max(n, m)
	c := &carriage{
		from: rows, to: columns,
		dist: make([]float64, most), known: make([]bool, most), before: make([]int, most), via: make([]int, most),
	}
	for s, next := m/g, n/g; next > 0; s, next = next, s%next {
		if c.step = next; next <= s {
			c.carrySteps()
		}
	}
	c.face(rows)
	return Transport{Cost: rows.meanCost(), Row: rows.highestPrices(columns), Col: columns.price}
}

// startingPrices returns prices of the columns, from the potentials of half of the problem.
func startingPrices(costs [][]float64) []float64 {
	n, m := len(costs), len(costs[0])
	p := prices{costs: costs, price: make([]float64, m)}
	p.set(min(n, m) <= maxAlone, func() []float64 {
		half := make([][]float64, n/2)
		for i := range half {
			half[i] = costs[i][:m/2]
		}
		return TransportRows(half).Row
	})
	return p.price
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func transposed(costs [][]float64) [][]float64 {
	out := make([][]float64, len(costs[0]))
	for j := range out {
		out[j] = make([]float64, len(costs))
		for i, row := range costs {
			out[j][i] = row[j]
		}
	}
	return out
}

// side is the rows or the columns of a transport.
type side struct {
	prices          // the costs of each of its own, and its potentials
	left   []int    // amounts that are not carried yet
	loads  [][]load // carried amounts
	near   []near   // of each of its own; nil ids if they are not known
}

// near lists those of the other side with the smallest costs minus price. Those of the rest are at least beyond. This
// stays true while prices only fall.
type near struct {
	ids    []int32
	costs  []float64 // of each of them, side by side for speed
	beyond float64
}

// load is an amount carried between one of this side and one of the other.
type load struct{ other, amount int }

func newSide(costs [][]float64, amount int) *side {
	n := len(costs)
	return &side{prices: prices{costs: costs}, left: slices.Repeat([]int{amount}, n), loads: make([][]load, n), near: make([]near, n)}
}

// highestPrices returns the highest potentials of this side that go with those of the other.
func (s *side) highestPrices(other *side) []float64 {
	p := prices{costs: s.costs, price: other.price}
	highest := make([]float64, len(s.costs))
	for i := range highest {
		_, highest[i] = p.cheapest(i)
	}
	return highest
}

// minNear is the least number of those listed as near, enough for most searches.
const minNear = 24

// findNear lists those near i. If they are listed already, it adds some of the rest.
func (s *side) findNear(i int, price []float64) {
	values := make([]float64, len(price))
	for j, c := range s.costs[i] {
		values[j] = c - price[j]
	}
	before, limit := math.Inf(-1), math.Inf(-1)
	if s.near[i].ids != nil {
		before = s.near[i].beyond
	}
	for k := minNear; !(limit > before); k *= 2 {
		if limit = math.Inf(1); k < len(values) {
			limit = smallest(slices.Clone(values), k)
		}
	}
	found := near{ids: s.near[i].ids[:0], costs: s.near[i].costs[:0], beyond: math.Inf(1)}
	for j, v := range values {
		if v <= limit {
			found.ids, found.costs = append(found.ids, int32(j)), append(found.costs, s.costs[i][j])
		} else {
			found.beyond = min(found.beyond, v)
		}
	}
	s.near[i] = found
}

// smallest returns number k, from 0, of the values in increasing order, which it partly sorts (Hoare 1961, "Algorithm
// 65: find").
func smallest(values []float64, k int) float64 {
	low, high := 0, len(values)-1
	for low < high {
		pivot, i, j := values[(low+high)/2], low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return values[k]
		}
	}
	return values[k]
}

// waiting returns how many have at least a step left.
func (s *side) waiting(step int) (n int) {
	for _, left := range s.left {
		if left >= step {
			n++
		}
	}
	return n
}

// with returns what is carried between i and j of the other side.
func (s *side) with(i, j int) int {
	for _, l := range s.loads[i] {
		if l.other == j {
			return l.amount
		}
	}
	return 0
}

// add carries an amount, which may be negative, between i and j of the other side.
func (s *side) add(i, j, amount int) {
	loads := s.loads[i]
	k := slices.IndexFunc(loads, func(l load) bool { return l.other == j })
	switch {
	case k < 0:
		loads = append(loads, load{j, amount})
	case loads[k].amount+amount == 0:
		loads = slices.Delete(loads, k, k+1)
	default:
		loads[k].amount += amount
	}
	s.loads[i] = loads
	s.left[i] -= amount
}

// meanCost returns the cost of what is carried, per unit of it.
func (s *side) meanCost() float64 {
	cost, units := 0., 0.
	for i, loads := range s.loads {
		for _, l := range loads {
			cost += float64(l.amount) * s.costs[i][l.other]
			units += float64(l.amount)
		}
	}
	return cost / units
}
