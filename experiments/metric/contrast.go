package metric

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"flowsweep/experiments/flow"
)

// Versus are the values of two settings by a metric, one per seed. If they are paired, A[i] and B[i] are of the same seed.
type Versus struct {
	A, B   []float64
	Paired bool
	Scale  Scale
}

// Contrast is the difference of two settings: of their means and, where the scale is the logarithm, their ratio.
type Contrast struct {
	A, B  float64 // means
	Equal bool    // all values are equal, so there is nothing to test

	Mean, Low, High            float64 // B - A, in the units of the metric
	Ratio, RatioLow, RatioHigh float64 // B / A; NaN on other scales
	P                          float64 // two-sided, that the means are equal
	Holm                       float64 // the same, corrected for all contrasts that are not Equal
}

// Differs reports whether the interval leaves out no difference at all.
func (c Contrast) Differs() bool { return c.Low > 0 || c.High < 0 }

// Contrasts compares pairs of settings by Student’s t, each on its scale, as Margins does: seed by seed where they
// are paired, and else by Welch's test of means with unequal variances. Pairs of as many seeds share their variances as the
// settings of Margins do. All values must be finite, with at least two in each list.
//
// Holm's correction makes the probability that any of the pairs is said to differ without doing so at most 1 - confidence.
// The intervals have the level of the procedure's last test, so they agree with its outcome: each covers its difference with
// probability at least confidence.
func Contrasts(list []Versus, confidence float64) []Contrast {
	contrasts := make([]Contrast, len(list))
	effects := make([]effect, len(list))
	for k, v := range list {
		contrasts[k], effects[k] = v.contrast()
	}
	moderate(list, contrasts, effects)
	var p []float64
	var tested []int
	for k, e := range effects {
		if contrasts[k].P = e.p(); !contrasts[k].Equal {
			p, tested = append(p, contrasts[k].P), append(tested, k)
		}
		contrasts[k].Holm = contrasts[k].P
	}
	for i, corrected := range Holm(p) {
		contrasts[tested[i]].Holm = corrected
	}
	level := lastLevel(p, 1-confidence)
	for k := range contrasts {
		contrasts[k].setEnds(effects[k], level)
	}
	return contrasts
}

// effect is a difference on a scale, with the standard error of its estimate and the degrees of freedom of that.
type effect struct {
	scale    Scale
	mean, se float64
	df       float64
}

// contrast returns the means and their difference on the scale.
func (v Versus) contrast() (Contrast, effect) {
	if len(v.A) < 2 || len(v.B) < 2 || v.Paired && len(v.A) != len(v.B) || !flow.Finite(v.A...) || !flow.Finite(v.B...) {
		panic("metric: Contrasts needs lists of finite values, at least 2, of equal length if they are paired")
	}
	c := Contrast{A: meanOf(v.A), B: meanOf(v.B), Equal: slices.Equal(v.A, v.B)}
	means := []float64{c.A, c.B}
	e := effect{scale: v.Scale.over(means)}
	even := e.scale.influences([][]float64{v.A, v.B}, means)
	if v.Paired {
		d := make([]float64, len(v.A))
		for i := range d {
			d[i] = even[1][i] - even[0][i]
		}
		mean, sd := stat.MeanStdDev(d, nil)
		e.mean, e.se, e.df = mean, sd/math.Sqrt(float64(len(d))), float64(len(d)-1)
	} else {
		e.mean = stat.Mean(even[1], nil) - stat.Mean(even[0], nil)
		e.se, e.df = welch(even[0], even[1])
	}
	if c.A == c.B { // rounding may make it more
		e.mean = 0
	}
	return c, e
}

// meanOf returns the mean, whose sum may overflow.
func meanOf(values []float64) float64 {
	unit := unitOf([][]float64{values})
	return unit * scaledMean(values, unit)
}

// welch returns the standard error of the difference of two means, and its degrees of freedom (Satterthwaite 1946, as in
// Scale.sharedPart).
func welch(a, b []float64) (se, df float64) {
	x, y := stat.Variance(a, nil)/float64(len(a)), stat.Variance(b, nil)/float64(len(b))
	if x+y == 0 {
		return 0, float64(len(a) + len(b) - 2)
	}
	return math.Sqrt(x + y), (x + y) * (x + y) / (x*x/float64(len(a)-1) + y*y/float64(len(b)-1))
}

// maxContrastPrior is maxPrior for two-sided tests of pairs whose spreads have nothing to do with their rank. In the simulations of
// contrast_test.go, with spreads up to fourfold apart, any of 20 pairs without a difference is said to differ with probability up
// to 0.072 for a limit of 3, 0.054 for 2 and 0.042 for 1.5.
const maxContrastPrior = 1.5

// moderate adds to the variance of each pair what those of the pairs with as many seeds, and the nearest means, say of it.
func moderate(list []Versus, contrasts []Contrast, effects []effect) {
	bySeeds := map[int][]int{}
	for k, v := range list {
		if v.Paired && !contrasts[k].Equal {
			bySeeds[len(v.A)] = append(bySeeds[len(v.A)], k)
		}
	}
	for seeds, own := range bySeeds {
		slices.SortStableFunc(own, func(i, j int) int {
			return cmp.Compare(contrasts[i].A/2+contrasts[i].B/2, contrasts[j].A/2+contrasts[j].B/2)
		})
		order, variances, df := make([]int, len(own)), make([]float64, len(own)), float64(seeds-1)
		for i, k := range own {
			order[i], variances[i] = i, effects[k].se*effects[k].se*float64(seeds)
		}
		prior := priorOf(order, variances, df)
		prior.df = min(prior.df, maxContrastPrior)
		for i, k := range own {
			effects[k].se = math.Sqrt(prior.moderate(i, variances[i], df) / float64(seeds))
			effects[k].df = df + prior.df
		}
	}
}

// p returns the two-sided p-value that there is no difference.
func (e effect) p() float64 {
	if e.mean == 0 {
		return 1
	}
	return 2 * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: e.df}.Survival(math.Abs(e.mean)/e.se)
}

// lastLevel returns the level of the last test of Holm's procedure, at which a p-value is significant if the procedure says so.
func lastLevel(p []float64, level float64) float64 {
	sorted := slices.Sorted(slices.Values(p))
	at := func(i int) float64 { return level / float64(max(len(sorted)-i, 1)) }
	rejected := 0
	for rejected < len(sorted) && sorted[rejected] <= at(rejected) {
		rejected++
	}
	return at(rejected)
}

// setEnds sets the difference and the ratio, with the ends of their intervals at a two-sided level.
func (c *Contrast) setEnds(e effect, level float64) {
	half := 0.
	if e.se > 0 {
		half = e.se * distuv.StudentsT{Mu: 0, Sigma: 1, Nu: e.df}.Quantile(1-level/2)
	}
	if c.Equal {
		half = 0
	}
	c.Mean, c.Low, c.High = c.B-c.A, e.scale.add(c.A, e.mean-half), e.scale.add(c.A, e.mean+half)
	c.Ratio, c.RatioLow, c.RatioHigh = math.NaN(), math.NaN(), math.NaN()
	if e.scale.log && e.scale.shift == 0 {
		c.Ratio, c.RatioLow, c.RatioHigh = math.Exp(e.mean), math.Exp(e.mean-half), math.Exp(e.mean+half)
	}
	if c.Equal && e.scale == (Scale{}) && c.A == 0 { // of distances that are all 0
		c.Ratio, c.RatioLow, c.RatioHigh = 1, 1, 1
	}
}
