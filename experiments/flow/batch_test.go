package flow

import (
	"slices"
	"testing"
)

// known returns n points (i, -i), given 10 i and 10 i + 1.
func known(n int) Batch {
	b := NewBatch(n, 2)
	for i := range n {
		b.Row(i)[0], b.Row(i)[1] = float64(i), -float64(i)
		b.Given = append(b.Given, 10*float64(i), 10*float64(i)+1)
	}
	return b
}

// checkRows fails unless the batch holds the wanted points of known, with what they are given.
func checkRows(t *testing.T, what string, b Batch, want ...int) {
	t.Helper()
	if b.Dim != 2 || b.Len() != len(want) || len(b.Given) != 2*len(want) {
		t.Errorf("%s: %d points of dimension %d given %v, want %v", what, b.Len(), b.Dim, b.Given, want)
		return
	}
	for i, w := range want {
		x := float64(w)
		if !slices.Equal(b.Row(i), []float64{x, -x}) || !slices.Equal(b.GivenTo(i), []float64{10 * x, 10*x + 1}) {
			t.Errorf("%s: row %d is %v given %v, want those of %d", what, i, b.Row(i), b.GivenTo(i), w)
		}
	}
}

// TestRowsKeepWhatBelongsToThem: picking, moving and copying rows keeps what they are given.
func TestRowsKeepWhatBelongsToThem(t *testing.T) {
	t.Parallel()
	checkRows(t, "a slice", known(5).Slice(1, 4), 1, 2, 3)
	checkRows(t, "a slice of a slice", known(5).Slice(1, 4).Slice(2, 3), 3)
	checkRows(t, "no rows", known(5).Slice(2, 2))
	checkRows(t, "rows of a batch", known(5).Take(Batch{}, []int{4, 0, 0, 2}), 4, 0, 0, 2)
	checkRows(t, "rows of a slice", known(5).Slice(1, 5).Take(known(2), []int{3, 1, 0}), 4, 2, 1)
	b := known(5)
	checkRows(t, "rows in place", b.Take(b, []int{1, 2, 4}), 1, 2, 4)
	b = known(4)
	gather(b, []int{3, 2, 0, 1})
	checkRows(t, "gathered rows", b, 3, 2, 0, 1)

	b = known(3)
	other, wide := b.Clone(), b.Like(4)
	if joined := b.WithGiven(); joined.Dim != 4 || !slices.Equal(joined.Row(2), []float64{2, -2, 20, 21}) || joined.Given != nil {
		t.Errorf("points with what they are given are %+v", joined)
	}
	b.Take(b, []int{2})
	checkRows(t, "a copy", other, 0, 1, 2)
	if wide.Len() != 3 || wide.Dim != 4 || &wide.Given[0] != &b.Given[0] {
		t.Errorf("other points of the same rows are %+v", wide)
	}
}

// TestNothingIsKnown: operations on batches that are given nothing add nothing.
func TestNothingIsKnown(t *testing.T) {
	t.Parallel()
	b := Batch{Dim: 1, Data: []float64{1, 2, 3}}
	for what, got := range map[string]Batch{
		"slice": b.Slice(1, 3), "copy": b.Clone().Slice(1, 3), "rows": b.Take(known(2), []int{1, 2}), "empty": Batch{}.Clone().Take(b.Clone(), nil),
	} {
		if want := []float64{2, 3}; what != "empty" && !slices.Equal(got.Data, want) || got.Given != nil || got.GivenTo(0) != nil {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// TestSlicesDoNotGrowIntoTheirNeighbours: appending to a slice does not overwrite the rows after it.
func TestSlicesDoNotGrowIntoTheirNeighbours(t *testing.T) {
	t.Parallel()
	b := known(3)
	first := b.Slice(0, 1)
	_, _ = append(first.Data, 9), append(first.Given, 9)
	checkRows(t, "the batch", b, 0, 1, 2)
}

// TestRescheduledFieldsSeeWhatIsKnown: a rescheduled field gets what the points are given.
func TestRescheduledFieldsSeeWhatIsKnown(t *testing.T) {
	t.Parallel()
	seen := 0
	u := Reschedule(func(_ float64, x Batch) (Batch, error) {
		seen++
		if !slices.Equal(x.Given, []float64{0, 1, 10, 11, 20, 21}) {
			t.Errorf("the field sees %+v", x)
		}
		return x.Like(x.Dim), nil
	}, CondOT, Cosine)
	if _, err := u(.5, known(3)); err != nil || seen != 1 {
		t.Errorf("%d calls, %v", seen, err)
	}
}
