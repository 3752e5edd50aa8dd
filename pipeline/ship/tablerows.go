package ship

import (
	"context"
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/reports"
	"flowsweep/store"
)

// tableRows returns the data and the samples of the chosen run as rows of the user's table. Points of more than two
// coordinates are rows of a table even if the target is none.
func tableRows(ctx context.Context, db *store.DB, sweep experiments.Sweep, chosen experiments.Result) (*reports.Rows, error) {
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
	truth := job.Reference(sweep.Spec, chosen.Setting.Recipe)
	samples, err := saved.Samples(ctx, db, chosen.Run)
	if err != nil {
		return nil, err
	}
	title := "data"
	if t.Held.Len() > 0 {
		title = "data held out"
	}
	rows := &reports.Rows{
		Columns: table.Columns, Marginals: table.MarginalsOf(samples, truth),
		Truth:   reports.Panel{Title: title, Points: points(table.Values(truth))},
		Samples: reports.Panel{Title: "samples of the chosen net", Points: points(table.Values(samples)), Chosen: true},
	}
	if t.Dim() <= maxCorrelated {
		rows.Correlations = table.CorrelationsOf(samples, truth)
	}
	return rows, nil
}

// maxCorrelated is the largest number of coordinates whose correlations are worked out for the page: their number grows with
// its square.
const maxCorrelated = 200
