package figure

import (
	"image/color"
	"slices"
	"unicode/utf8"

	"flowsweep/experiments/shorten"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var Dashes = [][]vg.Length{nil, {5, 2.5}, {1.5, 2}, {7, 2, 1.5, 2}, {10, 3}, {3, 1.5}}

// New returns an empty plot in the style of the report, with a title and axis labels.
func New(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text = title
	p.Title.Padding = 5
	p.Title.TextStyle.Font = Sans(12.5)
	for _, axis := range []struct {
		*plot.Axis
		text string
	}{{&p.X, x}, {&p.Y, y}} {
		axis.Label.Text = axis.text
		axis.Label.Padding = 4
		axis.Label.TextStyle.Font = Sans(12)
		axis.Label.TextStyle.Color = Ink
		axis.Tick.Label.Font = Sans(11.5)
		axis.Tick.Label.Color = Muted
		axis.Tick.Color = Muted
		axis.Tick.Length = 3
		axis.LineStyle.Color = Muted
		axis.Padding = 3
	}
	grid := plotter.NewGrid()
	grid.Horizontal = draw.LineStyle{Color: Faint, Width: .6}
	grid.Vertical = grid.Horizontal
	p.Add(grid)
	return p
}

// Fitted returns the texts shortened to a width. Those that differ still do.
func Fitted(texts []string, size, width vg.Length) []string {
	const fewest = 12
	style := text.Style{Font: Sans(size), Handler: plot.DefaultTextHandler}
	limit := fewest
	for _, t := range texts {
		limit = max(limit, min(utf8.RuneCountInString(t), int(width))) // no letter is narrower than 1
	}
	for {
		short := shorten.Texts(texts, limit)
		if limit == fewest || !slices.ContainsFunc(short, func(t string) bool { return style.Width(t) > width }) {
			return short
		}
		limit--
	}
}

// Sans returns the font of all drawings.
func Sans(size vg.Length) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size)
}

// Box is a bar from 0 to a height.
func Box(left, right, height float64, fill, line color.Color) *plotter.Line {
	l := &plotter.Line{XYs: plotter.XYs{{X: left}, {X: left, Y: height}, {X: right, Y: height}, {X: right}}, FillColor: fill}
	if line != nil {
		l.LineStyle = draw.LineStyle{Color: line, Width: 1.6}
	}
	return l
}
