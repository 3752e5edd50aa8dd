package flow

import (
	"math"
	"slices"
	"testing"
)

// classPairs returns 40 points of two far classes, which alternate, and noise that lies nearer to the other class.
func classPairs() (x0, x1 Batch) {
	x0, x1 = NewBatch(40, 2), NewBatch(40, 2)
	NewStream(1, "noise").Normal(x0, 0)
	NewStream(1, "data").Normal(x1, 0)
	for i := range x1.Len() {
		k := i % 2
		x1.Row(i)[0] += 20 * float64(2*k-1)
		x0.Row(i)[0] -= 5 * float64(2*k-1)
		x1.Given = append(x1.Given, float64(1-k), float64(k))
	}
	return x0, x1
}

// TestCouplingsWithinClasses: ot and sinkhorn leave to each class the noise that it was drawn with, and pair it within the class as they
// pair that class alone. Paired all together, nearly all noise goes to the other class, so that it would be seen.
func TestCouplingsWithinClasses(t *testing.T) {
	t.Parallel()
	sinkhorn, err := Sinkhorn{Epsilon: .05}.Make()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Coupling{Independent, OT, sinkhorn} {
		from, x1 := classPairs()
		across := func(pair func(x0 Batch) error) (moved int) {
			x0 := from.Clone()
			if err := pair(x0); err != nil {
				t.Fatal(err)
			}
			for i := range x0.Len() {
				j := 0
				for !slices.Equal(from.Row(j), x0.Row(i)) {
					j++ // it panics if the noise is none of the batch
				}
				if j%2 != i%2 {
					moved++
				}
			}
			return moved
		}
		r := func() *Stream { return NewStream(2, "pairs") }
		if n := across(func(x0 Batch) error { return c.Within(r().At(0), x0, x1) }); n != 0 {
			t.Errorf("%s: %d of 40 points are paired with noise of the other class", c.Name, n)
		}
		if n := across(func(x0 Batch) error { return c.Pair(r().At(0), x0, x1) }); c.Name != Independent.Name && n < 36 {
			t.Errorf("%s all together: %d of 40 points are paired with noise of the other class, want nearly all", c.Name, n)
		}
	}
	x0, x1 := classPairs()
	if err := OT.Within(NewStream(2, "pairs").At(0), x0, x1); err != nil {
		t.Fatal(err)
	}
	for k := range 2 {
		var rows []int
		for i := k; i < 40; i += 2 {
			rows = append(rows, i)
		}
		from, _ := classPairs()
		alone, to := from.Take(Batch{}, rows), x1.Take(Batch{}, rows)
		if err := OT.Pair(nil, alone, to); err != nil {
			t.Fatal(err)
		}
		if a, b := pairedCost(x0.Take(Batch{}, rows), to), pairedCost(alone, to); math.Abs(a-b) > 1e-9 {
			t.Errorf("class %d: the cost of its pairs is %g, and of the class alone %g", k, a, b)
		}
	}
}

// pairedCost returns the sum of the squared distances of pairs.
func pairedCost(x0, x1 Batch) (sum float64) {
	for i, v := range x1.Data {
		sum += (v - x0.Data[i]) * (v - x0.Data[i])
	}
	return sum
}
