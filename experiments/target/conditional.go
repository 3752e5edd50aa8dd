package target

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

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
		parts[k], t.parts = append(parts[k], i), append(t.parts, k)
	}
	t.LawGiven = func(row []float64) oracle.Law {
		if k := given.ClassOf(row); k != given.None {
			return oracle.Only(law, parts[k])
		}
		return law
	}
}

// givenDraws is the number of draws of numbers that stand for all that points are given.
const givenDraws = 64

// Among returns what points of the target are given: all classes with their shares, or draws of numbers.
func (t Target) Among() (all oracle.Among) {
	if len(t.Given.Classes) > 0 {
		all.Shares = t.Given.Shares
		for k := range t.Given.Classes {
			all.Rows = append(all.Rows, t.Given.Class(k))
		}
		return all
	}
	x := t.Sample(givenDraws, flow.NewStream(0, "what points are given"))
	for i := range x.Len() {
		all.Rows = append(all.Rows, x.GivenTo(i))
	}
	return all
}

// Only returns the target whose points are those of one class.
func (t Target) Only(class int) Target {
	all := t
	t.whole = &all
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

// HeldOf returns how many rows of a class are held out.
func (t Target) HeldOf(class int) (n int) {
	for i := range t.Held.Len() {
		if given.ClassOf(t.Held.points.GivenTo(i)) == class {
			n++
		}
	}
	return n
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

// labelledRows is the largest number of rows, or of draws, that points are classified by.
const labelledRows = 2000

// Classifier returns a function that tells of which class points are, (n). Where the law of every class is known it is the class with the
// largest posterior probability. Else, and for a point at which no class has a density, it is that of the nearest training row, or of the
// nearest draw of a target without rows. A point that is such a row itself takes the nearest other one, so that training rows are not
// told better than others. Of a target of one class, it tells all classes of the target that the class is of.
func (t Target) Classifier() func(points flow.Batch) []int {
	if t.whole != nil {
		return t.whole.Classifier()
	}
	nearest := sync.OnceValue(t.nearestRow)
	return func(points flow.Batch) []int {
		classes := slices.Repeat([]int{given.None}, points.Len())
		if t.parts != nil {
			oracle.EachPart(t.Law, points, func(i int, logs []float64) { classes[i] = t.likeliest(logs) })
		}
		var left []int
		for i, k := range classes {
			if k == given.None {
				left = append(left, i)
			}
		}
		for i, k := range nearest()(points.Take(flow.Batch{}, left)) {
			classes[left[i]] = k
		}
		return classes
	}
}

// likeliest returns the class with the largest sum of probabilities, given the log of that of each part up to a constant, or None if they
// are not finite.
func (t Target) likeliest(logs []float64) int {
	top := slices.Max(logs)
	if math.IsInf(top, 0) || math.IsNaN(top) {
		return given.None
	}
	sums := make([]float64, len(t.Given.Classes))
	for i, l := range logs {
		sums[t.parts[i]] += math.Exp(l - top)
	}
	return slices.Index(sums, slices.Max(sums))
}

// nearestRow returns a function that tells the class of the row that is nearest to each point, but not the point itself.
func (t Target) nearestRow() func(points flow.Batch) []int {
	var rows flow.Batch
	switch stream := flow.NewStream(0, "labelled rows"); {
	case t.Rows.Len() == 0:
		rows = t.Sample(labelledRows, stream)
	case t.Rows.Len() <= labelledRows:
		rows = t.Rows.All()
	default:
		rows = t.Rows.Take(flow.Batch{}, stream.At(0).Perm(t.Rows.Len())[:labelledRows])
	}
	return func(points flow.Batch) []int {
		classes := make([]int, points.Len())
		flow.Parallel(len(classes), func(i int) {
			least, at := math.Inf(1), 0
			for k := range rows.Len() {
				if d := distanceUpTo(least, points.Row(i), rows.Row(k)); d > 0 && d < least {
					least, at = d, k
				}
			}
			classes[i] = given.ClassOf(rows.GivenTo(at))
		})
		return classes
	}
}

// distanceUpTo returns the squared distance of two points, or a part of it that is larger than most.
func distanceUpTo(most float64, x, y []float64) (sum float64) {
	for j, v := range x {
		d := v - y[j]
		if sum += d * d; sum > most {
			break
		}
	}
	return sum
}
