package metric

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"flowsweep/experiments/flow"
)

// Margin is the difference of a setting's mean from the lowest mean, with a confidence interval that is simultaneous
// for all settings. If Low is 0 or less, the setting may be the best: it is tied.
type Margin struct {
	Mean, Low, High float64
}

// Tied reports whether the setting cannot be distinguished from the best.
func (m Margin) Tied() bool { return m.Low <= 0 }

// Margins compares every setting with the first one of the lowest mean, seed by seed. Row k of values, (settings,
// seeds), holds those of setting k; lower is better. All rows must be finite and of equal length, at least 2.
//
// Means m_k are compared on the scale s, by s(m_k), to which seed i contributes the influence s'(m_k) (v_ki - m_k). So
// where the scale is logarithmic, ratios of means are tested. Differences would hide in the scatter of a setting that is
// far worse: a paired t-test of 2283, 4602, 885 against .12, .12, .13 has p = .07, and on the scale .001. The margins are
// mapped back to differences of means in the units of the metric. A setting whose mean is more than a hundred times the
// lowest is never tied, whatever its scatter.
//
// Setting k is distinguished from the best, b, by a one-sided t-test of the paired differences, with Holm's correction
// for as many tests as there are other settings. Since any of them could have been lowest, the correction also covers
// choosing b by the same values: by Bonferroni's inequality a setting that is truly best is rejected with probability
// at most 1 - confidence, for any correlation between settings (Gupta 1965, "On some multiple decision rules"; Hsu
// 1981, "Simultaneous confidence intervals for all distances from the best"). The later steps of Holm's procedure and
// the shared variances below make this approximate; the tests of this package simulate it. The intervals use the
// critical value of the procedure's last test, so they agree with its outcome.
//
// Few seeds estimate the variance of a difference poorly, and the quantiles of t are then so large that hardly any
// settings could be distinguished. So the settings share their variances, as in Smyth 2004, "Linear models and
// empirical Bayes methods": s_k^2 with d degrees of freedom becomes
//
//	(d0 s0_k^2 + d s_k^2) / (d0 + d)   with d0 + d degrees of freedom,
//
// where d0 and s0_k^2 are from a scaled inverse chi-square law fitted to all s_k^2. Its scale is that of the settings
// nearest in rank, because worse settings vary more (as in Sartor et al. 2006, "Intensity-based hierarchical Bayes
// method").
func Margins(values [][]float64, scale Scale, confidence float64) (best int, margins []Margin) {
	means := meansOf(values)
	for k, m := range means {
		if m < means[best] {
			best = k
		}
	}
	scale = scale.over(means)
	margins = evenMargins(scale.influences(values, means), best, confidence, scale.reach())
	for k, m := range margins {
		if k != best {
			margins[k] = Margin{scale.add(means[best], m.Mean), scale.add(means[best], m.Low), scale.add(means[best], m.High)}
		}
	}
	return best, margins
}

// meansOf returns the mean of every row. It panics if the values are not valid for Margins.
func meansOf(values [][]float64) []float64 {
	unit := unitOf(values) // keeps sums from overflowing
	means := make([]float64, len(values))
	for k, row := range values {
		means[k] = unit * scaledMean(row, unit)
	}
	return means
}

// evenMargins is Margins for values whose noise is even, given the best setting. Intervals reach no further than reach on
// either side.
func evenMargins(values [][]float64, best int, confidence, reach float64) []Margin {
	unit := unitOf(values) // keeps squares from overflowing
	means := make([]float64, len(values))
	for k, row := range values {
		means[k] = scaledMean(row, unit)
	}
	margins := make([]Margin, len(values))
	variances := make([]float64, len(values))
	df := float64(len(values[0]) - 1)
	for k, row := range values {
		margins[k].Mean = max(0, means[k]-means[best]) // rounding may make it less
		for i, v := range row {
			e := v/unit - values[best][i]/unit - margins[k].Mean
			variances[k] += e * e / df
		}
	}
	prior := priorOf(byMargin(margins, best), variances, df)
	se := make([]float64, len(values))
	for k, v := range variances {
		se[k] = math.Sqrt(prior.moderate(k, v, df) / (df + 1))
	}
	critical := holm(margins, se, best, df+prior.df, confidence)
	for k, m := range margins {
		if k != best {
			half := min(critical*se[k], reach/unit)
			margins[k] = Margin{m.Mean * unit, (m.Mean - half) * unit, (m.Mean + half) * unit}
		}
	}
	return margins
}

// holm returns the critical value of the last test of Holm's procedure. Settings whose t exceeds it are distinguished.
func holm(margins []Margin, se []float64, best int, df, confidence float64) float64 {
	var t []float64
	for k, m := range margins {
		if k != best && m.Mean > 0 {
			t = append(t, m.Mean/se[k])
		}
	}
	slices.SortFunc(t, func(a, b float64) int { return cmp.Compare(b, a) })
	level := func(i int) float64 { return (1 - confidence) / float64(max(len(margins)-1-i, 1)) }
	student := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}
	rejected := 0
	for rejected < len(t) && student.Survival(t[rejected]) < level(rejected) {
		rejected++
	}
	return student.Quantile(1 - level(rejected))
}

// byMargin returns all settings except the best, in order of increasing margin.
func byMargin(margins []Margin, best int) []int {
	var order []int
	for k := range margins {
		if k != best {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(margins[i].Mean, margins[j].Mean) })
	return order
}

// unitOf returns the largest power of two that is at most the largest absolute value. It panics if the values are not
// valid for Margins.
func unitOf(values [][]float64) float64 {
	largest := 0.
	for _, row := range values {
		if len(row) != len(values[0]) || len(row) < 2 || !flow.Finite(row...) {
			panic("metric: Margins needs rows of equal length, at least 2, of finite values")
		}
		for _, v := range row {
			largest = max(largest, math.Abs(v))
		}
	}
	_, exponent := math.Frexp(largest)
	return math.Ldexp(1, exponent-1)
}

// scaledMean returns the mean of the values divided by the unit.
func scaledMean(values []float64, unit float64) float64 {
	sum := 0.
	for _, v := range values {
		sum += v / unit
	}
	return sum / float64(len(values))
}
