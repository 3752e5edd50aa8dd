package ship

import (
	"bytes"
	"fmt"
	"strconv"

	"flowsweep/experiments"
	"flowsweep/experiments/query"
	"flowsweep/pipeline/table"
)

// RunTable returns a table with a row per run and the promised fields as columns, nested names joined with dots.
func RunTable(sweep experiments.Sweep) (table.Table, error) {
	var t table.Table
	for _, r := range sweep.Results {
		fields, err := sweep.Fields(r)
		if err != nil {
			return t, err
		}
		t.Add(fields...)
	}
	return t, nil
}

// runsCSV returns the run table of a sweep as CSV.
func runsCSV(sweep experiments.Sweep) ([]byte, error) {
	t, err := RunTable(sweep)
	if err != nil {
		return nil, err
	}
	return tableCSV(t)
}

// tableCSV returns all rows and columns of a table as CSV.
func tableCSV(t table.Table) ([]byte, error) {
	order, err := t.Order("")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.CSV(&b, t.Columns, order)
	return b.Bytes(), err
}

// statFields returns the aggregates of every metric. Without a finished seed it has none, and with one no interval.
func (o Outcome) statFields(s experiments.Summary) (fields []query.Field) {
	for _, st := range s.Metrics {
		add := func(of string, x float64, seeds int) {
			f := numberField(st.Name+of, experiments.Number(x).String())
			if st.N < seeds {
				f.Value, f.Kind = "", query.Null
			}
			fields = append(fields, f)
		}
		add("", st.Mean, 1)
		fields[len(fields)-1].Also = "metrics." + st.Name
		add(" low", st.Low, 2)
		add(" high", st.High, 2)
		add(" seed low", st.SeedLow, 1)
		add(" seed high", st.SeedHigh, 1)
		if null, ok := o.Sweep.Null(s.Setting, st.Name); ok {
			fields = append(fields, numberField(st.Name+" null q95", experiments.Number(null.Q95).String()))
		}
	}
	return fields
}

func numberField(key, value string) query.Field {
	return query.Field{Key: key, Value: value, Kind: query.Number}
}

// SettingTable returns a table with a row per setting: its label, its aggregates, and all its fields. The baselines follow.
func (o Outcome) SettingTable() (t table.Table) {
	for i, s := range o.Summaries {
		nfe, params := numberField("nfe", s.NFE.String()), numberField("params", strconv.Itoa(s.Params))
		if len(s.Runs) == 0 {
			nfe, params = query.Field{Key: "nfe", Kind: query.Null}, query.Field{Key: "params", Kind: query.Null}
		}
		fields := []query.Field{
			{Key: "setting", Value: o.Labels.Setting(i)},
			nfe, params,
			{Key: "seeds", Value: fmt.Sprintf("%d/%d", len(s.Runs), s.Planned)},
			{Key: "choice", Value: choiceWord(o.choiceOf(i), i)},
		}
		fields = append(append(fields, o.statFields(s)...), o.Sweep.SettingFields(s.Setting)...)
		t.Add(append(fields, experiments.TagField(s.Tags), experiments.AliasField(s.Aliases))...)
	}
	for _, b := range o.baselines() {
		t.Add(o.baselineFields(b)...)
	}
	return t
}
