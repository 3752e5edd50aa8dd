package flow

import (
	"fmt"
	"slices"
)

// Batch is a list of points of equal dimension, stored row by row, with what is known about each of them.
type Batch struct {
	Dim  int       // numbers per point
	Data []float64 // (n, Dim), row-major
	Given
}

// Given is what a velocity may depend on besides the time and the point, row by row like the points it belongs to. Nil
// stands for nothing.
type Given struct {
	Labels     []int     // (n), classes
	Conditions []float64 // (n, k), row-major
}

// NewBatch returns n points of dimension dim, all zero.
func NewBatch(n, dim int) Batch {
	return Batch{Dim: dim, Data: make([]float64, n*dim)}
}

// Like returns as many points of dimension dim, all zero, sharing what is known about the rows of the batch.
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

// Slice returns the points [from, to), sharing memory with the batch.
func (b Batch) Slice(from, to int) Batch {
	n := b.Len()
	return Batch{Dim: b.Dim, Data: cut(b.Data, n, from, to), Given: Given{cut(b.Labels, n, from, to), cut(b.Conditions, n, from, to)}}
}

// Clone returns a copy that shares no memory with the batch.
func (b Batch) Clone() Batch {
	return Batch{Dim: b.Dim, Data: slices.Clone(b.Data), Given: Given{slices.Clone(b.Labels), slices.Clone(b.Conditions)}}
}

// Take writes the listed rows into the memory of dst, which is overwritten, and returns them. The memory may be that of
// the batch itself if the list rises.
func (b Batch) Take(dst Batch, rows []int) Batch {
	n := b.Len()
	return Batch{Dim: b.Dim, Data: take(dst.Data, b.Data, n, rows), Given: Given{
		take(dst.Labels, b.Labels, n, rows), take(dst.Conditions, b.Conditions, n, rows),
	}}
}

// cut returns the rows [from, to) of n in a list.
func cut[T any](list []T, n, from, to int) []T {
	if len(list) == 0 {
		return list
	}
	width := len(list) / n
	return list[from*width : to*width : to*width]
}

// take writes the listed rows of n in src into the memory of dst.
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
