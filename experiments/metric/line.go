package metric

import (
	"cmp"
	"math"
	"slices"
)

// line is a sorted sample in one dimension.
type line struct {
	values []float64
	from   []uint32 // index of the point of each value
}

// lineOf sorts the values. It enlarges the scratch space if necessary.
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

// transport returns W_p^p between two samples in one dimension, which may differ in size: the integral of
// |difference|^p of their quantile functions. It adds the potential of each point to phi, (len(a)), and psi, (len(b)).
// The potentials solve the dual problem, and are unique up to a constant:
//
//	max of mean phi + mean psi  subject to  phi_i + psi_j <= |a_i - b_j|^p,  with equality where mass moves
func transport(a, b line, p int, phi, psi []float64) float64 {
	n, m := len(a.values), len(b.values)
	cost := func(i, j int) float64 { return power(a.values[i]-b.values[j], p) }
	// Masses are integers in units of 1/(n m), so that they can be compared exactly.
	total, left, right := 0., m, n
	f, g := 0., cost(0, 0) // potentials of points i and j
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
			// No mass moves from i to j-1 or from i-1 to j, so the potential is only bounded. Take the middle.
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

// ordered is a number with its original index.
type ordered struct {
	key   uint64 // increases with the number
	index uint32
}

// orderedOf returns x as number i. Non-negative numbers compare like their bits, negative ones in reverse.
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
	radixPasses = 6 // enough for 64 bits
	radixMin    = 1024
)

// sortOrdered sorts by number, and by index if numbers are equal. For at least 1,024 numbers it is a radix sort by
// digits of 11 bits, from the least significant, and uses the scratch space, as long as v.
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
			continue // all digits are equal
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
