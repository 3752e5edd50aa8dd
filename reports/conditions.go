package reports

import (
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/metric"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/samples"
)

// conditions is the section of conditional models.
type conditions struct {
	About    []string // sentences
	Cautions []string
	Figures  []figure.Figure
	Inputs   string        // of the exported files
	Table    *figure.Table // of the classes
}

// conditions returns the section, or nil if the chosen setting is conditional on nothing.
func (r report) conditions() *conditions {
	if r.Conditions == nil || r.chosen < 0 {
		return nil
	}
	c := samples.Conditioned{Conditions: r.Conditions}
	s := &conditions{About: []string{"Models are conditional on " + c.Given.Sentence(nil, nil) + ".", c.Training()}, Table: r.classTable(c), Cautions: c.Cautions, Inputs: c.Inputs(r.Summaries[r.chosen].Setting.Sample.Guidance)}
	switch {
	case len(c.Truth.Rows) == 0 || len(c.Samples.Rows) == 0:
	case r.Pictures != nil && len(c.Given.Numbers) > 0:
		thirds := c.Thirds()
		s.Figures = append(s.Figures, samples.Conditioned{Conditions: &thirds}.Pictures(*r.Pictures))
	case r.Pictures != nil:
		s.Figures = append(s.Figures, c.Pictures(*r.Pictures))
	case len(c.Given.Numbers) > 0:
		s.Figures = append(s.Figures, c.ByNumber())
	case len(c.Columns) > 2:
		s.Figures = append(s.Figures, c.ByColumn())
	default:
		s.Figures = append(s.Figures, c.ByClass())
	}
	s.Figures = append(s.Figures, r.guidance()...)
	if len(c.Exact) > 0 {
		s.Figures = append(s.Figures, c.ExactFlow())
	}
	return s
}

// guided reports whether settings have guidance of other weights than 1, so that the page names weights.
func (r report) guided() bool {
	return slices.ContainsFunc(r.Summaries, func(s experiments.Summary) bool {
		g := s.Setting.Sample.Guidance
		return !g.IsZero() && g.Weight() != 1
	})
}

// guidanceNote returns the formula, for wherever a weight stands, or nothing if none does.
func (r report) guidanceNote() string {
	if !r.guided() {
		return ""
	}
	return "Guidance w is that of " + flow.GuidanceFormula + "."
}

// classTable returns the classes in numbers, with the metrics that the chosen setting has for each, or nil.
func (r report) classTable(c samples.Conditioned) *figure.Table {
	if len(c.Classes) == 0 {
		return nil
	}
	var measured experiments.Classes
	if r.chosen < len(r.Classes) {
		measured = r.Classes[r.chosen]
	}
	t := figure.Table{Head: []string{c.Given.Label, "share of the truth", "samples"}, Text: 1}
	if len(measured.Rows) > 0 {
		t.Head = append(t.Head, "compared with")
	}
	for _, name := range measured.Metrics {
		t.Head = append(t.Head, name, "p")
	}
	for _, row := range c.Classes {
		cells := []string{row.Class, given.Percent(row.Share), number.Whole(row.N)}
		at := slices.IndexFunc(measured.Rows, func(m experiments.ClassRow) bool { return m.Class == row.Class })
		if at >= 0 {
			cells = append(cells, number.Whole(measured.Rows[at].Reference))
			for _, f := range measured.Rows[at].Figures {
				cells = append(cells, classFigure(f)...)
			}
		}
		t.Add(cells...)
	}
	return &t
}

// Measured reports whether the table of classes has metrics.
func (c conditions) Measured() bool { return c.Table != nil && len(c.Table.Head) > 3 }

// classFigure returns the cells of a metric of a class: its mean, and p.
func classFigure(f experiments.ClassFigure) []string {
	cells := []string{noCell.Text, noCell.Text}
	if number.Finite(f.Mean) {
		cells[0] = withError(metric.Measurement{Value: f.Mean, SE: f.SE})
	}
	if number.Finite(f.P) {
		cells[1] = number.P(f.P)
	}
	return cells
}
