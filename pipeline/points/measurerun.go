package points

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"flowsweep/experiments/metric"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/remeasure"
	"flowsweep/store"
)

// filesOrRun checks the arguments of `flowsweep measure`: two files, or none if a run is given.
func filesOrRun(run *string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if *run != "" {
			return cobra.NoArgs(cmd, args)
		}
		return cobra.ExactArgs(2)(cmd, args)
	}
}

// measureRun prints the stored values of a run beside those measured again, for each sweep that needs the run: all of them,
// unless metrics are asked for. It is an error if they differ.
func (a *app) measureRun(cmd *cobra.Command, prefix string, metrics []metric.Metric, asJSON bool) error {
	ctx := cmd.Context()
	var names []string
	if cmd.Flags().Changed("metrics") {
		for _, m := range metrics {
			names = append(names, m.Name)
		}
	}
	return a.WithStore(ctx, func(db *store.DB) error {
		key, err := command.FindRun(ctx, db, prefix)
		if err != nil {
			return err
		}
		uses, err := db.Uses(ctx, "", key)
		if err != nil {
			return err
		}
		rows, err := remeasureUses(ctx, db, uses, names)
		switch {
		case err != nil:
			return err
		case len(uses) == 0:
			return command.Usage(fmt.Errorf("no sweep needs run %s any more, so it is not known what it was measured against: sweep its spec again", key))
		case len(rows) == 0:
			return command.Usage(fmt.Errorf("run %s has no stored value of these metrics: see `flowsweep show %s`", key, key))
		}
		if asJSON {
			err = command.PrintJSON(a.Stdout, rows)
		} else {
			err = a.printRemeasured(rows)
		}
		return errors.Join(err, remeasuredError(rows))
	})
}

// remeasureUses measures a run again for every use of it, once for each reference.
func remeasureUses(ctx context.Context, db *store.DB, uses []store.Use, names []string) (rows []remeasure.Row, err error) {
	seen := map[string]bool{}
	for _, use := range uses {
		if seen[use.Reference] {
			continue
		}
		seen[use.Reference] = true
		sweep, err := db.Sweep(ctx, use.Sweep)
		if err != nil {
			return nil, err
		}
		m := remeasure.New(db, sweep, uses, names)
		more, err := m.Run(ctx, use)
		if err := errors.Join(err, m.Close()); err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func (a *app) printRemeasured(rows []remeasure.Row) error {
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "metric\tstored\tmeasured again\tsweep\t\t")
	for _, r := range rows {
		again, verdict := r.Again.Value.String(), "same"
		switch {
		case r.Note != "":
			again, verdict = "-", r.Note
		case !r.Same && r.Stored.Value == r.Again.Value:
			verdict = "another standard error or p-value"
		case !r.Same:
			verdict = "DIFFERS"
		}
		fmt.Fprintf(w, "%s\t%v\t%s\t%s\t%s\t\n", r.Metric, r.Stored.Value, again, r.Sweep, verdict)
	}
	return w.Flush()
}

// remeasuredError returns an error unless all values were measured again and are the same.
func remeasuredError(rows []remeasure.Row) error {
	var differ, left []string
	for _, r := range rows {
		switch {
		case r.Note != "":
			left = append(left, r.Metric)
		case !r.Same:
			differ = append(differ, r.Metric)
		}
	}
	switch {
	case len(differ) > 0:
		return fmt.Errorf("%d of %d values are not what the store holds (%s): samples, weights or values have changed, or this program or "+
			"machine computes them differently from the one that stored them, see `flowsweep show`", len(differ), len(rows), strings.Join(differ, ", "))
	case len(left) > 0:
		return fmt.Errorf("%d of %d values could not be measured again: %s", len(left), len(rows), strings.Join(left, ", "))
	default:
		return nil
	}
}
