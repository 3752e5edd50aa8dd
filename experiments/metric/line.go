package metric

import (
	"cmp"
	"math"
	"slices"
)

// line is a sample on the line, in order.
type line struct {
	values []float64
	from   []uint32 // the point each value belongs to
}

// lineOf sorts the values; scratch space is made where it is too short.
func lineOf(values []float64, scratch *[]ordered) line {
	n := len(values)
	if len(*scratch) < 2*n {
		*scratch = make([]ordered, 2*n)
	}
	keys := (*scratch)[:n]
	for i, v := range values {
		keys[i] = orderedOf(v, i)
	}
	sortOrdered(keys, (*scratch)[n:])
	l := line{values: make([]float64, n), from: make([]uint32, n)}
	for i, o := range keys {
		l.values[i], l.from[i] = o.value(), o.index
	}
	return l
}

// power returns |d|^p for p = 1 and 2.
func power(d float64, p int) float64 {
	if p == 1 {
		return math.Abs(d)
	}
	return d * d
}

// transport returns W_p^p between two samples on the line, which may differ in size: the integral of |difference|^p of
// their quantile functions. It adds the potential of each point to phi, (len(a)), and psi, (len(b)): a solution of the
// dual problem, unique but for a constant,
//
//	max of mean phi + mean psi  where  phi_i + psi_j <= |a_i - b_j|^p,  with equality where mass moves
func transport(a, b line, p int, phi, psi []float64) float64 {
	n, m := len(a.values), len(b.values)
	cost := func(i, j int) float64 { return power(a.values[i]-b.values[j], p) }
	// Masses are whole numbers in units of 1/(n m), so that equal ones are seen to be.
	total, left, right := 0., m, n
	f, g := 0., cost(0, 0) // of the points i and j at hand
	phi[a.from[0]] += f
	psi[b.from[0]] += g
	for i, j := 0, 0; ; {
		moved := min(left, right)
		total += float64(moved) * cost(i, j)
		left, right = left-moved, right-moved
		switch {
		case left == 0 && right == 0:
			if i++; i == n { // then j is the last, too
				return total / (float64(n) * float64(m))
			}
			// Nothing moves from i to j-1, nor from i-1 to j: either could be the bound that holds. Take the middle.
			j++
			f = (cost(i, j-1) - g + cost(i, j) - cost(i-1, j) + f) / 2
			g = cost(i, j) - f
			phi[a.from[i]] += f
			psi[b.from[j]] += g
			left, right = m, n
		case left == 0:
			i++
			f = cost(i, j) - g
			phi[a.from[i]] += f
			left = m
		default:
			j++
			g = cost(i, j) - f
			psi[b.from[j]] += g
			right = n
		}
	}
}

// ordered is a number with the place it came from.
type ordered struct {
	key   uint64 // grows with the number
	index uint32
}

// orderedOf keys x as number i. Non-negative numbers compare like their bits, negative ones the other way round.
func orderedOf(x float64, i int) ordered {
	bits := math.Float64bits(x)
	return ordered{key: bits ^ (uint64(int64(bits)>>63) | 1<<63), index: uint32(i)}
}

// value returns the number.
func (o ordered) value() float64 {
	return math.Float64frombits(o.key ^ (uint64(^int64(o.key)>>63) | 1<<63))
}

const (
	radixBits   = 11
	radixPasses = 6 // the fewest that take 64 bits
	radixMin    = 1024
)

// sortOrdered sorts by number, and by place where those are equal. From 1,024 on it counts digits of 11 bits, the least
// significant first, and takes the scratch space, as long as v.
func sortOrdered(v, scratch []ordered) {
	if len(v) < radixMin {
		slices.SortFunc(v, func(a, b ordered) int {
			if a.key != b.key {
				return cmp.Compare(a.key, b.key)
			}
			return cmp.Compare(a.index, b.index)
		})
		return
	}
	var counts [radixPasses][1 << radixBits]uint32
	for _, o := range v {
		for p := range counts {
			counts[p][o.key>>(p*radixBits)%(1<<radixBits)]++
		}
	}
	from, to := v, scratch[:len(v)]
	for p := range counts {
		c, shift := &counts[p], p*radixBits
		if c[from[0].key>>shift%(1<<radixBits)] == uint32(len(v)) {
			continue // one digit, nothing to order
		}
		at := uint32(0)
		for digit, count := range c {
			c[digit] = at
			at += count
		}
		for _, o := range from {
			digit := o.key >> shift % (1 << radixBits)
			to[c[digit]] = o
			c[digit]++
		}
		from, to = to, from
	}
	if &from[0] != &v[0] {
		copy(v, from)
	}
}
