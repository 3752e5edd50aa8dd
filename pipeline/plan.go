package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/cost"
	"flowsweep/pipeline/points"
	"flowsweep/pipeline/sweep"
	"flowsweep/pipeline/table"
	"flowsweep/store"
)

// loadPlan reads a spec file and returns its plan. Its errors are usage errors.
func (a *app) loadPlan(ctx context.Context, path string) (experiments.Plan, error) {
	name, folder := path, filepath.Dir(path)
	if path == stdinPath {
		name, folder = "stdin", "."
	}
	text, err := a.readSpec(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return experiments.Plan{}, command.Usage(fmt.Errorf("there is no spec %s: give the path of a YAML file, such as experiments/specs/two-moons.yaml", path))
	}
	if err != nil {
		return experiments.Plan{}, command.Usage(fmt.Errorf("read the spec: %w", err))
	}
	spec, err := command.ParserIn(folder).Parse(name, text)
	if err != nil {
		return experiments.Plan{}, command.Usage(err)
	}
	return spec.Plan()
}

// specHelp is the help on the argument SPEC.
const specHelp = "SPEC is a YAML file, or - for stdin, whose data\nfiles are then looked for in the current folder."

// stdinPath stands for stdin in place of the path of a spec. Its data files are looked for in the current folder.
const stdinPath = "-"

// readSpec returns the text of a spec.
func (a *app) readSpec(ctx context.Context, path string) ([]byte, error) {
	if path != stdinPath {
		return os.ReadFile(path)
	}
	a.SpecRead = true
	type result struct {
		text []byte
		err  error
	}
	read := make(chan result, 1)
	go func() { // a signal does not end a read
		text, err := io.ReadAll(a.Stdin)
		read <- result{text, err}
	}()
	select {
	case r := <-read:
		return r.text, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// planReport is the form of `flowsweep plan --json`.
type planReport struct {
	Sweep      string          `json:"sweep"`
	Settings   int             `json:"settings"`
	Seeds      int             `json:"seeds"`
	Fits       int             `json:"fits"`
	FitsToDo   int             `json:"fits_to_train"`
	FitsCached int             `json:"fits_cached"`
	Teachers   int             `json:"teachers,omitempty"` // fits, among these, that only make the pairs of others
	Runs       int             `json:"runs"`
	RunsToDo   int             `json:"runs_to_sample"`
	RunsCached int             `json:"runs_cached"`
	ToMeasure  int             `json:"runs_to_measure"`   // those to sample among them
	ToSolve    int             `json:"dense_solves"`      // that show what of an error is the net's
	Tunings    int             `json:"tunings,omitempty"` // solvers whose coefficients are fitted to a net
	ToTune     int             `json:"tunings_to_do,omitempty"`
	TuneCalls  int             `json:"tuning_velocity_calls,omitempty"` // of single points, that these take
	TrainSteps int             `json:"train_steps"`                     // at most, with early_stop
	LeastSteps int             `json:"train_steps_at_least,omitempty"`
	Stopped    int             `json:"settings_pruned,omitempty"` // so far
	Hindsight  string          `json:"early_stop_hindsight,omitempty"`
	Seconds    *float64        `json:"estimated_fit_seconds"` // of training, with the workers; null where there is no engine to try
	Cost       *cost.Estimate  `json:"cost"`                  // null likewise
	Workers    int             `json:"workers"`
	Megabytes  float64         `json:"estimated_megabytes"` // of the largest fits that are done at once
	Disk       float64         `json:"disk_megabytes"`      // of the results, beside the store
	Data       []string        `json:"data,omitempty"`      // what is taken of data files, and what is left out
	Columns    []points.Column `json:"columns,omitempty"`   // that are taken of them
	Given      *planGiven      `json:"conditional,omitempty"`
	Cautions   []string        `json:"cautions,omitempty"`
	KeptAs     string          `json:"earlier_kept_as,omitempty"` // the name of the sweep that is stored under this one with another spec
	Again      string          `json:"edition_again,omitempty"`   // the stored sweep that has this spec, if it is not that one

	earlier string // both in a sentence
}

func (a *app) planCommand() *cobra.Command {
	asJSON := false
	var how planning
	cmd := &cobra.Command{
		Use:         "plan SPEC",
		Annotations: command.KeepsNothing,
		Short:       "Print what a sweep would do: fits and runs, new and cached, and how long it takes; run nothing",
		Long: "Print what a sweep would do: fits and runs, new and cached, and how long it takes; run nothing. Times are those of\nstored fits and runs on this machine. " +
			"What was never measured here is tried for a moment, as if the machine did\nnothing else: steps of each net, pairs of each coupling, velocity calls and metrics. " + specHelp,
		Example: "  flowsweep plan ring.yaml\n  flowsweep plan ring.yaml --workers 2 --json\n  flowsweep plan - < ring.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := a.loadPlan(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if how.workers, err = workerCount(how.workers); err != nil {
				return err
			}
			if how.try < 0 {
				return command.Usage(fmt.Errorf("--try %v: give the time to try what was never measured here, such as 2s, or 0 for none", how.try))
			}
			r, err := a.planReport(cmd.Context(), plan, how)
			if err != nil {
				return err
			}
			if asJSON {
				return command.PrintJSON(a.Stdout, r)
			}
			a.printPlan(r)
			return nil
		},
	}
	command.JSONFlag(cmd, &asJSON, command.Form{Name: "plan", Of: planReport{}})
	cmd.Flags().IntVar(&how.workers, "workers", 0, "fits to do at once; 0 means one per core")
	cmd.Flags().DurationVar(&how.try, "try", sweep.TryAll, "how long to try what was never measured here, in all; 0 means to guess instead")
	return cmd
}

// planning is how a sweep is planned.
type planning struct {
	workers int
	try     time.Duration
}

func (a *app) planReport(ctx context.Context, plan experiments.Plan, how planning) (r planReport, err error) {
	if _, err := os.Stat(a.DB); err != nil {
		if err := store.CheckPath(a.DB); err != nil {
			return r, command.Usage(err)
		}
		return planWith(ctx, nil, plan, how, store.Free(a.DB))
	}
	err = a.WithStore(ctx, func(db *store.DB) error {
		r, err = planWith(ctx, db, plan, how, store.Free(a.DB))
		if why := db.ReadOnly(); why != nil {
			r.Cautions = append(r.Cautions, "a sweep would not start: "+why.Error())
		}
		return err
	})
	return r, err
}

// planWith says what a sweep would do with what the store holds, or without a store, which is nil, and with so many bytes free beside it.
func planWith(ctx context.Context, db *store.DB, plan experiments.Plan, how planning, free float64) (planReport, error) {
	workers := how.workers
	w, err := sweep.Remaining(ctx, db, plan)
	if err != nil {
		return planReport{}, err
	}
	r := planReport{
		Sweep: plan.Spec.Name, Settings: len(plan.Spec.Settings), Seeds: len(plan.Spec.Seeds),
		Fits: len(plan.Fits), FitsToDo: w.ToTrain, FitsCached: len(plan.Fits) - w.ToTrain, Teachers: plan.Teachers(),
		Runs: plan.Runs(), RunsToDo: w.ToSample, RunsCached: plan.Runs() - w.ToSample,
		ToMeasure: w.ToMeasure, ToSolve: w.ToSolve, TrainSteps: w.TrainSteps, Workers: workers, Data: plan.Spec.Notes(), Cautions: plan.Spec.Cautions(),
		Columns: points.Columns(plan.Spec), Given: planConditions(plan.Spec),
	}
	if err := r.countEarly(ctx, db, plan, w.Early); err != nil {
		return planReport{}, err
	}
	r.Megabytes, r.Disk = w.Megabytes(workers), w.Bytes(workers)/1e6
	if err := w.CheckSpace(workers, free); err != nil {
		r.Cautions = append(r.Cautions, "a sweep would not start: "+err.Error())
	}
	if db != nil {
		earlier, err := db.EditionFor(ctx, plan)
		if err != nil {
			return planReport{}, err
		}
		r.KeptAs, r.Again, r.earlier = earlier.Kept, earlier.Again, earlier.Sentence(r.Sweep)
	}
	if err := r.countTunings(ctx, db, plan); err != nil {
		return planReport{}, err
	}
	return r, r.estimate(ctx, db, plan, w, how.try)
}

// printPlan prints a line for each fact, broken where the terminal ends.
func (a *app) printPlan(r planReport) {
	width := command.WidthOf(a.Stdout)
	line := func(name, format string, args ...any) {
		text := problem.Printable(fmt.Sprintf(format, args...))
		fmt.Fprintln(a.Stdout, table.Wrap(fmt.Sprintf("%-10s", name), text, width))
	}
	line("sweep", "%s: %d settings over %d seeds", r.Sweep, r.Settings, r.Seeds)
	if r.earlier != "" {
		line("earlier", "%s", r.earlier)
	}
	for _, note := range r.Data {
		line("data", "%s", note)
	}
	r.Given.print(line)
	line("fits", "%d: %d to train (%d steps), %d cached", r.Fits, r.FitsToDo, r.TrainSteps, r.FitsCached)
	r.printEarly(line)
	if r.Teachers > 0 {
		line("teachers", "%d of the fits only make the pairs of others, and have no runs", r.Teachers)
	}
	line("runs", "%d: %d to sample, %d cached; %d to measure", r.Runs, r.RunsToDo, r.RunsCached, r.ToMeasure)
	if r.Tunings > 0 {
		line("tuning", "%d: %d to fit to nets, with %.1f million velocity calls of one point, %d cached", r.Tunings, r.ToTune, float64(r.TuneCalls)/1e6, r.Tunings-r.ToTune)
	}
	if r.ToSolve > 0 {
		line("solves", "%d fine ones, to tell the solver's error from the net's", r.ToSolve)
	}
	if r.FitsToDo+r.RunsToDo > 0 {
		line("memory", "about %.0f MB with %d workers", r.Megabytes, r.Workers)
		line("disk", "about %.0f MB", r.Disk)
	}
	if r.Cost != nil {
		r.Cost.Print(line)
	}
	points.PrintColumns(r.Columns, line)
	for _, caution := range r.Cautions {
		line("caution", "%s", caution)
	}
}
