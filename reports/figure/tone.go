package figure

import (
	"fmt"
	"image/color"
	"regexp"
	"strings"
)

// Drawings name their colours by what they mean. A page sets each for light and dark grounds, so that a drawing follows the
// reader's choice, and printers always get those for paper.

// tone is a colour with its name in style sheets, and its values on a light and on a dark ground.
type tone struct {
	name        string
	light, dark color.NRGBA
}

// Palette distinguishes series. The colour-blind can tell its colours apart, and each has a contrast of at least 3:1 with the
// ground, light or dark. Most are those of Okabe and Ito (2008), whose sky blue, yellow and orange are too pale on white.
var Palette = []color.NRGBA{
	{0, 114, 178, 255},
	{213, 94, 0, 255},
	{0, 145, 106, 255},
	{192, 98, 154, 255},
	{51, 34, 136, 255},
	{153, 119, 0, 255},
	{0, 0, 0, 255},
}

// The other colours of drawings.
var (
	Ink      = color.NRGBA{34, 34, 34, 255}    // texts and rings
	Muted    = color.NRGBA{85, 85, 85, 255}    // axes
	Faint    = color.NRGBA{226, 226, 226, 255} // grids
	Ground   = color.NRGBA{255, 255, 255, 255} // of the page, in open markers
	Data     = color.NRGBA{70, 70, 70, 255}    // points of the data
	Backdrop = color.NRGBA{139, 139, 139, 255} // points of the data behind samples
	Shape    = color.NRGBA{205, 205, 205, 255} // the data as a filled shape behind samples
	Pale     = color.NRGBA{214, 232, 243, 255} // where something is expected
	Yellow   = color.NRGBA{240, 228, 66, 255}  // noise floors, which are too pale for lines
	Mustard  = color.NRGBA{150, 138, 0, 255}   // edges of noise floors
	Front    = color.NRGBA{146, 146, 146, 255} // Pareto fronts
	Thin     = color.NRGBA{110, 110, 110, 255} // a second front
)

// tones lists all colours that have a value of their own on a dark ground.
var tones = []tone{
	{"p0", Palette[0], color.NRGBA{74, 163, 224, 255}},
	{"p1", Palette[1], color.NRGBA{240, 124, 52, 255}},
	{"p2", Palette[2], color.NRGBA{36, 184, 140, 255}},
	{"p3", Palette[3], color.NRGBA{232, 142, 196, 255}},
	{"p4", Palette[4], color.NRGBA{179, 161, 240, 255}},
	{"p5", Palette[5], color.NRGBA{221, 182, 74, 255}},
	{"p6", Palette[6], color.NRGBA{244, 246, 248, 255}},
	{"d-ink", Ink, color.NRGBA{232, 234, 237, 255}},
	{"d-muted", Muted, color.NRGBA{169, 177, 186, 255}},
	{"d-faint", Faint, color.NRGBA{52, 58, 66, 255}},
	{"d-ground", Ground, color.NRGBA{29, 33, 39, 255}},
	{"d-data", Data, color.NRGBA{205, 209, 214, 255}},
	{"d-backdrop", Backdrop, color.NRGBA{138, 145, 153, 255}},
	{"d-shape", Shape, color.NRGBA{76, 84, 94, 255}},
	{"d-pale", Pale, color.NRGBA{42, 66, 86, 255}},
	{"d-yellow", Yellow, color.NRGBA{176, 160, 20, 255}},
	{"d-mustard", Mustard, color.NRGBA{190, 176, 40, 255}},
	{"d-front", Front, color.NRGBA{128, 136, 146, 255}},
	{"d-thin", Thin, color.NRGBA{170, 176, 184, 255}},
}

// Variables returns the declarations of all colours, for a style sheet: those on a light or a dark ground.
func Variables(dark bool) string {
	var b strings.Builder
	for _, t := range tones {
		c := t.light
		if dark {
			c = t.dark
		}
		fmt.Fprintf(&b, "--%s: #%02x%02x%02x; ", t.name, c.R, c.G, c.B)
	}
	return strings.TrimSuffix(b.String(), " ")
}

// variables maps colours, as gonum writes them, to variables. A translucent colour is written with errors of rounding.
var variables = func() map[string]string {
	names := map[string]string{}
	for alpha := 255; alpha >= 40; alpha-- {
		for _, t := range tones {
			c := t.light
			c.A = uint8(alpha)
			r, g, b, a := c.RGBA()
			scale := 255 / float64(a)
			written := fmt.Sprintf("#%02X%02X%02X", int(float64(r)*scale), int(float64(g)*scale), int(float64(b)*scale))
			if _, taken := names[written]; !taken {
				names[written] = "var(--" + t.name + ")"
			}
		}
	}
	return names
}()

var written = regexp.MustCompile(`#[0-9A-F]{6}`)

// named puts variables in place of the colours of a drawing.
func named(drawing string) string {
	return written.ReplaceAllStringFunc(drawing, func(c string) string {
		if name, ok := variables[c]; ok {
			return name
		}
		return c
	})
}

// Var returns a colour as a style sheet has it, for drawings that gonum does not write. It panics if the colour has no name.
func Var(c color.NRGBA) string {
	for _, t := range tones {
		if t.light == c {
			return "var(--" + t.name + ")"
		}
	}
	panic(fmt.Sprintf("figure: the colour %v has no name", c))
}

// Translucent returns a colour that lets what is below shine through, by alpha, from 40.
func Translucent(c color.NRGBA, alpha uint8) color.NRGBA {
	c.A = alpha
	return c
}
