package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"flowsweep/pipeline/ask"
	"flowsweep/pipeline/command"
	"flowsweep/store"
	"flowsweep/store/view"
)

func (a *app) queryCommand() *cobra.Command {
	var asJSON, asCSV bool
	cmd := &cobra.Command{
		Use:   "query [SQL]",
		Short: "Ask the store in SQL; without SQL, list its views and their columns",
		Long: "Ask the store in SQL, SQLite's, as it is now. A statement can read and nothing else, one at a time; a sweep that runs is not\n" +
			"disturbed. The views v_runs, v_fits, v_losses, v_metrics and v_settings are promised: columns are added, never renamed or\n" +
			"removed. Without SQL they are listed; with - the statement is read from stdin. Fields of JSON columns are reached by ->>:\n" +
			"metrics ->> '$.nll', run_config ->> '$.grid'.\n\n" +
			"--json prints an array of objects, --csv the same as CSV, both with all digits and as the rows come. What is not finite is\n" +
			"\"inf\" or \"-inf\", NULL stands for NaN, and bytes are base64. Of two columns with one name the second gets :1.",
		Example: "  flowsweep query \"select setting, mmd from v_settings where choice <> '' order by mmd\"\n" +
			"  flowsweep query --csv 'select seed, step, loss from v_losses join v_fits using (fit)' > losses.csv\n" +
			"  flowsweep query - --json < statement.sql",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("query takes one statement and got %d arguments: put it in quotes, so that the shell leaves it whole", len(args))
			}
			return nil
		},
		Annotations: command.KeepsNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			form := ask.ForPeople(a.Stdout, command.WidthOf(a.Stdout))
			switch {
			case asJSON:
				form = ask.AsJSON(a.Stdout)
			case asCSV:
				form = ask.AsCSV(a.Stdout)
			}
			if len(args) > 0 {
				return a.query(cmd.Context(), args[0], form)
			}
			return a.listViews(asJSON, asCSV, form)
		},
	}
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "query", Of: []map[string]any{}}, command.Form{Name: "query-views", Of: []ask.ViewRow{}})
	cmd.Flags().BoolVar(&asCSV, "csv", false, "print CSV")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
	return cmd
}

// listViews prints the views and their columns.
func (a *app) listViews(asJSON, asCSV bool, form ask.Form) error {
	switch views := store.Views(); {
	case asJSON:
		return command.PrintJSON(a.Stdout, ask.ViewsJSON(views))
	case asCSV:
		return ask.ListViews(views, form)
	default:
		return ask.PrintViews(a.Stdout, views)
	}
}

// longestStatement is SQLite's own limit, in bytes.
const longestStatement = 1_000_000

// query answers a statement.
func (a *app) query(ctx context.Context, text string, form ask.Form) error {
	if text == "-" {
		read, err := io.ReadAll(io.LimitReader(a.Stdin, longestStatement+1))
		if err != nil {
			return command.Usage(fmt.Errorf("read the statement from stdin: %w", err))
		}
		text = string(read)
	}
	if len(text) > longestStatement {
		return command.Usage(fmt.Errorf("the statement has more than %d bytes, which SQLite does not take: write it shorter", longestStatement))
	}
	return a.WithReader(ctx, func(db *store.DB) error {
		err := ask.Statement(ctx, db, text, form, func(caution string) { fmt.Fprintln(a.Stderr, "caution:", caution) })
		var wrong *view.Error
		if errors.As(err, &wrong) {
			return command.Usage(err)
		}
		return err
	})
}
