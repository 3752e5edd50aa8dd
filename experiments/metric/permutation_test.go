package metric

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

// TestPermutedValuesAreThoseOfTheParts: each value, though computed by a shortcut, is the metric between the two parts.
// The tolerance allows for the rounding of sums of 1e5 values of order 1.
func TestPermutedValuesAreThoseOfTheParts(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 2, 10} {
		x, y := normal(90, dim, .5, "x"), normal(150, dim, 0, "y")
		pooled := flow.Batch{Dim: dim, Data: slices.Concat(x.Data, y.Data)}
		partitions := partitions(90, 240, 20, 1)
		l, err := Bandwidth(pooled)
		if err != nil {
			t.Fatal(err)
		}
		pooledMMD := MMD
		pooledMMD.Judge = gaussians(l).judge
		for _, m := range []Metric{pooledMMD, Energy, SlicedW2, W1, W2} {
			_, permuted, err := permuter(m, dim)
			if err != nil {
				t.Fatal(err)
			}
			values, scale, err := permuted(pooled, partitions)
			if err != nil || !(scale > 0) {
				t.Fatalf("%s: scale %g, %v", m.Name, scale, err)
			}
			for b, p := range partitions {
				a, c := p.split(pooled)
				if b == 0 && !slices.Equal(a.Data, x.Data) {
					t.Fatal("the first partition is not into the two samples")
				}
				near(t, fmt.Sprintf("%s in %d-D, partition %d", m.Name, dim, b), values[b], mustMeasure(t, m, c, a).Value, 1e-12)
			}
		}
	}
}

// TestThinnedDoesNotKnowOrder: the bandwidth of a permutation test must not depend on which sample a point is from.
func TestThinnedDoesNotKnowOrder(t *testing.T) {
	t.Parallel()
	x := normal(100, 2, 0, "x")
	backwards := x.Clone()
	for i := range x.Len() {
		copy(backwards.Row(i), x.Row(99-i))
	}
	for _, maxPoints := range []int{7, 100, 200} {
		a, b := thinned(x, maxPoints), thinned(backwards, maxPoints)
		if !slices.Equal(a.Data, b.Data) || a.Len() != min(maxPoints, 100) {
			t.Errorf("%d points were thinned to %d and %d different ones", x.Len(), a.Len(), b.Len())
		}
	}
}

func TestPartingsAreUniform(t *testing.T) {
	t.Parallel()
	const n, points, count = 3, 6, 20_000
	var times [points]float64
	seen := map[string]float64{}
	for b, p := range partitions(n, points, count, 7) {
		if b == 0 {
			continue
		}
		if len(p.part) != n || !slices.IsSorted(p.part) {
			t.Fatalf("part %v", p.part)
		}
		seen[fmt.Sprint(p.part)]++
		for i, in := range p.in {
			if in != slices.Contains(p.part, uint16(i)) {
				t.Fatalf("part %v, in %v", p.part, p.in)
			}
			if in {
				times[i]++
			}
		}
	}
	chi2 := 0.
	for _, k := range seen {
		chi2 += (k - count/20) * (k - count/20) / (count / 20)
	}
	if len(seen) != 20 || chi2 > 50 { // 19 degrees of freedom: exceeded with probability 1e-4
		t.Errorf("%d of 20 parts occurred, chi squared %g; each point %v times", len(seen), chi2, times)
	}
}

// TestPermutationFalseAlarms: of 1,000 tests between fresh samples of the same distribution, 5 % reject at 5 %, within
// 2 %, three standard deviations. With -short there are fewer cases, with the same number of standard deviations.
func TestPermutationFalseAlarms(t *testing.T) {
	t.Parallel()
	cases, slack := 600, .026
	if testing.Short() {
		cases, slack = 250, .04
	}
	cut := Metric{Name: "energy of 6 points", Judge: Energy.Judge, permute: func(int) (int, permuted, error) {
		return 6, kernel(negativeDistance).permuted, nil
	}}
	for _, m := range []Metric{MMD, Energy, W1, cut} {
		dim := 2
		if m.Name == W1.Name {
			dim = 1
		}
		rejected := 0.
		for id := range cases {
			x, y := pairOf(10, 12, dim, 0, 1, id)
			p, err := Permutation(x, y, m, MinPermutations, uint64(id))
			if err != nil {
				t.Fatal(err)
			}
			if p.P <= .05 {
				rejected += 1 / float64(cases)
			}
		}
		if math.Abs(rejected-.05) > slack {
			t.Errorf("%s rejects equal distributions in %.1f %% of cases, want 5 %%", m.Name, 100*rejected)
		}
	}
}

func TestPermutationFindsDifferences(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 2} {
		x, y := normal(30, dim, 2, "x"), normal(25, dim, 0, "y")
		for _, m := range []Metric{MMD, Energy, SlicedW2, W1, W2} {
			p, err := Permutation(x, y, m, MinPermutations, 1)
			points := 30
			if m.Assigned && dim > 1 {
				points = 25 // a whole multiple of the other
			}
			if err != nil || p.P != 1./500 || len(p.Null) != MinPermutations || p.X != points || p.Y != 25 {
				t.Errorf("%s in %d-D: p = %g of %d (%v)", m.Name, dim, p.P, len(p.Null), err)
			}
			again, _ := Permutation(x, y, m, MinPermutations, 1)
			other, _ := Permutation(x, y, m, MinPermutations, 2)
			if !slices.Equal(again.Null, p.Null) || slices.Equal(other.Null, p.Null) || other.Value != p.Value {
				t.Errorf("%s: the permutations do not depend on the seed alone", m.Name)
			}
		}
	}
}

// TestPermutationOfEqualPoints: if all partitions are equal up to rounding, p is 1.
func TestPermutationOfEqualPoints(t *testing.T) {
	t.Parallel()
	equal := flow.NewBatch(30, 2)
	for i := range equal.Data {
		equal.Data[i] = .1
	}
	for _, m := range []Metric{Energy, SlicedW2, W1, W2} {
		if p, err := Permutation(equal, equal, m, MinPermutations, 1); err != nil || p.P != 1 || p.Value != 0 {
			t.Errorf("%s of equal points: p = %g of %g (%v)", m.Name, p.P, p.Value, err)
		}
	}
	if _, err := Permutation(equal, equal, MMD, MinPermutations, 1); err == nil || !strings.Contains(err.Error(), "distinct") {
		t.Errorf("mmd of equal points: %v", err)
	}
	// Two samples of two points each have three partitions, of which the given one has the highest value, so p is about
	// 1/3.
	x, y := flow.Batch{Dim: 1, Data: []float64{0, .1}}, flow.Batch{Dim: 1, Data: []float64{.7, .8}}
	p, err := Permutation(x, y, Energy, 9999, 1)
	near(t, "p of the farthest of three partitions", p.P, 1./3, 5*math.Sqrt(2./9/9999)) // 5 standard deviations
	if err != nil {
		t.Error(err)
	}
}

func TestPermutationDoesNotKnowProcessors(t *testing.T) {
	x, y := normal(400, 2, .3, "x"), normal(30, 2, 0, "y")
	sameOnAll(t, func() (all []any) {
		for _, m := range []Metric{MMD, Energy, SlicedW2, W2} {
			p, err := Permutation(x, y, m, MinPermutations, 1)
			all = append(all, p, err)
		}
		return all
	})
}

// TestPermutationTakesRandomPoints: 200 of them for w2 in 2-D, also of a file that is sorted.
func TestPermutationTakesRandomPoints(t *testing.T) {
	t.Parallel()
	x, y := twoClusters(1000), normal(50, 2, 0, "y")
	got, err := Permutation(x, y, W2, MinPermutations, 1)
	if err != nil || got.X != 200 || got.Y != 50 {
		t.Errorf("%d and %d points were used (%v)", got.X, got.Y, err)
	}
	far := 0
	for _, v := range subsample(x, 200).Data {
		if v > 4 {
			far++
		}
	}
	if far < 150 || far > 250 { // of 400 coordinates; 5 standard deviations of 14
		t.Errorf("%d of 400 coordinates are of the half that comes last", far)
	}
}

// twoClusters returns n points of N(0, I), then n of N((8, 8), I).
func twoClusters(n int) flow.Batch {
	x := normal(2*n, 2, 0, "clusters")
	for i := range x.Slice(n, 2*n).Data {
		x.Data[2*n+i] += 8
	}
	return x
}

// reversed returns the points in the opposite order.
func reversed(x flow.Batch) flow.Batch {
	y := x.Clone()
	for i := range x.Len() {
		copy(y.Row(i), x.Row(x.Len()-1-i))
	}
	return y
}

// TestOrderOfRows: a sorted file against the same rows in another order.
func TestOrderOfRows(t *testing.T) {
	t.Parallel()
	x := twoClusters(1100)
	for _, m := range []Metric{W1, W2} {
		near(t, m.Name+" of the same rows", mustMeasure(t, m, reversed(x), x).Value, 0, 1e-7)
	}
	for _, m := range []Metric{SlicedW2, W2} {
		same, err := Permutation(reversed(x), x, m, MinPermutations, 1)
		if err != nil || same.P != 1 || same.Value != 0 {
			t.Errorf("%s of the same rows is %g: p = %g (%v), want 0 and 1", m.Name, same.Value, same.P, err)
		}
	}
	for _, m := range []Metric{W2, SlicedW2, MMD, Energy} {
		small, y := x.Slice(950, 1250), normal(250, 2, .2, "y")
		if m.Name == W2.Name { // a thousand assignments
			small, y = small.Slice(0, 40), y.Slice(0, 30)
		}
		a, err := Permutation(small, y, m, MinPermutations, 1)
		b, err2 := Permutation(reversed(small), reversed(y), m, MinPermutations, 1)
		if err != nil || err2 != nil || a.P != b.P || a.Value != b.Value || !slices.Equal(a.Null, b.Null) {
			t.Errorf("%s depends on the order: %g, p %g, and %g, p %g (%v, %v)", m.Name, a.Value, a.P, b.Value, b.P, err, err2)
		}
	}
}

// TestShuffledIsRandom: of independent samples, the chance that a point is among the first half does not depend on its
// place in sorted order, nor on what another sample chooses. Equal points are chosen independently of each other.
func TestShuffledIsRandom(t *testing.T) {
	t.Parallel()
	x := normal(4000, 1, 0, "x")
	equal := flow.NewBatch(4000, 1)
	copy(equal.Data[:2000], slices.Repeat([]float64{1}, 2000))
	for name, b := range map[string]flow.Batch{"normal": x, "two values": equal} {
		above, median := 0, slices.Sorted(slices.Values(b.Data))[2000]
		for _, v := range subsample(b, 2000).Data {
			if v >= median {
				above++
			}
		}
		if above < 920 || above > 1080 { // hypergeometric, with a standard deviation of 16
			t.Errorf("%s: %d of 2,000 points are of the upper half", name, above)
		}
	}
	if got := subsample(x, 5000); &got.Data[0] != &x.Data[0] {
		t.Error("points are moved although all are taken")
	}
}

func TestPermutationErrors(t *testing.T) {
	t.Parallel()
	x := normal(20, 2, 0, "x")
	for _, c := range []struct {
		name         string
		x, y         flow.Batch
		metric       Metric
		permutations int
		want         string
	}{
		{"too few permutations", x, x, MMD, 498, "at least"},
		{"a model", x, x, NLL, 499, "use another"},
		{"features", x, x, MMDRFF, 499, "use mmd"},
		{"dimensions", x, normal(20, 3, 0, "y"), MMD, 499, "2 columns"},
		{"one point", x.Slice(0, 1), x, MMD, 499, "at least 2"},
	} {
		if _, err := Permutation(c.x, c.y, c.metric, c.permutations, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	bad := x.Clone()
	bad.Data[3] = math.Inf(-1)
	for _, m := range []Metric{MMD, Energy, W2} {
		if p, err := Permutation(x, bad, m, 499, 1); err != nil || !math.IsNaN(p.P) || !math.IsNaN(p.Value) {
			t.Errorf("%s with an infinity: %+v (%v), want NaN", m.Name, p, err)
		}
	}
}

// BenchmarkPermutation runs 499 permutations of 1,000 samples against 1,000.
func BenchmarkPermutation(b *testing.B) {
	x, y := normal(1000, 2, .1, "x"), normal(1000, 2, 0, "y")
	for _, m := range []Metric{MMD, Energy, SlicedW2, W2} {
		b.Run(m.Name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Permutation(x, y, m, MinPermutations, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExamplePermutation() {
	x, y := flow.NewBatch(30, 2), flow.NewBatch(40, 2)
	flow.NewStream(1, "x").Normal(x, 0)
	flow.NewStream(1, "y").Normal(y, 0)
	for i := range x.Data {
		x.Data[i] += 2
	}
	test, _ := Permutation(x, y, Energy, 499, 1)
	fmt.Println(test.P)
	// Output: 0.002
}
