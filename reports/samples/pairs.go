package samples

import (
	"cmp"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments/metric"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

// MaxPairs is the maximum number of pairs of columns that are drawn.
const MaxPairs = 4

// pairs returns the figure of the pairs of columns that say the most: those that the data correlate most, and those whose
// correlation the samples miss most.
func pairs(r Rows) figure.Figure {
	f := figure.Figure{Size: "small", Table: figure.Table{Head: []string{"column", "with", "data", "±", "samples", "±", "difference", "±"}, Text: 2}}
	byMiss := sortedBy(r.Correlations, func(c metric.Correlation) float64 { return c.Difference().Value })
	for _, c := range byMiss {
		d := c.Difference()
		f.Table.Add(measuredName(c.A), measuredName(c.B), number.Text(c.Reference.Value), number.Text(c.Reference.SE),
			number.Text(c.Samples.Value), number.Text(c.Samples.SE), number.Text(d.Value), number.Text(d.SE))
	}
	byStrength := sortedBy(r.Correlations, func(c metric.Correlation) float64 { return math.Abs(c.Reference.Value) })
	var drawn [][2]int
	for i := range byMiss {
		for _, c := range []metric.Correlation{byStrength[i], byMiss[i]} {
			if p := r.pair(c); !slices.Contains(drawn, p) && len(drawn) < MaxPairs {
				drawn = append(drawn, p)
			}
		}
	}
	for _, p := range drawn {
		f.Drawings = append(f.Drawings, r.pairClouds(p)...)
	}
	f.Caption = fmt.Sprintf("Pairs of columns, the data beside the samples: %s of %s, those that the data correlate most and those whose correlation the samples "+
		"miss most. Categories are spread a little. The table has the correlations of all pairs, where a category is a column that is 1 in its rows and 0 elsewhere.",
		number.Whole(len(drawn)), number.Whole(len(r.Columns)*(len(r.Columns)-1)/2))
	return f
}

// sortedBy returns the list in falling order of a number.
func sortedBy(list []metric.Correlation, by func(metric.Correlation) float64) []metric.Correlation {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b metric.Correlation) int { return cmp.Compare(by(b), by(a)) })
	return list
}

func measuredName(m metric.Measured) string {
	if m.Category == "" {
		return m.Column
	}
	return m.Column + ": " + m.Category
}

// pair returns the columns of a correlation.
func (r Rows) pair(c metric.Correlation) [2]int {
	at := func(name string) int {
		return slices.IndexFunc(r.Columns, func(c metric.TableColumn) bool { return c.Name == name })
	}
	return [2]int{at(c.A.Column), at(c.B.Column)}
}

// pairClouds draws the rows of the data and of the samples in two columns.
func (r Rows) pairClouds(pair [2]int) []template.HTML {
	var axes [2]pairAxis
	for k, j := range pair {
		axes[k] = pairAxis{column: j, name: r.Columns[j].Name, categories: r.Columns[j].Categories, span: SpanOf(r.Truth, j)}
		if n := len(axes[k].categories); n > 0 {
			axes[k].span = figure.Span{Low: -.6, High: float64(n) - .4}
		}
	}
	return []template.HTML{r.pairCloud(r.Truth, "data", figure.Data, axes), r.pairCloud(r.Samples, "samples", figure.Palette[1], axes)}
}

// pairAxis is a column as an axis.
type pairAxis struct {
	column     int
	name       string
	categories []string
	span       figure.Span
}

// ticks returns the marks of the axis.
func (a pairAxis) ticks(room vg.Length) plot.Ticker {
	if len(a.categories) == 0 || len(a.categories) > maxCategories {
		return ticks.Even{}
	}
	var ticks plot.ConstantTicks
	for k, name := range figure.Fitted(a.categories, 11.5, room) {
		ticks = append(ticks, plot.Tick{Value: float64(k), Label: name})
	}
	return ticks
}

// place returns where row i of a panel lies on the axis. Categories are spread over a part of their room, row by row.
func (a pairAxis) place(i int, row []float64) float64 {
	if len(a.categories) == 0 {
		return row[a.column]
	}
	const golden = 0.6180339887498949 // its multiples are spread evenly
	_, spread := math.Modf(float64(i+1) * golden)
	return row[a.column] + .6*(spread-.5)
}

func (r Rows) pairCloud(panel Panel, what string, colour color.NRGBA, axes [2]pairAxis) template.HTML {
	const width, height = panelWidth, 200
	names := figure.Fitted([]string{axes[0].name, axes[1].name}, 12, width/2)
	p := figure.New(what, names[0], names[1])
	x, y := axes[0], axes[1]
	p.X.Tick.Marker, p.Y.Tick.Marker = x.ticks((width-50)/vg.Length(max(1, len(x.categories)))), y.ticks(width/4)
	var inside plotter.XYs
	for i, row := range panel.Points[:min(len(panel.Points), maxPanelPoints)] {
		at := plotter.XY{X: x.place(i, row), Y: y.place(i, row)}
		if x.span.Has(at.X) && y.span.Has(at.Y) {
			inside = append(inside, at)
		}
	}
	p.Add(figure.Dots{XYs: inside, Colour: colour})
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x.span.Low, x.span.High, y.span.Low, y.span.High
	return figure.SVG(fmt.Sprintf("%s and %s: %s", x.name, y.name, what), fmt.Sprintf("Scatter plot of %s.", number.Plural(len(inside), "point")), width, height, p.Draw)
}

// correlations returns the figure of what the samples miss in the correlations of all columns.
func correlations(r Rows) figure.Figure {
	var names []metric.Measured
	for _, c := range r.Correlations {
		for _, m := range []metric.Measured{c.A, c.B} {
			if !slices.Contains(names, m) {
				names = append(names, m)
			}
		}
	}
	if len(names) < 3 || len(names) > maxCorrelated {
		return figure.Figure{}
	}
	values := map[[2]metric.Measured][2]float64{}
	for _, c := range r.Correlations {
		pair := [2]float64{c.Reference.Value, c.Samples.Value - c.Reference.Value}
		values[[2]metric.Measured{c.A, c.B}], values[[2]metric.Measured{c.B, c.A}] = pair, pair
	}
	f := figure.Figure{Caption: "Left the correlations in the data, right what the samples add to them: white is none, blue positive, orange negative, and full colour 1. " +
		"The numbers are in the table of the pairs."}
	for k, title := range []string{"correlations in the data", "samples minus data"} {
		f.Drawings = append(f.Drawings, correlationMap(title, names, func(a, b metric.Measured) (float64, bool) {
			v, ok := values[[2]metric.Measured{a, b}]
			return v[k], ok
		}))
	}
	return f
}

// maxCorrelated is the largest number of columns and categories whose correlations are drawn.
const maxCorrelated = 40

// correlationMap draws a square for every two columns.
func correlationMap(title string, names []metric.Measured, value func(a, b metric.Measured) (v float64, ok bool)) template.HTML {
	texts := make([]string, len(names))
	for i, m := range names {
		texts[i] = measuredName(m)
	}
	texts = figure.Fitted(texts, 11.5, 110)
	p := figure.New(title, "", "")
	var ticks plot.ConstantTicks
	n := len(names)
	for i := range names {
		ticks = append(ticks, plot.Tick{Value: float64(n - 1 - i), Label: texts[i]})
	}
	p.Y.Tick.Marker, p.X.Tick.Marker = ticks, plot.ConstantTicks{}
	p.Add(squares{n, func(i, j int) color.Color {
		v, ok := value(names[i], names[j])
		if !ok {
			return figure.Faint
		}
		return diverging(v)
	}})
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -.5, float64(n)-.5, -.5, float64(n)-.5
	return figure.SVG(title, "A square for every two columns.", pairWidth, pairWidth*.8, p.Draw)
}

// diverging is a colour for a number from -1 to 1: from orange over white to blue.
func diverging(v float64) color.NRGBA {
	full := figure.Palette[0]
	if v < 0 {
		full = figure.Palette[1]
	}
	by := min(math.Abs(v), 1)
	mix := func(c uint8) uint8 { return uint8(math.Round(255 + by*(float64(c)-255))) }
	return color.NRGBA{mix(full.R), mix(full.G), mix(full.B), 255}
}

// squares fills a square for each of n times n cells, row by row from above.
type squares struct {
	n      int
	colour func(row, column int) color.Color
}

// Plot draws the squares.
func (s squares) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	for i := range s.n {
		for j := range s.n {
			x, y := float64(j), float64(s.n-1-i)
			c.FillPolygon(s.colour(i, j), []vg.Point{
				{X: toX(x - .5), Y: toY(y - .5)}, {X: toX(x + .5), Y: toY(y - .5)}, {X: toX(x + .5), Y: toY(y + .5)}, {X: toX(x - .5), Y: toY(y + .5)},
			})
		}
	}
}
