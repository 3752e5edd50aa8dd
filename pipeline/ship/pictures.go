package ship

import (
	"context"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/reports"
	"flowsweep/store"
)

// shownPictures is the number of images of each kind that a page is given.
const shownPictures = 48

// pictures returns the data, the samples of the chosen run, and the training images that are nearest to these; nil if the
// target is none of images.
func pictures(ctx context.Context, db *store.DB, sweep experiments.Sweep, chosen experiments.Result) (*reports.Pictures, error) {
	t := chosen.Setting.Target
	if len(t.Shape) != 3 {
		return nil, nil
	}
	samples, err := saved.Samples(ctx, db, chosen.Run)
	if err != nil {
		return nil, err
	}
	some := func(points flow.Batch) flow.Batch { return points.Slice(0, min(points.Len(), shownPictures)) }
	truth, samples := some(job.Reference(sweep.Spec, chosen.Setting.Recipe)), some(t.Project(samples))
	title := "data"
	if t.Held.Len() > 0 {
		title = "data held out"
	}
	p := &reports.Pictures{Shape: t.Shape, Panels: []reports.Panel{
		{Title: title, Points: points(t.Decode(truth))}, {Title: "samples of the chosen net", Points: points(t.Decode(samples)), Chosen: true},
	}}
	pixels := t.Decode(truth).Data
	if t.Rows.Len() > 0 {
		p.Panels = append(p.Panels, reports.Panel{Title: "training images nearest to the samples", Points: points(t.Decode(nearest(samples, t.Rows)))})
		pixels = t.Decode(t.Rows).Data
	}
	p.Low, p.High = slices.Min(pixels), slices.Max(pixels)
	return p, nil
}

// nearest returns for each point the row that is nearest to it.
func nearest(points, rows flow.Batch) flow.Batch {
	near := make([]int, points.Len())
	flow.Parallel(points.Len(), func(i int) {
		least := math.Inf(1)
		for j := range rows.Len() {
			sum := 0.
			for k, x := range points.Row(i) {
				sum += (x - rows.Row(j)[k]) * (x - rows.Row(j)[k])
			}
			if sum < least {
				least, near[i] = sum, j
			}
		}
	})
	return rows.Take(flow.Batch{}, near)
}
