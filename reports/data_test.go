package reports

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/query"
	"flowsweep/reports/fields"
)

// tablesOf returns what `runs --csv` prints, and the fields of runs and settings.
func tablesOf(t testing.TB, p Page, labels experiments.Labels) (string, fields.Data) {
	t.Helper()
	var columns []string
	var runs, settings []map[string]query.Field
	add := func(rows *[]map[string]query.Field, list []query.Field) {
		row := map[string]query.Field{}
		for _, f := range list {
			row[f.Key] = f
		}
		*rows = append(*rows, row)
	}
	for _, result := range p.Sweep.Results {
		list, err := p.Sweep.Fields(result)
		if err != nil {
			t.Fatal(err)
		}
		add(&runs, list)
		for _, f := range list {
			if !slices.Contains(columns, f.Key) && !(f.Aside && f.Absent()) {
				columns = append(columns, f.Key)
			}
		}
	}
	for i, s := range p.Summaries {
		list := append(p.Sweep.SettingFields(s.Setting), query.Field{Key: "setting", Value: labels.Setting(i)},
			query.Field{Key: "nfe", Value: s.NFE.String(), Kind: query.Number}, experiments.TagField(s.Tags))
		for _, st := range s.Metrics {
			list = append(list, query.Field{Key: st.Name, Value: experiments.Number(st.Mean).String(), Kind: query.Number, Also: "metrics." + st.Name})
		}
		add(&settings, list)
	}
	return csvOf(t, columns, runs), fields.Data{Settings: fields.Whole(settings, []string{"setting"}), Runs: fields.Described(runs, columns)}
}

func csvOf(t testing.TB, columns []string, rows []map[string]query.Field) string {
	t.Helper()
	records := [][]string{columns}
	for _, row := range rows {
		var record []string
		for _, key := range columns {
			record = append(record, row[key].Value)
		}
		records = append(records, record)
	}
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(records); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestData: every run names the row of its setting.
func TestData(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, twoMoons)))
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	d := r.data()
	if len(d.Runs.Settings) != len(p.Sweep.Results) || strings.Join(d.Runs.Metrics, " ") != "mmd sliced-w2" {
		t.Fatalf("%d runs, metrics %q", len(d.Runs.Settings), d.Runs.Metrics)
	}
	for i, s := range d.Runs.Settings {
		if s < 0 || r.labels.Setting(s) != r.runLabels.Setting(i) {
			t.Errorf("run %d, of %s, is said to be of setting %d", i, r.runLabels.Setting(i), s)
		}
	}
	p.Fields = fields.Data{}
	if html := render(t, p); strings.Contains(html, `id="data"`) {
		t.Error("a page without fields has data for scripts")
	}
}
