package points

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/pair"
	"flowsweep/pipeline/remeasure"
)

type measureFlags struct {
	metrics      string
	columns      string
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
		Annotations: command.KeepsNothing,
		Short:       "Measure the metrics between two files of points or rows, or those of a run again",
		Long: "Measure the metrics between two data files (.csv, .npy, .npz, .parquet), one point or row of a table each. Columns are matched by\n" +
			"their names, if both files have names, and by position otherwise. Words that repeat are categories, those of either file; other\n" +
			"words are left out. Kinds of columns are guessed from both files, as plan would, and printed unless all are real numbers; then\n" +
			"the metrics of tables are measured, too. Other metrics compare numbers as they stand, whatever their kind, and categories as\n" +
			"one-hot vectors divided by 2. w1-table divides by the ranges in the reference.\n\n" +
			"Each row of the output holds the value; the null, which is the metric between random parts of the pooled points (mean and 95 %\n" +
			"quantile); and the p-value of the permutation test that both files are samples of one distribution. These are of n samples and\n" +
			"m reference points. Large files are cut to random rows for the test, so the value of all rows follows, with its standard error.\n" +
			"Nothing depends on the order of the rows. c2st trains nets for each permutation, so it takes fewer of them, 99 or 19.\n\n" +
			"With --run every metric of a stored run is measured again, from its stored samples and weights, and printed beside the\n" +
			"stored value. The exit code is 1 unless they are equal to the last digit.",
		Example: "  flowsweep measure truth.csv samples.csv\n  flowsweep measure truth.csv samples.csv --columns length,mass --standardise\n" +
			"  flowsweep measure --run 5c07f6",
		Args: filesOrRun(&f.run),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.run == "" {
				return a.measure(args[0], args[1], f)
			}
			metrics, err := f.chosen(nil)
			if err != nil {
				return err
			}
			return a.measureRun(cmd, f.run, metrics, f.json)
		},
	}
	cmd.Flags().StringVar(&f.metrics, "metrics", "", "`names`, separated by commas (default "+namesOf(pointMetrics)+", for columns that are not all real also\n"+
		namesOf(tableMetrics)+", and with --run all that are stored)")
	cmd.Flags().StringVar(&f.run, "run", "", "measure the run with this `key` again, a unique prefix is enough")
	cmd.Flags().StringVar(&f.columns, "columns", "", "`names` of the columns to compare, separated by commas, or {name: kind, ...} as in a spec, such as\n"+
		"{age: integer, zone: categorical} (default all that both files have, of kinds that are guessed)")
	cmd.Flags().BoolVar(&f.standardise, "standardise", false, "compare (x - mean) / std of each column of numbers, with mean and std of the reference")
	command.JSONFlag(cmd, &f.json, command.Form{Name: "measure", Of: []pair.Comparison{}}, command.Form{Name: "measure-run", Of: []remeasure.Row{}})
	cmd.Flags().IntVar(&f.permutations, "permutations", metric.MinPermutations, "permutations of each test")
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the permutations")
	return cmd
}

// What is measured if no metrics are named: of all files, and of those with columns that are no plain numbers.
var (
	pointMetrics = []metric.Metric{metric.MMD, metric.SlicedW2, metric.Energy}
	tableMetrics = []metric.Metric{metric.W1Table, metric.WorstMarginal, metric.WorstCorrelation}
)

func namesOf(metrics []metric.Metric) string {
	names := make([]string, len(metrics))
	for i, m := range metrics {
		names[i] = m.Name
	}
	return strings.Join(names, ", ")
}

// chosen returns the metrics that are named, or else the others.
func (f measureFlags) chosen(others []metric.Metric) ([]metric.Metric, error) {
	if f.metrics == "" {
		return others, nil
	}
	metrics, err := experiments.ParseMetrics("[" + f.metrics + "]")
	return metrics, command.Usage(err)
}

// asked returns the columns that are named.
func (f measureFlags) asked() (list []kinds.Choice, err error) {
	if strings.HasPrefix(strings.TrimSpace(f.columns), "{") {
		list, err = experiments.ParseColumns(f.columns)
		return list, command.Usage(err)
	}
	if f.columns == "" {
		return nil, nil
	}
	names, err := csv.NewReader(strings.NewReader(f.columns)).Read()
	if err != nil {
		return nil, command.Usage(fmt.Errorf("--columns: %w", err))
	}
	for _, name := range names {
		list = append(list, kinds.Choice{Column: name})
	}
	return list, nil
}

func (a *app) measure(reference, samples string, f measureFlags) error {
	named, err := f.chosen(nil)
	if err != nil {
		return err
	}
	for _, m := range named {
		if m.JudgeClasses != nil || m.OfGiven {
			return command.Usage(fmt.Errorf("%s needs the classes or conditions of a target, which two files do not have: leave it out", m.Name))
		}
		if !m.TwoSamples() {
			return command.Usage(fmt.Errorf("%s measures a net, not two files: leave it out", m.Name))
		}
	}
	if f.permutations < metric.MinPermutations {
		return command.Usage(fmt.Errorf("--permutations %d: must be at least %d", f.permutations, metric.MinPermutations))
	}
	p, err := a.readPair(reference, samples, f)
	if err != nil {
		return err
	}
	metrics := named
	if named == nil {
		metrics = pointMetrics
		if !p.Plain() {
			metrics = slices.Concat(pointMetrics, tableMetrics)
		}
	}
	rows, err := p.Compare(metrics, f.permutations, f.seed)
	if err != nil {
		return err
	}
	if f.json {
		err = command.PrintJSON(a.Stdout, rows)
	} else {
		err = a.printComparisons(p, rows)
	}
	return errors.Join(err, notMeasured(rows))
}

// readPair reads two files, and says on stderr how.
func (a *app) readPair(reference, samples string, f measureFlags) (pair.Pair, error) {
	asked, err := f.asked()
	if err != nil {
		return pair.Pair{}, err
	}
	r, s := pair.File{Path: reference}, pair.File{Path: samples}
	if r.Table, err = a.readTable(reference); err != nil {
		return pair.Pair{}, err
	}
	if s.Table, err = a.readTable(samples); err != nil {
		return pair.Pair{}, err
	}
	p, err := pair.Of(r, s, asked, f.standardise)
	for _, note := range p.Notes {
		fmt.Fprintln(a.Stderr, problem.Printable(note))
	}
	if err != nil {
		return p, command.Usage(printable(err))
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(a.Stderr, "warning: %s\n", problem.Printable(w))
	}
	return p, nil
}

// notMeasured returns an error that lists the metrics without a value because of an error.
func notMeasured(rows []pair.Comparison) error {
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

func (a *app) printComparisons(p pair.Pair, rows []pair.Comparison) error {
	if !p.Plain() {
		var list []Column
		for _, c := range p.Columns {
			list = append(list, Column{Column: c.Name, Kind: c.Kind.Name, Guessed: !c.Set, Values: c.Range})
		}
		PrintColumns(list, func(name, format string, args ...any) { fmt.Fprintf(a.Stdout, name+"  "+format+"\n", args...) })
	}
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "metric\tvalue\tnull mean\tnull 95 %\tp\tn\tm\tall rows\tse\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%.4g\t%.4g\t%.4g\t%.3g\t%d\t%d\t%.4g\t%.2g\t\n", r.Metric, float64(r.Value), float64(r.Null.Mean),
			float64(r.Null.Q95), float64(r.PValue), r.N, r.M, float64(r.All.Value), float64(r.All.SE))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	m, n := p.Sizes()
	for _, r := range rows {
		if r.Note != "" {
			fmt.Fprintf(a.Stdout, "%s: no test: %s\n", r.Metric, r.Note)
		}
		if r.Error == "" && (r.N < n || r.M < m) {
			fmt.Fprintf(a.Stdout, "%s: value, null and p are of %d of %d samples and %d of %d reference rows, chosen at random\n", r.Metric, r.N, n, r.M, m)
		}
		if r.Error == "" && (r.All.N < n || r.All.M < m) {
			fmt.Fprintf(a.Stdout, "%s: the value of all rows is of %d of %d samples and %d of %d reference rows, chosen at random\n", r.Metric, r.All.N, n, r.All.M, m)
		}
	}
	return nil
}
