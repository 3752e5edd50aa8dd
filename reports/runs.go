package reports

import (
	"flowsweep/experiments"
)

// runTable is a list of runs, with one column a metric.
type runTable struct {
	Metrics []string
	Rows    []runRow
	Cut     int // runs left out
}

type runRow struct {
	experiments.Result
	Label   string
	Odd     bool // finished with a metric that is not finite
	Numbers []string
	Fitting string
	Time    string
}

// runs returns every run, in the order of the plan.
func (r report) runs() runTable {
	return r.table(func(runRow) bool { return true })
}

// failed returns the runs that failed, were killed or lost, and those with a metric that is not finite.
func (r report) failed() runTable {
	return r.table(func(row runRow) bool {
		switch row.State {
		case experiments.Failed, experiments.Killed, experiments.Lost:
			return true
		default:
			return row.Odd
		}
	})
}

func (r report) table(keep func(runRow) bool) runTable {
	t := runTable{Metrics: r.metrics()}
	for i, res := range r.Sweep.Results {
		row := runRow{Result: res, Label: r.runLabels.Setting(i)}
		for _, m := range t.Metrics {
			text := none.Text
			if v, ok := res.Metric(m); ok {
				text = number(v)
				row.Odd = row.Odd || !finite(v)
			}
			row.Numbers = append(row.Numbers, text)
		}
		if !keep(row) {
			continue
		}
		if len(t.Rows) == appendixRows {
			t.Cut++
			continue
		}
		row.Fitting, row.Time = seconds(res.FitSeconds), seconds(res.SampleSeconds)
		t.Rows = append(t.Rows, row)
	}
	return t
}

func seconds(s float64) string {
	if s == 0 {
		return none.Text
	}
	return number(s)
}
