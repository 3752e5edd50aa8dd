package reports

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"flowsweep/reports/board"
	"flowsweep/reports/figure"
)

// TestStripPlaces knows the answers on a logarithmic and a linear scale.
func TestStripPlaces(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	log := frame{ylow: .01, yhigh: 1, limit: 1000}
	linear := frame{ylow: -1, yhigh: 3, limit: 100, linear: true}
	none := figure.Strip{Low: nan, High: nan}
	for name, c := range map[string]struct {
		frame frame
		point point
		want  figure.Strip
	}{
		"log":            {log, point{mean: .1, low: .01, high: 1}, figure.Strip{Dot: .5, Low: 0, High: 1}},
		"log, below":     {log, point{mean: 0, low: -1, high: .1}, figure.Strip{Dot: 0, Low: 0, High: .5, Open: true}},
		"log, far above": {log, point{mean: 1e9, low: 1e8, high: 1e10}, figure.Strip{Dot: 1, Low: nan, High: nan, Beyond: true}},
		"log, floor":     {log, point{mean: .1, low: nan, high: nan, noise: noiseFloor{-1, .1, 99}}, figure.Strip{Dot: .5, Low: nan, High: nan, BandHigh: .5}},
		"floor below":    {log, point{mean: .1, low: nan, high: nan, noise: noiseFloor{0, .001, 99}}, figure.Strip{Dot: .5, Low: nan, High: nan}},
		"linear":         {linear, point{mean: 0, low: -1, high: 1}, figure.Strip{Dot: .25, Low: 0, High: .5}},
		"linear, below":  {linear, point{mean: -7, low: nan, high: nan}, none},
	} {
		got := c.frame.strip(c.point)
		for _, pair := range [][2]float64{{got.Dot, c.want.Dot}, {got.Low, c.want.Low}, {got.High, c.want.High}, {got.BandLow, c.want.BandLow}, {got.BandHigh, c.want.BandHigh}} {
			if math.Abs(pair[0]-pair[1]) > 1e-12 || math.IsNaN(pair[0]) != math.IsNaN(pair[1]) {
				t.Errorf("%s: got %+v, want %+v", name, got, c.want)
				break
			}
		}
		if got.Open != c.want.Open || got.Beyond != c.want.Beyond {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// TestStripScale: the scale ends above the best ten, the chosen one and the lower half, so that settings far behind do not make all
// others look equal.
func TestStripScale(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, twoMoons)))
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	limit := func(chosen int) float64 {
		var rows []board.Row
		for i := range p.Summaries {
			p.Summaries[i].Metrics[0].Mean = float64(i + 1)
			p.Summaries[i].Metrics[0].Low, p.Summaries[i].Metrics[0].High = float64(i), float64(i)+1.5
			rows = append(rows, r.row(i))
			rows[i].Chosen = i == chosen
		}
		return r.stripLimit(rows)
	}
	if n := len(p.Summaries); n != 40 || limit(0) != 20 || limit(30) != 31.5 {
		t.Errorf("of %d settings, the scale holds %g, and %g where number 30 is chosen: want 20, the lower half, and 31.5", n, limit(0), limit(30))
	}
	p.Summaries = p.Summaries[:12]
	r.Summaries = p.Summaries
	if got := limit(0); got != 10.5 {
		t.Errorf("of 12 settings it holds %g, want 10.5, the tenth with its interval", got)
	}
	if f := (frame{ylow: .01, yhigh: 100, limit: 1e5}).upTo(1); f.yhigh != 1.05 || !f.beyond(1.1) || f.beyond(1.04) {
		t.Errorf("a logarithmic scale up to 1 is %+v", f)
	}
	if f := (frame{ylow: 0, yhigh: 100, limit: 1e5, linear: true}).upTo(50); f.yhigh != 51 || !f.beyond(52) {
		t.Errorf("a linear scale up to 50 is %+v", f)
	}
	if f := (frame{ylow: .01, yhigh: 100, limit: 1e5}).upTo(1e3); f.yhigh != 100 || f.limit != 1e5 {
		t.Errorf("a scale that holds all is %+v", f)
	}
}

func TestTwoLines(t *testing.T) {
	t.Parallel()
	for interval, want := range map[string][2]string{
		"0.0042 [0.0033, 0.0054]": {"0.0042", "[0.0033, 0.0054]"},
		"(0.1 [0.0, 19.9])×10⁻⁵":  {"0.1×10⁻⁵", "[0.0, 19.9]×10⁻⁵"},
		"1.50":                    {"1.50", ""},
		"∞":                       {"∞", ""},
	} {
		if mean, ends := twoLines(interval); mean != want[0] || ends != want[1] {
			t.Errorf("%s: got %q and %q, want %q", interval, mean, ends, want)
		}
	}
}

// TestLeaderboardPage: settings with the same net stand together, the recipe with the lowest mean first, and every row has its
// sticky cells, its rank and as many cells as there are heads.
func TestLeaderboardPage(t *testing.T) {
	t.Parallel()
	page := pageOf(t, sweepOf(t, parse(t, twoMoons)))
	html := render(t, page)
	section := partOf(t, html, `<div id="leaderboard">`, `</div>
<h3`, "</section>")
	names := regexp.MustCompile(`<tr class="group"><th scope="rowgroup" class="c1" colspan="2">([^<]*)</th><td colspan="7">best mmd [^<]*, [0-9,]+ parameters, fitted in [^<]* s</td>`).FindAllStringSubmatch(section, -1)
	if len(names) < 2 || names[0][1] != "width 128" {
		t.Errorf("the groups are %q", names)
	}
	rows := regexp.MustCompile(`(?s)<tr data-s="\d+".*?</tr>`).FindAllString(section, -1)
	if len(rows) != len(page.Summaries) {
		t.Errorf("%d rows of %d settings", len(rows), len(page.Summaries))
	}
	for _, row := range rows {
		sticky := strings.Count(row, `<th scope="row" class="c1"`) + strings.Count(row, `<td class="n c2"`)
		if sticky != 2 || strings.Count(row, "<td") != 8 || strings.Count(row, `<svg class="strip"`) != 1 || !regexp.MustCompile(`<span class="rank">\d+</span> <span class="of">width \d+ · </span>[a-z0-9]+ · \d+ step`).MatchString(row) {
			t.Fatalf("a row is %s", row)
		}
	}
	open, closed, _ := strings.Cut(section, "<details>")
	if n := strings.Count(open, "<tr data-s="); n < 10 || n > 11 || !strings.Contains(closed, "<summary>") || !strings.Contains(open, ">chosen</b>") {
		t.Errorf("%d rows are always open", n)
	}
}

// partOf returns the part of a text after one text and before the first of others.
func partOf(t *testing.T, text, from string, to ...string) string {
	t.Helper()
	_, part, found := strings.Cut(text, from)
	if !found {
		t.Fatalf("there is no %q", from)
	}
	for _, end := range to {
		if i := strings.Index(part, end); i >= 0 {
			part = part[:i]
		}
	}
	return part
}
