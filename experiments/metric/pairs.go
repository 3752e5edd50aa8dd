package metric

import "flowsweep/experiments/flow"

// tile is the number of points on each side of a block of pairs, chosen to keep their coordinates and distances in the
// fastest cache.
const tile = 128

// columns is a sample stored by coordinate: col[d][i] is coordinate d of point i.
type columns struct {
	n   int
	col [][]float64
}

func columnsOf(b flow.Batch) columns {
	c := columns{n: b.Len(), col: make([][]float64, b.Dim)}
	for d := range c.col {
		c.col[d] = make([]float64, c.n)
		for i := range c.col[d] {
			c.col[d][i] = b.Data[i*b.Dim+d]
		}
	}
	return c
}

// squaredDistances writes the squared distances between point i of x and the points from, from+1, ... of c into dst.
func (c columns) squaredDistances(dst []float64, x columns, i, from int) {
	d := 0
	if len(c.col)%2 == 1 {
		a, as := x.col[0][i], c.col[0][from:][:len(dst)]
		for j, v := range as {
			dst[j] = (a - v) * (a - v)
		}
		d = 1
	} else {
		clear(dst)
	}
	for ; d < len(c.col); d += 2 {
		a, as := x.col[d][i], c.col[d][from:][:len(dst)]
		b, bs := x.col[d+1][i], c.col[d+1][from:][:len(dst)]
		for j, v := range as {
			da, db := a-v, b-bs[j]
			dst[j] += da*da + db*db
		}
	}
}

// kernel is a function of the distance of two points. It replaces squared distances by its values.
type kernel func(squaredDistances []float64)

// sums are the sums of a kernel over the pairs of two samples, or over the pairs of different points of one.
type sums struct {
	rows, cols []float64 // for each point, over the other sample; cols is rows if there is one sample
}

// total returns the sum over all pairs. Within a sample, each pair counts twice.
func (s sums) total() float64 { return sum(s.rows) }

// within sums over all ordered pairs of different points of x.
func (k kernel) within(x columns) sums {
	s := k.sum(x, x, true)
	for i, v := range s.cols {
		s.rows[i] += v
	}
	return sums{rows: s.rows, cols: s.rows}
}

// between sums over all pairs of a point of x and a point of y.
func (k kernel) between(x, y columns) sums { return k.sum(x, y, false) }

// sum adds up the kernel over all tiles of pairs, or over half of them if symmetric. In round r, block I of x is paired
// with block I + r of y, cyclically. No two tiles of a round share a block, so workers never add to the same element,
// and the order of the additions does not depend on their number. Memory is O(n).
func (k kernel) sum(x, y columns, symmetric bool) sums {
	s := sums{rows: make([]float64, x.n), cols: make([]float64, y.n)}
	blocks := (max(x.n, y.n) + tile - 1) / tile
	rounds := blocks
	if symmetric {
		rounds = blocks/2 + 1
	}
	for r := range rounds {
		twice := symmetric && r > 0 && 2*r == blocks // this round has the tiles (I, I + r) and (I + r, I)
		flow.Parallel(blocks, func(i int) {
			j := (i + r) % blocks
			if twice && j < i || i*tile >= x.n || j*tile >= y.n {
				return
			}
			values := make([]float64, tile)
			for p := i * tile; p < min((i+1)*tile, x.n); p++ {
				end := min((j+1)*tile, y.n)
				if symmetric && r == 0 {
					end = p
				}
				v := values[:end-j*tile]
				y.squaredDistances(v, x, p, j*tile)
				k(v)
				s.rows[p] += addTo(s.cols[j*tile:end], v)
			}
		})
	}
	return s
}

// addTo adds v to dst element by element and returns the sum of v.
func addTo(dst, v []float64) (total float64) {
	dst = dst[:len(v)]
	for j, x := range v {
		dst[j] += x
		total += x
	}
	return total
}

func sum(v []float64) (total float64) {
	for _, x := range v {
		total += x
	}
	return total
}
