package flow

import (
	"fmt"
	"slices"
)

// Batch is a list of points of equal dimension, stored row by row, with what each is conditional on.
type Batch struct {
	Dim  int       // numbers per point
	Data []float64 // (n, Dim), row-major

	// Given is what a velocity depends on beside time and point, (n, m), row-major; nil if it is conditional on nothing. The
	// package given says what its numbers mean. A row of zeros stands for no condition.
	Given []float64
}

// NewBatch returns n points of dimension dim, all zero.
func NewBatch(n, dim int) Batch {
	return Batch{Dim: dim, Data: make([]float64, n*dim)}
}

// Like returns a batch of as many points of dimension dim, all zero, which shares what these are conditional on.
func (b Batch) Like(dim int) Batch {
	out := NewBatch(b.Len(), dim)
	out.Given = b.Given
	return out
}

// Len returns the number of points n.
func (b Batch) Len() int {
	if b.Dim == 0 {
		return 0
	}
	return len(b.Data) / b.Dim
}

// Row returns point i, (Dim), sharing memory with the batch.
func (b Batch) Row(i int) []float64 { return b.Data[i*b.Dim : (i+1)*b.Dim] }

// GivenTo returns what point i is conditional on, (m), sharing memory with the batch; nil if that is nothing.
func (b Batch) GivenTo(i int) []float64 {
	if len(b.Given) == 0 {
		return nil
	}
	m := len(b.Given) / b.Len()
	return b.Given[i*m : (i+1)*m]
}

// WithGiven returns the points with what they are given as further coordinates, (n, Dim + m).
func (b Batch) WithGiven() Batch {
	if len(b.Given) == 0 {
		return b
	}
	joined := Batch{Dim: b.Dim + len(b.GivenTo(0))}
	for i := range b.Len() {
		joined.Data = append(append(joined.Data, b.Row(i)...), b.GivenTo(i)...)
	}
	return joined
}

// Slice returns the points [from, to), sharing memory with the batch.
func (b Batch) Slice(from, to int) Batch {
	n := b.Len()
	return Batch{Dim: b.Dim, Data: cut(b.Data, n, from, to), Given: cut(b.Given, n, from, to)}
}

// Clone returns a copy that shares no memory with the batch.
func (b Batch) Clone() Batch {
	return Batch{Dim: b.Dim, Data: slices.Clone(b.Data), Given: slices.Clone(b.Given)}
}

// Take returns the listed rows, written to the memory of dst. dst may be the batch itself if the list is increasing.
func (b Batch) Take(dst Batch, rows []int) Batch {
	n := b.Len()
	return Batch{Dim: b.Dim, Data: take(dst.Data, b.Data, n, rows), Given: take(dst.Given, b.Given, n, rows)}
}

// cut returns the rows [from, to) of a list of n rows.
func cut[T any](list []T, n, from, to int) []T {
	if len(list) == 0 {
		return list
	}
	width := len(list) / n
	return list[from*width : to*width : to*width]
}

// take writes the listed rows of src, which has n rows, to the memory of dst.
func take[T any](dst, src []T, n int, rows []int) []T {
	if len(src) == 0 {
		return src
	}
	width := len(src) / n
	dst = slices.Grow(dst[:0], len(rows)*width)
	for _, i := range rows {
		dst = append(dst, src[i*width:(i+1)*width]...)
	}
	return dst
}

// CheckLike returns an error unless the two batches have the same shape.
func CheckLike(a, b Batch) error {
	if a.Dim != b.Dim || len(a.Data) != len(b.Data) {
		return fmt.Errorf("batches of shapes (%d, %d) and (%d, %d) do not match", a.Len(), a.Dim, b.Len(), b.Dim)
	}
	return nil
}

// partNumbers is about how many numbers InParts makes room for at a time: enough to keep all cores busy.
const partNumbers = 1 << 18

// InParts calls do with batches of d numbers a row, n rows in all, of which the first has that number, so that many rows need little
// memory. The batches are zero and are do's to keep.
func InParts(n, d int, do func(part Batch, first int) error) error {
	rows := max(partNumbers/max(d, 1), 1)
	for first := 0; first < n; first += rows {
		if err := do(NewBatch(min(rows, n-first), d), first); err != nil {
			return err
		}
	}
	return nil
}
