package pair

import (
	"errors"
	"math"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/velocity"
	"flowsweep/pipeline/job"
)

// Comparison is a row of `flowsweep measure --json`.
type Comparison struct {
	Metric string              `json:"metric"`
	Value  experiments.Number  `json:"value"` // between n samples and m reference points, the sizes of the null
	Null   experiments.NullRow `json:"null"`  // between random parts of the pooled points, of the same sizes
	PValue experiments.Number  `json:"p_value"`
	N      int                 `json:"n"`
	M      int                 `json:"m"`
	All    Measured            `json:"all_rows"`
	Note   string              `json:"note,omitempty"`  // why there is no null
	Error  string              `json:"error,omitempty"` // why there is no value

	Columns  []string `json:"columns" null:"never"`
	Kinds    []string `json:"kinds" null:"never"` // of the columns
	Warnings []string `json:"warnings,omitempty"` // of the files
}

// Measured is a value at full size.
type Measured struct {
	Value experiments.Number `json:"value"`
	SE    experiments.Number `json:"se"`
	N     int                `json:"n"` // samples: all, or what w1 and w2 take of large files
	M     int                `json:"m"` // reference points
}

// Compare measures the samples against the reference by every metric. A metric that cannot be measured leaves the others
// alone. Classifiers learn on the fastest engine.
func (p Pair) Compare(metrics []metric.Metric, permutations int, seed uint64) (rows []Comparison, err error) {
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		return nil, err
	}
	classifier := velocity.NewClassifier(e)
	defer func() { err = errors.Join(err, classifier.Close()) }()
	// What takes the first points of a sample takes random ones.
	p = p.Shuffled()
	table, kinds := p.Table(), []string{}
	for _, c := range p.Columns {
		kinds = append(kinds, c.Kind.Name)
	}
	for _, m := range metrics {
		row := Comparison{Metric: m.Name, Columns: p.Names(), Kinds: kinds, Warnings: p.Warnings}
		reference, samples := p.Of(m)
		err := job.Guard(func() error {
			return row.measure(reference, samples, m.With(classifier.LogOdds).On(table), permutations, seed)
		})
		if err != nil {
			nan := experiments.Number(math.NaN())
			row.Error, row.Value, row.PValue, row.All.Value, row.All.SE = err.Error(), nan, nan, nan, nan
			row.Null = experiments.NullRowOf(metric.Summarize(nil))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// measure fills in the row of a metric.
func (c *Comparison) measure(reference, samples flow.Batch, m metric.Metric, permutations int, seed uint64) error {
	c.N, c.M = m.MatchedPoints(samples.Len(), reference.Len(), reference.Dim)
	judge, err := m.Judge(reference)
	if err != nil {
		return err
	}
	all, err := judge(samples)
	if err != nil {
		return err
	}
	c.All = Measured{experiments.Number(all.Value), experiments.Number(all.SE), c.N, c.M}
	test, err := metric.Permutation(samples, reference, m, permutations, seed)
	c.Null = experiments.NullRowOf(metric.Summarize(test.Null))
	if err != nil {
		c.Value, c.PValue, c.Note = c.All.Value, experiments.Number(math.NaN()), err.Error()
		return nil
	}
	c.Value, c.PValue, c.N, c.M = experiments.Number(test.Value), experiments.Number(test.P), test.X, test.Y
	return nil
}
