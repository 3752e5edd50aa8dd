package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"flowsweep/experiments"
	"flowsweep/store"
)

// loadPlan reads a spec file and returns its plan. Its errors are the user's to mend.
func loadPlan(path string) (experiments.Plan, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return experiments.Plan{}, usage(fmt.Errorf("there is no spec %s: give the path of a YAML file, experiments/specs/two-moons.yaml for example", path))
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
	TrainSteps int      `json:"train_steps"`
	Seconds    *float64 `json:"estimated_fit_seconds"` // null where the store has nothing to estimate from
	Workers    int      `json:"workers"`
	Megabytes  float64  `json:"estimated_megabytes"` // of the largest fits that are done at once
}

func (a *app) planCommand() *cobra.Command {
	asJSON := false
	workers := 0
	cmd := &cobra.Command{
		Use:   "plan SPEC",
		Short: "Say what a sweep would do: fits and runs, new and cached; runs nothing",
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
	cmd.Flags().IntVar(&workers, "workers", 0, "fits done at once; 0 means one a core")
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
	w, err := remaining(ctx, db, plan)
	if err != nil {
		return planReport{}, err
	}
	r := planReport{
		Sweep: plan.Spec.Name, Settings: len(plan.Spec.Settings), Seeds: len(plan.Spec.Seeds),
		Fits: len(plan.Fits), FitsToDo: w.trained, FitsCached: len(plan.Fits) - w.trained,
		Runs: plan.Runs(), RunsToDo: w.sampled, RunsCached: plan.Runs() - w.sampled,
		ToMeasure: w.measured, TrainSteps: w.trainSteps, Workers: workers,
	}
	r.Megabytes = megabytes(w, workers)
	r.Seconds, err = estimate(ctx, db, w, workers)
	return r, err
}

// estimate returns the seconds the fits to train will take, from the time that stored fits took for each
// multiplication of their nets; nil where none is stored.
func estimate(ctx context.Context, db *store.DB, w work, workers int) (*float64, error) {
	if db == nil {
		return nil, nil
	}
	times, err := db.FitTimes(ctx)
	if err != nil {
		return nil, err
	}
	seconds, done := 0., 0.
	stored := storedData(ctx, db)
	for _, t := range times {
		// A config of another version that cannot be read any more says nothing about the time.
		if setting, err := stored.Setting(t.Config, nil); err == nil {
			seconds += t.Seconds
			done += multiplications(setting.Recipe)
		}
	}
	if done == 0 {
		return nil, nil
	}
	left := 0.
	for _, t := range w.fits {
		if t.train {
			left += multiplications(t.fit.Recipe)
		}
	}
	total := left / done * seconds / float64(max(1, min(workers, w.trained)))
	return &total, nil
}

// multiplications is about how many one training of the recipe takes, up to a factor common to all.
func multiplications(r experiments.Recipe) float64 {
	net, err := netOf(r)
	if err != nil {
		return 0
	}
	return float64(net.Size()) * float64(r.Train.Batch) * float64(r.Train.Steps)
}

// megabytes returns about how much memory the largest fits take that are done at once: weights, moments and their next
// values; of every layer the inputs, outputs and gradients of a batch; and the samples of one run and the reference.
func megabytes(w work, workers int) float64 {
	var sizes []float64
	for _, t := range w.fits {
		net, err := netOf(t.fit.Recipe)
		if err != nil {
			continue
		}
		recipe, samples := t.fit.Recipe, 0
		for _, run := range t.sample {
			samples = max(samples, run.Sampling.Count)
		}
		state, layers := 10*net.Size(), 6*recipe.Train.Batch*net.Width*(net.Depth+1)
		sizes = append(sizes, (4*float64(state+layers)+8*float64(8*samples*net.Dim))/1e6)
	}
	slices.Sort(sizes)
	total := 100. // onnxruntime, and the program itself
	for _, s := range sizes[max(0, len(sizes)-workers):] {
		total += s
	}
	return total
}

func (a *app) printPlan(r planReport) {
	fmt.Fprintf(a.stdout, "sweep     %s: %d settings over %d seeds\n", r.Sweep, r.Settings, r.Seeds)
	fmt.Fprintf(a.stdout, "fits      %d: %d to train (%d steps), %d cached\n", r.Fits, r.FitsToDo, r.TrainSteps, r.FitsCached)
	fmt.Fprintf(a.stdout, "runs      %d: %d to sample, %d cached; %d to measure\n", r.Runs, r.RunsToDo, r.RunsCached, r.ToMeasure)
	if r.FitsToDo+r.RunsToDo > 0 {
		fmt.Fprintf(a.stdout, "memory    about %.0f MB with %d workers\n", r.Megabytes, r.Workers)
	}
	switch {
	case r.FitsToDo == 0:
	case r.Seconds == nil:
		fmt.Fprintln(a.stdout, "training  no estimate: the store holds no finished fit to go by")
	default:
		d := time.Duration(*r.Seconds * float64(time.Second)).Round(time.Second)
		fmt.Fprintf(a.stdout, "training  about %v with %d workers, going by the stored fits\n", d, r.Workers)
	}
}

// printJSON prints v, indented, and a newline.
func printJSON(w interface{ Write([]byte) (int, error) }, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
