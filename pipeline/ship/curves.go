package ship

import (
	"fmt"

	"flowsweep/experiments"
	"flowsweep/pipeline/job"
	"flowsweep/reports"
)

// curveParts is in how many parts the curves of a page are cut, of which each keeps its extremes. A curve that a training
// has logged is shorter and stays whole.
const curveParts = job.CurvePoints / 2

// curves returns the loss curves of the sweep's fits, grouped by recipe.
func curves(sweep experiments.Sweep, all map[string][]experiments.Loss, known floors) []reports.Curve {
	var fits []experiments.Result // the first of each
	var settings []experiments.Setting
	seen := map[string]bool{}
	for _, r := range sweep.Results {
		if !seen[r.Fit] {
			seen[r.Fit] = true
			fits, settings = append(fits, r), append(settings, r.Setting)
		}
	}
	labels := experiments.NewLabels(settings)
	var list []reports.Curve
	for i, r := range fits {
		if losses := all[r.Fit]; len(losses) > 0 {
			group := labels.Recipe(i)
			list = append(list, reports.Curve{
				Label: fmt.Sprintf("seed %d", r.Seed), Group: group, Whole: labels.Whole(group), Losses: losses, Floor: known.of(r.Setting.Recipe), Taught: r.Setting.Coupling.Taught,
			})
		}
	}
	return list
}
