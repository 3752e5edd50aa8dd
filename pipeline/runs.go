package pipeline

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

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
			db, err := store.OpenExisting(cmd.Context(), a.db)
			if err != nil {
				return usage(err)
			}
			defer db.Close()
			sweep, err := db.Sweep(cmd.Context(), f.sweep)
			if err != nil {
				return usage(err)
			}
			if f.bySetting {
				return a.printSettings(sweep, f)
			}
			return a.printRuns(sweep, f)
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

// rows is a table of text cells.
type rows struct {
	columns []string
	cells   []map[string]string
}

// flatten returns the results as rows whose columns are the promised fields, nested ones joined with dots.
func flatten(results []experiments.Result) (rows, error) {
	var t rows
	seen := map[string]bool{}
	for _, r := range results {
		text, err := json.Marshal(r)
		if err != nil {
			return t, err
		}
		row := map[string]string{}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		for _, key := range flattenInto(row, "", decoder) {
			if !seen[key] {
				seen[key] = true
				t.columns = append(t.columns, key)
			}
		}
		t.cells = append(t.cells, row)
	}
	return t, nil
}

// flattenInto reads one JSON object into the row and returns its keys in the order they come.
func flattenInto(row map[string]string, prefix string, d *json.Decoder) (keys []string) {
	if _, err := d.Token(); err != nil { // the opening brace
		return nil
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return keys
		}
		key := prefix + fmt.Sprint(token)
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return keys
		}
		if raw[0] == '{' {
			inner := json.NewDecoder(bytes.NewReader(raw))
			keys = append(keys, flattenInto(row, key+".", inner)...)
			continue
		}
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
		}
		row[key] = s
		keys = append(keys, key)
	}
	return keys
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

// order returns the indices of the rows sorted by a column: as numbers where both are, missing ones last.
func (t rows) order(column string) ([]int, error) {
	order := make([]int, len(t.cells))
	for i := range order {
		order[i] = i
	}
	if column == "" {
		return order, nil
	}
	found := slices.IndexFunc(t.columns, func(c string) bool { return c == column || c == "metrics."+column || c == "net."+column })
	if found < 0 {
		return nil, fmt.Errorf("there is no column %q to sort by: have %s", column, strings.Join(t.columns, ", "))
	}
	column = t.columns[found]
	slices.SortStableFunc(order, func(i, j int) int {
		a, aErr := strconv.ParseFloat(t.cells[i][column], 64)
		b, bErr := strconv.ParseFloat(t.cells[j][column], 64)
		missing := func(x float64, err error) int {
			if err != nil || x != x {
				return 1
			}
			return 0
		}
		if c := cmp.Compare(missing(a, aErr), missing(b, bErr)); c != 0 {
			return c
		}
		if aErr != nil || bErr != nil {
			return cmp.Compare(t.cells[i][column], t.cells[j][column])
		}
		return cmp.Compare(a, b)
	})
	return order, nil
}

func (t rows) csv(w io.Writer, order []int) error {
	c := csv.NewWriter(w)
	if err := c.Write(t.columns); err != nil {
		return err
	}
	for _, i := range order {
		record := make([]string, len(t.columns))
		for j, column := range t.columns {
			record[j] = t.cells[i][column]
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// table prints the named columns, numbers shortened.
func (t rows) table(w io.Writer, columns []string, order []int) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range columns {
		fmt.Fprint(tw, strings.TrimPrefix(strings.TrimPrefix(c, "metrics."), "net."), "\t")
	}
	fmt.Fprintln(tw)
	for _, i := range order {
		for _, c := range columns {
			cell := t.cells[i][c]
			if x, err := strconv.ParseFloat(cell, 64); err == nil && strings.ContainsAny(cell, ".e") {
				cell = strconv.FormatFloat(x, 'g', 4, 64)
			}
			fmt.Fprint(tw, cell, "\t")
		}
		fmt.Fprintln(tw)
	}
	return tw.Flush()
}

// keysOf returns the keys of a map, sorted.
func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
