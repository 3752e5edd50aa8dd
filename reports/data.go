package reports

import "flowsweep/reports/fields"

// data is what the page's scripts make their tables of. The runs themselves are in the CSV.
type data struct {
	Settings fields.Table `json:"settings"`
	Runs     runData      `json:"runs"`
}

type runData struct {
	fields.Table
	Settings []int    `json:"settings"` // of each run, an index into the rows of the settings, or -1
	Metrics  []string `json:"metrics"`  // in the order of the spec
	Tested   []string `json:"tested"`   // those with p-values
}

// data returns it, or nil if the fields are not known.
func (r report) data() *data {
	if len(r.Fields.Settings.Rows) == 0 {
		return nil
	}
	d := data{Settings: r.Fields.Settings, Runs: runData{Table: r.Fields.Runs, Metrics: r.metrics(), Tested: []string{}}}
	at := map[string]int{}
	for i := range r.Summaries {
		at[r.labels.Full(i)] = i
	}
	for i := range r.Sweep.Results {
		setting, ok := at[r.runLabels.Full(i)]
		if !ok {
			setting = -1
		}
		d.Runs.Settings = append(d.Runs.Settings, setting)
	}
	tested := r.tested()
	for _, m := range d.Runs.Metrics {
		if tested[m] {
			d.Runs.Tested = append(d.Runs.Tested, m)
		}
	}
	return &d
}
