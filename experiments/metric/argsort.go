package metric

import (
	"cmp"
	"math"
	"slices"
)

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
