package draw

import (
	"fmt"

	"flowsweep/experiments/flow"
)

// nonFinite counts samples that are NaN or infinite, and notes the first velocity that is.
type nonFinite struct {
	samples, first int // how many, and the number of the first
	found          bool
	t              float64
	row            int // of the points, from 0; -1 if it is not known, as adaptive solvers leave finished points out
}

// field returns the field, watched. Its points have the numbers from first on.
func (b *nonFinite) field(of flow.Field, first int) flow.Field {
	return func(t float64, x flow.Batch) (flow.Batch, error) {
		u, err := of(t, x)
		if err == nil {
			b.note(u, func(i int) (float64, int) { return t, first + i })
		}
		return u, err
	}
}

// rowField returns the field, watched.
func (b *nonFinite) rowField(of flow.RowField) flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		u, err := of(t, x)
		if err == nil {
			b.note(u, func(i int) (float64, int) { return t[i], -1 })
		}
		return u, err
	}
}

// note notes the first of the velocities that is not finite, which was at that time and row.
func (b *nonFinite) note(u flow.Batch, at func(i int) (t float64, row int)) {
	if b.found || flow.Finite(u.Data...) {
		return
	}
	for i := range u.Len() {
		if !flow.Finite(u.Row(i)...) {
			b.found = true
			b.t, b.row = at(i)
			return
		}
	}
}

// count counts the samples of a part, which have the numbers from first on.
func (b *nonFinite) count(samples flow.Batch, first int) {
	for i := range samples.Len() {
		if !flow.Finite(samples.Row(i)...) {
			if b.samples == 0 {
				b.first = first + i
			}
			b.samples++
		}
	}
}

// err returns an error if samples are not finite: how many of them all, and where it began.
func (b *nonFinite) err(all int, sampler bool) error {
	if b.samples == 0 {
		return nil
	}
	where := "no velocity was, but the points left the range of 32-bit floats"
	switch {
	case sampler:
		where = "a sampler does not show at which time it began, see velocity.onnx"
	case b.found && b.row < 0:
		where = fmt.Sprintf("the net's velocity was first so at t = %.6g", b.t)
	case b.found:
		where = fmt.Sprintf("the net's velocity was first so at t = %.6g, in row %d", b.t, b.row+1)
	}
	return fmt.Errorf("%d of %d samples are NaN or infinite, the first in row %d: %s: nothing is written", b.samples, all, b.first+1, where)
}
