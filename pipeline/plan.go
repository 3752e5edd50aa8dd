package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// loadPlan reads a spec file and returns its plan. Its errors are usage errors.
func loadPlan(path string) (experiments.Plan, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return experiments.Plan{}, usage(fmt.Errorf("there is no spec %s: give the path of a YAML file, such as experiments/specs/two-moons.yaml", path))
	}
	if err != nil {
		return experiments.Plan{}, usage(fmt.Errorf("read the spec: %w", err))
	}
	spec, err := experiments.Parser{Open: dataIn(filepath.Dir(path))}.Parse(path, text)
	if err != nil {
		return experiments.Plan{}, usage(err)
	}
	return spec.Plan()
}

// planReport is the form of `flowsweep plan --json`.
type planReport struct {
	Sweep      string   `json:"sweep"`
	Settings   int      `json:"settings"`
	Seeds      int      `json:"seeds"`
	Fits       int      `json:"fits"`
	FitsToDo   int      `json:"fits_to_train"`
	FitsCached int      `json:"fits_cached"`
	Runs       int      `json:"runs"`
	RunsToDo   int      `json:"runs_to_sample"`
	RunsCached int      `json:"runs_cached"`
	ToMeasure  int      `json:"runs_to_measure"` // those to sample among them
	ToSolve    int      `json:"dense_solves"`    // that show what of an error is the net's
	TrainSteps int      `json:"train_steps"`
	Seconds    *float64 `json:"estimated_fit_seconds"` // null where the store has nothing to estimate from
	Workers    int      `json:"workers"`
	Megabytes  float64  `json:"estimated_megabytes"` // of the largest fits that are done at once
	Cautions   []string `json:"cautions,omitempty"`
	KeptAs     string   `json:"earlier_kept_as,omitempty"` // the name of the sweep that is stored under this one with another spec
	Again      string   `json:"edition_again,omitempty"`   // the stored sweep that has this spec, if it is not that one

	earlier string // both in a sentence
}

func (a *app) planCommand() *cobra.Command {
	asJSON := false
	workers := 0
	cmd := &cobra.Command{
		Use:   "plan SPEC",
		Short: "Print what a sweep would do: fits and runs, new and cached; run nothing",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := loadPlan(args[0])
			if err != nil {
				return err
			}
			if err := store.CheckPath(a.db); err != nil {
				return usage(err)
			}
			if workers, err = workerCount(workers); err != nil {
				return err
			}
			r, err := a.planReport(cmd.Context(), plan, workers)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(a.stdout, r)
			}
			a.printPlan(r)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().IntVar(&workers, "workers", 0, "fits to do at once; 0 means one per core")
	return cmd
}

func (a *app) planReport(ctx context.Context, plan experiments.Plan, workers int) (planReport, error) {
	var db *store.DB
	if _, err := os.Stat(a.db); err == nil {
		if db, err = store.OpenExisting(ctx, a.db); err != nil {
			return planReport{}, usage(err)
		}
		defer db.Close()
	}
	w, err := sweep.Remaining(ctx, db, plan)
	if err != nil {
		return planReport{}, err
	}
	r := planReport{
		Sweep: plan.Spec.Name, Settings: len(plan.Spec.Settings), Seeds: len(plan.Spec.Seeds),
		Fits: len(plan.Fits), FitsToDo: w.ToTrain, FitsCached: len(plan.Fits) - w.ToTrain,
		Runs: plan.Runs(), RunsToDo: w.ToSample, RunsCached: plan.Runs() - w.ToSample,
		ToMeasure: w.ToMeasure, ToSolve: w.ToSolve, TrainSteps: w.TrainSteps, Workers: workers, Cautions: plan.Spec.Cautions(),
	}
	r.Megabytes = w.Megabytes(workers)
	if db != nil {
		earlier, err := db.EditionFor(ctx, plan)
		if err != nil {
			return planReport{}, err
		}
		r.KeptAs, r.Again, r.earlier = earlier.Kept, earlier.Again, earlier.Sentence(r.Sweep)
	}
	r.Seconds, err = w.Seconds(ctx, db, workers)
	return r, err
}

func (a *app) printPlan(r planReport) {
	fmt.Fprintf(a.stdout, "sweep     %s: %d settings over %d seeds\n", r.Sweep, r.Settings, r.Seeds)
	if r.earlier != "" {
		fmt.Fprintf(a.stdout, "earlier   %s\n", r.earlier)
	}
	fmt.Fprintf(a.stdout, "fits      %d: %d to train (%d steps), %d cached\n", r.Fits, r.FitsToDo, r.TrainSteps, r.FitsCached)
	fmt.Fprintf(a.stdout, "runs      %d: %d to sample, %d cached; %d to measure\n", r.Runs, r.RunsToDo, r.RunsCached, r.ToMeasure)
	if r.ToSolve > 0 {
		fmt.Fprintf(a.stdout, "solves    %d fine ones, to tell the solver's error from the net's\n", r.ToSolve)
	}
	if r.FitsToDo+r.RunsToDo > 0 {
		fmt.Fprintf(a.stdout, "memory    about %.0f MB with %d workers\n", r.Megabytes, r.Workers)
	}
	switch {
	case r.FitsToDo == 0:
	case r.Seconds == nil:
		fmt.Fprintln(a.stdout, "training  no estimate: the store holds no finished fit")
	default:
		d := time.Duration(*r.Seconds * float64(time.Second)).Round(time.Second)
		fmt.Fprintf(a.stdout, "training  about %v with %d workers, judging by the stored fits\n", d, r.Workers)
	}
	for _, caution := range r.Cautions {
		fmt.Fprintf(a.stdout, "caution   %s\n", caution)
	}
}
