package metric

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

func ExampleMargins() {
	best, margins := Margins([][]float64{
		{2.0, 1.6, 1.9}, // higher than the next one by about the same for every seed
		{1.1, 0.6, 0.9},
		{1.0, 0.9, 0.8}, // sometimes higher, sometimes lower
	}, Scale{}, .95)
	for _, m := range margins {
		fmt.Printf("%.2f above %d, tied: %v\n", m.Mean, best, m.Tied())
	}
	// Output:
	// 0.97 above 1, tied: false
	// 0.00 above 1, tied: true
	// 0.03 above 1, tied: true
}

// TestMarginOfTwo is a textbook one-sided paired t-test: the differences 1, 2, 3 have mean 2 and standard error
// 1/sqrt(3), and the 95 % quantile of t with 2 degrees of freedom is 2.919986.
func TestMarginOfTwo(t *testing.T) {
	t.Parallel()
	best, margins := Margins([][]float64{{11, 22, 33}, {10, 20, 30}}, Scale{}, .95)
	half := 2.919986 / math.Sqrt(3)
	if m := margins[0]; best != 1 || m.Mean != 2 || math.Abs(m.Low-(2-half)) > 1e-6 || math.Abs(m.High-(2+half)) > 1e-6 || m.Tied() {
		t.Errorf("best %d, margin %+v: want 1 and 2, %g to %g", best, m, 2-half, 2+half)
	}
	if margins[1] != (Margin{}) {
		t.Errorf("the margin of the best from itself is %+v", margins[1])
	}
}

// TestMarginsAreHolms compares with Holm's procedure written out, using the variances moderated by the prior.
func TestMarginsAreHolms(t *testing.T) {
	t.Parallel()
	distinguished := 0
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 2))
		values := simulated(r, 12, 4, func(k int) float64 { return float64(k) / 2 }, func(int) float64 { return 1 }, 0)
		best, margins := Margins(values, Scale{}, .9)
		var variances, p []float64
		for _, row := range values {
			variances = append(variances, variance(differences(row, values[best])))
		}
		prior := priorOf(byMargin(margins, best), variances, 3)
		for k, row := range values {
			if k == best {
				p = append(p, 2)
				continue
			}
			d := differences(row, values[best])
			se := math.Sqrt(prior.moderate(k, variance(d), 3) / 4)
			p = append(p, distuv.StudentsT{Sigma: 1, Nu: 3 + prior.df}.Survival(scaledMean(d, 1)/se))
		}
		order := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
		slices.SortFunc(order, func(i, j int) int { return int(math.Copysign(1, p[i]-p[j])) })
		tied := false
		for i, k := range order {
			tied = tied || p[k] > .1/float64(max(11-i, 1))
			if margins[k].Tied() != tied {
				t.Errorf("seed %d: setting %d with p = %g is tied: %v, want %v", seed, k, p[k], margins[k].Tied(), tied)
			}
			if !tied {
				distinguished++
			}
		}
	}
	if distinguished < 50 || distinguished > 500 {
		t.Errorf("%d of 550 settings are distinguished: the test covers too few cases", distinguished)
	}
}

// TestTheBestIsKept: each of several truly best settings is tied with probability at least 0.95, for any number of
// settings, any spreads and any correlation. Over 400 repetitions a share of 0.95 has a standard error of 0.011, and
// the lowest of 40 settings may be 0.92. A setting ten times as noisy as the others is rejected slightly more often,
// because its variance is underestimated; the mean is still at least 0.95.
func TestTheBestIsKept(t *testing.T) {
	t.Parallel()
	const repetitions, settings = 400, 40
	none := func(int) float64 { return 0 }
	tenBest := func(k int) float64 { return 4 * float64(max(0, k-9)) }
	one := func(int) float64 { return 1 }
	tenfold := func(k int) float64 { return math.Pow(10, float64(k%4)/3) }
	for _, c := range []struct {
		name         string
		best         int // number of truly best settings
		mean, spread func(k int) float64
		alike        float64 // share of the noise that ten settings of the same net have in common
	}{
		{"all equal", settings, none, one, 0},
		{"all equal and nearly the same nets", settings, none, one, .95},
		{"ten equal, the others worse", 10, tenBest, one, .5},
		{"all equal, spreads from 1 to 10", settings, none, tenfold, 0},
		{"ten equal, spreads from 1 to 10", 10, tenBest, tenfold, 0},
	} {
		for _, seeds := range []int{3, 5, 10} {
			r := rand.New(rand.NewPCG(uint64(seeds), 3))
			kept := make([]float64, c.best)
			for range repetitions {
				_, margins := Margins(simulated(r, settings, seeds, c.mean, c.spread, c.alike), Scale{}, .95)
				for k := range kept {
					if margins[k].Tied() {
						kept[k] += 1. / repetitions
					}
				}
			}
			if share, lowest := scaledMean(kept, 1), slices.Min(kept); share < .95 || lowest < .92 {
				t.Errorf("%s, %d seeds: a best setting is tied in %.3f on average, and in at least %.3f, want 0.95", c.name, seeds, share, lowest)
			} else {
				t.Logf("%s, %d seeds: %.3f, at least %.3f", c.name, seeds, share, lowest)
			}
		}
	}
}

// simulated returns values of every setting for every seed: the mean of the setting plus its spread times normal noise.
// Ten consecutive settings share part of the noise, like settings that sample the same net.
func simulated(r *rand.Rand, settings, seeds int, mean, spread func(k int) float64, alike float64) [][]float64 {
	common := make([]float64, seeds)
	values := make([][]float64, settings)
	for k := range values {
		for s := range seeds {
			if k%10 == 0 {
				common[s] = r.NormFloat64()
			}
			noise := math.Sqrt(alike)*common[s] + math.Sqrt(1-alike)*r.NormFloat64()
			values[k] = append(values[k], mean(k)+spread(k)*noise)
		}
	}
	return values
}

func differences(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range d {
		d[i] = a[i] - b[i]
	}
	return d
}

func variance(d []float64) float64 {
	sum, mean := 0., scaledMean(d, 1)
	for _, v := range d {
		sum += (v - mean) * (v - mean)
	}
	return sum / float64(len(d)-1)
}

// TestMarginsOfOddValues: without variance any difference distinguishes, and neither the unit nor a common shift of all
// settings of a seed matters. Shifts are integers, so that sums differ only in rounding.
func TestMarginsOfOddValues(t *testing.T) {
	t.Parallel()
	_, equal := Margins([][]float64{{3, 5}, {3, 5}, {4, 6}}, Scale{}, .95)
	if !equal[0].Tied() || !equal[1].Tied() || equal[2].Tied() || equal[2].Low != 1 {
		t.Errorf("without variance: %+v", equal)
	}
	if _, zero := Margins([][]float64{{0, 0}, {0, 0}}, Scale{}, .95); zero[1] != (Margin{}) {
		t.Errorf("all zero: %+v", zero)
	}
	r := rand.New(rand.NewPCG(7, 8))
	values := simulated(r, 8, 5, func(k int) float64 { return float64(k) }, func(int) float64 { return 1 }, 0)
	best, want := Margins(values, Scale{}, .95)
	for _, c := range []struct{ unit, shift float64 }{{1e300, 0}, {1e-300, 0}, {1, 64}, {-1, 0}} {
		var other [][]float64
		for _, row := range values {
			var moved []float64
			for s, v := range row {
				moved = append(moved, math.Abs(c.unit)*v+c.shift*float64(s))
			}
			other = append(other, moved)
		}
		got, margins := Margins(other, Scale{}, .95)
		for k, m := range margins {
			if u := math.Abs(c.unit); got != best || math.Abs(m.Low/u-want[k].Low) > 1e-9 || math.Abs(m.High/u-want[k].High) > 1e-9 {
				t.Errorf("unit %g, shift %g: margin %d is %+v, want %+v", c.unit, c.shift, k, m, want[k])
			}
		}
	}
	if best, margins := Margins([][]float64{{1, 2, 3}}, Scale{}, .95); best != 0 || margins[0] != (Margin{}) {
		t.Errorf("a single setting: best %d, %+v", best, margins)
	}
}

func TestMarginsPanics(t *testing.T) {
	t.Parallel()
	for name, values := range map[string][][]float64{
		"one seed": {{1}, {2}}, "unequal": {{1, 2}, {1, 2, 3}}, "NaN": {{1, math.NaN()}, {1, 2}}, "infinite": {{1, 2}, {1, math.Inf(1)}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			Margins(values, Scale{}, .95)
		}()
	}
}
