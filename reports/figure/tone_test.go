package figure

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"
)

// contrast returns the contrast ratio of two colours (WCAG 2.2).
func contrast(a, b color.NRGBA) float64 {
	luminance := func(c color.NRGBA) float64 {
		linear := func(v uint8) float64 {
			x := float64(v) / 255
			if x <= .04045 {
				return x / 12.92
			}
			return math.Pow((x+.055)/1.055, 2.4)
		}
		return .2126*linear(c.R) + .7152*linear(c.G) + .0722*linear(c.B)
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

func TestContrast(t *testing.T) {
	if got := contrast(color.NRGBA{}, color.NRGBA{255, 255, 255, 255}); math.Abs(got-21) > 1e-9 {
		t.Errorf("black on white: %g, want 21 to rounding", got)
	}
	if got := contrast(color.NRGBA{0x77, 0x77, 0x77, 255}, color.NRGBA{255, 255, 255, 255}); math.Abs(got-4.478) > 1e-3 {
		t.Errorf("#777 on white: %g, want 4.478", got)
	}
	// What only lies behind marks, or fills an area with an edge of its own, needs no contrast.
	behind := map[string]bool{"d-faint": true, "d-ground": true, "d-shape": true, "d-pale": true, "d-yellow": true}
	ground := tones[10]
	if ground.name != "d-ground" {
		t.Fatal("the ground has moved")
	}
	for _, c := range tones {
		least := 3.
		if c.name == "d-ink" || c.name == "d-muted" {
			least = 4.5 // texts
		}
		for _, got := range []float64{contrast(c.light, ground.light), contrast(c.dark, ground.dark)} {
			if !behind[c.name] && got < least {
				t.Errorf("%s has a contrast of %.2f with the ground, want at least %g", c.name, got, least)
			}
		}
	}
}

// TestNamed: drawings hold no colour that is the same on a light and on a dark ground, whatever its transparency.
// Black is what gonum leaves out: it comes from the style sheet.
func TestNamed(t *testing.T) {
	for _, c := range tones {
		for _, alpha := range []uint8{255, 215, 130, 90} {
			got := string(SVG("", "", 10, 10, func(canvas draw.Canvas) {
				canvas.SetColor(Translucent(c.light, alpha))
				canvas.Fill(canvas.Rectangle.Path())
			}))
			if black := c.light == Palette[6]; !black && !strings.Contains(got, "fill:var(--"+c.name+")") {
				t.Errorf("%s with alpha %d is drawn as %s", c.name, alpha, got)
			}
		}
	}
}

// TestDrawing: every layer has its key, and marks are where their points are drawn.
func TestDrawing(t *testing.T) {
	p := New("", "x", "y")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	at := plotter.XY{X: 1, Y: 1}
	glyph := plotter.Scatter{XYs: plotter.XYs{at}, GlyphStyle: Style{}.Glyph(false)}
	d := Drawing{Title: "a<b", Width: 200, Height: 100, Plot: p}
	d.Layers = []Layer{{Key: "s0 r1", Plotters: []plot.Plotter{&glyph}}, {Plotters: []plot.Plotter{&glyph}}}
	d.Marks = []Mark{{At: at, Setting: 3, Layer: "s0 r1", Text: "heun & 4"}, {At: at, Setting: -1, Text: "exact"}}
	got := string(d.SVG())
	for _, want := range []string{
		`aria-label="a&lt;b"`, `<g data-series="s0 r1">`, `<g data-series="">`, ` data-s="3" data-series="s0 r1"><title>heun &amp; 4</title>`, `r="6"><title>exact</title>`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if n := strings.Count(got, "</svg>"); n != 1 {
		t.Errorf("%d ends", n)
	}
}
