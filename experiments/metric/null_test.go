package metric

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

func TestPValue(t *testing.T) {
	t.Parallel()
	null := []float64{1, 2, 3, 4}
	for _, c := range []struct{ value, want float64 }{{5, .2}, {4, .4}, {2.5, .6}, {1, 1}, {-1, 1}, {math.Inf(1), .2}} {
		if got := PValue(null, c.value); got != c.want {
			t.Errorf("p of %g among %v is %g, want %g", c.value, null, got, c.want)
		}
	}
	if p := PValue(nil, 3); p != 1 {
		t.Errorf("p without a null is %g, want 1", p)
	}
	if p := PValue(null, math.NaN()); !math.IsNaN(p) {
		t.Errorf("p of NaN is %g", p)
	}
	if p := PValue([]float64{1, math.NaN()}, 3); !math.IsNaN(p) {
		t.Errorf("p among NaN is %g", p)
	}
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	upTo := func(n int) (v []float64) {
		for i := n; i > 0; i-- {
			v = append(v, float64(i))
		}
		return v
	}
	for _, c := range []struct {
		null []float64
		want NullSummary
	}{
		{upTo(1), NullSummary{Mean: 1, Q95: 1, N: 1}},
		{upTo(19), NullSummary{Mean: 10, Q95: 19, N: 19}},
		{upTo(20), NullSummary{Mean: 10.5, Q95: 19, N: 20}},
		{upTo(100), NullSummary{Mean: 50.5, Q95: 95, N: 100}},
		{upTo(101), NullSummary{Mean: 51, Q95: 96, N: 101}},
	} {
		got := Summarize(c.null)
		n := float64(got.N) // the variance of the numbers 1 to n is n (n+1) / 12
		if n > 1 && !(math.Abs(got.SD*got.SD-n*(n+1)/12) < 1e-9*n*n) {
			t.Errorf("1 to %d have standard deviation %g", got.N, got.SD)
		}
		if got.SD = 0; got != c.want {
			t.Errorf("summary of 1 to %d is %+v, want %+v", len(c.null), got, c.want)
		}
	}
	for _, null := range [][]float64{nil, {1, math.NaN()}} {
		if s := Summarize(null); !math.IsNaN(s.Mean) || !math.IsNaN(s.Q95) || s.N != len(null) {
			t.Errorf("summary of %v is %+v", null, s)
		}
	}
}

// TestNullOfTheTruth: p-values of fresh samples of the truth are uniform, with 5 % of 200 below 0.05 within a standard
// deviation of 1.5 %. Shifted samples have the smallest possible p-value.
func TestNullOfTheTruth(t *testing.T) {
	t.Parallel()
	judge := mustJudge(t, Energy, normal(60, 2, 0, "reference"))
	draw := func(name string) func(k int) (flow.Batch, error) {
		return func(k int) (flow.Batch, error) { return normal(40, 2, 0, fmt.Sprint(name, k)), nil }
	}
	null, err := Null(judge, draw("null"), 199)
	if err != nil || len(null) != 199 {
		t.Fatalf("%d values: %v", len(null), err)
	}
	fresh, err := Null(judge, draw("fresh"), 200)
	if err != nil {
		t.Fatal(err)
	}
	rejected := 0
	for _, v := range fresh {
		if PValue(null, v) <= .05 {
			rejected++
		}
	}
	// Both the 199 and the 200 values are random, so the share has a standard deviation of sqrt(2) 1.5 %.
	if rejected > 22 {
		t.Errorf("%d of 200 true samples are rejected at 5 %%", rejected)
	}
	m, err := judge(normal(40, 2, 1, "shifted"))
	if err != nil || PValue(null, m.Value) != 1./200 {
		t.Errorf("shifted samples have %v (%v), p = %g", m, err, PValue(null, m.Value))
	}
}

func TestNullPassesErrorsOn(t *testing.T) {
	t.Parallel()
	judge := mustJudge(t, Energy, normal(60, 2, 0, "reference"))
	_, err := Null(judge, func(int) (flow.Batch, error) { return flow.Batch{}, errors.New("dry") }, 3)
	if err == nil || !strings.Contains(err.Error(), "draw sample 0 of the truth: dry") {
		t.Errorf("error %v", err)
	}
	_, err = Null(judge, func(k int) (flow.Batch, error) { return normal(5, 2+k, 0, "x"), nil }, 3)
	if err == nil || !strings.Contains(err.Error(), "measure sample 1 of the truth") {
		t.Errorf("error %v", err)
	}
}

func ExamplePValue() {
	fmt.Println(PValue([]float64{.1, .4, .2}, .3))
	// Output: 0.5
}

// TestHolm: by hand: 0.01 of 4 tests is 0.04, 0.02 of the 3 left is 0.06, 0.03 of the 2 left is 0.06, too, and 0.6 of the last
// stays.
func TestHolm(t *testing.T) {
	t.Parallel()
	got := Holm([]float64{.03, .01, .6, .02})
	for i, want := range []float64{.06, .04, .6, .06} {
		near(t, "a corrected p-value", got[i], want, 1e-15) // one rounding
	}
}

// TestSpreadOfPairs: a null of one reference lacks its noise, for samples and a reference of equal sizes a quarter of the
// variance, and one of pairs does not.
func TestSpreadOfPairs(t *testing.T) {
	t.Parallel()
	one := NullNoise{Samples: 500, Reference: 500}
	near(t, "the variance with one reference", one.spread()*one.spread(), 4./3, 1e-12) // two roundings
	one.Pairs = true
	if got := one.spread(); got != 1 {
		t.Errorf("the spread of pairs is %g", got)
	}
}
