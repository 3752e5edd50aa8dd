package ship

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/target"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/reports"
	"flowsweep/store"
)

// maxPanels is the largest number of panels of samples beside the data.
const maxPanels = 5

// panels returns the data, and the samples of the chosen net and solver at growing numbers of steps or tighter tolerances.
func panels(ctx context.Context, db *store.DB, sweep experiments.Sweep, chosen experiments.Result) ([]reports.Panel, error) {
	truth := job.Reference(sweep.Spec, chosen.Setting.Recipe)
	list := []reports.Panel{{Title: truthTitle(chosen.Setting.Target), Points: points(truth)}}
	alike := siblings(sweep.Results, chosen)
	settings := make([]experiments.Setting, len(alike))
	for i, r := range alike {
		settings[i] = r.Setting
	}
	labels := experiments.NewLabels(settings)
	for i, r := range alike {
		b, err := saved.Samples(ctx, db, r.Run)
		if err != nil {
			return nil, err
		}
		title := fmt.Sprintf("%s, %s (NFE %s)", r.Setting.Sample.Solver.Name, labels.Effort(i), r.NFE)
		if r.Run == chosen.Run {
			title = "chosen: " + title
		}
		list = append(list, reports.Panel{Title: title, Points: points(r.Setting.Target.Project(b)), Chosen: r.Run == chosen.Run})
	}
	return list, nil
}

// truthTitle says what the reference is, and on which scale points are drawn: that of the metrics.
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

// siblings returns the finished runs that differ from the chosen one only in steps or tolerance, sorted by cost: the
// cheapest, at most maxPanels, always including the chosen one.
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
	for i := len(list) - 1; len(list) > maxPanels; i-- {
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
