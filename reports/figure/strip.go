package figure

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Strip is a mean with its interval, as small as a cell of a table. Places are from 0, the left end of a scale, to 1; NaN is none.
type Strip struct {
	Dot               float64
	Low, High         float64 // of the interval
	BandLow, BandHigh float64 // of the noise floor
	Open              bool    // the mean is below what the scale shows
	Beyond            bool    // the mean is above
}

const (
	stripWidth, stripHeight = 100, 12
	stripMargin             = 4 // for half a dot
)

// StripAt returns where a strip draws a place, in its own units.
func StripAt(place float64) float64 {
	return stripMargin + min(max(place, 0), 1)*(stripWidth-2*stripMargin)
}

// SVG returns the strip as an SVG element whose parts the style sheet colours. It is decoration: the numbers stand beside it.
func (s Strip) SVG() template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="strip" viewBox="0 0 %d %d" aria-hidden="true">`, stripWidth, stripHeight)
	if s.BandHigh > 0 {
		low := StripAt(s.BandLow)
		fmt.Fprintf(&b, `<path class="band" d="M%.4g 0H%.4gV%dH%.4gz"/>`, low, StripAt(s.BandHigh), stripHeight, low)
	}
	if !math.IsNaN(s.Low) && !math.IsNaN(s.High) {
		fmt.Fprintf(&b, `<path class="bar" d="M%.4g 6H%.4g"/>`, StripAt(s.Low), StripAt(s.High))
	}
	switch {
	case s.Beyond:
		b.WriteString(`<path class="dot" d="M93 2.5L99 6L93 9.5z"/>`)
	case s.Open:
		fmt.Fprintf(&b, `<circle class="dot open" cx="%.4g" cy="6" r="3"/>`, StripAt(s.Dot))
	case !math.IsNaN(s.Dot):
		fmt.Fprintf(&b, `<circle class="dot" cx="%.4g" cy="6" r="3"/>`, StripAt(s.Dot))
	}
	return template.HTML(b.String() + "</svg>")
}
