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
	"flowsweep/store"
)

type runsFlags struct {
	sweeps                   []string
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
			"marked baseline come from no net. --where leaves them out, and so do --json and --csv without --by-setting.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(db *store.DB) error {
				sweep, err := f.load(cmd.Context(), db)
				if err != nil {
					return usage(err)
				}
				if f.where != "" {
					where, err := query.Parse(f.where)
					if err == nil {
						sweep.Results, err = query.Filter(where, sweep.Results, experiments.Result.Fields)
					}
					if err != nil {
						return usage(fmt.Errorf("--where: %w", err))
					}
				}
				if f.bySetting {
					return a.printSettings(sweep, f)
				}
				return a.printRuns(sweep, f)
			})
		},
	}
	cmd.Flags().StringArrayVar(&f.sweeps, "sweep", nil, "the sweep's `name` (default the latest); may be repeated, for the runs of several")
	cmd.Flags().StringVar(&f.sort, "sort", "", "sort by this `field`, a metric or a column; -FIELD sorts from high to low")
	cmd.Flags().StringVar(&f.where, "where", "", "only runs that meet this `condition`, such as 'metrics.mmd < 0.01 and solver = \"heun\"'")
	cmd.Flags().BoolVar(&f.bySetting, "by-setting", false, "aggregate seeds to a mean and 95 % interval")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&f.asCSV, "csv", false, "print CSV")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
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

func (a *app) printRuns(sweep experiments.Sweep, f runsFlags) error {
	table, err := ship.RunTable(sweep.Results)
	if err != nil {
		return err
	}
	text := !f.asJSON && !f.asCSV // those list runs, by key
	if text {
		labelRuns(table, sweep.Results)
	}
	if text && f.where == "" {
		table.AddBaselines(sweep.Baselines())
	}
	order, err := table.Order(f.sort)
	if err != nil {
		return usage(err)
	}
	switch {
	case f.asJSON:
		sorted := make([]experiments.Result, len(order)) // [] and not null where there are none
		for i, at := range order {
			sorted[i] = sweep.Results[at]
		}
		return printJSON(a.stdout, sorted)
	case f.asCSV:
		return table.CSV(a.stdout, order)
	}
	columns := []string{"run", "state", "seed", "setting", "nfe"}
	if slices.Contains(table.Columns, "memorised") {
		columns = append(columns, "memorised")
	}
	if len(f.sweeps) > 1 {
		columns = slices.Insert(columns, 0, "sweep")
	}
	for _, m := range sweep.Spec.Metrics {
		columns = append(columns, "metrics."+m.Name)
		if p := "metrics_p." + m.Name; slices.Contains(table.Columns, p) {
			columns = append(columns, p)
		}
	}
	return printTable(a.stdout, table, columns, order)
}

// labelRuns adds the labels of their settings to a table of runs.
func labelRuns(table ship.Table, results []experiments.Result) {
	settings := make([]experiments.Setting, len(results))
	for i, r := range results {
		settings[i] = r.Setting
	}
	labels := experiments.NewLabels(settings)
	for i := range table.Cells {
		table.Cells[i]["setting"] = labels.Setting(i)
	}
}

func (a *app) printSettings(sweep experiments.Sweep, f runsFlags) error {
	outcome := ship.New(sweep)
	if f.where != "" { // a choice among some of the runs is not that of the sweep
		outcome = outcome.WithoutChoice()
		outcome.Filtered = true
	}
	table, err := outcome.SettingTable()
	if err != nil {
		return err
	}
	order, err := table.Order(f.sort)
	if err != nil {
		return usage(err)
	}
	switch {
	case f.asJSON:
		objects := make([]any, len(order))
		for i, at := range order {
			objects[i] = outcome.SettingJSON(at)
		}
		return printJSON(a.stdout, objects)
	case f.asCSV:
		return table.CSV(a.stdout, order)
	}
	columns := []string{"setting", "nfe", "params", "seeds", "choice"}
	for _, m := range sweep.Spec.Metrics {
		columns = append(columns, m.Name, m.Name+" low", m.Name+" high", m.Name+" seed low", m.Name+" seed high")
		if q95 := m.Name + " null q95"; slices.Contains(table.Columns, q95) {
			columns = append(columns, q95)
		}
	}
	return printTable(a.stdout, table, columns, order)
}
