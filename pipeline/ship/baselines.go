package ship

import (
	"fmt"
	"strconv"

	"flowsweep/experiments"
	"flowsweep/experiments/query"
	"flowsweep/experiments/target"
	"flowsweep/pipeline/table"
)

// baselineWord marks the rows of baselines in tables.
const baselineWord = "baseline"

// baselines returns the baselines of the sweep, none if the outcome leaves them out.
func (o Outcome) baselines() []experiments.BaselineSummary {
	if o.Filtered {
		return nil
	}
	return o.Sweep.Baselines()
}

// baselineFields returns the row of a baseline beside those of settings. It has no field that belongs to a net or a solver.
func (o Outcome) baselineFields(b experiments.BaselineSummary) []query.Field {
	fields := []query.Field{
		{Key: "setting", Value: b.Label},
		{Key: "seeds", Value: fmt.Sprintf("%d/%d", len(b.Summary.Runs), b.Summary.Planned)},
		{Key: "choice", Value: baselineWord},
	}
	return append(append(fields, o.statFields(b.Summary)...),
		query.Field{Key: "target", Value: b.Target().Name}, query.Field{Key: "sample.count", Value: strconv.Itoa(b.Count), Kind: query.Number, Also: "count"})
}

// BaselineRow is a row of `flowsweep runs --by-setting --json` that is a baseline: with its name, and without what belongs to a net or a
// solver. Its draws are counted as seeds are.
type BaselineRow struct {
	Sweep    string            `json:"sweep"`
	Baseline string            `json:"baseline"`
	Setting  baselineSetting   `json:"setting"`
	Seeds    int               `json:"seeds"`
	Planned  int               `json:"planned"`
	Metrics  map[string]figure `json:"metrics" null:"never"`
	Chosen   bool              `json:"chosen"`
	Tied     bool              `json:"tied"`
}

// baselineSetting is what a baseline has of a setting.
type baselineSetting struct {
	Target target.Target  `json:"target"`
	Sample baselineSample `json:"sample"`
}

type baselineSample struct {
	Count int `json:"count"`
}

// baselineRow returns the row of a baseline.
func (o Outcome) baselineRow(b experiments.BaselineSummary) BaselineRow {
	return BaselineRow{
		Sweep: o.Sweep.Name, Baseline: b.Name, Setting: baselineSetting{b.Target(), baselineSample{b.Count}},
		Seeds: len(b.Summary.Runs), Planned: b.Summary.Planned, Metrics: o.figures(b.Summary),
	}
}

// AddBaselines appends a row to a run table for each draw of each baseline. Without a run it has no key.
func AddBaselines(t *table.Table, list []experiments.BaselineSummary) {
	for _, b := range list {
		for _, r := range b.Summary.Runs {
			fields := []query.Field{
				{Key: "state", Value: baselineWord}, numberField("seed", strconv.FormatUint(r.Seed, 10)), {Key: "setting", Value: b.Label},
			}
			for _, v := range r.Metrics {
				fields = append(fields, numberField("metrics."+v.Name, experiments.Number(v.Value).String()))
				if v.P > 0 {
					fields = append(fields, numberField("metrics_p."+v.Name, experiments.Number(v.P).String()))
				}
			}
			t.Add(fields...)
		}
	}
}
