package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/query"
	"flowsweep/pipeline/command"
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
		Use:         "runs",
		Annotations: command.KeepsNothing,
		Short:       "Print the run table: one row per run or, with --by-setting, per setting",
		Long: "Print the run table: one row per run or, with --by-setting, per setting. p is the share of fresh samples of the truth\n" +
			"that score at least as high, and null q95 their 95 % quantile: values below it cannot be told from the truth. Low and high\n" +
			"are the ends of the 95 % interval of a mean: another training, other noise, another reference. Seed low and seed high are\n" +
			"the lowest and the highest seed. In --json and --csv, metrics_se is one standard error of a run's value. Rows\n" +
			"marked baseline come from no net. --where leaves them out, and so do --json and --csv without --by-setting.\n\n" +
			"Fields in --where, --sort and --columns are those of --json, joined by dots (train.steps), by their names there or in the\n" +
			"spec (sample.steps), or by the end of a name that no other field has (width). A comparison with a field that a run does\n" +
			"not have is unknown, and so is its negation: adaptive solvers have no steps, and meet neither 'steps < 8' nor\n" +
			"'not steps < 8'. A list, such as tags and aliases, meets = and ~ if one of its texts does, and != if none is equal. The tags of a\n" +
			"run include those of its fit and of its sweep; note, fit_note and sweep_note are separate.",
		Example: "  flowsweep runs --by-setting --sort sliced-w2\n  flowsweep runs --where 'nfe <= 16 and sliced-w2 < 0.5' --csv\n" +
			"  flowsweep runs --columns run,width,steps,sliced-w2 --sort -steps\n  flowsweep runs --sweep ring --sweep ring-ot --json",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.WithStore(cmd.Context(), func(db *store.DB) error {
				sweeps, err := f.load(cmd.Context(), db)
				if err != nil {
					return command.Usage(err)
				}
				if f.bySetting {
					return a.printSettings(sweeps, f)
				}
				return a.printRuns(together(sweeps), f)
			})
		},
	}
	cmd.Flags().StringArrayVar(&f.sweeps, "sweep", nil, "the sweep's `name` (default the latest); may be repeated, for the runs of several")
	cmd.Flags().StringVar(&f.sort, "sort", "", "sort by this `field`; -FIELD sorts from high to low. Rows without it come last")
	cmd.Flags().StringSliceVar(&f.columns, "columns", nil, "print these `fields`, separated by commas")
	cmd.Flags().StringVar(&f.where, "where", "", "only runs that meet this `condition`, such as 'mmd < 0.01 and not solver = \"heun\"'")
	cmd.Flags().BoolVar(&f.bySetting, "by-setting", false, "aggregate seeds to a mean and 95 % interval")
	command.JSONFlag(cmd, &f.asJSON, command.Form{Name: "runs", Of: []experiments.ResultRow{}},
		command.Form{Name: "runs-by-setting", Of: []any{ship.SettingRow{}, ship.BaselineRow{}}})
	cmd.Flags().BoolVar(&f.asCSV, "csv", false, "print CSV")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
	cmd.MarkFlagsMutuallyExclusive("json", "columns")
	return cmd
}

// load returns the sweeps that are asked for, with the results that meet the condition.
func (f runsFlags) load(ctx context.Context, db *store.DB) (sweeps []experiments.Sweep, err error) {
	names := f.sweeps
	if len(names) == 0 {
		names = []string{""}
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("--sweep %s is given twice: name each sweep once", name)
		}
		sweep, err := saved.Sweep(ctx, db, name)
		if err != nil {
			return nil, err
		}
		sweeps = append(sweeps, sweep)
	}
	return sweeps, f.filter(sweeps)
}

// together returns one sweep with the results and metrics of all.
func together(sweeps []experiments.Sweep) experiments.Sweep {
	all := sweeps[0]
	all.Results, all.Spec.Metrics = slices.Clip(all.Results), slices.Clip(all.Spec.Metrics)
	for _, sweep := range sweeps[1:] {
		all.Results = append(all.Results, sweep.Results...)
		for _, m := range sweep.Spec.Metrics {
			if !slices.ContainsFunc(all.Spec.Metrics, func(have metric.Metric) bool { return have.Name == m.Name }) {
				all.Spec.Metrics = append(all.Spec.Metrics, m)
			}
		}
	}
	return all
}

// filter keeps the results that meet the condition, if there is one. Its fields are those of any of the sweeps.
func (f runsFlags) filter(sweeps []experiments.Sweep) error {
	if f.where == "" {
		return nil
	}
	where, err := query.Parse(f.where)
	if err != nil {
		return fmt.Errorf("--where: %w", err)
	}
	all := together(sweeps)
	kept, err := query.Filter(where, all.Results, all.Fields)
	if err != nil {
		return fmt.Errorf("--where: %w", err)
	}
	for i := range sweeps {
		own := sweeps[i].Name
		sweeps[i].Results = slices.DeleteFunc(slices.Clone(kept), func(r experiments.Result) bool { return r.Sweep != own })
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
	for _, list := range []string{"tags", "aliases"} {
		if t.Has(list) {
			columns = append(columns, list)
		}
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

// printSettings prints a row for each setting of each sweep, which are compared and chosen within it.
func (a *app) printSettings(sweeps []experiments.Sweep, f runsFlags) error {
	var t table.Table
	var objects []func() any
	for _, sweep := range sweeps {
		outcome := ship.New(sweep)
		if f.where != "" { // a choice among some of the runs is not that of the sweep
			outcome = outcome.WithoutChoice()
			outcome.Filtered = true
		}
		own := outcome.SettingTable()
		for i, row := range own.Cells {
			fields := []query.Field{}
			if len(sweeps) > 1 {
				fields = append(fields, query.Field{Key: "sweep", Value: sweep.Name})
			}
			for _, column := range columnsOf(own, row) {
				if cell, ok := row[column]; ok {
					fields = append(fields, cell)
				}
			}
			t.Add(fields...)
			objects = append(objects, func() any { return outcome.SettingJSON(i) })
		}
	}
	return a.printRows(t, f, settingColumns(t, together(sweeps), len(sweeps) > 1), func(i int) any { return objects[i]() })
}

// columnsOf returns the columns of a table, and then what else a row has that none shows, such as tags where nothing is tagged.
func columnsOf(t table.Table, row map[string]query.Field) []string {
	columns := slices.Clip(t.Columns)
	for _, key := range slices.Sorted(maps.Keys(row)) {
		if !slices.Contains(t.Columns, key) {
			columns = append(columns, key)
		}
	}
	return columns
}

// settingColumns returns the columns that are printed unless others are named.
func settingColumns(t table.Table, all experiments.Sweep, several bool) []string {
	columns := []string{"setting", "nfe", "params", "seeds", "choice"}
	if several {
		columns = slices.Insert(columns, 1, "sweep")
	}
	for _, list := range []string{"tags", "aliases"} {
		if t.Has(list) {
			columns = append(columns, list)
		}
	}
	for _, m := range all.Spec.Metrics {
		columns = append(columns, m.Name, m.Name+" low", m.Name+" high", m.Name+" seed low", m.Name+" seed high")
		if q95 := m.Name + " null q95"; t.Has(q95) {
			columns = append(columns, q95)
		}
	}
	return columns
}

// printRows prints a table in the order and the form asked for: its JSON objects, as CSV, or as text with these columns unless
// others are named.
func (a *app) printRows(t table.Table, f runsFlags, columns []string, object func(i int) any) error {
	order, err := t.Order(f.sort)
	if err != nil {
		return command.Usage(fmt.Errorf("--sort: %w", err))
	}
	if f.asCSV {
		columns = t.Columns
	}
	if len(f.columns) > 0 {
		if columns, err = t.Select(f.columns); err != nil {
			return command.Usage(fmt.Errorf("--columns: %w", err))
		}
	}
	switch {
	case f.asJSON:
		objects := make([]any, len(order)) // [] and not null where there are none
		for i, at := range order {
			objects[i] = object(at)
		}
		return command.PrintJSON(a.Stdout, objects)
	case f.asCSV:
		return t.CSV(a.Stdout, columns, order)
	}
	return command.PrintTable(a.Stdout, t, columns, order)
}
