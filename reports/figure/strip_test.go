package figure

import (
	"math"
	"strings"
	"testing"
)

// TestStrip knows the answers: the scale goes from 4 to 96, so its middle is at 50.
func TestStrip(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, c := range map[string]struct {
		strip    Strip
		has, not string
	}{
		"the middle":    {Strip{Dot: .5, Low: .25, High: .75}, `<path class="bar" d="M27 6H73"/><circle class="dot" cx="50" cy="6" r="3"/>`, "band"},
		"one seed":      {Strip{Dot: 0, Low: nan, High: nan}, `<circle class="dot" cx="4" cy="6" r="3"/></svg>`, "bar"},
		"the far end":   {Strip{Dot: 1, Low: .9, High: 7}, `<path class="bar" d="M86.8 6H96"/><circle class="dot" cx="96"`, "NaN"},
		"a floor":       {Strip{Dot: .5, Low: nan, High: nan, BandLow: 0, BandHigh: .5}, `<path class="band" d="M4 0H50V12H4z"/>`, "bar"},
		"far beyond":    {Strip{Dot: 1, Low: nan, High: nan, Beyond: true}, `<path class="dot" d="M93 2.5L99 6L93 9.5z"/>`, "circle"},
		"below a log":   {Strip{Dot: 0, Low: nan, High: nan, Open: true}, `<circle class="dot open" cx="4"`, "bar"},
		"without value": {Strip{Dot: nan, Low: nan, High: nan}, `aria-hidden="true"></svg>`, "circle"},
	} {
		if got := string(c.strip.SVG()); !strings.Contains(got, c.has) || strings.Contains(got, c.not) {
			t.Errorf("%s: got %s, want %s and no %q", name, got, c.has, c.not)
		}
	}
}
