package oracle_test

import (
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

func line(numbers ...float64) flow.Batch { return flow.Batch{Dim: 1, Data: numbers} }

// TestEntropy: disjoint boxes and one Gaussian are exact. For the two overlapping boxes the density is 1/2 on a length
// of 1, and 1 on a length of 1/2, so the entropy is ln(2)/2, and the tolerance is 4 standard errors.
func TestEntropy(t *testing.T) {
	t.Parallel()
	gaussian := .5 * math.Log(2*math.Pi*math.E)
	for _, c := range []struct {
		name  string
		law   oracle.Law
		want  float64
		exact bool
	}{
		{"one Gaussian", oracle.Mixture{Means: flow.NewBatch(1, 3), Std: []float64{2}}, 3 * (math.Log(2) + gaussian), true},
		{"uneven boxes", oracle.Boxes{Weights: []float64{1, 3}, Low: line(0, 1), High: line(1, 3)}, -.25*math.Log(.25) - .75*math.Log(.375), true},
		{"a box of weight 0", oracle.Boxes{Weights: []float64{1, 0}, Low: line(0, 0), High: line(2, 5)}, math.Log(2), true},
		{"overlapping boxes", oracle.Boxes{Low: line(0, .5), High: line(1, 1.5)}, math.Log(2) / 2, false},
		{
			"far Gaussians",
			oracle.Mixture{Weights: []float64{1, 3}, Means: line(-100, 100), Std: []float64{1, 2}},
			gaussian + .75*math.Log(2) - .25*math.Log(.25) - .75*math.Log(.75), true,
		},
		{"one Gaussian in two", oracle.Mixture{Means: line(1, 1), Std: []float64{1}}, gaussian, false},
		{"data", oracle.Mixture{Means: line(0, 1), Std: []float64{0}}, math.Inf(-1), true},
		{"a point among Gaussians", oracle.Mixture{Means: line(0, 1), Std: []float64{0, 1}}, math.Inf(-1), true},
	} {
		got, se := c.law.Entropy(1<<13, 5)
		if c.exact && se != 0 || !(math.Abs(got-c.want) <= 4*se+1e-13) && got != c.want {
			t.Errorf("%s: %.9f +- %.1g, want %.9f", c.name, got, se, c.want)
		}
	}
}

// TestEntropyIsMinusMeanLogDensity compares with a sampled mean of -log q, within 4 of its standard errors.
func TestEntropyIsMinusMeanLogDensity(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for name, law := range laws(t) {
		x := along(law, flow.CondOT, 1, n)
		logp := must[[]float64](t)(oracle.Oracle{Law: law, Path: flow.CondOT}.LogDensity(1, x))
		mean, square := 0., 0.
		for _, l := range logp {
			mean -= l / n
			square += l * l / n
		}
		tol := 4*math.Sqrt((square-mean*mean)/n) + 1e-9 // the density of the checkerboard has one value
		if got, _ := law.Entropy(1<<12, 1); !(math.Abs(got-mean) <= tol) {
			t.Errorf("%s: entropy %.4f, mean of -log q %.4f within %.4f", name, got, mean, tol)
		}
	}
}

// TestMoments compares two laws with results worked out by hand, and the others with their own draws, within 5 standard
// errors. These assume fourth moments of at most 3 squared variances, which holds for all laws here.
func TestMoments(t *testing.T) {
	t.Parallel()
	// The mean of three times (0, 0) and once (4, 8) is (1, 2), the covariance 3 (1, 2; 2, 4) + r^2 I.
	law := oracle.Mixture{Weights: []float64{3, 1}, Means: flow.Batch{Dim: 2, Data: []float64{0, 0, 4, 8}}, Std: []float64{1, 3}}
	if got, want := law.Mean(), []float64{1, 2}; got[0] != want[0] || got[1] != want[1] {
		t.Errorf("mean %v, want %v", got, want)
	}
	for i, want := range []float64{3 + 3, 6, 6, 12 + 3} { // r^2 is (3 * 1 + 9) / 4 = 3 on average
		if got := law.Cov().Data[i]; math.Abs(got-want) > 1e-13 {
			t.Errorf("covariance entry %d is %g, want %g", i, got, want)
		}
	}
	box := oracle.Boxes{Low: flow.Batch{Dim: 2, Data: []float64{0, 2}}, High: flow.Batch{Dim: 2, Data: []float64{6, 5}}}
	for i, want := range []float64{3, 0, 0, .75} {
		if got := box.Cov().Data[i]; math.Abs(got-want) > 1e-14 {
			t.Errorf("covariance entry %d of a box is %g, want %g", i, got, want)
		}
	}
	const n = 50_000
	for name, law := range laws(t) {
		x, mean, cov := along(law, flow.CondOT, 1, n), law.Mean(), law.Cov()
		for j, want := range mean {
			got := 0.
			for i := range n {
				got += x.Row(i)[j] / n
			}
			if tol := 5 * math.Sqrt(cov.Row(j)[j]/n); math.Abs(got-want) > tol {
				t.Errorf("%s: mean of axis %d is %g, want %g within %g", name, j, got, want, tol)
			}
			for l := range mean {
				got := 0.
				for i := range n {
					got += (x.Row(i)[j] - mean[j]) * (x.Row(i)[l] - mean[l]) / n
				}
				if tol := 5 * math.Sqrt(3*cov.Row(j)[j]*cov.Row(l)[l]/n); math.Abs(got-cov.Row(j)[l]) > tol {
					t.Errorf("%s: covariance %d, %d is %g, want %g within %g", name, j, l, got, cov.Row(j)[l], tol)
				}
			}
		}
	}
}

// TestMistakesPanic: an invalid law is a mistake of the program.
func TestMistakesPanic(t *testing.T) {
	t.Parallel()
	for want, law := range map[string]oracle.Law{
		"weights for":  oracle.Mixture{Weights: []float64{1}, Means: line(0, 1), Std: []float64{1}},
		"widths for":   oracle.Mixture{Means: line(0, 1, 2), Std: []float64{1, 2}},
		"a width is":   oracle.Mixture{Means: line(0), Std: []float64{math.NaN()}},
		"a weight is":  oracle.Mixture{Weights: []float64{-1, 2}, Means: line(0, 1), Std: []float64{1}},
		"sum to":       oracle.Mixture{Weights: []float64{0, 0}, Means: line(0, 1), Std: []float64{1}},
		"at least one": oracle.Mixture{Means: flow.NewBatch(0, 2), Std: []float64{1}},
		"reaches from": oracle.Boxes{Low: line(1), High: line(1)},
		"corners":      oracle.Boxes{Low: line(1), High: line(2, 3)},
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.HasPrefix(got, "oracle: ") || !strings.Contains(got, want) {
					t.Errorf("got panic %q, want one of oracle with %q", got, want)
				}
			}()
			must[flow.Batch](t)(oracle.Oracle{Law: law, Path: flow.CondOT}.Field()(.5, flow.NewBatch(1, law.Dim())))
		}()
	}
}
