package samples

import (
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments/metric"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/surface"
	"flowsweep/reports/ticks"
)

// Glance returns the data beside the samples of the chosen net, and where they differ, for a first look: images as such, numbers of one
// coordinate as shapes, of two as densities, and of more those two that the data correlate most. It has no drawing where there are no
// samples.
func Glance(panels []Panel, images *Pictures, rows *Rows) figure.Figure {
	f := glance(panels, images, rows)
	if len(f.Drawings) > 0 {
		f.Caption = strings.TrimSpace(f.Caption) + " The numbers are in the table of samples and data."
	}
	return f
}

func glance(panels []Panel, images *Pictures, rows *Rows) figure.Figure {
	if images != nil {
		return glanceOfImages(*images)
	}
	if rows != nil && len(rows.Columns) > 1 {
		return glanceOfRows(*rows)
	}
	chosen := slices.IndexFunc(panels, func(p Panel) bool { return p.Chosen })
	if chosen < 0 || len(panels[0].Points) == 0 || len(panels[chosen].Points) == 0 {
		return figure.Figure{}
	}
	data, drawn := panels[0], panels[chosen]
	drawn.Title = "samples"
	if len(data.Points[0]) == 1 {
		return glanceOfLine(data, drawn)
	}
	return glanceOfPlane(data, drawn, [2]int{0, 1}, "")
}

// glanceOfImages shows the images of the data beside those of the samples.
func glanceOfImages(p Pictures) figure.Figure {
	f := figure.Figure{Caption: "The first images of each, not picked."}
	for _, panel := range p.Panels[:min(2, len(p.Panels))] {
		f.Drawings = append(f.Drawings, p.grid(panel))
	}
	return f
}

// glanceOfRows shows two columns of numbers of a table, those that the data correlate most.
func glanceOfRows(r Rows) figure.Figure {
	byStrength := sortedBy(r.Correlations, func(c metric.Correlation) float64 { return math.Abs(c.Reference.Value) })
	for _, c := range byStrength {
		pair := r.pair(c)
		if c.A.Category == "" && c.B.Category == "" && pair[0] >= 0 && pair[1] >= 0 {
			data, drawn := r.Truth, r.Samples
			drawn.Title = "samples"
			names := fmt.Sprintf("%s against %s", r.Columns[pair[1]].Name, r.Columns[pair[0]].Name)
			f := glanceOfPlane(data, drawn, pair, names)
			f.Caption = fmt.Sprintf("The two columns of numbers that the data correlate most, of %s. ", number.Plural(len(r.Columns), "column")) + f.Caption
			return f
		}
	}
	f := marginals(r)
	f.Drawings, f.Table, f.Size = f.Drawings[:min(3, len(f.Drawings))], figure.Table{}, "mid"
	f.Caption = "The shares of the values of the data, in grey, and of the samples, as a line."
	return f
}

// The grid of the densities, its smoothing, and the shades.
const (
	cells      = 44
	kernel     = 1.2 // cells
	glanceSize = 250
	titleSize  = 24
)

var (
	densityLevels = []float64{.02, .07, .2, .4, .65, .9} // of the highest density of the data
	doubtLevels   = []float64{3, 6, 12}                  // standard errors
)

// glanceOfPlane shows two coordinates as densities, and where these differ by more than chance.
func glanceOfPlane(data, drawn Panel, pair [2]int, names string) figure.Figure {
	x, y := SpanOf(data, pair[0]), SpanOf(data, pair[1])
	p, n := densityOf(data, pair, x, y)
	q, m := densityOf(drawn, pair, x, y)
	top := slices.Max(p.F)
	f := figure.Figure{Size: "mid", Caption: "Densities; the darker, the more points. "}
	description := ""
	if names != "" {
		description = names + ". "
	}
	for _, of := range []struct {
		title string
		s     surface.Surface
		named string
	}{{data.Title, p, figure.Var(figure.Data)}, {drawn.Title, q, figure.Var(figure.Palette[1])}} {
		var b strings.Builder
		for _, level := range densityLevels {
			b.WriteString(of.s.Filled(level*top, of.named, .16, across, upward))
		}
		f.Drawings = append(f.Drawings, framed(of.title, description+"A density.", b.String()))
	}
	more, fewer := doubts(p, q, n, m)
	var b strings.Builder
	for _, level := range doubtLevels {
		b.WriteString(more.Filled(level, figure.Var(figure.Palette[1]), .3, across, upward))
		b.WriteString(fewer.Filled(level, figure.Var(figure.Palette[0]), .3, across, upward))
	}
	if b.Len() == 0 {
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle" font-size="13">no difference seen</text>`, glanceSize/2, titleSize+glanceSize/2)
	}
	f.Drawings = append(f.Drawings, framed("difference", description+"Where the densities differ.", b.String()))
	f.Legend = []figure.Entry{
		{Swatch: patch(figure.Palette[1]), Text: "too many samples"}, {Swatch: patch(figure.Palette[0]), Text: "too few"},
	}
	f.Caption += "A difference is shaded where it exceeds 3, 6 and 12 standard errors: what samples of the data do not show by chance."
	return f
}

// densityOf returns the smoothed counts of two coordinates on the grid, as shares, and the number of points.
func densityOf(p Panel, pair [2]int, x, y figure.Span) (s surface.Surface, n int) {
	s = surface.Surface{Wide: cells, High: cells, F: make([]float64, cells*cells)}
	for _, row := range p.Points {
		if len(row) <= max(pair[0], pair[1]) || !x.Has(row[pair[0]]) || !y.Has(row[pair[1]]) {
			continue
		}
		i := min(int((row[pair[0]]-x.Low)/(x.High-x.Low)*cells), cells-1)
		j := min(int((row[pair[1]]-y.Low)/(y.High-y.Low)*cells), cells-1)
		s.F[j*cells+i]++
	}
	n = max(1, len(p.Points))
	for k := range s.F {
		s.F[k] /= float64(n)
	}
	return s.Smooth(kernel, true), n
}

// doubts returns by how many standard errors the smoothed shares q of m points exceed p of n points, and the other way round. The
// variance of a smoothed count is that of a Poisson variable times the sum of the squares of the kernel, 1 / (4 pi width^2).
func doubts(p, q surface.Surface, n, m int) (more, fewer surface.Surface) {
	more = surface.Surface{Wide: cells, High: cells, F: make([]float64, len(p.F))}
	fewer = surface.Surface{Wide: cells, High: cells, F: make([]float64, len(p.F))}
	squares := 1 / (4 * math.Pi * kernel * kernel)
	for k := range p.F {
		// Half a point more, so that a few points where there are none of the other kind are not infinitely sure.
		least := .5 * squares * (1/float64(n*n) + 1/float64(m*m))
		z := (q.F[k] - p.F[k]) / math.Sqrt(squares*(p.F[k]/float64(n)+q.F[k]/float64(m))+least)
		more.F[k], fewer.F[k] = max(z, 0), max(-z, 0)
	}
	return more, fewer
}

// across and upward return where a node of the grid is drawn.
func across(node float64) float64 { return glanceSize * min(max((node+.5)/cells, 0), 1) }
func upward(node float64) float64 { return titleSize + glanceSize - across(node) }

// framed returns a drawing with a title above a frame.
func framed(title, description, body string) template.HTML {
	title, _, _ = strings.Cut(title, ", ")
	short := figure.Fitted([]string{title}, 25, glanceSize-8)[0] // its size on a phone
	return figure.Elements(title, description, glanceSize, titleSize+glanceSize, fmt.Sprintf(`<text x="%d" y="15" text-anchor="middle" font-size="13">%s</text>`+"\n%s"+
		`<rect x=".5" y="%g" width="%d" height="%d" fill="none" stroke="%s"/>`, glanceSize/2, template.HTMLEscapeString(short), body, titleSize-.5, glanceSize-1, glanceSize-1,
		figure.Var(figure.Faint)))
}

// glanceOfLine shows numbers of one coordinate as shapes, and the difference of the densities with what chance does to it.
func glanceOfLine(data, drawn Panel) figure.Figure {
	x := SpanOf(data, 0)
	const n = 32
	p, q := density(data, 0, x, n), density(drawn, 0, x, n)
	f := figure.Figure{Caption: "Densities over the range of the data, and the samples’ minus the data’s. The pale band is what chance allows, ±3 standard errors."}
	both := figure.New("data, grey, and samples", "x1", "density")
	both.Add(&plotter.Line{XYs: p, FillColor: figure.Shape}, &plotter.Line{XYs: q, LineStyle: draw.LineStyle{Color: figure.Palette[1], Width: 1.8}})
	minus := figure.New("difference", "x1", "")
	var line, above, below plotter.XYs
	width, points := (x.High-x.Low)/n, [2]float64{float64(max(1, len(data.Points))), float64(max(1, len(drawn.Points)))}
	for k := range p {
		se := 3 * math.Sqrt((p[k].Y/points[0]+q[k].Y/points[1])/width)
		line = append(line, plotter.XY{X: p[k].X, Y: q[k].Y - p[k].Y})
		above, below = append(above, plotter.XY{X: p[k].X, Y: se}), append(below, plotter.XY{X: p[k].X, Y: -se})
	}
	slices.Reverse(below)
	minus.Add(&plotter.Polygon{XYs: []plotter.XYs{slices.Concat(above, below)}, Color: figure.Pale},
		&plotter.Line{XYs: line, LineStyle: draw.LineStyle{Color: figure.Palette[1], Width: 1.8}})
	for _, of := range []struct {
		p    *plot.Plot
		text string
	}{{both, "Histograms of the data and of the samples."}, {minus, "The difference of the densities, with a band of three standard errors."}} {
		of.p.X.Min, of.p.X.Max = x.Low, x.High
		of.p.X.Tick.Marker, of.p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
		f.Drawings = append(f.Drawings, figure.SVG(of.p.Title.Text, of.text, 400, 240, of.p.Draw))
	}
	both.Y.Min = 0
	return f
}

// patch is a filled box as it appears in a legend.
func patch(colour color.NRGBA) template.HTML { return figure.BarSwatch(colour, nil) }
