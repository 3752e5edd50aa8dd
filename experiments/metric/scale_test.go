package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func ExampleMetric_Scale() {
	seeds := Replicates{Values: []float64{.026, .031, .029}, SE: []float64{.02, .02, .02}, Shared: true}
	low, high := seeds.Interval(.95, rand.New(rand.NewPCG(1, 2)))
	fmt.Printf("on its own scale: %.3f to %.3f\n", low, high)
	seeds.Scale = SlicedW2.Scale(seeds.Null)
	low, high = seeds.Interval(.95, rand.New(rand.NewPCG(1, 2)))
	fmt.Printf("on that of a distance: %.3f to %.3f\n", low, high)
	// Output:
	// on its own scale: -0.011 to 0.068
	// on that of a distance: 0.007 to 0.115
}

// TestScales checks that scales are monotone and have the inverse and the slope they claim. The tolerance is that of
// central differences.
func TestScales(t *testing.T) {
	t.Parallel()
	null := NullNoise{Values: []float64{-2, -1, 0, 1, 4}}
	for name, s := range map[string]Scale{
		"own": {}, "log": W2.Scale(null), "unbiased": Energy.Scale(null), "unbiased without a null": Energy.Scale(NullNoise{}, .1, math.NaN()),
		"signed": NLL.Scale(null, .3),
	} {
		for _, v := range []float64{.01, .5, 3, 1e6} {
			h := v * 1e-6
			if got := s.Back(s.To(v)); math.Abs(got-v) > 1e-9*v {
				t.Errorf("%s: %g there and back is %g", name, v, got)
			}
			if got, want := s.slope(v), (s.To(v+h)-s.To(v-h))/(2*h); !(want > 0) || math.Abs(got/want-1) > 1e-4 {
				t.Errorf("%s: the slope at %g is %g, want %g", name, v, got, want)
			}
			for _, d := range []float64{-1, -1e-20, 0, 1e-20, 1} {
				got, want := s.add(v, d), s.Back(s.To(v)+d)-v
				if math.Abs(got-want) > 1e-9*v || (got > 0) != (d > 0) || (got < 0) != (d < 0) {
					t.Errorf("%s: %g on the scale adds %g to %g, want %g", name, d, got, v, want)
				}
			}
		}
	}
	if s := NLL.Scale(null, .3); s.unit != 3 {
		t.Errorf("the unit of a signed metric is %g, want 10 times .3", s.unit)
	}
}

// TestShift: the squared distance of chi-squared noise with n degrees of freedom, less its mean n, has standard deviation
// sqrt(2 n) and skewness sqrt(8/n), so the shift is 2 sd / skewness = n. 4000 values give the skewness within 10 %.
func TestShift(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{3, 10} {
		var null NullNoise
		for range 4000 {
			v := -float64(n)
			for range n {
				z := r.NormFloat64()
				v += z * z
			}
			null.Values = append(null.Values, v)
		}
		if got := null.shift(); math.Abs(got/float64(n)-1) > .25 {
			t.Errorf("%d degrees of freedom: the shift is %.2f, want %d", n, got, n)
		}
	}
	if got := (NullNoise{Values: []float64{1, 1}}).shift(); got != 0 {
		t.Errorf("the shift of a null without scatter is %g, want 0", got)
	}
}

// TestNullSpread: redrawing the reference too makes the scatter of a squared distance larger by as much as spread says.
// With chi-squared noise of 4 degrees of freedom, 300 references of 300 samples give the ratio within 5 %.
func TestNullSpread(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for _, sizes := range [][2]int{{100, 100}, {100, 400}, {400, 100}} {
		n := NullNoise{Samples: sizes[0], Reference: sizes[1]}
		within, all := 0., []float64{}
		for range 300 {
			f := normals(r, 4, 1/math.Sqrt(float64(sizes[1])))
			var values []float64
			for range 300 {
				v := 0.
				for j, e := range normals(r, 4, 1/math.Sqrt(float64(sizes[0]))) {
					v += (e - f[j]) * (e - f[j])
				}
				values = append(values, v)
			}
			within += variance(values) / 300
			all = append(all, values[:10]...)
		}
		if want := math.Sqrt(variance(all) / within); math.Abs(n.spread()/want-1) > .07 {
			t.Errorf("%v points: the spread is %.3f, want %.3f", sizes, n.spread(), want)
		}
	}
}

func normals(r *rand.Rand, n int, sd float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = sd * r.NormFloat64()
	}
	return x
}

// TestIntervalsStayPossible: no end of an interval is what a mean cannot be, and each contains the mean.
func TestIntervalsStayPossible(t *testing.T) {
	t.Parallel()
	null := NullNoise{Values: []float64{-2e-4, -1e-4, -1e-4, 0, 1e-4, 4e-4}, Samples: 2, Reference: 2}
	for _, c := range []struct {
		name   string
		of     Replicates
		judged Metric
	}{
		{"path-rmse near 0", Replicates{Values: []float64{1e-4, 3e-4, 9e-4}}, PathRMSE},
		{"path-rmse 0", Replicates{Values: []float64{0, 0, 0}}, PathRMSE},
		{"path-rmse 0 for some seeds", Replicates{Values: []float64{0, 0, 1e-3}}, PathRMSE},
		{"one seed diverged", Replicates{Values: []float64{.1, .1, 8e32}, SE: []float64{.01, .01, 1e32}}, SlicedW2},
		{"nearly the largest numbers", Replicates{Values: []float64{1e307, 9e307, 2e307}}, SlicedW2},
		{"mmd below 0", Replicates{Values: []float64{-1.6e-4, -1.5e-4, -1.4e-4}, Null: null}, MMD},
		{"mmd above its null", Replicates{Values: []float64{.1, .2, .3}, SE: []float64{.1, .1, .1}, Null: null}, MMD},
	} {
		c.of.Shared, c.of.Scale = true, c.judged.Scale(c.of.Null)
		low, high := c.of.Interval(.95, rand.New(rand.NewPCG(1, 2)))
		mean := scaledMean(c.of.Values, 1)
		if !(low <= mean && mean <= high) || low < min(0, mean) || high < 0 {
			t.Errorf("%s: mean %g, interval %g to %g", c.name, mean, low, high)
		}
	}
}

// TestTheLuckySetting is a measured case: a setting whose three seeds read .0260 to .0309 on one lucky draw of noise and
// reference. 40 fresh draws have mean .0378. The null is log-normal with mean .0375, like the measured one.
func TestTheLuckySetting(t *testing.T) {
	t.Parallel()
	of := Replicates{Values: []float64{.0260, .0289, .0309}, SE: []float64{.01, .01, .01}, Shared: true, Scale: SlicedW2.Scale(NullNoise{})}
	r := rand.New(rand.NewPCG(7, 8))
	of.Null = NullNoise{Samples: 2000, Reference: 2000}
	for range 99 {
		of.Null.Values = append(of.Null.Values, .0375*math.Exp(.25*r.NormFloat64()-.25*.25/2))
	}
	low, high := of.Interval(.95, r)
	if low < .0135 || low > .020 || high < .0378 || high > .062 {
		t.Errorf("the interval is %.4f to %.4f, want one that contains .0378 and does not reach far below .0151", low, high)
	}
}

// TestIntervalOfTheNull is worked out by hand: a mean within its null, of seeds without scatter, has the noise of the null,
// larger by the spread of 2/sqrt(3). A null of 0.2 z on the scale gives ends 1.96 * 0.2 * 2/sqrt(3) away, whatever the
// standard error is, unless its square exceeds twice the variance: then that is noise too. Quantiles of 2000 draws and a
// null of 999 values are off by 7 %.
func TestIntervalOfTheNull(t *testing.T) {
	t.Parallel()
	of := Replicates{Values: []float64{1, 1, 1}, Shared: true, Scale: W2.Scale(NullNoise{}), Null: NullNoise{Samples: 50, Reference: 50}}
	for k := range 999 {
		of.Null.Values = append(of.Null.Values, math.Exp(.2*distuv.UnitNormal.Quantile((float64(k)+.5)/999)))
	}
	own := .2 * 2 / math.Sqrt(3)
	for se, want := range map[float64]float64{0: own, 1.3 * own: own, 2 * own: math.Sqrt(3) * own} {
		of.SE = []float64{se, se, se}
		low, high := of.Interval(.95, rand.New(rand.NewPCG(1, 2)))
		if got := (math.Log(high) - math.Log(low)) / 2 / 1.96; math.Abs(got/want-1) > .07 {
			t.Errorf("standard error %.2f: the interval %.3f to %.3f has a noise of %.3f, want %.3f", se, low, high, got, want)
		}
	}
	of.SE = []float64{.1, .1, .1}
	for i := range of.Values {
		of.Values[i] = 2 // above the null
	}
	if low, high := of.Interval(.95, rand.New(rand.NewPCG(1, 2))); math.Abs(math.Log(high/low)/2/1.96/.05-1) > .07 {
		t.Errorf("above the null the interval is %.3f to %.3f, want that of a relative standard error of .05", low, high)
	}
}

// TestShareScale: there and back, ends that no interval leaves, and the noise of a share of n is 1/sqrt(n) everywhere.
func TestShareScale(t *testing.T) {
	t.Parallel()
	s := NearShare.Scale(NullNoise{})
	for _, v := range []float64{0, .002, .3, .5, 1} {
		near(t, "a share there and back", s.Back(s.To(v)), v, 1e-12) // a few roundings
		if low, high := s.Back(s.To(v)-9), s.Back(s.To(v)+9); low != 0 || math.Abs(high-1) > 1e-12 {
			t.Errorf("far from %g lie %g and %g", v, low, high)
		}
	}
	for _, v := range []float64{.1, .5, .9} {
		near(t, "the noise of a share of 100", s.slope(v)*math.Sqrt(v*(1-v)/100), .1, 1e-12)
	}
	of := Replicates{Values: []float64{.002, .002, .002}, SE: []float64{.016, .016, .016}, Shared: true, Scale: s}
	if low, high := of.Interval(.95, rand.New(rand.NewPCG(1, 2))); low < 0 || high > .3 || high < .02 {
		t.Errorf("the interval of a small share is %g to %g", low, high)
	}
}
