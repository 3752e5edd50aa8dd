package browser_test

import (
	_ "embed"
	"fmt"
	"math"
	"strings"
	"testing"

	"flowsweep/reports/browser"
)

//go:embed testdata/contrast.js
var contrast string

// grounds are the colours of what marks stand on: grids, areas of the data, noise floors, what is inside of open marks.
const grounds = `["--d-faint", "--d-shape", "--d-pale", "--d-yellow", "--d-ground"]`

// scales are drawings whose colours stand for values, of which 0 is the ground. The numbers are in tables.
const scales = `'[aria-label="correlations in the data"], [aria-label="samples minus data"], .shade'`

type contrasts struct {
	Count int
	Poor  []struct {
		Text, Where, Ink, Ground string
		Ratio, Need              float64
	}
}

func (c contrasts) String() string {
	var b strings.Builder
	seen := map[string]int{}
	for _, p := range c.Poor {
		line := fmt.Sprintf("%s on %s is %.2f:1, want %g:1, in %s", p.Ink, p.Ground, p.Ratio, p.Need, p.Where)
		if seen[line]++; seen[line] == 1 {
			fmt.Fprintf(&b, "\n%s %q", line, p.Text)
		}
	}
	return b.String()
}

// TestContrast checks the contrast of every text, drawn or not, and of every mark of a drawing.
func TestContrast(t *testing.T) {
	t.Parallel()
	inEach(t, func(t *testing.T, tab *browser.Tab) {
		texts := value[contrasts](t, tab, "(() => {"+contrast+"return contrast.texts(); })()")
		if len(texts.Poor) > 0 || texts.Count < 100 {
			t.Errorf("of %d texts %d are hard to read: %s", texts.Count, len(texts.Poor), texts)
		}
		marks := value[contrasts](t, tab, "(() => {"+contrast+"return contrast.marks("+grounds+", "+scales+"); })()")
		if len(marks.Poor) > 0 {
			t.Errorf("of %d marks %d are hard to see: %s", marks.Count, len(marks.Poor), marks)
		}
		if drawings := value[int](t, tab, `document.querySelectorAll("figure svg").length`); marks.Count < drawings {
			t.Errorf("only %d marks in %d drawings were looked at", marks.Count, drawings)
		}
	})
}

// TestContrastIsKnown checks the function that computes contrasts by published values.
func TestContrastIsKnown(t *testing.T) {
	t.Parallel()
	tab := openText(t, "<p>", browser.View{Width: 390, Height: 844})
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"black", "white", 21},
		{"#777", "#fff", 4.48},
		{"#767676", "white", 4.54},
		{"rgb(255 0 0)", "white", 4.00},
		{"#0000ff", "#ffffff", 8.59},
		{"#0072b2", "#0072b2", 1},
	} {
		got := value[float64](t, tab, fmt.Sprintf("(() => {%s return contrast.ratio(contrast.parse(%q), contrast.parse(%q)); })()", contrast, c.a, c.b))
		if math.Abs(got-c.want) > .005 { // the published values have two decimals
			t.Errorf("%s on %s is %.3f:1, want %.2f:1", c.a, c.b, got, c.want)
		}
	}
}

// TestPoorContrastIsFound checks that what is hard to read or to see is found wherever it is, and nothing else.
func TestPoorContrastIsFound(t *testing.T) {
	t.Parallel()
	const page = `<html style="--d-faint: #eeeeee"><body style="background: white; color: black">
<p>fine</p> <p style="color: #777">poor</p> <p style="font-size: 24px; color: #777">fine, as it is large</p>
<p style="font-size: 19px; font-weight: 700; color: #777">fine, as it is large and bold</p> <p style="opacity: .4">poor, faded</p>
<div style="background: #333"><p>poor, on a dark ground</p></div> <div style="background: #0005"><p style="color: #444">poor, on a translucent one</p></div>
<p hidden style="color: white">not there</p> <p style="visibility: hidden; color: white">not there</p>
<svg width="200" height="100"><rect width="100" height="100" fill="#222"/><text x="10" y="50" font-size="12">poor, on a bar</text><text x="110" y="50" font-size="12">fine</text><g style="display: none"><text y="20" fill="#eee">not there</text><path d="M110 80h40v9z"/></g>
<path d="M110 80h40" stroke="#eeeeee"/><path d="M110 85h40" stroke="#aaa"/><path d="M110 90h40v5h-40z" fill="#aaa" stroke="#000"/><circle cx="150" cy="80" r="3" fill="black" fill-opacity=".3"/></svg>`
	tab := openText(t, page, browser.View{Width: 390, Height: 844})
	texts := value[contrasts](t, tab, "(() => {"+contrast+"return contrast.texts(); })()")
	if texts.Count != 9 || len(texts.Poor) != 5 {
		t.Errorf("of %d texts %d are poor, want 5 of 9: %s", texts.Count, len(texts.Poor), texts)
	}
	for _, p := range texts.Poor {
		if !strings.HasPrefix(p.Text, "poor") {
			t.Errorf("%q counts as poor, with %.2f:1", p.Text, p.Ratio)
		}
	}
	marks := value[contrasts](t, tab, "(() => {"+contrast+`return contrast.marks(["--d-faint"]); })()`)
	if marks.Count != 4 || len(marks.Poor) != 2 {
		t.Errorf("of %d marks %d are poor, want 2 of 4: %s", marks.Count, len(marks.Poor), marks)
	}
}
