package reports

import (
	"fmt"
	"html/template"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/metric"
	"flowsweep/reports/conditional"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

// conditioned draws what is shown of conditional models.
type conditioned struct{ *conditional.Conditions }

// conditions is the section of conditional models.
type conditions struct {
	About    []string // sentences
	Cautions []string
	Figures  []figure
	Inputs   string // of the exported files
	Table    *table // of the classes
}

// conditions returns the section, or nil if the chosen setting is conditional on nothing.
func (r report) conditions() *conditions {
	if r.Conditions == nil || r.chosen < 0 {
		return nil
	}
	c := conditioned{r.Conditions}
	s := &conditions{About: []string{"Models are conditional on " + c.Given.Sentence(nil, nil) + ".", c.Training()}, Table: r.classTable(c), Cautions: c.Cautions, Inputs: c.Inputs(r.Summaries[r.chosen].Setting.Sample.Guidance)}
	switch {
	case len(c.Truth.Rows) == 0 || len(c.Samples.Rows) == 0:
	case r.Pictures != nil && len(c.Given.Numbers) > 0:
		thirds := c.Thirds()
		s.Figures = append(s.Figures, conditioned{&thirds}.pictures(*r.Pictures))
	case r.Pictures != nil:
		s.Figures = append(s.Figures, c.pictures(*r.Pictures))
	case len(c.Given.Numbers) > 0:
		s.Figures = append(s.Figures, c.byNumber())
	case len(c.Columns) > 2:
		s.Figures = append(s.Figures, c.byColumn())
	default:
		s.Figures = append(s.Figures, c.byClass())
	}
	s.Figures = append(s.Figures, r.guidance()...)
	if len(c.Exact) > 0 {
		s.Figures = append(s.Figures, c.exact())
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

// maxClassPoints is the number of points of the truth and of the samples in the panel of a class.
const maxClassPoints = 150

// byClass returns the figure of points of one or two coordinates: a panel for each class, samples over the truth.
func (c conditioned) byClass() figure {
	classes, left := c.Drawn()
	f := figure{Title: "Samples of each " + c.Given.Label, Size: "small"}
	dim := len(c.Truth.Rows[0])
	f.Legend = []entry{{dotSwatch(dataDot), c.Real + " of the class", ""}, {dotSwatch(palette[1]), "samples that were given it", ""}}
	f.Caption = fmt.Sprintf("%s, over %s of the class. All panels have the same axes, and up to %d points of each kind; the table counts them all.", c.Of(), c.Real, maxClassPoints)
	if dim == 1 {
		f.Legend[0].Swatch, f.Legend[1].Swatch = barSwatch(dataFill, nil), barSwatch(nil, palette[1])
		f.Caption = fmt.Sprintf("Densities. %s, as a line over %s of the class. All panels have the same horizontal axis.", c.Of(), c.Real)
	}
	f.Caption += conditional.LeftNote(left)
	var spans []span
	for j := range min(dim, 2) {
		spans = append(spans, spanOf(Panel{Points: slices.Concat(c.Truth.Rows, c.Samples.Rows)}, j))
	}
	if dim > 2 {
		f.Caption += fmt.Sprintf(" Only the first two of %d coordinates are drawn.", dim)
	}
	f.Table = table{Head: []string{c.Given.Label, "samples", c.Real}, Text: 1}
	for j := range min(dim, 2) {
		f.Table.Head = append(f.Table.Head, fmt.Sprintf("mean x%d", j+1), c.Real, fmt.Sprintf("std x%d", j+1), c.Real)
	}
	for _, k := range classes {
		name := c.Given.Classes[k]
		truth, samples := Panel{Title: name, Points: c.Truth.Only(k)}, Panel{Title: name, Points: c.Samples.Only(k)}
		cells := []string{name, number.Whole(len(samples.Points)), number.Whole(len(truth.Points))}
		for j := range min(dim, 2) {
			mean, std := moments(column(samples, j))
			realMean, realStd := moments(column(truth, j))
			cells = append(cells, number.Text(mean), number.Text(realMean), number.Text(std), number.Text(realStd))
		}
		f.Table.add(cells...)
		f.Drawings = append(f.Drawings, classPanel(truth, samples, spans))
	}
	return f
}

// classPanel draws samples over the truth: as dots or, in one dimension, as a line over a grey shape.
func classPanel(truth, samples Panel, spans []span) template.HTML {
	title := fitted([]string{samples.Title}, 12.5, panelWidth-4)[0]
	p := newPlot(title, "", "")
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
	description := fmt.Sprintf("%s over %s of the truth.", number.Plural(len(samples.Points), "sample"), number.Plural(len(truth.Points), "point"))
	x := spans[0]
	if len(spans) == 1 {
		n := binsFor(max(min(len(truth.Points), len(samples.Points)), 1))
		p.Add(&plotter.Line{XYs: density(truth, 0, x, n), FillColor: dataFill},
			&plotter.Line{XYs: density(samples, 0, x, n), LineStyle: draw.LineStyle{Color: palette[1], Width: 1.6}})
		p.X.Min, p.X.Max, p.Y.Min = x.low, x.high, 0
		return svg(samples.Title, description, panelWidth, 170, p.Draw)
	}
	y := spans[1]
	p.Add(dots{someInside(truth, x, y), dataDot}, dots{someInside(samples, x, y), palette[1]})
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.low, x.high, y.low, y.high
	height := 45 + (panelWidth-35)*min(max((y.high-y.low)/(x.high-x.low), .5), 1.2)
	return svg(samples.Title, description, panelWidth, vg.Length(math.Round(height)), p.Draw)
}

// someInside returns the first points of a panel within the spans.
func someInside(panel Panel, x, y span) (list plotter.XYs) {
	for _, row := range panel.Points[:min(len(panel.Points), maxClassPoints)] {
		if x.has(row[0]) && y.has(row[1]) {
			list = append(list, plotter.XY{X: row[0], Y: row[1]})
		}
	}
	return list
}

// classTable returns the classes in numbers, with the metrics that the chosen setting has for each, or nil.
func (r report) classTable(c conditioned) *table {
	if len(c.Classes) == 0 {
		return nil
	}
	var measured experiments.Classes
	if r.chosen < len(r.Classes) {
		measured = r.Classes[r.chosen]
	}
	t := table{Head: []string{c.Given.Label, "share of the truth", "samples"}, Text: 1}
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
		t.add(cells...)
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
