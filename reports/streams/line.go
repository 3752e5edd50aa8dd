package streams

import (
	"fmt"
	"html/template"
	"strings"

	"flowsweep/reports/figure"
	"flowsweep/reports/motion"
	"flowsweep/reports/number"
	"flowsweep/reports/surface"
	"flowsweep/reports/ticks"
)

// overTime returns the density of points of one coordinate over all times: a column for each time.
func overTime(v motion.View, m motion.Motion) surface.Surface {
	s := surface.Surface{Wide: len(m.Counts), High: v.Cells, F: make([]float64, len(m.Counts)*v.Cells)}
	for i, counts := range m.Counts {
		for j, n := range counts {
			s.F[j*s.Wide+i] = float64(n) / (float64(m.Points) * v.CellSize())
		}
	}
	return s.Smooth(kernel, false)
}

// line returns the figure of points of one coordinate: the density over time and place, and paths on it.
func line(f motion.Flow, rows []row) figure.Figure {
	fig := figure.Figure{Title: "Density and paths over time", Table: apartTable(f)}
	var all [][]surface.Surface
	for _, r := range rows {
		all = append(all, r.densities)
	}
	steps := levels(all...)
	for _, r := range rows {
		fig.Drawings = append(fig.Drawings, r.overTime(f, steps))
	}
	fig.Legend = swatches(rows[0].colour, steps)
	more, text := legend(f, rows, fmt.Sprintf("The density of %s from noise at t = 0 to data at t = 1, one scale of shades, and the paths of %d of them from the same noise: the flow itself, solved densely, and not the steps of the chosen solver.",
		pointsOf(rows), len(f.Net.X)))
	fig.Legend, fig.Caption = append(fig.Legend, more...), text+besideNote(f)
	return fig
}

// overTime draws the density of a row over time, with its paths.
func (r row) overTime(f motion.Flow, levels []float64) template.HTML {
	a := f.View.Axes[0]
	p := figure.New(r.name, "t", axisTitle(f.View, 0))
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, a.Low, a.High
	d := figure.Drawing{
		Title: "Over time: " + r.name, Width: pathsSize + 25, Height: pathsSize*3/4 + 40, Plot: p,
		Description: fmt.Sprintf("The density of %s over time and place, with %s.", number.Plural(r.motion.Points, "point"), number.Plural(len(r.motion.X), "path")),
	}
	d.Over = func(x, y func(float64) float64) string {
		var b strings.Builder
		s := r.densities[0]
		nodeX := func(i float64) float64 { return x(min(max(i/float64(s.Wide-1), 0), 1)) }
		nodeY := func(j float64) float64 {
			return y(min(max(a.Low+(j+.5)/float64(s.High)*(a.High-a.Low), a.Low), a.High))
		}
		for _, level := range levels {
			b.WriteString(s.Filled(level, figure.Var(r.colour), opacity, nodeX, nodeY))
		}
		y = kept(a, y)
		times := make([][]float64, len(r.motion.X))
		for i := range times {
			times[i] = f.Times
		}
		over := r
		over.colour = figure.Ink // on its own colour
		b.WriteString(ways(over, f.Class, times, r.motion.X, x, y))
		if r.name == "net" && f.Steps != nil {
			of := make([][]float64, len(f.Steps.X))
			for i := range of {
				of[i] = f.Steps.Times
			}
			b.WriteString(steps(of, f.Steps.X, x, y))
		}
		return b.String()
	}
	return d.SVG()
}
