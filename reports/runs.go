package reports

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"flowsweep/experiments"
	"flowsweep/experiments/shorten"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// runTable is a list of runs, with a column for each metric and one for its p-values, if it has any.
type runTable struct {
	Metrics []string
	Rows    []runRow
	Cut     int  // number of runs left out
	Tagged  bool // some run has a tag
	Named   bool // some run names its machine
}

type runRow struct {
	experiments.Result
	Label     string
	Whole     string // what Label is short for, or empty
	Reason    string // what went wrong, unless that is long
	Excerpt   string // of an error that is long
	NotFinite bool   // finished with a metric that is not finite
	Calls     string
	Numbers   []string
	Fitting   string
	Time      string
	On        string // its machine
}

// runs returns the first runs, in the order of the plan.
func (r report) runs() runTable {
	return r.table(maxRuns, func(runRow) bool { return true })
}

// failed returns the runs that failed, were killed or were lost, and those with a metric that is not finite.
func (r report) failed() runTable {
	return r.table(maxFailed, func(row runRow) bool {
		switch row.State {
		case experiments.Failed, experiments.Killed, experiments.Lost:
			return true
		default:
			return row.NotFinite
		}
	})
}

// table returns at most so many of the runs to keep.
func (r report) table(most int, keep func(runRow) bool) runTable {
	var t runTable
	tested, machines := r.tested(), r.machineNames()
	for _, m := range r.metrics() {
		t.Metrics = append(t.Metrics, m)
		if tested[m] {
			t.Metrics = append(t.Metrics, "p")
		}
	}
	for i, result := range r.Sweep.Results {
		t.Tagged, t.Named = t.Tagged || len(result.Tags)+len(result.Aliases) > 0, t.Named || result.Machine != ""
		row := r.runRow(i, tested)
		if !keep(row) {
			continue
		}
		if len(t.Rows) == most {
			t.Cut++
			continue
		}
		if result.NFE > 0 {
			row.Calls = callRange(result.NFE, result.NFEMax)
		}
		row.Fitting, row.Time, row.On = seconds(result.FitSeconds), seconds(result.SampleSeconds), machines[result.Machine]
		t.Rows = append(t.Rows, row)
	}
	return t
}

// maxMachine is the number of letters of the name of a machine, of its processor and of its rounding.
const maxMachine = 40

// machineNames returns the names of all machines as they stand in tables.
func (r report) machineNames() map[string]string {
	short := map[string]string{}
	for _, result := range r.Sweep.Results {
		short[result.Machine] = ""
	}
	for _, m := range r.Sweep.Machines {
		short[m.Name] = ""
	}
	names := slices.Sorted(maps.Keys(short))
	for i, text := range shorten.Texts(names, maxMachine) {
		short[names[i]] = text
	}
	return short
}

// machineTable returns what each of several machines did of the sweep, or nil if it names none.
func (r report) machineTable() *figure.Table {
	if len(r.Sweep.Machines) == 0 {
		return nil
	}
	t := figure.Table{Head: []string{"machine", "processor", "rounding", "cores", "fits", "runs", "training s"}, Text: 3}
	names := r.machineNames()
	for _, m := range r.Sweep.Machines {
		rest := shorten.Texts([]string{cmp.Or(m.CPU, "unknown"), cmp.Or(m.Rounding, "unknown")}, maxMachine)
		t.Add(cmp.Or(names[m.Name], "without a name"), rest[0], rest[1],
			number.Whole(m.Cores), number.Whole(m.Fits), number.Whole(m.Runs), seconds(m.Seconds))
	}
	return &t
}

// tested returns the names of the metrics with p-values.
func (r report) tested() map[string]bool {
	tested := map[string]bool{}
	for _, result := range r.Sweep.Results {
		for _, v := range result.Metrics {
			tested[v.Name] = tested[v.Name] || v.P != 0
		}
	}
	return tested
}

// runRow returns the row of result i with its metrics.
func (r report) runRow(i int, tested map[string]bool) runRow {
	result := r.Sweep.Results[i]
	row := runRow{Result: result, Label: r.runLabels.Setting(i), Calls: noCell.Text}
	row.Whole = r.runLabels.Whole(row.Label)
	for _, m := range r.metrics() {
		value, p := noCell.Text, noCell.Text
		if at := slices.IndexFunc(result.Metrics, func(v experiments.Value) bool { return v.Name == m }); at >= 0 {
			value, p = measured(result.Metrics[at])
			row.NotFinite = row.NotFinite || !number.Finite(result.Metrics[at].Value)
		}
		row.Numbers = append(row.Numbers, value)
		if tested[m] {
			row.Numbers = append(row.Numbers, p)
		}
	}
	switch {
	case utf8.RuneCountInString(result.Error) > maxReason:
		row.Excerpt = shorten.Texts([]string{result.Error}, maxReason)[0]
	case result.Error != "":
		row.Reason = result.Error
	case row.NotFinite:
		row.Reason = "a metric is not finite"
	}
	return row
}

// maxReason is the number of letters of an error that are always shown.
const maxReason = 200

// measured returns a value with its standard error, and its p-value.
func measured(v experiments.Value) (value, p string) {
	value, p = number.Text(v.Value), noCell.Text
	if v.SE > 0 && number.Finite(v.Value) && number.Finite(v.SE) {
		value = number.PlusMinus(v.Value, v.SE)
	}
	if v.P > 0 {
		p = number.P(v.P)
	}
	return value, p
}

func seconds(s float64) string {
	if s == 0 {
		return noCell.Text
	}
	return number.Text(s)
}

// maxRemarks is the maximum number of tagged or noted things listed beside the settings.
const maxRemarks = 100

// remarks is the list of what people say of the sweep, its fits and its runs.
type remarks struct {
	Rows []remarkRow
	Cut  int // number of rows left out
}

type remarkRow struct {
	experiments.Remark
	Label string // of a fit or run
}

// TagList returns aliases and tags with commas.
func (r remarkRow) TagList() string { return experiments.TagList(r.Aliases, r.Tags) }

// TagList returns the aliases of a run, and its tags, those of its fit and of its sweep, with commas.
func (r runRow) TagList() string { return experiments.TagList(r.Aliases, r.Tags) }

// remarks returns them, or nil if there are none.
func (r report) remarks() *remarks {
	if len(r.Sweep.Remarks) == 0 {
		return nil
	}
	labels := map[string]string{} // by key
	for i, result := range r.Sweep.Results {
		seed := ", seed " + strconv.FormatUint(result.Seed, 10)
		labels[result.Run] = r.runLabels.Setting(i) + seed
		if labels[result.Fit] == "" {
			labels[result.Fit] = r.runLabels.Recipe(i) + seed
		}
	}
	list := &remarks{Cut: max(0, len(r.Sweep.Remarks)-maxRemarks)}
	for _, m := range r.Sweep.Remarks[:len(r.Sweep.Remarks)-list.Cut] {
		list.Rows = append(list.Rows, remarkRow{m, labels[m.Key]})
	}
	return list
}

// earlyView is what the page says of settings that stopped early.
type earlyView struct {
	Sentence, Metric string
	Eta              int
	Table            *figure.Table
}

// early returns the settings that stopped early, in the order of the plan; nil if none did.
func (r report) early() *earlyView {
	text := r.Sweep.Early().Sentence()
	if text == "" {
		return nil
	}
	t := figure.Table{Head: []string{"setting", "stopped after step", "of"}, Text: 1}
	seen := map[string]bool{}
	for i, res := range r.Sweep.Results {
		label := r.runLabels.Recipe(i)
		if res.State != experiments.Pruned || seen[label] {
			continue
		}
		seen[label] = true
		t.Add(label, number.Whole(res.Stopped), number.Whole(res.Setting.Train.Steps))
	}
	rule := r.Sweep.Spec.EarlyStop
	return &earlyView{Sentence: "Early stopping: " + text + ".", Metric: rule.Metric, Eta: rule.Eta, Table: &t}
}
