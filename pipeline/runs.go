package pipeline

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/query"
	"flowsweep/store"
)

type runsFlags struct {
	sweep, where, sort       string
	bySetting, asJSON, asCSV bool
}

func (a *app) runsCommand() *cobra.Command {
	var f runsFlags
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "Print the run table, one row a run or, by setting, its seeds aggregated",
		Long: "Print the run table, one row a run or, by setting, its seeds aggregated. p is how often fresh samples of the truth score at\n" +
			"least as much; null q95 is what 95 % of them do not exceed: a figure up to that is not told apart from the truth.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(db *store.DB) error {
				sweep, err := loadSweep(cmd.Context(), db, f.sweep)
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
	cmd.Flags().StringVar(&f.sweep, "sweep", "", "the sweep's `name` (default the latest)")
	cmd.Flags().StringVar(&f.sort, "sort", "", "sort by this `field`: a metric, or a column of the table; from high to low with a - before it")
	cmd.Flags().StringVar(&f.where, "where", "", "only the runs that meet this `condition`, as in 'metrics.mmd < 0.01 and solver = \"heun\"'")
	cmd.Flags().BoolVar(&f.bySetting, "by-setting", false, "aggregate the seeds to mean and 95 % interval")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&f.asCSV, "csv", false, "print CSV")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
	return cmd
}

func (a *app) printRuns(sweep experiments.Sweep, f runsFlags) error {
	table, err := runRows(sweep.Results)
	if err != nil {
		return err
	}
	order, err := table.order(f.sort)
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
		return table.csv(a.stdout, order)
	}
	settings := make([]experiments.Setting, len(sweep.Results))
	for i, r := range sweep.Results {
		settings[i] = r.Setting
	}
	labels, err := experiments.NewLabels(settings)
	if err != nil {
		return err
	}
	for i := range table.cells {
		table.cells[i]["setting"] = labels.Setting(i)
	}
	columns := []string{"run", "state", "seed", "setting", "nfe"}
	for _, m := range metricColumns(sweep.Spec, "") {
		columns = append(columns, "metrics."+m)
		if p := "metrics_p." + m; slices.Contains(table.columns, p) {
			columns = append(columns, p)
		}
	}
	return table.print(a.stdout, columns, order)
}

func (a *app) printSettings(sweep experiments.Sweep, f runsFlags) error {
	summaries, err := experiments.Summaries(sweep.Results, sweep.Spec.Metrics)
	if err != nil {
		return err
	}
	labels, err := settingLabels(summaries)
	if err != nil {
		return err
	}
	choice, noChoice := sweep.Spec.Choose.Choose(summaries, labels.Setting)
	if noChoice != nil || f.where != "" { // a choice among some of the runs is not that of the sweep
		choice = experiments.Choice{Chosen: -1}
	}
	table, err := settingRows(sweep, summaries, choice, labels)
	if err != nil {
		return err
	}
	order, err := table.order(f.sort)
	if err != nil {
		return usage(err)
	}
	switch {
	case f.asJSON:
		objects := make([]any, len(order))
		for i, at := range order {
			objects[i] = summaryJSON(sweep, summaries, choice, at)
		}
		return printJSON(a.stdout, objects)
	case f.asCSV:
		return table.csv(a.stdout, order)
	}
	columns := []string{"setting", "nfe", "params", "seeds", "choice"}
	for _, m := range metricColumns(sweep.Spec, "") {
		columns = append(columns, m, m+" low", m+" high")
		if slices.Contains(table.columns, m+" null q95") {
			columns = append(columns, m+" null q95")
		}
	}
	return table.print(a.stdout, columns, order)
}

func metricColumns(spec experiments.Spec, prefix string) []string {
	var names []string
	for _, m := range spec.Metrics {
		names = append(names, prefix+m.Name)
	}
	return names
}

// runsCSV returns the run table of a sweep as CSV.
func runsCSV(results []experiments.Result) ([]byte, error) {
	table, err := runRows(results)
	if err != nil {
		return nil, err
	}
	order, err := table.order("")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = table.csv(&b, order)
	return b.Bytes(), err
}

// runRows returns a row a run, whose columns are the promised fields, nested ones joined with dots.
func runRows(results []experiments.Result) (rows, error) {
	var table rows
	for _, r := range results {
		fields, err := query.Flatten(r)
		if err != nil {
			return table, fmt.Errorf("write run %s as a row: %w", r.Run, err)
		}
		table.add(fields)
	}
	return table, nil
}

// settingRows returns a row a setting: what tells it from the others, its aggregates, and all that it is.
func settingRows(sweep experiments.Sweep, summaries []experiments.Summary, choice experiments.Choice, labels experiments.Labels) (rows, error) {
	var table rows
	for i, s := range summaries {
		fields := []query.Field{
			{Key: "setting", Value: labels.Setting(i)},
			{Key: "nfe", Value: s.NFE.String()},
			{Key: "params", Value: strconv.Itoa(s.Params)},
			{Key: "seeds", Value: fmt.Sprintf("%d/%d", len(s.Runs), s.Planned)},
			{Key: "choice", Value: standing(choice, i)},
		}
		for _, st := range s.Metrics {
			fields = append(fields,
				query.Field{Key: st.Name, Value: experiments.Number(st.Mean).String()},
				query.Field{Key: st.Name + " low", Value: experiments.Number(st.Low).String()},
				query.Field{Key: st.Name + " high", Value: experiments.Number(st.High).String()})
			if null, ok := sweep.Null(s.Setting, st.Name); ok {
				fields = append(fields, query.Field{Key: st.Name + " null q95", Value: experiments.Number(null.Q95).String()})
			}
		}
		parts, err := query.Flatten(s.Setting)
		if err != nil {
			return table, err
		}
		table.add(append(fields, parts...))
	}
	return table, nil
}
