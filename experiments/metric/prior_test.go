package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// TestPrior draws variances from the law of the prior. 20,000 of them determine d0 and s0^2 within about 3 %, and
// limiting the logarithms to three standard deviations raises d0 by up to 10 %; the tolerance is 15 %. Known values of
// trigamma are pi^2/6 at 1 and pi^2/2 at 1/2.
func TestPrior(t *testing.T) {
	t.Parallel()
	for x, want := range map[float64]float64{1: math.Pi * math.Pi / 6, .5: math.Pi * math.Pi / 2} {
		if got := inverseTrigamma(trigamma(x)); math.Abs(trigamma(x)-want) > 1e-12 || math.Abs(got-x) > 1e-12 {
			t.Errorf("trigamma(%g) = %g, want %g, and back: %g", x, trigamma(x), want, got)
		}
	}
	r := rand.New(rand.NewPCG(9, 10))
	for _, c := range []struct{ d0, df float64 }{{1, 4}, {3, 2}, {30, 4}} {
		var variances []float64
		for range 20000 {
			sigma2 := 2.5 * c.d0 / distuv.ChiSquared{K: c.d0, Src: r}.Rand()
			variances = append(variances, sigma2*distuv.ChiSquared{K: c.df, Src: r}.Rand()/c.df)
		}
		p := priorOf(upTo(len(variances)), append(variances, 0), c.df)
		if want := min(c.d0, maxPrior); math.Abs(p.df/want-1) > .15 || math.Abs(logMean(p.s0[:20000])/math.Log(2.5)-1) > .15 {
			t.Errorf("d0 %g, df %g: the prior has %g degrees of freedom and a mean logarithm of %g, want %g and %g",
				c.d0, c.df, p.df, logMean(p.s0[:20000]), want, math.Log(2.5))
		}
	}
	var variances []float64
	for range 40 {
		variances = append(variances, distuv.ChiSquared{K: 4, Src: r}.Rand()/4)
	}
	calm, wild := priorOf(upTo(40), variances, 4), priorOf(upTo(41), append(variances, 1e9), 4)
	if calm.df != maxPrior || wild.df < 3 {
		t.Errorf("the prior has %g degrees of freedom, and %g with an outlier: want about the same", calm.df, wild.df)
	}
	if p := priorOf(upTo(4), []float64{1, 2, 0, 0}, 4); p.df != 0 || p.moderate(1, 3, 4) != 3 {
		t.Errorf("two variances give the prior %+v, want none", p)
	}
}

func upTo(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

func logMean(values []float64) float64 {
	sum := 0.
	for _, v := range values {
		sum += math.Log(v)
	}
	return sum / float64(len(values))
}
