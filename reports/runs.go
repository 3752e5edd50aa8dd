package reports

import (
	"slices"

	"flowsweep/experiments"
)

// runTable is a list of runs, with one column a metric and one for its p-values where it has some.
type runTable struct {
	Metrics []string
	Rows    []runRow
	Cut     int // runs left out
}

type runRow struct {
	experiments.Result
	Label   string
	Odd     bool // finished with a metric that is not finite
	Calls   string
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
	var t runTable
	tested := map[string]bool{}
	for _, res := range r.Sweep.Results {
		for _, v := range res.Metrics {
			tested[v.Name] = tested[v.Name] || v.P != 0
		}
	}
	for _, m := range r.metrics() {
		t.Metrics = append(t.Metrics, m)
		if tested[m] {
			t.Metrics = append(t.Metrics, "p")
		}
	}
	for i, res := range r.Sweep.Results {
		row := runRow{Result: res, Label: r.runLabels.Setting(i), Calls: none.Text}
		for _, m := range r.metrics() {
			value, p := none.Text, none.Text
			if at := slices.IndexFunc(res.Metrics, func(v experiments.Value) bool { return v.Name == m }); at >= 0 {
				value, p = measured(res.Metrics[at])
				row.Odd = row.Odd || !finite(res.Metrics[at].Value)
			}
			row.Numbers = append(row.Numbers, value)
			if tested[m] {
				row.Numbers = append(row.Numbers, p)
			}
		}
		if !keep(row) {
			continue
		}
		if len(t.Rows) == appendixRows {
			t.Cut++
			continue
		}
		if res.NFE > 0 {
			row.Calls = callRange(res.NFE, res.NFEMax)
		}
		row.Fitting, row.Time = seconds(res.FitSeconds), seconds(res.SampleSeconds)
		t.Rows = append(t.Rows, row)
	}
	return t
}

// measured returns a value with its standard error, and its p-value.
func measured(v experiments.Value) (value, p string) {
	value, p = number(v.Value), none.Text
	if v.SE > 0 && finite(v.Value) && finite(v.SE) {
		value = uncertain(v.Value, v.SE)
	}
	if v.P > 0 {
		p = chance(v.P)
	}
	return value, p
}

func seconds(s float64) string {
	if s == 0 {
		return none.Text
	}
	return number(s)
}
