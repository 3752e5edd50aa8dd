package metric

import (
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

// threeGaussians returns a mixture of the given dimension and a sample of it.
func threeGaussians(dim, n int, name string) (means flow.Batch, stds, weights []float64, sample flow.Batch) {
	means, stds, weights = normal(3, dim, 0, "means"), []float64{.3, 0, 1.2}, []float64{.5, .2, .3}
	sample = normal(n, dim, 0, name)
	u := make([]float64, n)
	flow.NewStream(1, name+", component").Uniform(u, 0)
	for i, v := range u {
		c := 0
		for ; v > weights[c]; c++ {
			v -= weights[c]
		}
		for j, m := range means.Row(c) {
			sample.Row(i)[j] = m + stds[c]*sample.Row(i)[j]
		}
	}
	return means, stds, weights, sample
}

// TestMixtureMMDEqualsItsDefinition writes out the integrals with math.Exp. The tolerance allows for the rounding of
// 1e4 sums of order 1.
func TestMixtureMMDEqualsItsDefinition(t *testing.T) {
	t.Parallel()
	const l = 1.1
	for _, dim := range []int{1, 2, 10} {
		means, stds, weights, _ := threeGaussians(dim, 1, "")
		x := normal(80, dim, .5, "x")
		expected := func(p, q []float64, v float64) (e float64) {
			for _, s := range []float64{.25, .5, 1, 2, 4} {
				l2 := s * s * l * l
				e += math.Pow(l2/(l2+v), float64(dim)/2) * math.Exp(-squaredDistance(p, q)/(2*(l2+v))) / 5
			}
			return e
		}
		want := sum(naiveSums(x, x, func(d2 float64) float64 { return plainKernel(d2, l) }, true).rows) / (80 * 79)
		for a, wa := range weights {
			for b, wb := range weights {
				want += wa * wb * expected(means.Row(a), means.Row(b), stds[a]*stds[a]+stds[b]*stds[b])
			}
			for i := range x.Len() {
				want -= 2 * wa * expected(x.Row(i), means.Row(a), stds[a]*stds[a]) / 80
			}
		}
		judge, err := MixtureMMD(means, stds, weights, l)
		if err != nil {
			t.Fatal(err)
		}
		got, err := judge(x)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "one-sample mmd", got.Value, want, 1e-13)
	}
}

// TestMixtureMMDOfItself: over 300 samples of the mixture the mean is 0 within 5 standard errors. The mean of SE^2 is
// at least the variance, and for shifted samples at most 1.3 times it. Both bounds are widened by 30 %, three standard
// errors of the variance of such skewed values.
func TestMixtureMMDOfItself(t *testing.T) {
	t.Parallel()
	means, stds, weights, _ := threeGaussians(2, 1, "")
	judge, err := MixtureMMD(means, stds, weights, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, shift := range []float64{0, .7} {
		var values, squares []float64
		for id := range 300 {
			_, _, _, x := threeGaussians(2, 40, string(rune('a'+id)))
			for i := range x.Data {
				x.Data[i] += shift
			}
			m, err := judge(x)
			if err != nil {
				t.Fatal(err)
			}
			values, squares = append(values, m.Value), append(squares, m.SE*m.SE)
		}
		mean, half := MeanInterval(values)
		variance := math.Pow(half/1.968, 2) * 300 // 1.968: Student's t for 299 degrees of freedom
		if ratio := sum(squares) / 300 / variance; ratio < .7 || shift > 0 && ratio > 1.6 {
			t.Errorf("mean SE^2 is %g times the variance at shift %g", ratio, shift)
		}
		if shift == 0 {
			near(t, "mean", mean, 0, 5*half/1.968)
		} else if mean < 5*half {
			t.Errorf("shifted samples have mmd %g ± %g", mean, half)
		}
	}
}

func TestMixtureMMDErrors(t *testing.T) {
	t.Parallel()
	one := flow.Batch{Dim: 2, Data: []float64{0, 0}}
	for _, c := range []struct {
		name          string
		means         flow.Batch
		stds, weights []float64
		bandwidth     float64
		want          string
	}{
		{"no components", flow.Batch{}, nil, nil, 1, "one of each"},
		{"one std too many", one, []float64{1, 1}, []float64{1}, 1, "one of each"},
		{"negative std", one, []float64{-1}, []float64{1}, 1, "below 0"},
		{"NaN std", one, []float64{math.NaN()}, []float64{1}, 1, "below 0"},
		{"negative weight", flow.NewBatch(2, 2), []float64{1, 1}, []float64{-1, 2}, 1, "below 0"},
		{"weights", one, []float64{1}, []float64{.9}, 1, "sum to 0.9"},
		{"infinite mean", flow.Batch{Dim: 1, Data: []float64{math.Inf(1)}}, []float64{1}, []float64{1}, 1, "not finite"},
		{"no bandwidth", one, []float64{1}, []float64{1}, 0, "bandwidth 0"},
	} {
		if _, err := MixtureMMD(c.means, c.stds, c.weights, c.bandwidth); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	judge, err := MixtureMMD(one, []float64{1}, []float64{1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := judge(normal(9, 3, 0, "x")); err == nil {
		t.Error("samples of a different dimension are accepted")
	}
	if _, err := judge(normal(1, 2, 0, "x")); err == nil {
		t.Error("one sample is accepted")
	}
	if m, err := judge(flow.Batch{Dim: 2, Data: []float64{0, 1, 2, math.NaN()}}); err != nil || !math.IsNaN(m.Value) {
		t.Errorf("samples with a NaN have mmd %v (%v)", m, err)
	}
}
