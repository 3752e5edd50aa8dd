package pipeline

import (
	"errors"
	"fmt"
	"math"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/velocity"
)

// comparison is a row of `flowsweep measure --json`.
type comparison struct {
	Metric string              `json:"metric"`
	Value  experiments.Number  `json:"value"`
	SE     experiments.Number  `json:"se"`
	Null   experiments.NullRow `json:"null"` // between halves of the pooled points, as the permutation test parts them
	PValue experiments.Number  `json:"p_value"`
	N      int                 `json:"n"`        // samples
	M      int                 `json:"m"`        // reference points
	Tested int                 `json:"n_tested"` // points of each that the test took
	Note   string              `json:"note,omitempty"`
}

func (a *app) measureCommand() *cobra.Command {
	names := ""
	asJSON := false
	permutations, seed := 0, uint64(0)
	cmd := &cobra.Command{
		Use:   "measure REFERENCE SAMPLES",
		Short: "Measure the metrics between two files of points, .npy or .csv",
		Long: "Measure the metrics between two files of points, .npy or .csv, one point per row. Each row of the table holds the value\n" +
			"with its standard error; the null, which is the metric between random halves of the pooled points (mean and 95 %\n" +
			"quantile); and the p-value of the permutation test that both files are samples of one distribution. c2st trains nets for\n" +
			"each permutation, so it takes fewer of them, 99 or 19.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			metrics, err := experiments.ParseMetrics("[" + names + "]")
			if err != nil {
				return usage(err)
			}
			reference, err := readPoints(args[0])
			if err != nil {
				return err
			}
			samples, err := readPoints(args[1])
			if err != nil {
				return err
			}
			rows, err := compare(reference, samples, metrics, permutations, seed)
			if err != nil {
				return usage(err)
			}
			if asJSON {
				return printJSON(a.stdout, rows)
			}
			return a.printComparisons(rows)
		},
	}
	cmd.Flags().StringVar(&names, "metrics", "mmd, sliced-w2, energy", "`names`, separated by commas")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().IntVar(&permutations, "permutations", metric.MinPermutations, "permutations of each test")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "seed of the permutations")
	return cmd
}

// compare measures the samples against the reference by every metric. Classifiers learn on the fastest engine.
func compare(reference, samples flow.Batch, metrics []metric.Metric, permutations int, seed uint64) (rows []comparison, err error) {
	e, _, err := engine.Pick(engine.Auto)
	if err != nil {
		return nil, err
	}
	classifier := velocity.NewClassifier(e)
	defer func() { err = errors.Join(err, classifier.Close()) }()
	for _, m := range metrics {
		m = m.With(classifier.LogOdds)
		if !m.TwoSamples() {
			return nil, fmt.Errorf("%s measures a net, not two files: leave it out", m.Name)
		}
		judge, err := m.Judge(reference)
		if err != nil {
			return nil, err
		}
		got, err := judge(samples)
		if err != nil {
			return nil, err
		}
		row := comparison{Metric: m.Name, Value: experiments.Number(got.Value), SE: experiments.Number(got.SE), N: samples.Len(), M: reference.Len()}
		test, err := metric.Permutation(samples, reference, m, permutations, seed)
		if err != nil {
			test.P, row.Note = math.NaN(), err.Error()
		}
		row.Null, row.PValue, row.Tested = experiments.NullRowOf(metric.Summarize(test.Null)), experiments.Number(test.P), min(test.X, test.Y)
		rows = append(rows, row)
	}
	return rows, nil
}

func (a *app) printComparisons(rows []comparison) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "metric\tvalue\tse\tnull mean\tnull 95 %\tp\tn\tm\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%.4g\t%.2g\t%.4g\t%.4g\t%.3g\t%d\t%d\t\n", r.Metric, float64(r.Value), float64(r.SE), float64(r.Null.Mean),
			float64(r.Null.Q95), float64(r.PValue), r.N, r.M)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, r := range rows {
		switch {
		case r.Note != "":
			fmt.Fprintf(a.stdout, "%s: no test: %s\n", r.Metric, r.Note)
		case r.Tested < min(r.N, r.M):
			fmt.Fprintf(a.stdout, "%s: the test took the first %d points of each\n", r.Metric, r.Tested)
		}
	}
	return nil
}
