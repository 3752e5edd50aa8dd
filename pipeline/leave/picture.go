package leave

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/reports/samples"
	"flowsweep/store"
)

// artist draws the samples of runs beside the data.
type artist struct {
	db   *store.DB
	spec experiments.Spec

	mu    sync.Mutex
	truth map[string]samples.Panel // by the key of the reference sample
}

func newArtist(db *store.DB, spec experiments.Spec) *artist {
	return &artist{db: db, spec: spec, truth: map[string]samples.Panel{}}
}

// picture returns the samples of a finished run beside the data that it is measured against, as a PNG file. Images are drawn as such, and
// of points with more than two coordinates the first two.
func (a *artist) picture(ctx context.Context, r experiments.Result) ([]byte, error) {
	drawn, err := saved.Samples(ctx, a.db, r.Run)
	if err != nil {
		return nil, err
	}
	t := r.Setting.Target
	truth := a.reference(r)
	if err := t.Err(); err != nil {
		return nil, err
	}
	title := "samples"
	if t.Dim() > 2 && len(t.Shape) != 3 {
		title = fmt.Sprintf("samples, 2 of %d coordinates", t.Dim())
	}
	panels := []samples.Panel{truth, {Title: title, Points: shown(t.Project(drawn), len(t.Shape) == 3, t.Decode)}}
	if len(t.Shape) != 3 {
		return samples.Beside(panels, nil), nil
	}
	p := &samples.Pictures{Shape: t.Shape, Panels: panels, Low: math.Inf(1), High: math.Inf(-1)}
	for _, row := range truth.Points {
		p.Low, p.High = min(p.Low, slices.Min(row)), max(p.High, slices.Max(row))
	}
	return samples.Beside(nil, p), nil
}

// reference returns the data that a run is measured against, drawn once for all runs that share it.
func (a *artist) reference(r experiments.Result) samples.Panel {
	a.mu.Lock()
	defer a.mu.Unlock()
	panel, known := a.truth[r.Reference]
	if known {
		return panel
	}
	t := r.Setting.Target
	panel = samples.Panel{Title: "data", Points: shown(job.Reference(a.spec, r.Setting), len(t.Shape) == 3, t.Decode)}
	if t.Held.Len() > 0 {
		panel.Title = "data held out"
	}
	a.truth[r.Reference] = panel
	return panel
}

// shownPoints is the number of points of a picture, and more than that of images.
const shownPoints = 1000

// shown returns the first points to draw, decoded if they are images.
func shown(b flow.Batch, images bool, decode func(flow.Batch) flow.Batch) [][]float64 {
	b = b.Slice(0, min(b.Len(), shownPoints))
	if images {
		b = decode(b)
	}
	points := make([][]float64, b.Len())
	for i := range points {
		points[i] = b.Row(i)
	}
	return points
}
