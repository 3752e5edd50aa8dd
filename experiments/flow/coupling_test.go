package flow

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
)

// ringPairs returns n normal points, and n points from 8 Gaussians on a ring of radius 5.
func ringPairs(n int) (x0, x1 Batch) {
	x0, x1 = NewBatch(n, 2), NewBatch(n, 2)
	NewStream(5, "x0").Normal(x0, 0)
	NewStream(5, "x1").Normal(x1, 0)
	for i := range n {
		sin, cos := math.Sincos(math.Pi / 4 * float64(i%8))
		x1.Row(i)[0], x1.Row(i)[1] = 5*cos+.5*x1.Row(i)[0], 5*sin+.5*x1.Row(i)[1]
	}
	return x0, x1
}

func pairCost(x0, x1 Batch) float64 {
	sum := 0.
	for i, v := range x0.Data {
		sum += (x1.Data[i] - v) * (x1.Data[i] - v)
	}
	return sum
}

func sortedRows(x Batch) [][]float64 {
	var rows [][]float64
	for i := range x.Len() {
		rows = append(rows, x.Row(i))
	}
	slices.SortFunc(rows, slices.Compare)
	return rows
}

// TestCouplings checks every coupling: x1 is unchanged, every noise point is from the batch, pairs cost no more than
// independent ones, the same randomness gives the same pairs, and mismatched batches are an error.
func TestCouplings(t *testing.T) {
	t.Parallel()
	for _, c := range Defaults(CouplingFamilies) {
		x0, x1 := ringPairs(100)
		before0, before1 := x0.Clone(), x1.Clone()
		if err := c.Pair(NewStream(1, "pairs").At(7), x0, x1); err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		if !slices.Equal(x1.Data, before1.Data) {
			t.Errorf("%s: the data changed", c)
		}
		known := sortedRows(before0)
		for i := range x0.Len() {
			if _, ok := slices.BinarySearchFunc(known, x0.Row(i), slices.Compare[[]float64]); !ok {
				t.Fatalf("%s: %v is not a point of the batch", c, x0.Row(i))
			}
		}
		if got, independent := pairCost(x0, x1), pairCost(before0, before1); got > independent {
			t.Errorf("%s: the pairs cost %g, independent ones %g", c, got, independent)
		}
		again := before0.Clone()
		if err := c.Pair(NewStream(1, "pairs").At(7), again, x1); err != nil || !slices.Equal(again.Data, x0.Data) {
			t.Errorf("%s: the same randomness gives different pairs (%v)", c, err)
		}
		if err := c.Pair(NewStream(1, "pairs").At(7), NewBatch(3, 2), NewBatch(2, 3)); err == nil {
			t.Errorf("%s: shapes (3, 2) and (2, 3) are accepted", c)
		}
		for _, n := range []int{0, 1} {
			if err := c.Pair(NewStream(1, "pairs").At(7), NewBatch(n, 2), NewBatch(n, 2)); err != nil {
				t.Errorf("%s: %d pairs: %v", c, n, err)
			}
		}
		if err := c.Pair(NewStream(1, "pairs").At(7), NewBatch(9, 2), NewBatch(9, 2)); err != nil {
			t.Errorf("%s: pairs of equal points: %v", c, err)
		}
	}
}

func TestCouplingErrors(t *testing.T) {
	t.Parallel()
	bad := Batch{Dim: 1, Data: []float64{1, math.NaN()}}
	for _, c := range Defaults(CouplingFamilies)[1:] {
		for want, x := range map[string]Batch{
			"a point of the batch is not finite: check the data":                    bad,
			"a batch of 8193 is too large for pairwise distances: use at most 8192": NewBatch(8193, 1),
		} {
			want := "pair by " + c.Name + ": " + want
			if err := c.Pair(NewStream(1, "pairs").At(0), x.Clone(), x); err == nil || err.Error() != want {
				t.Errorf("%s: got %v, want %s", c, err, want)
			}
		}
	}
}

// TestOTIsTheCheapestPairing: every noise point is used once, and the pairs, though found on standardized points, cost
// as much as the assignment of the plain squared distances. The tolerance is a few roundings of the sum.
func TestOTIsTheCheapestPairing(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 7, 200} {
		x0, x1 := ringPairs(n)
		for i := range x1.Data {
			x1.Data[i] = 100*x1.Data[i] + 1000
		}
		before := x0.Clone()
		a, err := Assign(SquaredDistances(x1, x0), n)
		if err != nil {
			t.Fatal(err)
		}
		least := before.Clone()
		gather(least, a.Column)
		if err := OT.Pair(nil, x0, x1); err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(sortedRows(x0), sortedRows(before), slices.Equal[[]float64]) {
			t.Errorf("n = %d: some noise point is not used exactly once", n)
		}
		if got, want := pairCost(x0, x1), pairCost(least, x1); math.Abs(got-want) > 1e-13*want {
			t.Errorf("n = %d: the pairs cost %.17g, want %.17g", n, got, want)
		}
	}
}

// TestOTOnALine: sorting finds the pairs that the assignment of the squared distances gives, and each of several equal points
// is used once.
func TestOTOnALine(t *testing.T) {
	t.Parallel()
	x0, x1 := NewBatch(300, 1), NewBatch(300, 1)
	NewStream(6, "x0").Normal(x0, 0)
	NewStream(6, "x1").Normal(x1, 0)
	a, err := Assign(SquaredDistances(x1, x0), 300)
	if err != nil {
		t.Fatal(err)
	}
	want := x0.Clone()
	gather(want, a.Column)
	if err := OT.Pair(nil, x0, x1); err != nil || !slices.Equal(x0.Data, want.Data) {
		t.Errorf("got %v (%v), want %v", x0.Data, err, want.Data)
	}
	equal := Batch{Dim: 1, Data: []float64{1, 0, 1, 0}}
	if err := OT.Pair(nil, equal, Batch{Dim: 1, Data: []float64{5, 5, 4, 4}}); err != nil || !slices.Equal(equal.Data, []float64{1, 1, 0, 0}) {
		t.Errorf("got %v (%v), want [1 1 0 0]", equal.Data, err)
	}
}

func TestCouplingForms(t *testing.T) {
	t.Parallel()
	for i, want := range []string{`"independent"`, `"ot"`, `{"name":"sinkhorn","epsilon":0.05}`} {
		made := Defaults(CouplingFamilies)[i]
		got, err := json.Marshal(made)
		if err != nil || string(got) != want {
			t.Errorf("got %s (%v), want %s", got, err, want)
		}
		if made.Name != CouplingFamilies[i].Name {
			t.Errorf("the default of the family %s is %s", CouplingFamilies[i].Name, made)
		}
	}
	if _, err := (Sinkhorn{}).Make(); err == nil {
		t.Error("epsilon 0 is accepted")
	}
}

func ExampleCoupling() {
	x0 := Batch{Dim: 1, Data: []float64{2, 9, 4}}
	x1 := Batch{Dim: 1, Data: []float64{80, 10, 50}}
	fmt.Println(OT.Pair(nil, x0, x1), x0.Data)
	// Output: <nil> [9 2 4]
}

func BenchmarkPairs256(b *testing.B) {
	x0, x1 := ringPairs(256)
	for _, c := range Defaults(CouplingFamilies) {
		b.Run(c.Name, func(b *testing.B) {
			r := NewStream(1, "pairs").At(0)
			for b.Loop() {
				if err := c.Pair(r, x0.Clone(), x1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
