package figure

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Drawing is a plot whose series readers can switch and whose marks they can ask. The plot has its axes set, and all that
// belongs to no series.
type Drawing struct {
	Title, Description string
	Width, Height      vg.Length
	Plot               *plot.Plot
	Layers             []Layer
	Marks              []Mark

	// Over returns further elements, given where values are in the drawing; nil for none.
	Over func(x, y func(float64) float64) string
}

// Layer is a series of a drawing: what a legend entry with the same key switches.
type Layer struct {
	Key      string
	Plotters []plot.Plotter
}

// Mark is a place in a drawing that says what it stands for. Marks of the same setting in all drawings of a page belong
// together.
type Mark struct {
	At      plotter.XY
	Setting int    // index of a setting, or -1
	Layer   string // its key, if any
	Text    string // the setting and its values
}

// SVG returns the drawing as an SVG element that scales with the page.
func (d Drawing) SVG() template.HTML {
	var b strings.Builder
	b.WriteString(paint(d.Width, d.Height, d.Plot.Draw))
	for _, l := range d.Layers {
		fmt.Fprintf(&b, "<g data-series=\"%s\">\n%s</g>\n", template.HTMLEscapeString(l.Key), paint(d.Width, d.Height, func(c draw.Canvas) {
			area := d.Plot.DataCanvas(c)
			for _, p := range l.Plotters {
				p.Plot(area, d.Plot)
			}
		}))
	}
	area := d.Plot.DataCanvas(draw.New(vgsvg.New(d.Width, d.Height)))
	toX, toY := d.Plot.Transforms(&area)
	if d.Over != nil {
		b.WriteString(d.Over(func(x float64) float64 { return float64(toX(x)) }, func(y float64) float64 { return float64(d.Height - toY(y)) }))
	}
	for _, m := range d.Marks {
		fmt.Fprintf(&b, `<circle class="hit" cx="%.4g" cy="%.4g" r="6"`, float64(toX(m.At.X)), float64(d.Height-toY(m.At.Y)))
		if m.Setting >= 0 {
			fmt.Fprintf(&b, ` data-s="%d"`, m.Setting)
		}
		if m.Layer != "" {
			fmt.Fprintf(&b, ` data-series="%s"`, template.HTMLEscapeString(m.Layer))
		}
		fmt.Fprintf(&b, "><title>%s</title></circle>\n", template.HTMLEscapeString(m.Text))
	}
	return wrap(d.Title, d.Description, d.Width, d.Height, b.String())
}

// SVG returns a drawing as an SVG element that scales with the page. It has no id, so a page can have any number of them. A
// drawing without a title is decoration, hidden from screen readers.
func SVG(title, description string, width, height vg.Length, draws func(draw.Canvas)) template.HTML {
	return wrap(title, description, width, height, paint(width, height, draws))
}

// paint returns the elements of a drawing.
func paint(width, height vg.Length, draws func(draw.Canvas)) string {
	canvas := vgsvg.New(width, height)
	draws(draw.New(canvas))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		panic("figure: write to memory: " + err.Error())
	}
	text := out.String()
	start := strings.Index(text, "<svg")
	body := text[start+strings.IndexByte(text[start:], '>')+1:]
	return named(fontDescription.Replace(strings.TrimSuffix(strings.TrimSpace(body), "</svg>")))
}

// Elements returns elements of SVG as a drawing that scales with the page, for what gonum does not draw.
func Elements(title, description string, width, height vg.Length, elements string) template.HTML {
	return wrap(title, description, width, height, elements)
}

// wrap returns elements as an SVG element.
func wrap(title, description string, width, height vg.Length, body string) template.HTML {
	head := fmt.Sprintf(`<svg viewBox="0 0 %g %g" `, float64(width), float64(height))
	if title == "" {
		return template.HTML(head + `aria-hidden="true">` + body + "</svg>\n")
	}
	title, description = template.HTMLEscapeString(title), template.HTMLEscapeString(description)
	return template.HTML(head + `role="img" aria-label="` + title + `">` +
		"\n<title>" + title + "</title>\n<desc>" + description + "</desc>" + body + "</svg>\n")
}

// fontDescription removes gonum's description of the font, which the style sheet sets for all drawings.
var fontDescription = strings.NewReplacer(
	"font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;", "",
	"font-family:Liberation Sans;font-variant:normal;font-weight:bold;font-style:normal;", "font-weight:bold;",
)
