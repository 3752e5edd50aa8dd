package pipeline

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"flowsweep/experiments/problem"
	"flowsweep/experiments/query"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/compare"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/table"
	"flowsweep/reports/comparison"
	"flowsweep/store"
)

func (a *app) compareCommand() *cobra.Command {
	var out string
	asJSON := false
	cmd := &cobra.Command{
		Use:         "compare SWEEP SWEEP",
		Annotations: command.KeepsNothing,
		Short:       "Compare two sweeps: their specs, setting by setting, and what they chose",
		Long: "Compare two sweeps of the store, B with A: in what their specs differ, every setting that both have, and what they chose.\n" +
			"Settings belong together if they differ only in what is one in all of A and another in all of B. They are compared seed by\n" +
			"seed, distances by their ratios, with 95 % intervals that are corrected for the number of settings. Sweeps with another\n" +
			"target or reference are not: their values are of other points. The page is comparison.html; with --json it is written only\n" +
			"where --out names a folder.",
		Example: "  flowsweep compare ring ring-ot\n  flowsweep compare ring ring-ot --json",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.WithStore(cmd.Context(), func(db *store.DB) error { return a.compare(cmd.Context(), db, args, out, asJSON) })
		},
		ValidArgsFunction: a.completeSweepNames,
	}
	cmd.Flags().StringVar(&out, "out", "", "the output `folder` (default out/<B>-against-<A>)")
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "compare", Of: comparison.Comparison{}})
	return cmd
}

func (a *app) compare(ctx context.Context, db *store.DB, names []string, out string, asJSON bool) error {
	for i := range names {
		var err error
		if names[i], err = db.SweepName(ctx, names[i]); err != nil {
			return command.Usage(err)
		}
	}
	write := out != "" || !asJSON
	if write {
		var err error
		if out, err = ship.ComparisonFolder(out, names[0], names[1]); err != nil {
			return err
		}
	}
	c, err := compare.Sweeps(ctx, db, names[0], names[1])
	if err != nil {
		return err
	}
	path := filepath.Join(out, ship.ComparisonFile)
	if write {
		page, err := comparison.Render(c)
		if err != nil {
			return err
		}
		if err := ship.WriteFile(path, page); err != nil {
			return err
		}
	}
	if asJSON {
		return command.PrintJSON(a.Stdout, c)
	}
	if err := a.printComparison(c); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Stdout, "\npage      %s\n", path)
	return err
}

// printComparison prints what differs, the choices, and the settings that both have where they can be compared.
func (a *app) printComparison(c comparison.Comparison) error {
	fmt.Fprintln(a.Stdout, table.Wrap("", problem.Printable(c.Sentence), command.WidthOf(a.Stdout)))
	if len(c.Differences) > 0 {
		t := table.Table{Columns: []string{"spec", "a: " + c.A.Sweep, "b: " + c.B.Sweep}}
		for _, f := range c.Differences {
			addTexts(&t, f.Name, strings.Join(f.A, ", "), strings.Join(f.B, ", "))
		}
		if err := a.printAll(t); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(a.Stdout, "\nThe specs do not differ.")
	}
	for i, choice := range c.Choices {
		name := "choice"
		if choice.Target != "" {
			name = fmt.Sprintf("choice for %s", choice.Target)
		}
		a.printChoices(c, choice)
		if err := a.printRowsOf(name, c.Choices[i].Rows, func(r comparison.Row) string { return r.Metric }); err != nil {
			return err
		}
	}
	for _, m := range c.Metrics {
		if c.Incomparable != "" {
			break
		}
		if err := a.printRowsOf(m.Name, m.Rows, func(r comparison.Row) string { return r.Setting }); err != nil {
			return err
		}
	}
	for _, only := range []struct {
		side comparison.Side
		list []string
	}{{c.A, c.OnlyA}, {c.B, c.OnlyB}} {
		if n := len(only.list); n > 0 {
			fmt.Fprintf(a.Stdout, "\n%d of %d settings are only in %s.\n", n, only.side.Settings, only.side.Sweep)
		}
	}
	return nil
}

// printChoices prints the chosen settings for a target and what is said of them.
func (a *app) printChoices(c comparison.Comparison, choice comparison.Choices) {
	fmt.Fprintln(a.Stdout)
	for _, of := range []struct {
		name, why string
		chosen    *comparison.Chosen
	}{{c.A.Sweep, choice.WhyA, choice.A}, {c.B.Sweep, choice.WhyB, choice.B}} {
		text := "no choice: " + of.why
		if s := of.chosen; s != nil {
			text = fmt.Sprintf("%s (NFE %s, %.3g ms a sample). %s", s.Setting, s.NFE, float64(s.Milliseconds), s.Verdict)
		}
		fmt.Fprintln(a.Stdout, table.Wrap("chosen    ", problem.Printable(of.name+": "+text), command.WidthOf(a.Stdout)))
	}
}

// printRowsOf prints rows of a comparison under a name.
func (a *app) printRowsOf(name string, rows []comparison.Row, of func(comparison.Row) string) error {
	t := table.Table{Columns: []string{name, "nfe a", "nfe b", "a", "b", "b against a", "finding"}}
	for _, r := range rows {
		change, finding := "", r.Finding
		if r.Versus != nil {
			change = r.Versus.Words()
		}
		for _, note := range []string{r.Why, r.Caution} {
			if note != "" {
				finding += ": " + note
			}
		}
		addTexts(&t, of(r), r.NFE[0], r.NFE[1], r.A.String(), r.B.String(), change, finding)
	}
	if len(rows) == 0 {
		return nil
	}
	return a.printAll(t)
}

// addTexts adds a row of texts to the columns of a table.
func addTexts(t *table.Table, cells ...string) {
	row := make([]query.Field, len(cells))
	for i, text := range cells {
		row[i] = query.Field{Key: t.Columns[i], Value: text}
	}
	t.Add(row...)
}

// printAll prints a table after an empty line.
func (a *app) printAll(t table.Table) error {
	fmt.Fprintln(a.Stdout)
	order, err := t.Order("")
	if err != nil {
		return err
	}
	return command.PrintTable(a.Stdout, t, t.Columns, order)
}
