package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/query"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/table"
	"flowsweep/store"
)

type runsFlags struct {
	sweeps, columns          []string
	where, sort              string
	bySetting, asJSON, asCSV bool
}

func (a *app) runsCommand() *cobra.Command {
	var f runsFlags
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "Print the run table: one row per run or, with --by-setting, per setting",
		Long: "Print the run table: one row per run or, with --by-setting, per setting. p is the share of fresh samples of the truth\n" +
			"that score at least as high, and null q95 their 95 % quantile: values below it cannot be told from the truth. Low and high\n" +
			"are the ends of the 95 % interval of a mean: another training, other noise, another reference. Seed low and seed high are\n" +
			"the lowest and the highest seed. In --json and --csv, metrics_se is one standard error of a run's value. Rows\n" +
			"marked baseline come from no net. --where leaves them out, and so do --json and --csv without --by-setting.\n\n" +
			"Fields in --where, --sort and --columns are those of --json, joined by dots (train.steps), by their names there or in the\n" +
			"spec (sample.steps), or by the end of a name that no other field has (width). A comparison with a field that a run does\n" +
			"not have is unknown, and so is its negation: adaptive solvers have no steps, and meet neither 'steps < 8' nor\n" +
			"'not steps < 8'. A list, such as tags, meets = and ~ if one of its texts does, and != if none is equal. The tags of a\n" +
			"run include those of its fit and of its sweep; note, fit_note and sweep_note are separate.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(db *store.DB) error {
				sweep, err := f.load(cmd.Context(), db)
				if err == nil {
					err = f.filter(&sweep)
				}
				if err != nil {
					return usage(err)
				}
				if f.bySetting {
					return a.printSettings(sweep, f)
				}
				return a.printRuns(sweep, f)
			})
		},
	}
	cmd.Flags().StringArrayVar(&f.sweeps, "sweep", nil, "the sweep's `name` (default the latest); may be repeated, for the runs of several")
	cmd.Flags().StringVar(&f.sort, "sort", "", "sort by this `field`; -FIELD sorts from high to low. Rows without it come last")
	cmd.Flags().StringSliceVar(&f.columns, "columns", nil, "print these `fields`, separated by commas")
	cmd.Flags().StringVar(&f.where, "where", "", "only runs that meet this `condition`, such as 'mmd < 0.01 and not solver = \"heun\"'")
	cmd.Flags().BoolVar(&f.bySetting, "by-setting", false, "aggregate seeds to a mean and 95 % interval")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&f.asCSV, "csv", false, "print CSV")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
	cmd.MarkFlagsMutuallyExclusive("json", "columns")
	return cmd
}

// load returns the sweep that is asked for, or one with the results and metrics of all that are.
func (f runsFlags) load(ctx context.Context, db *store.DB) (all experiments.Sweep, err error) {
	if len(f.sweeps) == 0 {
		return saved.Sweep(ctx, db, "")
	}
	if len(f.sweeps) > 1 && f.bySetting {
		return all, errors.New("--by-setting takes one --sweep: settings are compared and chosen within a sweep")
	}
	for i, name := range f.sweeps {
		if slices.Contains(f.sweeps[:i], name) {
			return all, fmt.Errorf("--sweep %s is given twice: name each sweep once", name)
		}
		sweep, err := saved.Sweep(ctx, db, name)
		if err != nil {
			return all, err
		}
		if i == 0 {
			all = sweep
			all.Results, all.Spec.Metrics = slices.Clip(sweep.Results), slices.Clip(sweep.Spec.Metrics)
			continue
		}
		all.Results = append(all.Results, sweep.Results...)
		for _, m := range sweep.Spec.Metrics {
			if !slices.ContainsFunc(all.Spec.Metrics, func(have metric.Metric) bool { return have.Name == m.Name }) {
				all.Spec.Metrics = append(all.Spec.Metrics, m)
			}
		}
	}
	return all, nil
}

// filter keeps the results that meet the condition, if there is one.
func (f runsFlags) filter(sweep *experiments.Sweep) error {
	if f.where == "" {
		return nil
	}
	where, err := query.Parse(f.where)
	if err == nil {
		sweep.Results, err = query.Filter(where, sweep.Results, sweep.Fields)
	}
	if err != nil {
		return fmt.Errorf("--where: %w", err)
	}
	return nil
}

// printRuns prints a row for each run.
func (a *app) printRuns(sweep experiments.Sweep, f runsFlags) error {
	t, err := ship.RunTable(sweep)
	if err != nil {
		return err
	}
	labelRuns(t, sweep.Results)
	if !f.asJSON && !f.asCSV && f.where == "" { // those list runs, by key
		ship.AddBaselines(&t, sweep.Baselines())
	}
	columns := []string{"run", "state", "seed", "setting", "nfe"}
	if slices.ContainsFunc(sweep.Results, experiments.Result.Memorised) {
		columns = append(columns, "memorised")
	}
	if t.Has("tags") {
		columns = append(columns, "tags")
	}
	if len(f.sweeps) > 1 {
		columns = slices.Insert(columns, 1, "sweep")
	}
	for _, m := range sweep.Spec.Metrics {
		columns = append(columns, "metrics."+m.Name)
		if p := "metrics_p." + m.Name; t.Has(p) {
			columns = append(columns, p)
		}
	}
	return a.printRows(t, f, columns, func(i int) any { return sweep.Results[i] })
}

// labelRuns adds the labels of their settings to a table of runs. They are no column unless they are asked for.
func labelRuns(t table.Table, results []experiments.Result) {
	settings := make([]experiments.Setting, len(results))
	for i, r := range results {
		settings[i] = r.Setting
	}
	labels := experiments.NewLabels(settings)
	for i := range t.Cells {
		t.Cells[i]["setting"] = query.Field{Key: "setting", Value: labels.Setting(i)}
	}
}

// printSettings prints a row for each setting.
func (a *app) printSettings(sweep experiments.Sweep, f runsFlags) error {
	outcome := ship.New(sweep)
	if f.where != "" { // a choice among some of the runs is not that of the sweep
		outcome = outcome.WithoutChoice()
		outcome.Filtered = true
	}
	t := outcome.SettingTable()
	columns := []string{"setting", "nfe", "params", "seeds", "choice"}
	if t.Has("tags") {
		columns = append(columns, "tags")
	}
	for _, m := range sweep.Spec.Metrics {
		columns = append(columns, m.Name, m.Name+" low", m.Name+" high", m.Name+" seed low", m.Name+" seed high")
		if q95 := m.Name + " null q95"; t.Has(q95) {
			columns = append(columns, q95)
		}
	}
	return a.printRows(t, f, columns, outcome.SettingJSON)
}

// printRows prints a table in the order and the form asked for: its JSON objects, as CSV, or as text with these columns unless
// others are named.
func (a *app) printRows(t table.Table, f runsFlags, columns []string, object func(i int) any) error {
	order, err := t.Order(f.sort)
	if err != nil {
		return usage(fmt.Errorf("--sort: %w", err))
	}
	if f.asCSV {
		columns = t.Columns
	}
	if len(f.columns) > 0 {
		if columns, err = t.Select(f.columns); err != nil {
			return usage(fmt.Errorf("--columns: %w", err))
		}
	}
	switch {
	case f.asJSON:
		objects := make([]any, len(order)) // [] and not null where there are none
		for i, at := range order {
			objects[i] = object(at)
		}
		return printJSON(a.stdout, objects)
	case f.asCSV:
		return t.CSV(a.stdout, columns, order)
	}
	return printTable(a.stdout, t, columns, order)
}
