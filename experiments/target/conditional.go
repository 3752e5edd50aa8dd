package target

import (
	"math/rand/v2"
	"slices"
	"strconv"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/oracle"
)

// label makes the target one of classes, given that of each part of its law and their shares.
func (t *Target) label(name string, classes []string, of []int, shares []float64) {
	t.Given = given.Classes(name, classes, shares)
	rows := flow.Batch{Dim: len(classes)}
	for _, k := range of {
		rows.Data = append(rows.Data, t.Given.Class(k)...)
	}
	t.give(rows)
}

// give lets a draw from a part of the law be given the row of that part, (parts, m). The law given a class is known where the law is.
func (t *Target) give(rows flow.Batch) {
	draw := t.Draw
	t.DrawGiven = func(r *rand.Rand, dst, row []float64) { copy(row, rows.Row(draw(r, dst))) }
	law := t.Law
	if law == nil || len(t.Given.Classes) == 0 {
		return
	}
	parts := make([][]int, len(t.Given.Classes))
	for i := range rows.Len() {
		k := given.ClassOf(rows.Row(i))
		parts[k] = append(parts[k], i)
	}
	t.LawGiven = func(row []float64) oracle.Law {
		if k := given.ClassOf(row); k != given.None {
			return oracle.Only(law, parts[k])
		}
		return law
	}
}

// Only returns the target whose points are those of one class.
func (t Target) Only(class int) Target {
	whole := t.DrawGiven
	row := t.Given.Class(class)
	t.Draw = func(r *rand.Rand, dst []float64) int {
		for got := make([]float64, len(row)); ; {
			if whole(r, dst, got); slices.Equal(got, row) {
				return class
			}
		}
	}
	draw := t.Draw
	t.DrawGiven = func(r *rand.Rand, dst, got []float64) {
		draw(r, dst)
		copy(got, row)
	}
	if t.LawGiven != nil {
		t.Law = t.LawGiven(row)
	}
	t.only = t.Given.Classes[class]
	t.Rows, t.Held, t.Fresh = t.Rows.only(class), t.Held.only(class), t.Fresh.only(class)
	return t
}

// only returns the rows of a class.
func (r Rows) only(class int) Rows {
	if r.Len() == 0 {
		return r
	}
	var kept []int
	for i := range r.points.Len() {
		if given.ClassOf(r.points.GivenTo(i)) == class {
			kept = append(kept, i)
		}
	}
	return InMemory(r.points.Take(flow.Batch{}, kept))
}

// ordinals returns the names "0", "1", ... of n classes.
func ordinals(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

// equal returns the shares of n equally likely classes.
func equal(n int) []float64 { return slices.Repeat([]float64{1 / float64(n)}, n) }

// halvesOf returns class 0 for the first half of n parts, and 1 for the others.
func halvesOf(n int) []int {
	return append(slices.Repeat([]int{0}, n/2), slices.Repeat([]int{1}, n-n/2)...)
}
