package target

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/oracle"
)

// labelled are targets with classes of every family that has them, and of data.
func labelled(t *testing.T) map[string]Target {
	rows := flow.NewBatch(40, 2)
	flow.NewStream(5, "rows").Normal(rows, 0)
	for i := range rows.Len() {
		k := float64(min(i%4, 2)) // the shares 1/4, 1/4 and 1/2
		rows.Row(i)[0] += 4 * k
		rows.Given = append(rows.Given, k)
	}
	file := Data{Columns: []string{"a", "b"}, Rows: rows, Given: given.Classes("kind", []string{"p", "q", "r"}, nil)}
	noisy, fitted := file, file
	noisy.Noise, fitted.Mixture = .1, 2
	return map[string]Target{
		"moons":        mustTarget(t, Moons{Noise: .05, Label: "crescent"}),
		"gaussians":    mustTarget(t, Gaussians{Count: 8, Radius: 5, Std: .5, Label: "component"}),
		"checkerboard": mustTarget(t, Checkerboard{Scale: 1, Label: "colour"}),
		"circles":      mustTarget(t, Circles{Factor: .5, Noise: .05, Label: "circle"}),
		"pinwheel":     mustTarget(t, Pinwheel{Arms: 5, Radial: .3, Tangential: .1, Rate: .25, Scale: 2, Label: "arm"}),
		"spirals":      mustTarget(t, Spirals{Turns: 1.5, Radius: 3, Noise: .1, Label: "arm"}),
		"rows":         mustTarget(t, noisy),
		"mixture":      mustTarget(t, fitted),
	}
}

// moments are those of points: their number, the means of their coordinates and of their squares.
func momentsOf(rows flow.Batch) (list []float64) {
	n := float64(rows.Len())
	list = make([]float64, 2*rows.Dim)
	for i := range rows.Len() {
		for j, v := range rows.Row(i) {
			list[j] += v / n
			list[rows.Dim+j] += v * v / n
		}
	}
	return list
}

// far reports by how many standard errors of the means two lists of moments of points of about one scale differ at most.
func far(a, b flow.Batch) (worst float64) {
	x, y := momentsOf(a), momentsOf(b)
	for j := range x {
		variance := func(rows flow.Batch, mean float64) (v float64) {
			for i := range rows.Len() {
				at := rows.Row(i)[j%rows.Dim]
				if j >= rows.Dim {
					at *= at
				}
				v += (at - mean) * (at - mean)
			}
			return v / float64(rows.Len()*rows.Len())
		}
		worst = max(worst, math.Abs(x[j]-y[j])/math.Sqrt(variance(a, x[j])+variance(b, y[j])))
	}
	return worst
}

// TestClassesAreDrawnInTheirShares: every draw is given one class, in the promised shares; the draws of a class, those of the target of
// only that class and those of its law have the same moments. Of some 100 comparisons none is off by 5 standard errors.
func TestClassesAreDrawnInTheirShares(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for name, of := range labelled(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := of.Sample(n, flow.NewStream(1, "draws"))
			classes := make([][]int, len(of.Given.Classes))
			for i := range n {
				k := given.ClassOf(x.GivenTo(i))
				if k == given.None || !slices.Equal(x.GivenTo(i), of.Given.Class(k)) {
					t.Fatalf("draw %d is given %v", i, x.GivenTo(i))
				}
				classes[k] = append(classes[k], i)
			}
			for k, rows := range classes {
				share := of.Given.Shares[k]
				if off := math.Abs(float64(len(rows))/n-share) / math.Sqrt(share*(1-share)/n); off > 5 {
					t.Errorf("class %d: %d of %d draws, %.1f standard errors off the share %g", k, len(rows), n, off, share)
				}
				own := flow.Batch{Dim: 2, Data: x.Take(flow.Batch{}, rows).Data}
				only := of.Only(k).Sample(len(rows), flow.NewStream(2, "only"))
				if off := far(own, only); off > 5 {
					t.Errorf("class %d: draws of it are %.1f standard errors off those of the target of only that", k, off)
				}
				if of.LawGiven == nil {
					continue
				}
				law := flow.NewBatch(len(rows), 2)
				stream := flow.NewStream(3, "law")
				for i := range law.Len() {
					of.LawGiven(of.Given.Class(k)).Draw(stream.At(uint64(i)), law.Row(i))
				}
				if off := far(own, law); off > 5 {
					t.Errorf("class %d: draws of it are %.1f standard errors off those of its law", k, off)
				}
				// A check that fails: other classes have other moments.
				if other := classes[(k+1)%len(classes)]; far(own, flow.Batch{Dim: 2, Data: x.Take(flow.Batch{}, other).Data}) < 5 && name != "checkerboard" {
					t.Errorf("class %d cannot be told from the next one", k)
				}
			}
		})
	}
}

// TestWholeLawIsTheMixtureOfItsClasses: the shares of the laws given the classes make up the whole law, mean by mean and, for the second
// moment, E[X X'] = sum_k share_k E[X X' | k], within rounding.
func TestWholeLawIsTheMixtureOfItsClasses(t *testing.T) {
	t.Parallel()
	second := func(law oracle.Law) (list []float64) {
		mean, cov := law.Mean(), law.Cov()
		for i, v := range cov.Data {
			list = append(list, v+mean[i/2]*mean[i%2])
		}
		return append(list, mean...)
	}
	for name, of := range labelled(t) {
		if of.LawGiven == nil {
			continue
		}
		want, got := second(of.LawGiven(of.Given.Class(given.None))), make([]float64, 6)
		for k, share := range of.Given.Shares {
			for i, v := range second(of.LawGiven(of.Given.Class(k))) {
				got[i] += share * v
			}
		}
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-9*(1+math.Abs(want[i])) {
				t.Errorf("%s: moment %d of the classes is %g, and of the whole law %g", name, i, got[i], want[i])
			}
		}
	}
}

// TestLinearGaussianPosterior: given x the parameters are N((x + 1) / 1.3, .3 / 1.3 I), by conjugacy; the floor of a velocity that knows
// x is s pi/2 and the conditional entropy d log(s sqrt(2 pi e)), with s^2 = .3 / 1.3. Draws agree: theta - (x + 1) / 1.3 has that variance
// and is not correlated with x.
func TestLinearGaussianPosterior(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{1, 3} {
		t.Run(fmt.Sprint(dim), func(t *testing.T) {
			t.Parallel()
			of := mustTarget(t, LinearGaussian{Dim: dim, Shift: -1, Variance: .3})
			law := of.LawGiven(of.Given.Row(make([]float64, dim)))
			for j, mean := range law.Mean() {
				if v := law.Cov().Row(j)[j]; math.Abs(mean-1/1.3) > 1e-12 || math.Abs(v-.3/1.3) > 1e-12 {
					t.Errorf("posterior at 0: N(%g, %g), want N(.769, .231)", mean, v)
				}
			}
			s := math.Sqrt(.3 / 1.3)
			o := oracle.NewConditional(of.LawGiven, flow.CondOT)
			if got, se := o.FloorOver(flow.Uniform, of.Among(), 1, 0); math.Abs(got-s*math.Pi/2) > 1e-9 || se > 1e-9 {
				t.Errorf("floor %g +- %g, want %g", got, se, s*math.Pi/2)
			}
			want := float64(dim) * (math.Log(2*math.Pi*math.E)/2 + math.Log(s))
			if got, se := o.Entropy(of.Among(), 1, 0); math.Abs(got-want) > 1e-9 || se > 1e-9 {
				t.Errorf("entropy %g +- %g, want %g", got, se, want)
			}
			const n = 20_000
			x := of.Sample(n, flow.NewStream(1, "draws"))
			var square, product float64
			for i := range n {
				at := of.Given.Values(x.GivenTo(i))[0]
				off := x.Row(i)[0] - (at+1)/1.3
				square += off * off / n
				product += off * at / n
			}
			// The standard errors are .231 sqrt(2/n) = .0023, and sqrt(.231 2.3 / n) = .005.
			if math.Abs(square-.3/1.3) > .01 || math.Abs(product) > .02 {
				t.Errorf("of draws, the variance about the posterior mean is %g, want .231, and the mean product with x %g, want 0", square, product)
			}
		})
	}
}

// TestDrawnColumns: a file of draws has what each point is given beside it, under its name.
func TestDrawnColumns(t *testing.T) {
	t.Parallel()
	of := mustTarget(t, LinearGaussian{Dim: 2, Shift: -1, Variance: .3})
	columns, code := of.Drawn()
	x := of.Sample(3, flow.NewStream(1, "draws"))
	rows := of.DecodeDrawn(x)
	if !slices.Equal(columns, []string{"theta1", "theta2", "x1", "x2"}) || !code.Identity() || rows.Dim != 4 {
		t.Fatalf("columns %q, %d of them", columns, rows.Dim)
	}
	if got := rows.Row(1); !slices.Equal(got[:2], x.Row(1)) || !slices.Equal(got[2:], of.Given.Values(x.GivenTo(1))) {
		t.Errorf("row %v of theta %v given %v", got, x.Row(1), of.Given.Values(x.GivenTo(1)))
	}
	of = labelled(t)["moons"]
	columns, code = of.Drawn()
	x = of.Sample(1, flow.NewStream(1, "draws"))
	text := string(code.AppendCSV(nil, of.DecodeDrawn(x), columns, 0))
	want := fmt.Sprintf("x1,x2,crescent\n%g,%g,%s\n", x.Row(0)[0], x.Row(0)[1], of.Given.Classes[given.ClassOf(x.Given)])
	if text != want {
		t.Errorf("got %q, want %q", text, want)
	}
	if columns, code := mustTarget(t, Moons{Noise: .05}).Drawn(); columns != nil || !code.Identity() {
		t.Errorf("a target without labels has columns %q", columns)
	}
}
