package reports

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"flowsweep/experiments/shorten"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// palette is the palette of Okabe and Ito (2008), which the colour-blind can distinguish, without its yellow, which is too
// pale on white.
var palette = []color.NRGBA{
	{0, 114, 178, 255},
	{213, 94, 0, 255},
	{0, 158, 115, 255},
	{204, 121, 167, 255},
	{86, 180, 233, 255},
	{230, 159, 0, 255},
	{0, 0, 0, 255},
}

var (
	ink   = color.NRGBA{34, 34, 34, 255}
	muted = color.NRGBA{85, 85, 85, 255}
	faint = color.NRGBA{226, 226, 226, 255}
)

var dashes = [][]vg.Length{nil, {5, 2.5}, {1.5, 2}, {7, 2, 1.5, 2}, {10, 3}, {3, 1.5}}

// marker is the shape of a point: a polygon, or a circle if it has no sides.
type marker struct {
	sides int
	turn  float64 // angle of the first corner, in radians
	size  float64 // relative to a circle, so that all markers look equally large
	open  bool    // white with an outline
}

var markers = []marker{
	{size: 1},
	{sides: 4, turn: math.Pi / 4, size: 1.25},
	{sides: 3, turn: math.Pi / 2, size: 1.4},
	{sides: 4, size: 1.3},
	{sides: 3, turn: -math.Pi / 2, size: 1.4},
	{sides: 5, turn: math.Pi / 2, size: 1.15},
	{sides: 3, size: 1.4},
	{sides: 3, turn: math.Pi, size: 1.4},
}

// DrawGlyph draws the marker at a point.
func (m marker) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	var path vg.Path
	r := style.Radius * vg.Length(m.size)
	if m.sides == 0 {
		path.Move(vg.Point{X: at.X + r, Y: at.Y})
		path.Arc(at, r, 0, 2*math.Pi)
	}
	for i := range m.sides {
		sin, cos := math.Sincos(m.turn + 2*math.Pi*float64(i)/float64(m.sides))
		corner := vg.Point{X: at.X + r*vg.Length(cos), Y: at.Y + r*vg.Length(sin)}
		if i == 0 {
			path.Move(corner)
			continue
		}
		path.Line(corner)
	}
	path.Close()
	if !m.open {
		c.Fill(path)
		return
	}
	c.SetColor(color.White)
	c.Fill(path)
	c.SetLineStyle(draw.LineStyle{Color: style.Color, Width: 1.2})
	c.Stroke(path)
}

// seriesStyle distinguishes a series by colour, marker and dashes, each of which is enough.
type seriesStyle struct{ Colour, Marker, Dash int }

func (s seriesStyle) colour() color.NRGBA { return palette[s.Colour%len(palette)] }

func (s seriesStyle) line(width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: s.colour(), Width: width, Dashes: dashes[s.Dash%len(dashes)]}
}

func (s seriesStyle) glyph(open bool) draw.GlyphStyle {
	m := markers[s.Marker%len(markers)]
	m.open = open
	return draw.GlyphStyle{Color: s.colour(), Radius: 2.8, Shape: m}
}

// swatch returns the style as it appears in a legend.
func (s seriesStyle) swatch(line, glyph, open bool) template.HTML {
	return svg("", "", 30, 12, func(c draw.Canvas) {
		if line {
			c.StrokeLine2(s.line(1.4), 1, 6, 29, 6)
		}
		if glyph {
			c.DrawGlyph(s.glyph(open), vg.Point{X: 15, Y: 6})
		}
	})
}

// newPlot returns an empty plot in the style of the report, with a title and axis labels.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text = title
	p.Title.Padding = 5
	p.Title.TextStyle.Font = sans(12.5)
	for _, axis := range []struct {
		*plot.Axis
		text string
	}{{&p.X, x}, {&p.Y, y}} {
		axis.Label.Text = axis.text
		axis.Label.Padding = 4
		axis.Label.TextStyle.Font = sans(12)
		axis.Label.TextStyle.Color = ink
		axis.Tick.Label.Font = sans(11.5)
		axis.Tick.Label.Color = muted
		axis.Tick.Color = muted
		axis.Tick.Length = 3
		axis.LineStyle.Color = muted
		axis.Padding = 3
	}
	grid := plotter.NewGrid()
	grid.Horizontal = draw.LineStyle{Color: faint, Width: .6}
	grid.Vertical = grid.Horizontal
	p.Add(grid)
	return p
}

// fitted returns the texts shortened to a width. Those that differ still do.
func fitted(texts []string, size, width vg.Length) []string {
	const fewest = 12
	style := text.Style{Font: sans(size), Handler: plot.DefaultTextHandler}
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

func sans(size vg.Length) font.Font {
	return font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size)
}

// svg returns a drawing as an SVG element that scales with the page. It has no id, so a page can have any number of them. A
// drawing without a title is decoration, hidden from screen readers.
func svg(title, description string, width, height vg.Length, paint func(draw.Canvas)) template.HTML {
	canvas := vgsvg.New(width, height)
	paint(draw.New(canvas))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		panic("reports: write to memory: " + err.Error())
	}
	text := out.String()
	start := strings.Index(text, "<svg")
	body := text[start+strings.IndexByte(text[start:], '>')+1:]
	body = fontDescription.Replace(body)
	head := fmt.Sprintf(`<svg viewBox="0 0 %g %g" `, float64(width), float64(height))
	if title == "" {
		return template.HTML(head + `aria-hidden="true">` + body)
	}
	title, description = template.HTMLEscapeString(title), template.HTMLEscapeString(description)
	return template.HTML(head + `role="img" aria-label="` + title + `">` +
		"\n<title>" + title + "</title>\n<desc>" + description + "</desc>" + body)
}

// fontDescription removes gonum's description of the font, which the style sheet sets for all drawings.
var fontDescription = strings.NewReplacer(
	"font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;", "",
	"font-family:Liberation Sans;font-variant:normal;font-weight:bold;font-style:normal;", "font-weight:bold;",
)

// figure is a figure of the report: drawings that belong together, with a caption, a legend and the numbers behind them.
type figure struct {
	Title    string
	Caption  string
	Legend   []entry
	Drawings []template.HTML
	Size     string // of the drawings: "" for two per row, "mid" for three, "small" for four
	Table    table
}

// entry is a line of a legend.
type entry struct {
	Swatch template.HTML
	Text   string
	Whole  string // what Text is short for, or empty
}

// table holds the numbers behind a figure.
type table struct {
	Head  []string
	Rows  [][]string
	Text  int            // number of leading text columns
	Whole map[int]string // what the first cell of a row is short for
	Cut   int            // number of rows left out
}

// maxTableRows is the maximum number of rows in the table behind a figure.
const maxTableRows = 500

func (t *table) add(row ...string) {
	if len(t.Rows) == maxTableRows {
		t.Cut++
		return
	}
	t.Rows = append(t.Rows, row)
}

// addFor adds a row whose first cell is short for a text, if that is not empty.
func (t *table) addFor(whole string, row ...string) {
	if whole != "" && len(t.Rows) < maxTableRows {
		if t.Whole == nil {
			t.Whole = map[int]string{}
		}
		t.Whole[len(t.Rows)] = whole
	}
	t.add(row...)
}

// sizeFor returns the size of n drawings: the given one if they do not fit in one row of two.
func sizeFor(n int, size string) string {
	if n > 2 {
		return size
	}
	return ""
}
