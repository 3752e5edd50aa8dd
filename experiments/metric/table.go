package metric

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"flowsweep/experiments/flow"
)

// Table says how points are the rows of a table of the user's own.
type Table struct {
	Columns []TableColumn
	Values  func(points flow.Batch) flow.Batch // the rows, (n, columns): numbers in the user's units, and the numbers of categories
}

// TableColumn is a column of a Table.
type TableColumn struct {
	Name       string
	Low, High  float64 // least and greatest number in the rows for training
	Categories int     // how many there are, numbered from 0; none for a column of numbers
}

// The metrics of the rows of a table, each in the units of its columns.
var (
	// W1Table is W1 with the sum of the absolute differences of columns as the distance. Columns of numbers are divided by
	// their range in the rows for training; different categories are at a distance of 1. It is W1_test of Jolicoeur-Martineau
	// et al. 2024, "Generating and imputing tabular data via diffusion and flow-based gradient-boosted trees", arXiv
	// 2309.09968, where a category is a one-hot vector divided by 2.
	W1Table = Metric{
		Name: "w1-table",
		Doc: "Exact 1-Wasserstein distance between the rows of the table, where the distance of two rows is the sum over the columns: of numbers, " +
			"their difference as a share of the range in the training rows; of categories, 1 if they differ. By optimal transport between at " +
			"most 2,000 rows of each, chosen at random.",
		JudgeTable: func(t Table, reference flow.Batch) (Judge, error) { return t.judge(reference, t.transported) },
		Assigned:   true,
	}
	// Marginals is the Kolmogorov-Smirnov distance sup |F - G| of a column of numbers, or the total variation distance
	// 1/2 sum |p - q| of a column of categories: the greatest of all columns.
	Marginals = Metric{
		Name: "marginals",
		Doc: "The greatest distance between the samples and the truth of any single column of the table, from 0 to 1: of numbers the " +
			"Kolmogorov-Smirnov distance, of categories the total variation, which is the largest difference between the shares of any set of them.",
		JudgeTable: func(t Table, reference flow.Batch) (Judge, error) { return t.judge(reference, t.worstMarginal) },
		Share:      true,
	}
	// Correlations is the greatest difference between Pearson's correlations of two columns, of the shares in a category too.
	Correlations = Metric{
		Name: "correlations",
		Doc: "The greatest difference between the samples and the truth in the correlation of two columns of the table. A category counts as a " +
			"column that is 1 in its rows and 0 elsewhere, and a column that does not vary as one that is correlated with none.",
		JudgeTable: func(t Table, reference flow.Batch) (Judge, error) { return t.judge(reference, t.worstCorrelation) },
	}
)

// On returns the metric with the table that points are rows of, if it needs to know. Permutation and others that call Judge
// take it then like any other.
func (m Metric) On(t Table) Metric {
	if m.JudgeTable != nil {
		m.Judge = func(reference flow.Batch) (Judge, error) { return m.JudgeTable(t, reference) }
	}
	return m
}

// judge returns a judge that compares the rows of samples and reference.
func (t Table) judge(reference flow.Batch, compare func(samples, reference flow.Batch) Measurement) (Judge, error) {
	if err := checkSizes(reference, reference); err != nil {
		return nil, err
	}
	if len(t.Columns) == 0 {
		return nil, errors.New("the points are no rows of a table")
	}
	finite, rows := reference.Finite(), t.Values(reference)
	return func(samples flow.Batch) (Measurement, error) {
		if err := checkSizes(reference, samples); err != nil {
			return Measurement{}, err
		}
		if !finite || !samples.Finite() {
			return notFinite, nil
		}
		return compare(t.Values(samples), rows), nil
	}, nil
}

// transported returns W1Table of rows.
func (t Table) transported(x, y flow.Batch) Measurement {
	n, m := matchedSizes(x.Len(), y.Len())
	xs, ys := subsample(x, n), subsample(y, m)
	costs := make([][]float64, n)
	flow.Parallel(n, func(i int) {
		costs[i] = make([]float64, m)
		for j := range costs[i] {
			costs[i][j] = t.distance(xs.Row(i), ys.Row(j))
		}
	})
	if n != m {
		p := flow.TransportRows(costs)
		return Measurement{Value: p.Cost, SE: potentialSE(p.Row, p.Col)}
	}
	a := flow.AssignRows(costs)
	cost := 0.
	for i, j := range a.Column {
		cost += costs[i][j]
	}
	return Measurement{Value: cost / float64(n), SE: potentialSE(a.Row, a.Col)}
}

// distance is that of W1Table between two rows. A column that has a single value in the training rows counts as of range 1.
func (t Table) distance(a, b []float64) (sum float64) {
	for j, c := range t.Columns {
		switch width := c.High - c.Low; {
		case c.Categories > 0:
			if a[j] != b[j] {
				sum++
			}
		case width > 0:
			sum += math.Abs(a[j]-b[j]) / width
		default:
			sum += math.Abs(a[j] - b[j])
		}
	}
	return sum
}

// Marginal is how far two samples are apart in a column; see Marginals.
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
	if c.Categories > 0 {
		px, py := c.shares(x), c.shares(y)
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

// shares returns the share of each category.
func (c TableColumn) shares(values []float64) []float64 {
	shares := make([]float64, c.Categories)
	for _, v := range values {
		if k := int(v); k >= 0 && k < c.Categories {
			shares[k] += 1 / float64(len(values))
		}
	}
	return shares
}

// worstCorrelation returns Correlations of rows.
func (t Table) worstCorrelation(x, y flow.Batch) (worst Measurement) {
	xs, columns := t.standardised(x)
	ys, _ := t.standardised(y)
	for a := range xs {
		for b := range a {
			if columns[a] == columns[b] {
				continue // categories of one column
			}
			r, s := correlate(xs[a], xs[b]), correlate(ys[a], ys[b])
			if d := math.Abs(r.Value - s.Value); d > worst.Value {
				worst = Measurement{Value: d, SE: math.Hypot(r.SE, s.SE)}
			}
		}
	}
	return worst
}

// standardised returns the columns, and one for each category, with mean 0 and variance 1, or all 0 if they do not vary. Of
// each it returns the column of the table.
func (t Table) standardised(rows flow.Batch) (values [][]float64, of []int) {
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
		values, of = append(values, column), append(of, j)
	}
	for j, c := range t.Columns {
		if c.Categories == 0 {
			add(j, func(v float64) float64 { return v })
		}
		for k := range c.Categories {
			add(j, func(v float64) float64 { return indicator(int(v) == k) })
		}
	}
	return values, of
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
