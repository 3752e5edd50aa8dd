package figure

import (
	"html/template"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// marker is the shape of a point: a polygon, or a circle if it has no sides.
type marker struct {
	sides int
	turn  float64 // angle of the first corner, in radians
	size  float64 // relative to a circle, so that all markers look equally large
	open  bool    // white with an outline
}

var Markers = []marker{
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
	c.SetColor(Ground)
	c.Fill(path)
	c.SetLineStyle(draw.LineStyle{Color: style.Color, Width: 1.2})
	c.Stroke(path)
}

// Style distinguishes a series by colour, marker and dashes, each of which is enough.
type Style struct{ Colour, Marker, Dash int }

// Tint returns the colour.
func (s Style) Tint() color.NRGBA { return Palette[s.Colour%len(Palette)] }

// Line returns the style of its lines.
func (s Style) Line(width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: s.Tint(), Width: width, Dashes: Dashes[s.Dash%len(Dashes)]}
}

// Glyph returns the style of its markers, filled or open.
func (s Style) Glyph(open bool) draw.GlyphStyle {
	m := Markers[s.Marker%len(Markers)]
	m.open = open
	return draw.GlyphStyle{Color: s.Tint(), Radius: 2.8, Shape: m}
}

// Swatch returns the style as it appears in a legend.
func (s Style) Swatch(line, glyph, open bool) template.HTML {
	return SVG("", "", 30, 12, func(c draw.Canvas) {
		if line {
			c.StrokeLine2(s.Line(1.4), 1, 6, 29, 6)
		}
		if glyph {
			c.DrawGlyph(s.Glyph(open), vg.Point{X: 15, Y: 6})
		}
	})
}

// DotSwatch is a point in a legend.
func DotSwatch(colour color.Color) template.HTML {
	return SVG("", "", 30, 12, func(c draw.Canvas) {
		c.DrawGlyph(draw.GlyphStyle{Color: colour, Radius: 3, Shape: Markers[0]}, vg.Point{X: 15, Y: 6})
	})
}

// BarSwatch is a bar of a colour as it appears in a legend.
func BarSwatch(fill, line color.Color) template.HTML {
	return SVG("", "", 30, 12, func(c draw.Canvas) {
		corners := []vg.Point{{X: 4, Y: 1}, {X: 4, Y: 11}, {X: 26, Y: 11}, {X: 26, Y: 1}, {X: 4, Y: 1}}
		if fill != nil {
			c.FillPolygon(fill, corners)
		}
		if line != nil {
			c.StrokeLines(draw.LineStyle{Color: line, Width: 1.6}, corners)
		}
	})
}
