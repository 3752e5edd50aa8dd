package comparison

import (
	"fmt"

	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// Baseline is a setting that all settings of a sweep are compared with.
type Baseline struct {
	Label   string   // of the setting, with its sweep if that is another one
	Run     string   // key of the run that names it
	Setting int      // its index among the settings, or -1 if it is of another sweep
	Metrics []Metric // that of the choice first, with a row for each setting, in their order; A is the baseline
}

// Of returns the row of a setting by the metric of the choice, and whether there is one.
func (b *Baseline) Of(setting int) (Row, bool) {
	if b == nil || len(b.Metrics) == 0 || setting < 0 || setting >= len(b.Metrics[0].Rows) {
		return Row{}, false
	}
	return b.Metrics[0].Rows[setting], true
}

// Sentence says how many settings do better, and how the chosen one does; chosen is -1 if there is none.
func (b Baseline) Sentence(chosen int) string {
	if len(b.Metrics) == 0 {
		return fmt.Sprintf("No metric of the baseline, %s, was measured here.", b.Label)
	}
	m := b.Metrics[0]
	n := map[string]int{}
	for _, r := range m.Rows {
		n[r.Finding]++
	}
	text := fmt.Sprintf("Of %s, %d do better than the baseline, %s, and %d worse by %s.", number.Plural(len(m.Rows), "setting"),
		n[Better], b.Label, n[Worse], m.Name)
	if r, ok := b.Of(chosen); ok && chosen != b.Setting {
		text += " The chosen one is " + r.Words() + "."
	}
	return text
}

// Words returns the difference of a row and what was found, or why it is not tested.
func (r Row) Words() string {
	switch {
	case r.Versus == nil:
		return r.Finding + ": " + r.Why
	case r.Finding == Equal:
		return r.Finding
	case r.Caution != "":
		return r.Versus.Words() + ": " + r.Finding + " (" + r.Caution + ")"
	default:
		return r.Versus.Words() + ": " + r.Finding
	}
}

// Table returns the rows of all metrics, by setting in the given order.
func (b Baseline) Table(order []int) *figure.Table {
	t := &figure.Table{Head: []string{"setting"}}
	for _, m := range b.Metrics {
		t.Head = append(t.Head, m.Name)
	}
	t.Text = len(t.Head)
	for _, i := range order {
		row := []string{}
		for k, m := range b.Metrics {
			if k == 0 {
				row = append(row, m.Rows[i].Setting)
			}
			row = append(row, m.Rows[i].Words())
		}
		if i == b.Setting {
			row[0] += " (the baseline)"
		}
		if len(row) > 0 {
			t.Add(row...)
		}
	}
	return t
}
