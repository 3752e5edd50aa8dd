package metric

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// The metrics of single columns of a table, and of pairs of them.
var (
	// WorstMarginal is the Kolmogorov-Smirnov distance sup |F - G| of a column of numbers, or the total variation distance
	// 1/2 sum |p - q| of a column of categories: the greatest of all columns.
	WorstMarginal = Metric{
		Name: "worst-marginal",
		Doc: "The greatest distance between the samples and the truth of any single column of the table, from 0 to 1: of numbers the " +
			"Kolmogorov-Smirnov distance, of categories the total variation, which is the largest difference between the shares of any set of them.",
		JudgeTable: func(t Table, reference flow.Batch) (Judge, error) { return t.judge(reference, t.worstMarginal) },
		Share:      true,
		Version:    1, // 0 took the codes of mixed columns for their values
	}
	// WorstCorrelation is the greatest difference between Pearson's correlations of two columns, of the shares in a category too.
	WorstCorrelation = Metric{
		Name: "worst-correlation",
		Doc: "The greatest difference between the samples and the truth in the correlation of two columns of the table. A category counts as a " +
			"column that is 1 in its rows and 0 elsewhere, and a column that does not vary as one that is correlated with none.",
		JudgeTable: func(t Table, reference flow.Batch) (Judge, error) { return t.judge(reference, t.worstCorrelation) },
		Version:    1,
	}
)

// Marginal is how far two samples are apart in a column; see WorstMarginal.
type Marginal struct {
	Column string
	Measurement
}

// MarginalsOf returns the distances of all columns between the rows of samples, (n, d), and reference, (m, d).
func (t Table) MarginalsOf(samples, reference flow.Batch) (list []Marginal) {
	x, y := columnsOf(t.Values(samples)), columnsOf(t.Values(reference))
	for j, c := range t.Columns {
		list = append(list, Marginal{c.Name, c.marginal(x.col[j], y.col[j])})
	}
	return list
}

func (t Table) worstMarginal(x, y flow.Batch) (worst Measurement) {
	xs, ys := columnsOf(x), columnsOf(y)
	for j, c := range t.Columns {
		if m := c.marginal(xs.col[j], ys.col[j]); j == 0 || m.Value > worst.Value {
			worst = m
		}
	}
	return worst
}

// marginal returns the distance of two samples of the column, which is the difference of the shares p and q of both in some
// set. For that set the variance is p (1 - p) / n + q (1 - q) / m. One more value of each, half inside, keeps it above 0.
func (c TableColumn) marginal(x, y []float64) Measurement {
	p, q := c.apart(x, y)
	n, m := float64(len(x)), float64(len(y))
	variance := func(share, n float64) float64 {
		share = (share*n + .5) / (n + 1)
		return share * (1 - share) / n
	}
	return Measurement{Value: math.Abs(p - q), SE: math.Sqrt(variance(p, n) + variance(q, m))}
}

// apart returns the shares of both samples in the set in which they differ most: of categories, those that are more frequent
// in x; of numbers, those up to some number.
func (c TableColumn) apart(x, y []float64) (p, q float64) {
	if len(c.Categories) > 0 {
		px, py := c.Shares(x), c.Shares(y)
		for k := range px {
			if px[k] > py[k] {
				p, q = p+px[k], q+py[k]
			}
		}
		return p, q
	}
	x, y = slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))
	i, j := 0, 0
	for i < len(x) && j < len(y) {
		at := min(x[i], y[j])
		for i < len(x) && x[i] == at {
			i++
		}
		for j < len(y) && y[j] == at {
			j++
		}
		if u, v := float64(i)/float64(len(x)), float64(j)/float64(len(y)); math.Abs(u-v) > math.Abs(p-q) {
			p, q = u, v
		}
	}
	return p, q
}

// Shares returns the share of each category among the values of the column.
func (c TableColumn) Shares(values []float64) []float64 {
	shares := make([]float64, len(c.Categories))
	for _, v := range values {
		if k := int(v); k >= 0 && k < len(shares) {
			shares[k] += 1 / float64(len(values))
		}
	}
	return shares
}

// Correlation is how far two samples are apart in the correlation of two columns; see WorstCorrelation.
type Correlation struct {
	A, B               Measured
	Samples, Reference Measurement // the correlations
}

// Measured is a column of a table or, if Category is not empty, the rows of it that have a category.
type Measured struct{ Column, Category string }

// Difference returns how far apart the correlations are.
func (c Correlation) Difference() Measurement {
	return Measurement{Value: math.Abs(c.Samples.Value - c.Reference.Value), SE: math.Hypot(c.Samples.SE, c.Reference.SE)}
}

func (t Table) worstCorrelation(x, y flow.Batch) (worst Measurement) {
	for _, c := range t.correlations(x, y) {
		if d := c.Difference(); d.Value > worst.Value {
			worst = d
		}
	}
	return worst
}

// CorrelationsOf returns the correlations of all pairs of columns in samples, (n, d), and reference, (m, d).
func (t Table) CorrelationsOf(samples, reference flow.Batch) []Correlation {
	return t.correlations(t.Values(samples), t.Values(reference))
}

// correlations returns the correlations of all pairs of columns but the categories of one.
func (t Table) correlations(x, y flow.Batch) (list []Correlation) {
	names := t.measured()
	xs, ys := t.standardised(x), t.standardised(y)
	for a := range names {
		for b := range a {
			if names[a].Column != names[b].Column {
				list = append(list, Correlation{names[b], names[a], correlate(xs[a], xs[b]), correlate(ys[a], ys[b])})
			}
		}
	}
	return list
}

// measured returns what standardised has numbers of.
func (t Table) measured() (list []Measured) {
	for _, c := range t.Columns {
		if len(c.Categories) == 0 {
			list = append(list, Measured{Column: c.Name})
		}
		for _, name := range c.Categories {
			list = append(list, Measured{c.Name, name})
		}
	}
	return list
}

// standardised returns the columns, and one for each category, with mean 0 and variance 1, or all 0 if they do not vary.
func (t Table) standardised(rows flow.Batch) (values [][]float64) {
	add := func(j int, number func(v float64) float64) {
		column := make([]float64, rows.Len())
		for i := range column {
			column[i] = number(rows.Row(i)[j])
		}
		mean, std := stat.PopMeanStdDev(column, nil)
		for i, v := range column {
			if column[i] = 0; std > 0 {
				column[i] = (v - mean) / std
			}
		}
		values = append(values, column)
	}
	for j, c := range t.Columns {
		if len(c.Categories) == 0 {
			add(j, func(v float64) float64 { return v })
		}
		for k := range c.Categories {
			add(j, func(v float64) float64 { return indicator(int(v) == k) })
		}
	}
	return values
}

func indicator(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// correlate returns Pearson's correlation r of two standardised columns. Its standard error is that of the mean of
// z_a z_b - r (z_a^2 + z_b^2) / 2, the influence of a row on r (Devlin, Gnanadesikan and Kettenring 1975, "Robust estimation
// and outlier detection with correlation coefficients").
func correlate(a, b []float64) Measurement {
	n := float64(len(a))
	r, square := 0., 0.
	for i := range a {
		r += a[i] * b[i] / n
	}
	for i := range a {
		influence := a[i]*b[i] - r*(a[i]*a[i]+b[i]*b[i])/2
		square += influence * influence
	}
	return Measurement{Value: r, SE: math.Sqrt(square) / n}
}
