package pipeline

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/store"
)

type runsFlags struct {
	sweep, sort              string
	bySetting, asJSON, asCSV bool
}

func (a *app) runsCommand() *cobra.Command {
	var f runsFlags
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "Print the run table, one row a run or, by setting, its seeds aggregated",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(db *store.DB) error {
				sweep, err := db.Sweep(cmd.Context(), f.sweep)
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
	cmd.Flags().StringVar(&f.sweep, "sweep", "", "the sweep's `name` (default the latest)")
	cmd.Flags().StringVar(&f.sort, "sort", "", "sort by this `field`: a metric, or a column of the table")
	cmd.Flags().BoolVar(&f.bySetting, "by-setting", false, "aggregate the seeds to mean and 95 % interval")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&f.asCSV, "csv", false, "print CSV")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
	return cmd
}

func (a *app) printRuns(sweep experiments.Sweep, f runsFlags) error {
	rows, err := flatten(sweep.Results)
	if err != nil {
		return err
	}
	order, err := rows.order(f.sort)
	if err != nil {
		return usage(err)
	}
	switch {
	case f.asJSON:
		sorted := make([]experiments.Result, len(order))
		for i, at := range order {
			sorted[i] = sweep.Results[at]
		}
		return printJSON(a.stdout, sorted)
	case f.asCSV:
		return rows.csv(a.stdout, order)
	}
	columns := []string{"run", "state", "seed", "net.width", "net.depth", "net.activation", "solver", "steps", "nfe"}
	for _, m := range sweep.Spec.Metrics {
		columns = append(columns, "metrics."+m.Name)
	}
	return rows.table(a.stdout, columns, order)
}

func (a *app) printSettings(sweep experiments.Sweep, f runsFlags) error {
	summaries, err := experiments.Summaries(sweep.Results, sweep.Spec.Metrics)
	if err != nil {
		return err
	}
	rows := settingRows(summaries)
	order, err := rows.order(f.sort)
	if err != nil {
		return usage(err)
	}
	switch {
	case f.asJSON:
		objects := make([]any, len(order))
		for i, at := range order {
			objects[i] = summaryJSON(summaries[at])
		}
		return printJSON(a.stdout, objects)
	case f.asCSV:
		return rows.csv(a.stdout, order)
	}
	return rows.table(a.stdout, rows.columns, order)
}

// runsCSV returns the run table of a sweep as CSV.
func runsCSV(results []experiments.Result) ([]byte, error) {
	rows, err := flatten(results)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	order, err := rows.order("")
	if err != nil {
		return nil, err
	}
	err = rows.csv(&b, order)
	return b.Bytes(), err
}

// settingRows returns one row a setting.
func settingRows(summaries []experiments.Summary) rows {
	t := rows{columns: []string{"target", "width", "depth", "activation", "solver", "steps", "nfe", "params", "seeds"}}
	for i, s := range summaries {
		row := map[string]string{
			"target": s.Setting.Target.Name, "width": strconv.Itoa(s.Setting.Net.Width), "depth": strconv.Itoa(s.Setting.Net.Depth),
			"activation": s.Setting.Net.Activation, "solver": s.Setting.Sample.Solver.Name, "steps": strconv.Itoa(s.Setting.Sample.Steps),
			"nfe": strconv.Itoa(s.NFE), "params": strconv.Itoa(s.Params), "seeds": fmt.Sprintf("%d/%d", len(s.Runs), s.Planned),
		}
		for _, st := range s.Metrics {
			if i == 0 {
				t.columns = append(t.columns, st.Name, st.Name+" ±")
			}
			row[st.Name] = experiments.Number(st.Mean).String()
			row[st.Name+" ±"] = experiments.Number(st.Half).String()
		}
		t.cells = append(t.cells, row)
	}
	return t
}

// summaryJSON is the form of a setting in `flowsweep runs --by-setting --json`.
func summaryJSON(s experiments.Summary) any {
	metrics := map[string]any{}
	for _, st := range s.Metrics {
		metrics[st.Name] = map[string]any{"mean": experiments.Number(st.Mean), "half": experiments.Number(st.Half), "n": st.N}
	}
	return struct {
		Setting       experiments.Setting `json:"setting"`
		NFE           int                 `json:"nfe"`
		Params        int                 `json:"params"`
		Seeds         int                 `json:"seeds"`
		Planned       int                 `json:"planned"`
		Metrics       map[string]any      `json:"metrics"`
		SampleSeconds float64             `json:"sample_seconds"`
	}{s.Setting, s.NFE, s.Params, len(s.Runs), s.Planned, metrics, s.SampleSeconds}
}
