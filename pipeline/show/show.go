package show

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// shown is the JSON form of `flowsweep show KEY`: one fit or run in full.
type shown struct {
	Kind        string                         `json:"kind"` // fit or run
	Key         string                         `json:"key"`
	State       experiments.State              `json:"state"`
	Error       string                         `json:"error"`
	Config      json.RawMessage                `json:"config"`
	Teacher     string                         `json:"teacher,omitempty"` // key of the fit whose flow made the pairs of this one
	Fit         *shown                         `json:"fit,omitempty"`     // of a run
	Seconds     *float64                       `json:"seconds,omitempty"` // nil until there are any, like the rest
	NFE         experiments.Calls              `json:"nfe,omitempty"`
	NFEMax      int                            `json:"nfe_max,omitempty"`
	Params      int                            `json:"params,omitempty"`
	Metrics     map[string]experiments.Number  `json:"metrics,omitempty"`    // against the first of the references
	MetricsSE   map[string]experiments.Number  `json:"metrics_se,omitempty"` // standard errors, of those that have one
	MetricsP    map[string]experiments.Number  `json:"metrics_p,omitempty"`  // p-values, of those whose noise is known
	Null        map[string]experiments.NullRow `json:"null,omitempty"`       // what those read between the truth and fresh samples of it
	References  []string                       `json:"references,omitempty"` // keys of the reference samples it was measured against
	Losses      []shownLoss                    `json:"losses,omitempty"`
	Checkpoint  int                            `json:"checkpoint,omitempty"` // the step that training goes on from
	Tunings     []shownTuning                  `json:"tunings,omitempty"`    // of solvers to the net of a fit
	Files       []experiments.Artifact         `json:"files,omitempty"`
	Points      *shownPoints                   `json:"points,omitempty"` // that --points wrote
	Tags        []string                       `json:"tags,omitempty"`
	Aliases     []string                       `json:"aliases,omitempty"` // of a run
	Note        string                         `json:"note,omitempty"`
	Environment *experiments.Environment       `json:"environment,omitempty"`
}

// shownLoss is a training loss in the JSON form of `flowsweep show`.
type shownLoss struct {
	Step    int                `json:"step"`
	Value   experiments.Number `json:"value"`
	HeldOut float64            `json:"held_out,omitempty"` // after the step, on rows that training never uses
}

func (a *app) showCommand() *cobra.Command {
	asJSON, leads, points := false, false, ""
	cmd := &cobra.Command{
		Use:         "show KEY [KEY]",
		Annotations: command.KeepsNothing,
		Short:       "Print one fit or run in full, or how two differ",
		Long: "Print one fit or run: config, environment, losses, metrics and files. Given two, print how they differ. A unique prefix\n" +
			"of a key is enough, or the @alias of a run. --points writes what the metrics of a run are computed from as NumPy files:\n" +
			"reference.npy, noise.npy (which it started from), samples.npy and, for data, trained.npy and held-out.npy.\n" +
			"--lineage prints what the run was made from and what was made of it, and whose aliases it has had; it also takes an exported\n" +
			"FILE.onnx, which names its run.",
		Example: "  flowsweep show 5c07f6\n  flowsweep show 5c07f6 81ab02\n  flowsweep show 5c07f6 --points points\n  flowsweep show 5c07f6 --lineage",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch one := len(args) == 1 && points == ""; {
			case leads && one:
				return a.showLineage(cmd.Context(), args[0], asJSON)
			case leads:
				return command.Usage(errors.New("--lineage is of one fit, run or file: give it alone"))
			case isModel(args[0]):
				return command.Usage(errors.New("of a file only the lineage is shown: give --lineage, too, or see `flowsweep verify`"))
			}
			return a.WithStore(cmd.Context(), func(db *store.DB) error {
				if len(args) == 2 && points != "" {
					return command.Usage(errors.New("--points writes the points of one run: give one key"))
				}
				if len(args) == 2 {
					return a.showDifference(cmd.Context(), db, args[0], args[1], asJSON)
				}
				return a.showOne(cmd.Context(), db, args[0], points, asJSON)
			})
		},
	}
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "show", Of: shown{}}, command.Form{Name: "show-difference", Of: difference{}},
		command.Form{Name: "lineage", Of: shownLineage{}})
	cmd.Flags().BoolVar(&leads, "lineage", false, "print the way from the data by fit and run to the files instead, with checksums")
	cmd.Flags().StringVar(&points, "points", "", "also write the points behind the metrics of a run into this `folder`")
	return cmd
}

// showOne prints a fit or run, and writes its points if a folder for them is named.
func (a *app) showOne(ctx context.Context, db *store.DB, prefix, points string, asJSON bool) error {
	s, err := show(ctx, db, prefix)
	if err != nil {
		return err
	}
	if points != "" {
		if s.Points, err = writeRunPoints(ctx, db, s, points); err != nil {
			return err
		}
	}
	if asJSON {
		return command.PrintJSON(a.Stdout, s)
	}
	return a.printShown(s, "")
}

// show returns the fit or run whose key has this prefix.
func show(ctx context.Context, db *store.DB, prefix string) (shown, error) {
	kind, key, err := db.Find(ctx, prefix)
	if err != nil {
		return shown{}, command.Usage(err)
	}
	if kind == "fit" {
		return showFit(ctx, db, key)
	}
	return showRun(ctx, db, key)
}

func showFit(ctx context.Context, db *store.DB, key string) (shown, error) {
	f, err := db.Fit(ctx, key)
	if err != nil {
		return shown{}, err
	}
	s := shown{
		Kind: "fit", Key: key, State: f.State, Error: f.Error, Config: f.Config, Seconds: spent(f.State, f.Seconds), Params: f.Params,
		Checkpoint: f.Checkpoint, Files: f.Files, Environment: f.Environment.OrNil(),
	}
	if err := errors.Join(json.Unmarshal(f.Config, &struct{ Teacher *string }{&s.Teacher}), s.remark(ctx, db)); err != nil {
		return s, err
	}
	if s.Tunings, err = tuningsOf(ctx, db, key); err != nil {
		return s, err
	}
	losses, err := db.Losses(ctx, key)
	for _, l := range losses {
		s.Losses = append(s.Losses, shownLoss{l.Step, experiments.Number(l.Value), l.HeldOut})
	}
	return s, err
}

func showRun(ctx context.Context, db *store.DB, key string) (shown, error) {
	r, err := db.Run(ctx, key)
	if err != nil {
		return shown{}, err
	}
	s := shown{
		Kind: "run", Key: key, State: r.State, Error: r.Error, Config: r.Config, Seconds: spent(r.State, r.Seconds), NFE: r.NFE, NFEMax: r.NFEMax,
		Files: r.Files, Environment: r.Environment.OrNil(), Metrics: map[string]experiments.Number{}, MetricsSE: map[string]experiments.Number{},
		MetricsP: map[string]experiments.Number{}, Null: map[string]experiments.NullRow{}, References: r.References,
	}
	if err := s.remark(ctx, db); err != nil {
		return s, err
	}
	values, nulls, err := saved.Metrics(ctx, db, r)
	if err != nil {
		return s, err
	}
	for _, v := range values {
		s.Metrics[v.Name] = experiments.Number(v.Value)
		if v.SE > 0 {
			s.MetricsSE[v.Name] = experiments.Number(v.SE)
		}
		if null, ok := nulls[v.Name]; ok {
			s.MetricsP[v.Name], s.Null[v.Name] = experiments.Number(v.P), experiments.NullRowOf(null.Summary())
		}
	}
	fit, err := showFit(ctx, db, r.Fit)
	s.Fit = &fit
	return s, err
}

// spent returns the time of what has finished or has spent any, and otherwise nil.
func spent(state experiments.State, seconds float64) *float64 {
	if state != experiments.Finished && seconds == 0 {
		return nil
	}
	return &seconds
}

// printShown prints a fit or run for people.
func (a *app) printShown(s shown, indent string) error {
	line := func(name string, value any) { fmt.Fprintf(a.Stdout, "%s%-12s %v\n", indent, name, value) }
	line(s.Kind, s.Key)
	line("state", s.State)
	text := func(name, value string) {
		if value != "" {
			line(name, problem.Printable(value))
		}
	}
	text("error", s.Error)
	text("aliases", strings.Join(s.Aliases, ", "))
	text("tags", strings.Join(s.Tags, ", "))
	text("note", s.Note)
	line("config", problem.Printable(string(s.Config)))
	text("teacher", s.Teacher)
	if s.Seconds != nil {
		line("seconds", fmt.Sprintf("%.3g", *s.Seconds))
	}
	switch {
	case s.Params > 0:
		line("parameters", s.Params)
	case s.NFE > 0:
		line("nfe", s.NFE)
	}
	s.printFigures(line)
	text("checkpoint", s.whence())
	for _, f := range s.Files {
		line("file", fmt.Sprintf("%s, %d bytes, sha256 %s", f.Name, f.Size, f.SHA256))
	}
	if s.Points != nil {
		a.printRunPoints(*s.Points)
	}
	if s.Environment != nil {
		line("environment", problem.Printable(command.EnvironmentLine(*s.Environment)))
	}
	if s.Fit != nil {
		fmt.Fprintln(a.Stdout)
		return a.printShown(*s.Fit, indent+"  ")
	}
	return nil
}

// whence says where training goes on; it is empty for what has no checkpoint.
func (s shown) whence() string {
	switch {
	case s.Checkpoint == 0:
		return ""
	case s.State == experiments.Pruned:
		return fmt.Sprintf("step %d: it stopped early there, and goes on if a sweep wants it further", s.Checkpoint)
	default:
		return fmt.Sprintf("step %d: training will resume there", s.Checkpoint)
	}
}
