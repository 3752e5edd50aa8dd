package pipeline

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/velocity"
	"flowsweep/pipeline/job"
)

// comparison is a row of `flowsweep measure --json`.
type comparison struct {
	Metric string              `json:"metric"`
	Value  experiments.Number  `json:"value"` // between n samples and m reference points, the sizes of the null
	Null   experiments.NullRow `json:"null"`  // between random parts of the pooled points, of the same sizes
	PValue experiments.Number  `json:"p_value"`
	N      int                 `json:"n"`
	M      int                 `json:"m"`
	All    measured            `json:"all_rows"`
	Note   string              `json:"note,omitempty"`  // why there is no null
	Error  string              `json:"error,omitempty"` // why there is no value

	Columns  []string `json:"columns"`
	Warnings []string `json:"warnings,omitempty"` // of the files
}

// measured is a value at full size.
type measured struct {
	Value experiments.Number `json:"value"`
	SE    experiments.Number `json:"se"`
	N     int                `json:"n"` // samples: all, or what w1 and w2 take of large files
	M     int                `json:"m"` // reference points
}

type measureFlags struct {
	metrics      string
	columns      []string
	standardise  bool
	json         bool
	permutations int
	seed         uint64
	run          string
}

func (a *app) measureCommand() *cobra.Command {
	var f measureFlags
	cmd := &cobra.Command{
		Use:         "measure (REFERENCE SAMPLES | --run KEY)",
		Annotations: keepsNothing,
		Short:       "Measure the metrics between two files of points, or those of a run again",
		Long: "Measure the metrics between two data files (.csv, .npy, .npz, .parquet), one point per row. Columns are matched by their names, if\n" +
			"both files have names; columns of words are left out. Each row of the table holds the value; the null, which is the\n" +
			"metric between random parts of the pooled points (mean and 95 % quantile); and the p-value of the permutation test that\n" +
			"both files are samples of one distribution. These are of n samples and m reference points. Large files are cut to random\n" +
			"rows for the test, so the value of all rows follows, with its standard error. Nothing depends on the order of the rows.\n" +
			"c2st trains nets for each permutation, so it takes fewer of them, 99 or 19.\n\n" +
			"With --run every metric of a stored run is measured again, from its stored samples and weights, and printed beside the\n" +
			"stored value. The exit code is 1 unless they are equal to the last digit.",
		Args: filesOrRun(&f.run),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.run == "" {
				return a.measure(args[0], args[1], f)
			}
			metrics, err := experiments.ParseMetrics("[" + f.metrics + "]")
			if err != nil {
				return usage(err)
			}
			return a.measureRun(cmd, f.run, metrics, f.json)
		},
	}
	cmd.Flags().StringVar(&f.metrics, "metrics", "mmd, sliced-w2, energy", "`names`, separated by commas (with --run all that are stored)")
	cmd.Flags().StringVar(&f.run, "run", "", "measure the run with this `key` again, a unique prefix is enough")
	cmd.Flags().StringSliceVar(&f.columns, "columns", nil, "`names` of the columns to compare, separated by commas (default all numeric ones)")
	cmd.Flags().BoolVar(&f.standardise, "standardise", false, "compare (x - mean) / std of each column, with mean and std of the reference")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
	cmd.Flags().IntVar(&f.permutations, "permutations", metric.MinPermutations, "permutations of each test")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the permutations")
	return cmd
}

func (a *app) measure(reference, samples string, f measureFlags) error {
	metrics, err := experiments.ParseMetrics("[" + f.metrics + "]")
	if err != nil {
		return usage(err)
	}
	for _, m := range metrics {
		if !m.TwoSamples() {
			return usage(fmt.Errorf("%s measures a net, not two files: leave it out", m.Name))
		}
	}
	if f.permutations < metric.MinPermutations {
		return usage(fmt.Errorf("--permutations %d: must be at least %d", f.permutations, metric.MinPermutations))
	}
	p, err := a.readPair(reference, samples, f.columns, f.standardise)
	if err != nil {
		return err
	}
	if n, m := p.samples.Len(), p.reference.Len(); n < 2 || m < 2 {
		return usage(fmt.Errorf("%d samples against %d reference points: use at least 2 of each", n, m))
	}
	for _, w := range p.warnings {
		fmt.Fprintf(a.stderr, "warning: %s\n", problem.Printable(w))
	}
	rows, err := compare(p, metrics, f.permutations, f.seed)
	if err != nil {
		return err
	}
	if f.json {
		err = printJSON(a.stdout, rows)
	} else {
		err = a.printComparisons(p, rows)
	}
	return errors.Join(err, notMeasured(rows))
}

// compare measures the samples against the reference by every metric. A metric that cannot be measured leaves the others
// alone. Classifiers learn on the fastest engine.
func compare(p pair, metrics []metric.Metric, permutations int, seed uint64) (rows []comparison, err error) {
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		return nil, err
	}
	classifier := velocity.NewClassifier(e)
	defer func() { err = errors.Join(err, classifier.Close()) }()
	// What takes the first points of a sample takes random ones.
	p.reference, p.samples = metric.Shuffled(p.reference), metric.Shuffled(p.samples)
	for _, m := range metrics {
		row := comparison{Metric: m.Name, Columns: p.columns, Warnings: p.warnings}
		err := job.Guard(func() error { return row.measure(p, m.With(classifier.LogOdds), permutations, seed) })
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
func (c *comparison) measure(p pair, m metric.Metric, permutations int, seed uint64) error {
	c.N, c.M = m.MatchedPoints(p.samples.Len(), p.reference.Len(), p.reference.Dim)
	judge, err := m.Judge(p.reference)
	if err != nil {
		return err
	}
	all, err := judge(p.samples)
	if err != nil {
		return err
	}
	c.All = measured{experiments.Number(all.Value), experiments.Number(all.SE), c.N, c.M}
	test, err := metric.Permutation(p.samples, p.reference, m, permutations, seed)
	c.Null = experiments.NullRowOf(metric.Summarize(test.Null))
	if err != nil {
		c.Value, c.PValue, c.Note = c.All.Value, experiments.Number(math.NaN()), err.Error()
		return nil
	}
	c.Value, c.PValue, c.N, c.M = experiments.Number(test.Value), experiments.Number(test.P), test.X, test.Y
	return nil
}

// notMeasured returns an error that lists the metrics without a value because of an error.
func notMeasured(rows []comparison) error {
	var failed []string
	for _, r := range rows {
		if r.Error != "" {
			failed = append(failed, fmt.Sprintf("%s: %s", r.Metric, r.Error))
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("not measured: %s", strings.Join(failed, "; "))
}

func (a *app) printComparisons(p pair, rows []comparison) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "metric\tvalue\tnull mean\tnull 95 %\tp\tn\tm\tall rows\tse\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%.4g\t%.4g\t%.4g\t%.3g\t%d\t%d\t%.4g\t%.2g\t\n", r.Metric, float64(r.Value), float64(r.Null.Mean),
			float64(r.Null.Q95), float64(r.PValue), r.N, r.M, float64(r.All.Value), float64(r.All.SE))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	n, m := p.samples.Len(), p.reference.Len()
	for _, r := range rows {
		if r.Note != "" {
			fmt.Fprintf(a.stdout, "%s: no test: %s\n", r.Metric, r.Note)
		}
		if r.Error == "" && (r.N < n || r.M < m) {
			fmt.Fprintf(a.stdout, "%s: value, null and p are of %d of %d samples and %d of %d reference rows, chosen at random\n", r.Metric, r.N, n, r.M, m)
		}
		if r.Error == "" && (r.All.N < n || r.All.M < m) {
			fmt.Fprintf(a.stdout, "%s: the value of all rows is of %d of %d samples and %d of %d reference rows, chosen at random\n", r.Metric, r.All.N, n, r.All.M, m)
		}
	}
	return nil
}
