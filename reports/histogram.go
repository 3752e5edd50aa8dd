package reports

import (
	"html/template"
	"image/color"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

const bins = 40

// histograms returns one drawing for each panel after the data, over that of the data, or one of the data alone.
func histograms(panels []Panel, x span) []template.HTML {
	data := density(panels[0], x)
	top := 0.
	for _, panel := range panels {
		for _, at := range density(panel, x) {
			top = max(top, at.Y)
		}
	}
	var drawings []template.HTML
	titles := panelTitles(panels, 400)
	for i, panel := range panels {
		if i == 0 && len(panels) > 1 {
			continue
		}
		p := newPlot(titles[i], "x1", "density")
		p.X.Tick.Marker, p.Y.Tick.Marker = evenTicks{}, evenTicks{}
		p.Add(&plotter.Line{XYs: data, FillColor: color.NRGBA{205, 205, 205, 255}})
		if i > 0 {
			p.Add(&plotter.Line{XYs: density(panel, x), LineStyle: draw.LineStyle{Color: panelColour(panels, i), Width: 1.6}})
		}
		p.Add(farPoints(panel, panelColour(panels, i), x))
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.low, x.high, 0, max(top*1.05, 1e-9)
		drawings = append(drawings, svg(panel.Title, "Histogram in front of that of the data.", 400, 260, p.Draw))
	}
	return drawings
}

// density returns the outline of a histogram whose area is the fraction of the values within the span.
func density(p Panel, x span) plotter.XYs {
	values := column(p, 0)
	width := (x.high - x.low) / bins
	var counts [bins]float64
	for _, v := range values {
		if i := int((v - x.low) / width); v >= x.low && v < x.high && i < bins {
			counts[i]++
		}
	}
	line := plotter.XYs{{X: x.low}}
	for i, n := range counts {
		y := 0.
		if len(values) > 0 {
			y = n / float64(len(values)) / width
		}
		left := x.low + float64(i)*width
		line = append(line, plotter.XY{X: left, Y: y}, plotter.XY{X: left + width, Y: y})
	}
	return append(line, plotter.XY{X: x.high})
}
