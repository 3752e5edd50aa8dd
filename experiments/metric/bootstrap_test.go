package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"flowsweep/experiments/flow"
)

func ExampleReplicates_Interval() {
	seeds := Replicates{Values: []float64{1.9, 2.3, 2.0, 2.4, 1.9}}
	low, high := seeds.Interval(.95, flow.NewStream(0, "bootstrap").At(0))
	fmt.Printf("%.1f to %.1f\n", low, high)
	// Output: 1.8 to 2.4
}

// TestIntervalCoverage draws seeds from N(0, 1) or a shifted log-normal law of skewness 1.75, adds sampling noise, and
// counts how often the interval contains the true mean, 0. Over 800 repetitions, 2.6 standard errors of a coverage of
// 95 % are 2 %. The bounds for normal seeds, 90 and 98 %, are what a reader may rely on. For skewed seeds no interval
// of so few values is better than Student's, which covers 91 %, and slightly less for three seeds.
func TestIntervalCoverage(t *testing.T) {
	t.Parallel()
	normal := func(r *rand.Rand) float64 { return r.NormFloat64() }
	skewed := func(r *rand.Rand) float64 { return 2 * (math.Exp(r.NormFloat64()/2) - math.Exp(1./8)) }
	for _, law := range []struct {
		name      string
		draw      func(*rand.Rand) float64
		low, high float64
	}{{"normal", normal, .90, .98}, {"skewed", skewed, .865, .98}} {
		for _, seeds := range []int{3, 5, 10} {
			for _, shared := range []bool{false, true} {
				for _, noise := range []float64{0, .3, 1, 10} {
					share, width := coverage(law.draw, seeds, noise, shared)
					if share < law.low || share > law.high {
						t.Errorf("%s, %d seeds, noise %g, shared %v: the interval contains the mean in %.3f, want %g to %g",
							law.name, seeds, noise, shared, share, law.low, law.high)
					}
					t.Logf("%s, %2d seeds, noise %4g, shared %5v: %.3f, mean width %.2f", law.name, seeds, noise, shared, share, width)
				}
			}
		}
	}
}

func coverage(draw func(*rand.Rand) float64, seeds int, noise float64, shared bool) (share, width float64) {
	const repetitions = 800
	r, stream := rand.New(rand.NewPCG(1, 2)), flow.NewStream(1, "bootstrap")
	for i := range repetitions {
		of := Replicates{Shared: shared, SE: make([]float64, seeds)}
		z := r.NormFloat64()
		for s := range seeds {
			if !shared {
				z = r.NormFloat64()
			}
			of.Values = append(of.Values, draw(r)+noise*z)
			of.SE[s] = noise
		}
		low, high := of.interval(.95, 400, stream.At(uint64(i)))
		if low <= 0 && 0 <= high {
			share += 1. / repetitions
		}
		width += (high - low) / repetitions
	}
	return share, width
}

// TestIntervalIsStudents: for many normal seeds without noise, the interval is close to Student's. Quantiles of 2000
// draws are off by 3 % of the width, and the skewness of the sample shifts them further: 10 % in total.
func TestIntervalIsStudents(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var values []float64
	for range 30 {
		values = append(values, 5+r.NormFloat64())
	}
	mean, half := MeanInterval(values)
	low, high := Replicates{Values: values}.Interval(.95, rand.New(rand.NewPCG(5, 6)))
	if math.Abs(low-(mean-half)) > .2*half || math.Abs(high-(mean+half)) > .2*half {
		t.Errorf("got %g to %g, want about %g to %g", low, high, mean-half, mean+half)
	}
	again, _ := Replicates{Values: values}.Interval(.95, rand.New(rand.NewPCG(5, 6)))
	if again != low {
		t.Errorf("the same generator gives %g and then %g", low, again)
	}
	tight, wide := Replicates{Values: values}.interval80(), high-low
	if !(tight < wide) {
		t.Errorf("an 80 %% interval of width %g is not narrower than the 95 %% interval of width %g", tight, wide)
	}
}

func (of Replicates) interval80() float64 {
	low, high := of.Interval(.8, rand.New(rand.NewPCG(5, 6)))
	return high - low
}

// TestIntervalOfThree is worked out by hand: one resample in 27 of -1, 0 and 1 has mean -1. This is more than the 2.5 %
// cut off, so the interval is the range, stretched by sqrt(3/2) and the ratio of Student's to the normal quantile,
// 4.302653/1.959964.
func TestIntervalOfThree(t *testing.T) {
	t.Parallel()
	low, high := Replicates{Values: []float64{-1, 1, 0}}.Interval(.95, rand.New(rand.NewPCG(1, 2)))
	if want := math.Sqrt(1.5) * 4.302653 / 1.959964; math.Abs(high-want) > 1e-6 || math.Abs(low+want) > 1e-6 {
		t.Errorf("got %.6f to %.6f, want -%.6f to %.6f", low, high, want, want)
	}
}

// TestIntervalOfNoise: the interval of equal values is that of the noise. If it is shared, the width is 2 * 1.96 SE for
// any number of seeds, and otherwise 1/sqrt(n) of that. 2000 draws give the width within 5 %.
func TestIntervalOfNoise(t *testing.T) {
	t.Parallel()
	of := Replicates{Values: []float64{7, 7, 7, 7}, SE: []float64{.1, .1, .1, .1}}
	for shared, want := range map[bool]float64{true: 2 * 1.96 * .1, false: 2 * 1.96 * .05} {
		of.Shared = shared
		low, high := of.Interval(.95, rand.New(rand.NewPCG(1, 2)))
		if math.Abs(high-low-want) > .05*want || math.Abs((low+high)/2-7) > .1*want {
			t.Errorf("shared %v: got %g to %g, want a width of %g around 7", shared, low, high, want)
		}
	}
	for name, unknown := range map[string][]float64{"none": nil, "zero": make([]float64, 4), "NaN": {math.NaN(), math.Inf(1), -1, 0}} {
		of.SE = unknown
		if low, high := of.Interval(.95, rand.New(rand.NewPCG(1, 2))); low != 7 || high != 7 {
			t.Errorf("unknown errors (%s): got %g to %g, want 7 to 7", name, low, high)
		}
	}
}

func TestIntervalOfTooLittle(t *testing.T) {
	t.Parallel()
	for _, values := range [][]float64{nil, {1}, {1, math.NaN()}, {1, 2, math.Inf(1)}} {
		if low, high := (Replicates{Values: values}).Interval(.95, rand.New(rand.NewPCG(1, 2))); !math.IsNaN(low) || !math.IsNaN(high) {
			t.Errorf("%v: got %g to %g, want NaN", values, low, high)
		}
	}
}
