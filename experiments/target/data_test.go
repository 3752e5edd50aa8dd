package target

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

// numbered returns n rows of 2 columns with very different units. Row i is (i, 1000 + 50 (i mod 7)).
func numbered(n int) Data {
	d := Data{Columns: []string{"i", "j"}, Rows: flow.NewBatch(n, 2), Holdout: .2}
	for i := range n {
		copy(d.Rows.Row(i), []float64{float64(i), 1000 + 50*float64(i%7)})
	}
	return d
}

// splitRows returns the drawn rows and the held-out ones.
func splitRows(d Data) (drawn, held flow.Batch, err error) {
	drawnRows, heldRows, err := d.split()
	return d.Rows.Take(drawn, drawnRows), d.Rows.Take(held, heldRows), err
}

func ExampleData() {
	d := Data{Columns: []string{"x"}, Rows: flow.Batch{Dim: 1, Data: []float64{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}}, Standardise: Standardised, Holdout: .2}
	t, err := d.Make()
	if err != nil {
		fmt.Println(err)
		return
	}
	x := t.Units.Apply(t.Sample(5, flow.NewStream(1, "data")))
	fmt.Printf("drawn %.0f, held out %.0f\n", x.Data, t.Units.Apply(t.Held.All()).Data)
	// Output: drawn [40 60 90 30 40], held out [20 100]
}

// TestHeldOutRowsAreNeverDrawn: every row is either drawn or held out, in the given proportion, and the reference
// consists of held-out rows only, each at most once.
func TestHeldOutRowsAreNeverDrawn(t *testing.T) {
	t.Parallel()
	for _, standardise := range Scalings {
		d := numbered(100)
		d.Standardise = standardise
		target := mustTarget(t, d)
		indices := func(b flow.Batch) map[int]int {
			counts := map[int]int{}
			b = target.Units.Apply(b)
			for i := range b.Len() {
				counts[int(math.Round(b.Row(i)[0]))]++
			}
			return counts
		}
		held := indices(target.Held.All())
		// 10,000 draws of 80 rows leave one out with probability 80 (1 - 1/80)^10000, about 1e-53.
		drawn := indices(target.Sample(10_000, flow.NewStream(3, "data")))
		if len(held) != 20 || len(drawn) != 80 {
			t.Errorf("%d rows are held out and %d drawn, want 20 and 80", len(held), len(drawn))
		}
		for i := range held {
			if drawn[i] > 0 {
				t.Errorf("row %d is held out and drawn", i)
			}
		}
		for _, n := range []int{5, 20, 1000} {
			reference := target.Reference(n, flow.NewStream(4, "reference"))
			if reference.Len() != min(n, 20) {
				t.Errorf("a reference of %d, want %d", reference.Len(), min(n, 20))
			}
			for i, count := range indices(reference) {
				if held[i] == 0 || count > 1 {
					t.Errorf("the reference has row %d %d times; held out: %v", i, count, held[i] > 0)
				}
			}
		}
		// The law, which exact velocities and losses use, is that of the draws.
		means := target.Law.(oracle.Mixture).Means
		for i := range indices(means) {
			if held[i] > 0 || means.Len() != 80 {
				t.Errorf("the law includes the held-out row %d", i)
			}
		}
	}
}

// TestHoldoutIsOfTheIndex: the held-out rows depend only on the number of rows. As rows are added or the fraction
// grows, only rows near the threshold change sides.
func TestHoldoutIsOfTheIndex(t *testing.T) {
	t.Parallel()
	side := func(n int, share float64, shift float64) map[float64]bool {
		d := numbered(n)
		d.Holdout = share
		for i := range n {
			d.Rows.Row(i)[1] += shift
		}
		_, held, err := splitRows(d)
		if err != nil {
			t.Fatal(err)
		}
		out := map[float64]bool{}
		for i := range held.Len() {
			out[held.Row(i)[0]] = true
		}
		return out
	}
	first := side(1000, .2, 0)
	for i := range side(1000, .2, 5) {
		if !first[i] {
			t.Errorf("row %g is held out when the values change", i)
		}
	}
	for i := range first {
		if !side(1000, .4, 0)[i] {
			t.Errorf("row %g is no longer held out when more rows are", i)
			break
		}
	}
	same := 0
	for i := range side(1010, .2, 0) {
		if first[i] || i >= 1000 {
			same++
		}
	}
	if same < 190 { // the threshold moves by at most 10 rows
		t.Errorf("%d of 202 rows are held out as before when 10 rows are added", same)
	}
}

// TestStandardised: over the drawn rows, and only over those, each column has mean 0 and standard deviation 1.
func TestStandardised(t *testing.T) {
	t.Parallel()
	d := numbered(50)
	d.Standardise = Standardised
	target := mustTarget(t, d)
	drawn, held, err := splitRows(d)
	if err != nil {
		t.Fatal(err)
	}
	mean, std := target.Units.Undo(drawn).Moments()
	for j := range mean {
		// Sums of 40 numbers near 1.
		if math.Abs(mean[j]) > 1e-13 || math.Abs(std[j]-1) > 1e-13 {
			t.Errorf("column %d has mean %g and standard deviation %g, want 0 and 1", j, mean[j], std[j])
		}
	}
	// By hand, with divisor n: column i of the drawn rows.
	sum, squares := 0., 0.
	for i := range drawn.Len() {
		sum += drawn.Row(i)[0] / 40
		squares += drawn.Row(i)[0] * drawn.Row(i)[0] / 40
	}
	if want := math.Sqrt(squares - sum*sum); math.Abs(target.Units.Scale[0]-want) > 1e-12*want || math.Abs(target.Units.Shift[0]-sum) > 1e-12*sum {
		t.Errorf("units %v, want scale %g and shift %g", target.Units, want, sum)
	}
	back := target.Units.Apply(target.Held.All())
	for i, v := range back.Data {
		if math.Abs(v-held.Data[i]) > 1e-12*math.Abs(v) {
			t.Errorf("held-out number %d comes back as %g, want %g", i, v, held.Data[i])
		}
	}
}

// TestRobust: the drawn rows are centred at their median, with quartiles half a normal interquartile range from it on
// average, however far out one row is; the held-out rows come back.
func TestRobust(t *testing.T) {
	t.Parallel()
	d := numbered(50)
	d.Standardise = Robust
	plain := mustTarget(t, d)
	drawn, held, err := splitRows(d)
	if err != nil {
		t.Fatal(err)
	}
	x := columnOf(plain.Units.Undo(drawn), 0)
	if m, iqr := quantile(x, .5), quantile(x, .75)-quantile(x, .25); math.Abs(m) > 1e-13 || math.Abs(iqr-1.349) > 1e-13 {
		t.Errorf("median %g and interquartile range %g, want 0 and 1.349", m, iqr)
	}
	for i, v := range plain.Units.Apply(plain.Held.All()).Data {
		if math.Abs(v-held.Data[i]) > 1e-12*math.Abs(v) {
			t.Errorf("held-out number %d comes back as %g, want %g", i, v, held.Data[i])
		}
	}
	// A row beyond all others moves the quartiles by a part of one rank at most.
	d.Rows.Row(rowOf(d.Rows, slices.Max(columnOf(drawn, 0))))[0] = 1e6
	far := mustTarget(t, d)
	if a, b := far.Units.Scale[0], plain.Units.Scale[0]; a != b {
		t.Errorf("an outlier changes the scale from %g to %g", b, a)
	}
	if len(far.Cautions) != 1 || len(plain.Cautions) != 0 {
		t.Errorf("cautions with and without an outlier: %q and %q", far.Cautions, plain.Cautions)
	}
	d.Standardise = Standardised
	if c := mustTarget(t, d).Cautions; len(c) != 1 || !strings.Contains(c[0], "standardise: robust") {
		t.Errorf("cautions of standardised data: %q", c)
	}
}

// rowOf returns the row whose first number is v.
func rowOf(rows flow.Batch, v float64) int {
	for i := range rows.Len() {
		if rows.Row(i)[0] == v {
			return i
		}
	}
	return -1
}

// TestQuantile compares with numpy.quantile([1, 2, 4, 8], p).
func TestQuantile(t *testing.T) {
	t.Parallel()
	for p, want := range map[float64]float64{0: 1, .25: 1.75, .5: 3, .75: 5, 1: 8} {
		if got := quantile([]float64{1, 2, 4, 8}, p); got != want {
			t.Errorf("the %g-quantile is %g, want %g", p, got, want)
		}
	}
}

// TestDataDraws: with noise, the mean and the covariance of draws are those of the law within 5 standard errors;
// without noise, draws are rows.
func TestDataDraws(t *testing.T) {
	t.Parallel()
	d := numbered(50)
	rows := map[float64]bool{}
	for i := range 50 {
		rows[d.Rows.Row(i)[0]] = true
	}
	plain := mustTarget(t, d)
	x := plain.Sample(100, flow.NewStream(1, "data"))
	for i := range x.Len() {
		if !rows[x.Row(i)[0]] || x.Row(i)[1] != 1000+50*float64(int(x.Row(i)[0])%7) {
			t.Errorf("the draw %v is not a row", x.Row(i))
		}
	}
	d.Standardise, d.Noise = Standardised, .5
	noisy := mustTarget(t, d)
	const n = 20_000
	x = noisy.Sample(n, flow.NewStream(2, "data"))
	mean, std := x.Moments()
	for j := range mean {
		if want := math.Sqrt(1 + .25); math.Abs(std[j]-want) > 5*want/math.Sqrt(n) || math.Abs(mean[j]) > 5*want/math.Sqrt(n) {
			t.Errorf("column %d: mean %g and standard deviation %g, want 0 and %g", j, mean[j], std[j], want)
		}
	}
	if got := noisy.Law.Cov().Row(0)[0]; math.Abs(got-1.25) > 1e-12 {
		t.Errorf("variance of the law %g, want 1.25", got)
	}
	if entropy, _ := plain.Law.Entropy(100, 0); !math.IsInf(entropy, -1) {
		t.Errorf("entropy of rows without noise %g, want -Inf", entropy)
	}
}

// TestDataJSON: the form identifies the rows by their content, which decodes to them. Everything that affects a fit
// changes the form.
func TestDataJSON(t *testing.T) {
	t.Parallel()
	form := func(change func(d *Data)) string {
		d := numbered(20)
		change(&d)
		target := mustTarget(t, d)
		text, err := json.Marshal(target)
		if err != nil {
			t.Fatal(err)
		}
		back, err := flow.DecodeNPY(target.Content)
		if err != nil || !slices.Equal(back.Data, d.Rows.Data) || back.Dim != d.Rows.Dim {
			t.Errorf("the content reads back as %v: %v", back, err)
		}
		return string(text)
	}
	// The sha256 of the output of numpy.save for these rows as float64.
	const want = `{"name":"file","sha256":"9b7d68e13f5256777a22fae5fc1208f86b570f5ff45888650529091c84f2138f","rows":20,"columns":["i","j"],"standardise":false,"noise":0,"holdout":0.2}`
	plain := form(func(*Data) {})
	if plain != want {
		t.Errorf("got  %s\nwant %s", plain, want)
	}
	seen := map[string]string{plain: "nothing"}
	for name, change := range map[string]func(d *Data){
		"a value":     func(d *Data) { d.Rows.Row(7)[1] = math.Nextafter(d.Rows.Row(7)[1], 0) },
		"the order":   func(d *Data) { d.Rows.Row(0)[0], d.Rows.Row(1)[0] = 1, 0 },
		"a name":      func(d *Data) { d.Columns = []string{"i", "k"} },
		"standardise": func(d *Data) { d.Standardise = Standardised },
		"robust":      func(d *Data) { d.Standardise = Robust },
		"quantile":    func(d *Data) { d.Standardise = Quantile },
		"noise":       func(d *Data) { d.Noise = 1 },
		"holdout":     func(d *Data) { d.Holdout = .3 },
		"a row fewer": func(d *Data) { d.Rows = d.Rows.Slice(0, 19) },
	} {
		got := form(change)
		if same, ok := seen[got]; ok {
			t.Errorf("%s and %s have the same form: %s", name, same, got)
		}
		seen[got] = name
	}
}

func TestDataErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(d *Data)
		want   string
	}{
		"constant": {func(d *Data) {
			d.Standardise = Standardised
			for i := range d.Rows.Len() {
				d.Rows.Row(i)[1] = .1
			}
		}, `columns: constant over the training rows: "j"`},
		"mostly equal": {func(d *Data) {
			d.Standardise = Robust
			for i := range 40 {
				d.Rows.Row(i)[1] = .1
			}
		}, `columns: its quartiles over the training rows are equal: "j"`},
		"two values": {func(d *Data) {
			d.Standardise = Quantile
			for i := range d.Rows.Len() {
				d.Rows.Row(i)[0] = float64(i % 2)
			}
		}, `columns: fewer than three different values over the training rows: "i": leave them out`},
		"one held out":   {func(d *Data) { d.Rows = d.Rows.Slice(0, 5) }, "holdout: 0.2 of 5 rows is 1"},
		"one row":        {func(d *Data) { d.Rows, d.Holdout = d.Rows.Slice(0, 1), 0 }, "file: 1 of 1 rows are left for training"},
		"all held out":   {func(d *Data) { d.Holdout = .99 }, "file: 0 of 50 rows are left for training"},
		"far off":        {func(d *Data) { shift(*d, 1, 1e9) }, `columns: "j" has mean 1e+09 and standard deviation`},
		"tiny":           {func(d *Data) { scale(*d, 1, 1e-40) }, `columns: the values of "j" are too small or too large`},
		"huge":           {func(d *Data) { scale(*d, 0, 1e40) }, `columns: the values of "i" are too small or too large`},
		"beyond squares": {func(d *Data) { scale(*d, 0, 1e300) }, `columns: the values of "i" are too small or too large`},
	} {
		d := numbered(50)
		c.change(&d)
		if _, err := d.Make(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
	// A constant column is valid without standardising.
	d := numbered(50)
	scale(d, 1, 0)
	shift(d, 1, .1)
	mustTarget(t, d)
}

func shift(d Data, j int, by float64) {
	for i := range d.Rows.Len() {
		d.Rows.Row(i)[j] += by
	}
}

func scale(d Data, j int, by float64) {
	for i := range d.Rows.Len() {
		d.Rows.Row(i)[j] *= by
	}
}

// TestDataOfManyRows: they have no law, since an exact velocity would be too slow.
func TestDataOfManyRows(t *testing.T) {
	t.Parallel()
	d := numbered(maxLawRows + 1)
	d.Holdout = 0
	target := mustTarget(t, d)
	if target.Law != nil {
		t.Error("there is a law for more rows than allowed")
	}
	if x := target.Reference(3, flow.NewStream(1, "reference")); x.Len() != 3 || x.Row(0)[1] < 1000 {
		t.Errorf("without held-out rows the reference is %v, want draws", x)
	}
	d.Rows = d.Rows.Slice(0, maxLawRows)
	if mustTarget(t, d).Law == nil {
		t.Error("there is no law for as many rows as allowed")
	}
}

// TestReferenceOfMadeUpTargets: the reference is a sample of the target.
func TestReferenceOfMadeUpTargets(t *testing.T) {
	t.Parallel()
	moons := mustTarget(t, Moons{Noise: .1})
	a, b := moons.Reference(20, flow.NewStream(1, "reference")), moons.Sample(20, flow.NewStream(1, "reference"))
	if !slices.Equal(a.Data, b.Data) {
		t.Errorf("got %v, want %v", a.Data, b.Data)
	}
}

// TestOthersAreNotInTheReference: of 600 rows, 480 are to train on, 60 held out and 60 fresh. The points beside a reference of
// 10 are the fresh rows, then the other 50 held-out ones, then training rows, each once and none of the reference.
func TestOthersAreNotInTheReference(t *testing.T) {
	t.Parallel()
	target := mustTarget(t, numbered(600))
	indices := func(b flow.Batch) (list []int) {
		for i := range b.Len() {
			list = append(list, int(math.Round(target.Units.Apply(b).Row(i)[0])))
		}
		return list
	}
	const m = 10
	reference := func() *flow.Stream { return flow.NewStream(3, "reference") }
	known := indices(target.Reference(m, reference()))
	all := indices(target.Others(1000, m, reference(), flow.NewStream(0, "others")))
	fresh, held := target.Fresh.Len(), target.Held.Len()
	rows := [3][]int{indices(target.Fresh.All()), indices(target.Held.All()), indices(target.Rows.All())}
	if fresh == 0 || len(known) != m || len(all) != 600-m {
		t.Fatalf("%d other points of 600 rows and a reference of %d, with %d fresh rows", len(all), len(known), fresh)
	}
	for i, at := range all {
		from := 2
		switch {
		case i < fresh:
			from = 0
		case i < fresh+held-m:
			from = 1
		}
		if !slices.Contains(rows[from], at) || slices.Contains(known, at) || slices.Contains(all[:i], at) {
			t.Fatalf("point %d is row %d: it is in the reference, repeated, or out of order", i, at)
		}
	}
	few := indices(target.Others(fresh, m, reference(), flow.NewStream(0, "others")))
	other := indices(target.Others(fresh, m, reference(), flow.NewStream(1, "others")))
	if !slices.Equal(few, all[:fresh]) || slices.Equal(few, other) {
		t.Errorf("fewer points are %v, want the first of %v, and others for another stream", few, all[:fresh])
	}
}

// TestFarFromZero: values near 10^12 that differ by 10^3 keep their digits, since their mean is subtracted in 64-bit floats; on their own
// scale, 32-bit floats would give them 65,536 in common steps.
func TestFarFromZero(t *testing.T) {
	t.Parallel()
	rows := flow.NewBatch(200, 1)
	flow.NewStream(1, "far").Normal(rows, 0)
	near := rows.Clone()
	for i, z := range rows.Data {
		rows.Data[i] = 1e12 + 1e3*z
	}
	for _, scaling := range []Scaling{Standardised, Robust, Quantile} {
		far, err := Data{Columns: []string{"x"}, Rows: rows, Standardise: scaling}.Make()
		if err != nil {
			t.Fatal(err)
		}
		want, err := Data{Columns: []string{"x"}, Rows: near, Standardise: scaling}.Make()
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range far.Rows.All().Data {
			// 64-bit floats near 10^12 are 1.2e-4 apart, a tenth of a millionth of 10^3.
			if math.Abs(v-want.Rows.All().Data[i]) > 1e-6 {
				t.Errorf("%s: row %d is %g, want %g", scaling.Name, i, v, want.Rows.All().Data[i])
			}
			if back := far.Units.Apply(flow.Batch{Dim: 1, Data: []float64{v}}).Data[0]; math.Abs(back-rows.Data[i]) > 1e-3 {
				t.Errorf("%s: row %d comes back as %g, want %g", scaling.Name, i, back, rows.Data[i])
			}
		}
		if len(far.Cautions) != 1 || !strings.Contains(far.Cautions[0], `column "x" is 1e+12`) || len(want.Cautions) != 0 {
			t.Errorf("%s: the cautions are %q, and %q near 0", scaling.Name, far.Cautions, want.Cautions)
		}
	}
	if _, err := (Data{Columns: []string{"x"}, Rows: rows}).Make(); err == nil || !strings.Contains(err.Error(), "use standardise: true") {
		t.Errorf("on their own scale: %v", err)
	}
	for i := range rows.Data {
		rows.Data[i] = 1e15 + float64(i%3)
	}
	if _, err := (Data{Columns: []string{"x"}, Rows: rows, Standardise: Standardised}).Make(); err == nil || !strings.Contains(err.Error(), "64-bit floats barely tell") {
		t.Errorf("beyond 64-bit floats: %v", err)
	}
}
