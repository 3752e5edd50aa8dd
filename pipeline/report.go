package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/target"
	"flowsweep/reports"
	"flowsweep/store"
)

// panelCount is the most panels of samples a report shows beside the data.
const panelCount = 5

func (a *app) reportCommand() *cobra.Command {
	var sweep, out string
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write the HTML page of a sweep again, from the store alone",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(db *store.DB) error { return a.report(cmd.Context(), db, sweep, out) })
		},
	}
	cmd.Flags().StringVar(&sweep, "sweep", "", "the sweep's `name` (default the latest)")
	cmd.Flags().StringVar(&out, "out", "", "the output `folder` (default out/<sweep name>)")
	return cmd
}

func (a *app) report(ctx context.Context, db *store.DB, name, out string) error {
	sweep, err := loadSweep(ctx, db, name)
	if err != nil {
		return usage(err)
	}
	if out, err = outFolder(out, sweep.Name); err != nil {
		return err
	}
	page, err := renderSweep(ctx, db, sweep)
	if err != nil {
		return err
	}
	path := filepath.Join(out, reportFile)
	if err := errors.Join(writeFile(path, page), writeSums(out)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "report    %s\n", path)
	return err
}

// renderReport returns the page of a sweep. It depends on what is stored and on nothing else.
func renderReport(ctx context.Context, db *store.DB, name string) ([]byte, error) {
	sweep, err := loadSweep(ctx, db, name)
	if err != nil {
		return nil, err
	}
	return renderSweep(ctx, db, sweep)
}

// renderSweep is renderReport of a sweep that is loaded.
func renderSweep(ctx context.Context, db *store.DB, sweep experiments.Sweep) (page []byte, err error) {
	// A page is made of much that lives to its end: collecting garbage half as often takes a tenth off the time of a large
	// one, and a third more memory.
	defer debug.SetGCPercent(debug.SetGCPercent(200))
	// The curves of a large sweep take longer to read than the rest takes to compute.
	ctx, cancel := context.WithCancel(ctx)
	var reading errgroup.Group
	var losses map[string][]experiments.Loss
	reading.Go(func() (err error) {
		losses, err = db.Curves(ctx, sweep.Name, curveParts)
		return err
	})
	defer func() {
		cancel()
		reading.Wait() // the error, if any, has been returned
	}()
	p := reports.Page{Sweep: sweep, Command: fmt.Sprintf("flowsweep sweep %s.yaml  # the spec below, saved under that name", sweep.Name)}
	if p.Summaries, err = experiments.Summaries(sweep.Results, sweep.Spec.Metrics); err != nil {
		return nil, err
	}
	table, err := runsCSV(sweep.Results)
	if err != nil {
		return nil, err
	}
	p.CSV = string(table)
	labels, err := settingLabels(p.Summaries)
	if err != nil {
		return nil, err
	}
	var noChoice error
	if p.Choice, noChoice = sweep.Spec.Choose.Choose(p.Summaries, labels.Setting); noChoice != nil {
		p.ChoiceError = noChoice.Error()
	} else {
		if p.Samples, err = panels(ctx, db, sweep, p.Choice.Run); err != nil {
			return nil, err
		}
		if f, ok := storedFresh(ctx, db, sweep.Spec); ok {
			p.Fresh = statsOf(f, sweep.Spec, p.Summaries[p.Choice.Chosen])
		}
	}
	known := floors{spec: sweep.Spec, known: map[string]reports.Floor{}}
	for _, s := range p.Summaries {
		p.Floors = append(p.Floors, known.of(s.Setting.Recipe))
	}
	if err := reading.Wait(); err != nil {
		return nil, err
	}
	if p.Curves, err = curves(sweep, losses, known); err != nil {
		return nil, err
	}
	if p.Artifacts, p.Checks, err = exported(ctx, db, sweep.Name, p.Choice.Run.Run); err != nil {
		return nil, err
	}
	return reports.Render(p)
}

// exported returns the files of a sweep and their checks if they are of this run, and none if they are of an earlier
// choice: a sweep that was interrupted has not exported what it would choose now.
func exported(ctx context.Context, db *store.DB, sweep, run string) ([]experiments.Artifact, []experiments.Check, error) {
	files, err := db.Artifacts(ctx, sweep)
	if err != nil {
		return nil, nil, err
	}
	checks, err := db.Checks(ctx, sweep)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range checks {
		if c.Run != run {
			return nil, nil, nil
		}
	}
	return files, checks, nil
}

// statsOf returns the fresh figures in the order of the spec, or none if they are of other runs than the chosen setting's:
// what is stored may be of an earlier choice.
func statsOf(f freshFigures, spec experiments.Spec, chosen experiments.Summary) (list []experiments.Stat) {
	if !slices.EqualFunc(f.Runs, chosen.Runs, func(key string, r experiments.Result) bool { return key == r.Run }) {
		return nil
	}
	for _, m := range spec.Metrics {
		if got, ok := f.Metrics[m.Name]; ok {
			list = append(list, experiments.Stat{
				Name: m.Name, Mean: float64(got.Mean), Low: float64(got.Low), High: float64(got.High), N: len(f.Runs),
			})
		}
	}
	return list
}

// panels returns the data, and what the chosen run's net draws with the chosen solver at growing numbers of steps, or at
// tighter tolerances.
func panels(ctx context.Context, db *store.DB, sweep experiments.Sweep, chosen experiments.Result) ([]reports.Panel, error) {
	truth := reference(sweep.Spec, chosen.Setting.Recipe)
	list := []reports.Panel{{Title: truthTitle(chosen.Setting.Target), Points: points(truth)}}
	alike := siblings(sweep.Results, chosen)
	settings := make([]experiments.Setting, len(alike))
	for i, r := range alike {
		settings[i] = r.Setting
	}
	labels, err := experiments.NewLabels(settings)
	if err != nil {
		return nil, err
	}
	for i, r := range alike {
		b, err := loadSamples(ctx, db, r.Run)
		if err != nil {
			return nil, err
		}
		title := fmt.Sprintf("%s, %s (NFE %s)", r.Setting.Sample.Solver.Name, labels.Effort(i), r.NFE)
		if r.Run == chosen.Run {
			title = "chosen: " + title
		}
		list = append(list, reports.Panel{Title: title, Points: points(b), Chosen: r.Run == chosen.Run})
	}
	return list, nil
}

// truthTitle says what the reference is, and what scale it and the samples are drawn on: that of the metrics.
func truthTitle(t target.Target) string {
	title := "data"
	if t.Held.Len() > 0 {
		title = "data held out"
	}
	if !t.Units.Identity() {
		title += ", standardised"
	}
	return title
}

// siblings returns the finished runs that differ from the chosen one in the number of steps or the tolerance alone, and
// itself, by growing cost: at most panelCount, the cheapest, and the chosen one in any case.
func siblings(results []experiments.Result, chosen experiments.Result) []experiments.Result {
	same := func(r experiments.Result) string {
		s := r.Setting
		s.Sample.Steps, s.Sample.Tolerance = 0, ode.Tolerance{}
		return s.Form()
	}
	var list []experiments.Result
	for _, r := range results {
		if r.Fit == chosen.Fit && r.State == experiments.Finished && same(r) == same(chosen) {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b experiments.Result) int { return cmp.Compare(a.NFE, b.NFE) })
	for i := len(list) - 1; len(list) > panelCount; i-- {
		if list[i].Run != chosen.Run {
			list = slices.Delete(list, i, i+1)
		}
	}
	return list
}

func points(b flow.Batch) [][]float64 {
	list := make([][]float64, b.Len())
	for i := range list {
		list[i] = b.Row(i)
	}
	return list
}

// curveParts is in how many parts the curves of a page are cut, of which each keeps its extremes. A curve that a training
// has logged is shorter and stays whole.
const curveParts = curvePoints / 2

// curves returns the loss curves of the sweep's fits, grouped by recipe.
func curves(sweep experiments.Sweep, all map[string][]experiments.Loss, known floors) ([]reports.Curve, error) {
	var fits []experiments.Result // the first of each
	var settings []experiments.Setting
	seen := map[string]bool{}
	for _, r := range sweep.Results {
		if !seen[r.Fit] {
			seen[r.Fit] = true
			fits, settings = append(fits, r), append(settings, r.Setting)
		}
	}
	labels, err := experiments.NewLabels(settings)
	if err != nil {
		return nil, err
	}
	var list []reports.Curve
	for i, r := range fits {
		if losses := all[r.Fit]; len(losses) > 0 {
			list = append(list, reports.Curve{Label: fmt.Sprintf("seed %d", r.Seed), Group: labels.Recipe(i), Losses: losses, Floor: known.of(r.Setting.Recipe)})
		}
	}
	return list, nil
}
