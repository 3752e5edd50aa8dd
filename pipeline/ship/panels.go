package ship

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/target"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/reports/samples"
	"flowsweep/store"
)

// maxPanels is the largest number of panels of samples beside the data.
const maxPanels = 5

// panels returns the data, and the samples of the chosen net and solver at growing numbers of steps or tighter tolerances.
func panels(ctx context.Context, db *store.DB, sweep experiments.Sweep, chosen experiments.Result) ([]samples.Panel, error) {
	truth := job.Reference(sweep.Spec, chosen.Setting)
	list := []samples.Panel{{Title: truthTitle(chosen.Setting.Target), Points: points(truth)}}
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
		list = append(list, samples.Panel{Title: title, Points: points(r.Setting.Target.Project(b)), Chosen: r.Run == chosen.Run})
	}
	return list, chosen.Setting.Target.Err()
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

// tableRows returns the data and the samples of the chosen run as rows of the user's table. Points of more than two
// coordinates are rows of a table even if the target is none.
func tableRows(ctx context.Context, db *store.DB, sweep experiments.Sweep, chosen experiments.Result) (*samples.Rows, error) {
	t := chosen.Setting.Target
	table := job.TableOf(t)
	if len(table.Columns) == 0 {
		if t.Dim() < 3 {
			return nil, nil
		}
		table.Values = func(points flow.Batch) flow.Batch { return points }
		for j := range t.Dim() {
			table.Columns = append(table.Columns, metric.TableColumn{Name: fmt.Sprintf("x%d", j+1)})
		}
	}
	truth := job.Reference(sweep.Spec, chosen.Setting)
	drawn, err := saved.Samples(ctx, db, chosen.Run)
	if err != nil {
		return nil, err
	}
	title := "data"
	if t.Held.Len() > 0 {
		title = "data held out"
	}
	rows := &samples.Rows{
		Columns: table.Columns, Marginals: table.MarginalsOf(drawn, truth),
		Truth:   samples.Panel{Title: title, Points: points(table.Values(truth))},
		Samples: samples.Panel{Title: "samples of the chosen net", Points: points(table.Values(drawn)), Chosen: true},
	}
	if t.Dim() <= maxCorrelated {
		rows.Correlations = table.CorrelationsOf(drawn, truth)
	}
	return rows, t.Err()
}

// maxCorrelated is the largest number of coordinates whose correlations are worked out for the page: their number grows with
// its square.
const maxCorrelated = 200

// shownPictures is the number of images of each kind that a page is given.
const shownPictures = 48

// pictures returns the data, the samples of the chosen run, and the training images that are nearest to these; nil if the
// target is none of images.
func pictures(ctx context.Context, db *store.DB, sweep experiments.Sweep, chosen experiments.Result) (*samples.Pictures, error) {
	t := chosen.Setting.Target
	if len(t.Shape) != 3 {
		return nil, nil
	}
	drawn, err := saved.Samples(ctx, db, chosen.Run)
	if err != nil {
		return nil, err
	}
	some := func(points flow.Batch) flow.Batch { return points.Slice(0, min(points.Len(), shownPictures)) }
	truth, drawn := some(job.Reference(sweep.Spec, chosen.Setting)), some(t.Project(drawn))
	title := "data"
	if t.Held.Len() > 0 {
		title = "data held out"
	}
	p := &samples.Pictures{Shape: t.Shape, Panels: []samples.Panel{
		{Title: title, Points: points(t.Decode(truth))}, {Title: "samples of the chosen net", Points: points(t.Decode(drawn)), Chosen: true},
	}}
	if t.Rows.Len() == 0 {
		pixels := t.Decode(truth).Data
		p.Low, p.High = slices.Min(pixels), slices.Max(pixels)
		return p, nil
	}
	p.Nearest = true
	p.Panels = append(p.Panels, samples.Panel{Title: "training images nearest to the samples", Points: points(t.Decode(nearest(drawn, t.Rows)))})
	p.Low, p.High = math.Inf(1), math.Inf(-1)
	t.Rows.EachPart(func(part flow.Batch) {
		pixels := t.Decode(part).Data
		p.Low, p.High = min(p.Low, slices.Min(pixels)), max(p.High, slices.Max(pixels))
	})
	return p, t.Err()
}

// nearest returns for each point the row that is nearest to it.
func nearest(points flow.Batch, rows target.Rows) flow.Batch {
	near, least, before := make([]int, points.Len()), slices.Repeat([]float64{math.Inf(1)}, points.Len()), 0
	rows.EachPart(func(part flow.Batch) {
		flow.Parallel(points.Len(), func(i int) {
			for j := range part.Len() {
				sum := 0.
				for k, x := range points.Row(i) {
					sum += (x - part.Row(j)[k]) * (x - part.Row(j)[k])
				}
				if sum < least[i] {
					least[i], near[i] = sum, before+j
				}
			}
		})
		before += part.Len()
	})
	return rows.Take(flow.Batch{}, near)
}
