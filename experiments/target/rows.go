package target

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/flow"
)

// Rows are rows of data as points on the scale of Draw. They are in memory, or in a file from which they are read whenever they are
// asked for; what it does not give back is NaN, and Target.Err says why. The zero value has no rows.
type Rows struct {
	points flow.Batch
	file   *fileRows
	at     []int // the rows of the file
}

// InMemory returns the points as Rows.
func InMemory(points flow.Batch) Rows { return Rows{points: points} }

// Len returns the number of rows.
func (r Rows) Len() int {
	if r.file != nil {
		return len(r.at)
	}
	return r.points.Len()
}

// Take returns the listed rows, (len(rows), Dim), written to the memory of dst.
func (r Rows) Take(dst flow.Batch, rows []int) flow.Batch {
	if r.file == nil {
		return r.points.Take(dst, rows)
	}
	dim := r.file.dim()
	dst = flow.Batch{Dim: dim, Data: slices.Grow(dst.Data[:0], len(rows)*dim)[:len(rows)*dim]}
	for i, k := range rows {
		r.file.point(dst.Row(i), r.at[k])
	}
	return dst
}

// All returns all rows, (n, Dim). Those of a file may be more than memory holds: see Some and EachPart.
func (r Rows) All() flow.Batch {
	if r.file == nil {
		return r.points
	}
	return r.Take(flow.Batch{}, upTo(r.Len()))
}

// Some returns all rows or, of a file, as many random ones as SomeOf says, in their order.
func (r Rows) Some() flow.Batch {
	n := r.Len()
	if r.file == nil || n <= SomeOf(r.file.dim()) {
		return r.All()
	}
	rows := flow.NewStream(0, "rows in memory").At(0).Perm(n)[:SomeOf(r.file.dim())]
	slices.Sort(rows)
	return r.Take(flow.Batch{}, rows)
}

// SomeOf returns how many rows of d coordinates Some takes of a file at most: as many as make ten million numbers.
func SomeOf(d int) int { return max(maxNumbers/max(d, 1), minRows) }

// EachPart calls do with all rows in their order, of a file some at a time.
func (r Rows) EachPart(do func(part flow.Batch)) {
	if r.file == nil {
		do(r.points)
		return
	}
	all, step := upTo(r.Len()), max(r.file.columns.held()/4/max(r.file.dim(), 1), 1)
	for from := 0; from < len(all); from += step {
		do(r.Take(flow.Batch{}, all[from:min(from+step, len(all))]))
	}
}

// joined returns the rows of several lists, one after the other, which are all in memory or all in one file.
func joined(lists ...Rows) (all Rows) {
	for _, r := range lists {
		if r.file != nil {
			all.file, all.at = r.file, append(all.at, r.at...)
			continue
		}
		all.points.Dim = max(all.points.Dim, r.points.Dim)
		all.points.Data = append(all.points.Data, r.points.Data...)
		all.points.Given = append(all.points.Given, r.points.Given...)
	}
	return all
}

// upTo returns 0, 1, ..., n-1.
func upTo(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// minHalf is the smallest half of the held-out rows that is worth a half: with fewer, all are used for everything.
const minHalf = 50

// halves divides n held-out rows into those to choose by and those for the figures of the choice. The rows are in the
// order of the data, which may be sorted, so every other one of them in a random order goes to the second half.
func halves(n int) (first, second []int) {
	if n < 2*minHalf {
		return upTo(n), nil
	}
	order := flow.NewStream(0, "held-out halves").At(0).Perm(n)
	slices.Sort(order[:n/2])
	slices.Sort(order[n/2:])
	return order[n/2:], order[:n/2]
}

// len returns the number of rows.
func (d Data) len() int {
	if d.InFile != nil {
		return d.InFile.Len()
	}
	return d.Rows.Len()
}

// split returns which rows are drawn and which are held out, both in the order of the data.
func (d Data) split() (drawn, held []int, err error) {
	n := d.len()
	out := int(math.Round(d.Holdout * float64(n)))
	if d.HeldLast > 0 {
		out = d.HeldLast
	}
	if d.Holdout > 0 && out < minRows {
		return drawn, held, fmt.Errorf("holdout: %g of %d rows is %d: at least %d are needed for measuring: hold out more, or add rows",
			d.Holdout, n, out, minRows)
	}
	if n-out < minRows {
		return drawn, held, fmt.Errorf("file: %d of %d rows are left for training: at least %d are needed: hold out fewer, or add rows", n-out, n, minRows)
	}
	order := upTo(n)
	if d.HeldLast > 0 {
		return order[:n-out], order[n-out:], nil
	}
	hash := make([]uint64, n)
	stream := flow.NewStream(0, "holdout")
	for i := range order {
		hash[i] = stream.At(uint64(i)).Uint64()
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(hash[a], hash[b]), cmp.Compare(a, b)) })
	slices.Sort(order[:out])
	slices.Sort(order[out:])
	return order[out:], order[:out], nil
}
