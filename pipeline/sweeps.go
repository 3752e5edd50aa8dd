package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/query"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/ship"
	"flowsweep/pipeline/table"
	"flowsweep/store"
)

// sweepRow is a row of `flowsweep sweeps --json`.
type sweepRow struct {
	Sweep        string            `json:"sweep"`
	State        experiments.State `json:"state"`
	Started      time.Time         `json:"started"` // for the first time
	LastStarted  time.Time         `json:"last_started"`
	Fits         int               `json:"fits"` // of the plan
	FitsFinished int               `json:"fits_finished"`
	FitsPruned   int               `json:"fits_pruned,omitempty"` // stopped early
	Runs         int               `json:"runs"`
	RunsFinished int               `json:"runs_finished"`
	Targets      []string          `json:"targets" null:"never"`
	Chosen       []string          `json:"chosen" null:"never"` // the settings in choice.json, one for each target that has one
	Tags         []string          `json:"tags" null:"never"`
	Error        string            `json:"error,omitempty"` // why choice.json cannot be read
}

func (a *app) sweepsCommand() *cobra.Command {
	asJSON := false
	cmd := &cobra.Command{
		Use:         "sweeps",
		Annotations: command.KeepsNothing,
		Short:       "List the sweeps in the store, the latest first",
		Long: "List the sweeps in the store, the latest first: how much of each is finished, and which setting it chose last. NAME@1 is\n" +
			"the first of the earlier specs of NAME. It is a sweep like any other: --sweep NAME@1, db delete NAME@1.",
		Example: "  flowsweep sweeps\n  flowsweep sweeps --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.WithStore(cmd.Context(), func(db *store.DB) error {
				rows, err := sweepRows(cmd.Context(), db)
				if err != nil {
					return err
				}
				if asJSON {
					return command.PrintJSON(a.Stdout, rows)
				}
				return a.printSweeps(rows)
			})
		},
	}
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "sweeps", Of: []sweepRow{}})
	return cmd
}

func sweepRows(ctx context.Context, db *store.DB) ([]sweepRow, error) {
	list, err := db.Sweeps(ctx)
	if err != nil {
		return nil, err
	}
	rows := make([]sweepRow, len(list)) // [] and not null where there are none
	for i, l := range list {
		rows[i] = sweepRow{
			Sweep: l.Name, State: l.State, Started: l.Started, LastStarted: l.LastStarted, Fits: l.Fits, FitsFinished: l.FitsDone, FitsPruned: l.FitsPruned,
			Runs: l.Runs, RunsFinished: l.RunsDone, Targets: l.Targets, Chosen: []string{}, Tags: l.Tags,
		}
		if !slices.Contains(l.Files, ship.ChoiceFile) {
			continue
		}
		content, err := db.ArtifactContent(ctx, l.Name, ship.ChoiceFile)
		if err == nil {
			rows[i].Chosen, err = chosenIn(content)
		}
		if err != nil { // which must not hide the others
			rows[i].Error = err.Error()
		}
	}
	return rows, ctx.Err()
}

// chosenIn returns the settings that a choice.json names: the chosen one, or that of each target.
func chosenIn(content []byte) ([]string, error) {
	settings := []string{} // and not null in JSON
	type choice struct {
		Chosen struct {
			Setting string `json:"setting"`
		} `json:"chosen"`
	}
	var file struct {
		choice
		Targets []choice `json:"targets"`
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return settings, err
	}
	if len(file.Targets) == 0 {
		file.Targets = []choice{file.choice}
	}
	for _, c := range file.Targets {
		if c.Chosen.Setting != "" {
			settings = append(settings, c.Chosen.Setting)
		}
	}
	return settings, nil
}

func (a *app) printSweeps(rows []sweepRow) error {
	t := table.Table{Columns: []string{"sweep", "state", "started", "last started", "fits", "runs", "target", "chosen", "tags"}}
	order := make([]int, len(rows))
	for i, r := range rows {
		order[i] = i
		chosen := strings.Join(r.Chosen, "; ")
		if r.Error != "" {
			chosen = "unreadable: see flowsweep db check"
		}
		at := func(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
		fits := fmt.Sprintf("%d/%d", r.FitsFinished, r.Fits)
		if r.FitsPruned > 0 {
			fits += fmt.Sprintf(", %d pruned", r.FitsPruned)
		}
		var cells []query.Field
		for c, value := range []string{
			r.Sweep, string(r.State), at(r.Started), at(r.LastStarted), fits,
			fmt.Sprintf("%d/%d", r.RunsFinished, r.Runs), strings.Join(r.Targets, ", "), chosen, strings.Join(r.Tags, ", "),
		} {
			cells = append(cells, query.Field{Key: t.Columns[c], Value: value})
		}
		t.Add(cells...)
	}
	return command.PrintTable(a.Stdout, t, t.Columns, order)
}

// completeSweeps completes the names of stored sweeps, as values of --sweep.
func (a *app) completeSweeps(commands ...*cobra.Command) {
	for _, c := range commands {
		a.completeSweeps(c.Commands()...)
		if c.Flags().Lookup("sweep") == nil {
			continue
		}
		if err := c.RegisterFlagCompletionFunc("sweep", a.completeSweepNames); err != nil {
			panic("pipeline: " + err.Error()) // registered twice
		}
	}
}

// completeSweepNames completes the names of stored sweeps.
func (a *app) completeSweepNames(cmd *cobra.Command, _ []string, _ string) (names []string, _ cobra.ShellCompDirective) {
	err := a.WithStore(cmd.Context(), func(db *store.DB) (err error) {
		names, err = db.SweepNames(cmd.Context())
		return err
	})
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
