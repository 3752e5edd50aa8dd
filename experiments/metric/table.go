package metric

import (
	"errors"
	"math"

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
	Low, High  float64  // least and greatest number in the rows for training
	Categories []string // names of the categories, numbered from 0; none for a column of numbers
}

// W1Table is W1 with the sum of the absolute differences of columns as the distance. Columns of numbers are divided by
// their range in the rows for training; different categories are at a distance of 1. It is W1_test of Jolicoeur-Martineau
// et al. 2024, "Generating and imputing tabular data via diffusion and flow-based gradient-boosted trees", arXiv
// 2309.09968, where a category is a one-hot vector divided by 2.
var W1Table = Metric{
	Name: "w1-table",
	Doc: "Exact 1-Wasserstein distance between the rows of the table, where the distance of two rows is the sum over the columns: of numbers, " +
		"their difference as a share of the range in the training rows; of categories, 1 if they differ. By optimal transport between at " +
		"most 2,000 rows of each, chosen at random.",
	JudgeTable: func(t Table, reference flow.Batch) (Judge, error) { return t.judge(reference, t.transported) },
	Assigned:   true,
	Version:    1, // 0 took the codes of mixed columns for their values
}

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
		case len(c.Categories) > 0:
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
