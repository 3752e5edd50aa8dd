package streams

import (
	"fmt"
	"html/template"
	"image/color"
	"strings"

	"flowsweep/reports/figure"
	"flowsweep/reports/motion"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

const pathsSize = 400 // of a panel of paths

// paths returns the figure of paths, side by side.
func paths(f motion.Flow, rows []row) figure.Figure {
	fig := figure.Figure{Title: "Paths from noise to data", Table: pathTable(f)}
	for _, r := range rows {
		if r.motion.X == nil {
			continue
		}
		p := figure.New(r.name, axisTitle(f.View, 0), axisTitle(f.View, 1))
		p.X.Tick.Marker, p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = f.View.Axes[0].Low, f.View.Axes[0].High, f.View.Axes[1].Low, f.View.Axes[1].High
		d := figure.Drawing{
			Title: "Paths: " + r.name, Description: fmt.Sprintf("Paths of %s from noise to data.", number.Plural(len(r.motion.X), "point")),
			Width: pathsSize + 25, Height: pathsSize + 40, Plot: p,
		}
		d.Over = func(x, y func(float64) float64) string {
			x, y = kept(f.View.Axes[0], x), kept(f.View.Axes[1], y)
			text := ways(r, f.Class, r.motion.X, r.motion.Y, x, y)
			if r.name == "net" && f.Steps != nil {
				text += steps(f.Steps.X, f.Steps.Y, x, y)
			}
			return text
		}
		fig.Drawings = append(fig.Drawings, d.SVG())
	}
	fig.Caption = fmt.Sprintf("Paths of %s from noise, open rings, to data, filled dots: the flow itself, solved densely, and not the steps of the chosen solver.", number.Plural(len(f.Net.X), "point"))
	fig.Legend, fig.Caption = legend(f, rows, fig.Caption)
	if v := f.View; v.Principal() {
		fig.Caption += fmt.Sprintf(" Points have %d coordinates; they are seen along the first two principal axes of the data, which have %s and %s of its variance.",
			v.Of, percent(v.Axes[0].Share), percent(v.Axes[1].Share))
	}
	return fig
}

// axisTitle returns the name of an axis, with its scale.
func axisTitle(v motion.View, j int) string {
	a := v.Axes[j]
	switch {
	case a.Share > 0:
		return fmt.Sprintf("%s (%s of the variance)", a.Name, percent(a.Share))
	case v.Scale != "":
		return a.Name + ", " + v.Scale
	default:
		return a.Name
	}
}

// legend returns the legend of paths, and the caption with what it needs to say.
func legend(f motion.Flow, rows []row, caption string) ([]figure.Entry, string) {
	var list []figure.Entry
	for k, name := range f.Classes[:min(len(f.Classes), classColours)] {
		list = append(list, figure.Entry{Swatch: figure.DotSwatch(figure.Palette[k]), Text: f.Label + " " + name})
	}
	if len(f.Classes) > classColours {
		caption += fmt.Sprintf(" The colours of the first %d classes come again for the others.", classColours)
	}
	if f.Steps != nil {
		list = append(list, figure.Entry{Swatch: stepsSwatch(), Text: f.Steps.Sampling})
		caption += fmt.Sprintf(" For %s, the angular lines are the steps of the chosen solver: it errs by how far they end from the path.", number.Plural(min(len(f.Steps.X), shownSteps), "point"))
	}
	return list, caption
}

// classColours is the number of colours of classes: the last of the palette is that of steps.
const classColours = 6

// way is the colour of path i of a row.
func (r row) way(class []int, i int) color.NRGBA {
	if len(class) > i && class[i] >= 0 {
		return figure.Palette[class[i]%classColours]
	}
	return r.colour
}

// ways draws paths. Each has a vertex for every time, evenly from 0 to 1, which is what the slider of the page moves points along.
func ways(r row, class []int, xs, ys [][]float64, x, y func(float64) float64) string {
	var b strings.Builder
	for i := range xs {
		colour := figure.Var(r.way(class, i))
		fmt.Fprintf(&b, `<path class="way" fill="none" stroke="%s" stroke-width=".75" d="%s"/>`+"\n", colour, through(xs[i], ys[i], x, y))
	}
	for i := range xs {
		colour, end := figure.Var(r.way(class, i)), len(xs[i])-1
		fmt.Fprintf(&b, `<circle class="from" cx="%.4g" cy="%.4g" r="2.2" fill="%s" stroke="%s"/>`, x(xs[i][0]), y(ys[i][0]), figure.Var(figure.Ground), colour)
		fmt.Fprintf(&b, `<circle class="to" cx="%.4g" cy="%.4g" r="2.4" fill="%s"/>`+"\n", x(xs[i][end]), y(ys[i][end]), colour)
	}
	return b.String()
}

// kept returns where values are in a drawing, and those outside an axis at its end, so that paths of a diverged net stay inside.
func kept(a motion.Axis, at func(float64) float64) func(float64) float64 {
	const rim = .012 // for a mark
	margin := rim * (a.High - a.Low)
	return func(v float64) float64 { return at(min(max(v, a.Low+margin), a.High-margin)) }
}

// through returns the data of a path through points.
func through(xs, ys []float64, x, y func(float64) float64) string {
	var d strings.Builder
	for k := range xs {
		d.WriteByte("ML"[min(k, 1)])
		fmt.Fprintf(&d, "%.4g %.4g", x(xs[k]), y(ys[k]))
	}
	return d.String()
}

// shownSteps is the number of points whose steps are drawn.
const shownSteps = 6

// steps draws the steps of a solver, with a mark at each.
func steps(xs, ys [][]float64, x, y func(float64) float64) string {
	var b strings.Builder
	for i := range xs[:min(len(xs), shownSteps)] {
		fmt.Fprintf(&b, `<path fill="none" stroke="%s" stroke-width="1.1" d="%s"/>`, figure.Var(figure.Ink), through(xs[i], ys[i], x, y))
		for k := range xs[i] {
			fmt.Fprintf(&b, `<rect x="%.4g" y="%.4g" width="3.4" height="3.4" fill="%s"/>`, x(xs[i][k])-1.7, y(ys[i][k])-1.7, figure.Var(figure.Ink))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func stepsSwatch() template.HTML {
	return figure.Elements("", "", 30, 12, fmt.Sprintf(`<path fill="none" stroke="%[1]s" stroke-width="1.1" d="M2 6H28"/><rect x="13" y="4" width="4" height="4" fill="%[1]s"/>`, figure.Var(figure.Ink)))
}

// pathTable returns where some of the paths start and end.
func pathTable(f motion.Flow) figure.Table {
	t := figure.Table{Text: 0}
	names := func(of string) {
		for _, a := range f.View.Axes {
			t.Head = append(t.Head, of+" "+a.Name)
		}
	}
	names("from")
	names("net: to")
	if f.Exact != nil {
		names("exact: to")
	}
	if f.Class != nil {
		t.Head, t.Text = append([]string{f.Label}, t.Head...), 1
	}
	at := func(p motion.Paths, i, k int) (cells []string) {
		cells = append(cells, number.Text(p.X[i][k]))
		if p.Y != nil {
			cells = append(cells, number.Text(p.Y[i][k]))
		}
		return cells
	}
	for i := range f.Net.X {
		end := len(f.Net.X[i]) - 1
		var cells []string
		if f.Class != nil {
			cells = append(cells, className(f, i))
		}
		cells = append(append(cells, at(f.Net.Paths, i, 0)...), at(f.Net.Paths, i, end)...)
		if f.Exact != nil {
			cells = append(cells, at(f.Exact.Paths, i, end)...)
		}
		t.Add(cells...)
	}
	return t
}

func className(f motion.Flow, i int) string {
	if k := f.Class[i]; k >= 0 && k < len(f.Classes) {
		return f.Classes[k]
	}
	return "none"
}
