package parquet

import (
	"encoding/json"
	"math"
	"time"

	"flowsweep/export/tracked"
)

// runs returns the table of runs. Its columns have the names of fields in `flowsweep runs`, and parameters their paths in a spec.
func runs(sweeps []tracked.Sweep) *table {
	t := &table{}
	for _, s := range sweeps {
		for _, setting := range s.Settings {
			for _, r := range setting.Runs {
				cells := []cell{
					{"sweep", s.Name},
					{"setting", setting.Label},
					{"run", r.Key},
					{"fit", r.Fit},
					{"state", r.State},
					{"chosen", setting.Chosen == r.Key},
					{"seed", r.Seed},
				}
				cells = append(append(cells, params("", setting.Params)...), measured(r)...)
				cells = append(cells, cell{"started", when(r.Start)}, cell{"ended", when(r.End)}, cell{"error", given(r.Error)}, cell{"note", given(r.Note)}, cell{"tags", tags(r.Tags)})
				t.add(append(cells, params("environment.", r.Environment)...)...)
			}
		}
	}
	return t
}

// measured returns the numbers of a run.
func measured(r tracked.Run) []cell {
	cells := []cell{{"nfe", absent(real)}, {"nfe_max", absent(whole)}}
	if r.State == "finished" {
		cells = []cell{{"nfe", r.NFE}, {"nfe_max", int64(r.NFEMax)}}
	}
	for _, m := range r.Metrics {
		cells = append(cells, cell{"metrics." + m.Name, m.Value}, cell{"metrics_se." + m.Name, orNil(m.SE)}, cell{"metrics_p." + m.Name, orNil(m.P)})
	}
	if r.Weights > 0 {
		cells = append(cells, cell{"params", int64(r.Weights)}, cell{"fit_seconds", r.FitSeconds})
	}
	if r.State == "finished" {
		cells = append(cells, cell{"sample_seconds", r.Seconds})
	}
	return cells
}

// settings returns the table of settings, with the means of their metrics over the seeds.
func settings(sweeps []tracked.Sweep) *table {
	t := &table{}
	for _, s := range sweeps {
		for _, setting := range s.Settings {
			cells := []cell{{"sweep", s.Name}, {"setting", setting.Label}, {"chosen", given(setting.Chosen)}, {"runs", int64(len(setting.Runs))}}
			cells = append(cells, params("", setting.Params)...)
			if setting.NFE > 0 {
				cells = append(cells, cell{"nfe", setting.NFE})
			}
			for _, m := range setting.Means {
				name := "metrics." + m.Name
				cells = append(cells, cell{name, m.Value}, cell{name + ".low", orNil(m.Low)}, cell{name + ".high", orNil(m.High)})
			}
			t.add(cells...)
		}
	}
	return t
}

// losses returns the table of the losses of fits, by step.
func losses(sweeps []tracked.Sweep) *table {
	t := &table{}
	for _, s := range sweeps {
		for _, f := range s.Fits {
			for _, l := range f.Losses {
				t.add(cell{"sweep", s.Name}, cell{"fit", f.Key}, cell{"seed", f.Seed}, cell{"step", int64(l.Step)}, cell{"loss", l.Train}, cell{"held_out_loss", orAbsent(l.HeldOut)})
			}
		}
	}
	return t
}

func params(prefix string, list []tracked.Param) (cells []cell) {
	for _, p := range list {
		cells = append(cells, cell{prefix + p.Name, p.Value})
	}
	return cells
}

// orNil returns a number, or nil for NaN, which says that there is none.
func orNil(x float64) any {
	if math.IsNaN(x) {
		return nil
	}
	return x
}

// orAbsent is orNil for a column that is there in any case.
func orAbsent(x float64) any {
	if math.IsNaN(x) {
		return absent(real)
	}
	return x
}

// when returns a time, which is absent if it is zero.
func when(t time.Time) any {
	if t.IsZero() {
		return absent(moment)
	}
	return t
}

// given returns a text, which is absent if it is empty.
func given(of string) any {
	if of == "" {
		return absent(text)
	}
	return of
}

// tags returns tags as JSON. Without any they are absent.
func tags(list []string) any {
	if len(list) == 0 {
		return absent(text)
	}
	all, err := json.Marshal(list)
	if err != nil {
		panic("parquet: texts cannot be written as JSON: " + err.Error())
	}
	return string(all)
}
