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

// baselineJSON returns a baseline as `flowsweep runs --by-setting --json` prints it: with its name, and without what belongs
// to a net or a solver. Its draws are counted as seeds are.
func (o Outcome) baselineJSON(b experiments.BaselineSummary) any {
	type sample struct {
		Count int `json:"count"`
	}
	type setting struct {
		Target target.Target `json:"target"`
		Sample sample        `json:"sample"`
	}
	return struct {
		Sweep    string            `json:"sweep"`
		Baseline string            `json:"baseline"`
		Setting  setting           `json:"setting"`
		Seeds    int               `json:"seeds"`
		Planned  int               `json:"planned"`
		Metrics  map[string]figure `json:"metrics"`
		Chosen   bool              `json:"chosen"`
		Tied     bool              `json:"tied"`
	}{o.Sweep.Name, b.Name, setting{b.Target(), sample{b.Count}}, len(b.Summary.Runs), b.Summary.Planned, o.figures(b.Summary), false, false}
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
