package reports

import (
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/reports/samples"
)

// TestOutlierLeavesFrame checks that a mean of 1e32, and an interval up to there, leave the axes as they are to the bit.
func TestOutlierLeavesFrame(t *testing.T) {
	t.Parallel()
	r, err := newReport(pageOf(t, sweepOf(t, parse(t, twoMoons))))
	if err != nil {
		t.Fatal(err)
	}
	for _, linear := range []bool{false, true} {
		list := seriesOf(r, "sliced-w2")
		r.markFront("sliced-w2", byCalls, list)
		want := frameOf(list, list, linear)
		first := list[0].points[0]
		far := first
		far.mean, far.low, far.high, far.front, far.chosen = 1e32, 1e31, 1e33, false, false
		long := first
		long.high = 1e32
		list[0].points = append(slices.Clone(list[0].points), far, long)
		got := frameOf(list, list, linear)
		if !got.beyond(far.mean) || got.beyond(first.mean) {
			t.Fatalf("linear %v: 1e32 is not outside, or %g is: the limit is %g", linear, first.mean, got.limit)
		}
		if got.limit = want.limit; got != want {
			t.Errorf("linear %v: the frame is %+v, want %+v", linear, got, want)
		}
		if at := got.clipped(1e32); at <= got.yhigh || at > 2*got.yhigh || got.clipped(first.high) != first.high {
			t.Errorf("linear %v: an interval up to 1e32 ends at %g, the frame at %g", linear, at, got.yhigh)
		}
		if note := outsideNote(list, got); !strings.Contains(note, "1 setting is far above the others, at 1.00×10³²") || !strings.Contains(note, "1 interval is cut off") {
			t.Errorf("linear %v: the caption says %q", linear, note)
		}
		list[0].points[0].chosen, list[0].points[0].mean = true, 1e32
		if f := frameOf(list, list, linear); f.yhigh < 1e32 {
			t.Errorf("linear %v: the chosen setting, at 1e32, is outside", linear)
		}
	}
}

// TestOutlierInLosses checks the same for training losses.
func TestOutlierInLosses(t *testing.T) {
	t.Parallel()
	all := fullPage(t).Curves
	want := lossFrameOf(all)
	diverged := Curve{Label: "diverged", Group: all[0].Group}
	for k, v := range []float64{1.2, 1e9, 1e32, math.Inf(1), math.NaN()} {
		diverged.Losses = append(diverged.Losses, experiments.Loss{Step: 100 * (k + 1), Value: v})
	}
	got := lossFrameOf(append(slices.Clone(all), diverged))
	if got.low != want.low || got.high != want.high || got.last != want.last {
		t.Errorf("losses from %g to %g are drawn up to step %g, want %g to %g and %g", got.low, got.high, got.last, want.low, want.high, want.last)
	}
	if !slices.Equal(got.beyond, []float64{1e32}) || got.left != 2 || len(want.beyond) > 0 {
		t.Errorf("outside are %v, left out %d, want 1e32 and 2; before: %v", got.beyond, got.left, want.beyond)
	}
	figure := report{Page: Page{Curves: append(slices.Clone(all), diverged)}, chosen: -1}.curves()
	if !strings.Contains(figure.Caption, "1 curve is far above the others, up to 1.00×10³²") || !strings.Contains(string(figure.Drawings[0]), ">1.00×10³²<") {
		t.Errorf("the figure does not mark the curve: %q", figure.Caption)
	}
}

// TestOutlierInSamples checks that axes leave out a point of the data at 1e32, and that such a point is marked.
func TestOutlierInSamples(t *testing.T) {
	t.Parallel()
	data := samples.Panel{Title: "data", Points: moons(1, .05)}
	want := samples.SpanOf(data, 0)
	far := samples.Panel{Title: "data", Points: append(slices.Clone(data.Points), []float64{1e32, 0}, []float64{math.NaN(), math.Inf(1)})}
	if got := samples.SpanOf(far, 0); got != want {
		t.Errorf("the axis is %v, want %v", got, want)
	}
	line := func(p samples.Panel) (flat samples.Panel) {
		for _, row := range p.Points {
			flat.Points = append(flat.Points, row[:1])
		}
		return flat
	}
	for name, panels := range map[string][]samples.Panel{"clouds": {data, far}, "histograms": {line(data), line(far)}} {
		figure := samples.Samples(panels)
		if last := figure.Drawings[len(figure.Drawings)-1]; !strings.Contains(string(last), ">1.00×10³²<") || !strings.Contains(figure.Caption, "far outside") {
			t.Errorf("%s: the point at 1e32 is not marked, or not explained: %q", name, figure.Caption)
		}
		if plain := samples.Samples(panels[:1]); strings.Contains(plain.Caption, "far outside") {
			t.Errorf("%s: there is no point far outside, but the caption says so", name)
		}
	}
}

// TestOutliersOnPage renders a sweep with settings at 1e32, +Inf and NaN beside ordinary ones: the figures mark the first and keep
// their axes, and the tables have it.
func TestOutliersOnPage(t *testing.T) {
	t.Parallel()
	spec := parse(t, strings.Replace(twoMoons, "[mmd, sliced-w2]", "[sliced-w2, nll]", 1))
	sweep := sweepOf(t, spec)
	for _, p := range []Page{pageOf(t, sweep), fullPage(t)} { // the mmd of the second has four decades
		html := render(t, p)
		for _, note := range []string{"far above the others", "far longer", "cut off at the upper edge"} {
			if strings.Contains(html, note) {
				t.Fatalf("there are no outliers, but a figure says %q", note)
			}
		}
	}
	values := map[string]float64{"euler, 16 steps": 1e32, "heun, 16 steps": math.Inf(1), "rk4, 16 steps": math.NaN(), "midpoint, 16 steps": 1e31}
	for i := range sweep.Results {
		result := sweep.Results[i]
		v, ok := values[result.Setting.Sample.Words()]
		if !ok || result.Setting.Net.Width != 128 {
			continue
		}
		for k := range result.Metrics {
			result.Metrics[k].Value = v
		}
		for k := range result.Shares {
			result.Shares[k].Solver = v
		}
	}
	p := pageOf(t, sweep)
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	html := render(t, p)
	figure := r.quality("sliced-w2", byCalls)
	if !strings.Contains(figure.Caption, "2 settings are far above the others, at 1.00×10³¹ to 1.00×10³²") || !strings.Contains(figure.Caption, "2 settings are left out") {
		t.Errorf("the caption is %q", figure.Caption)
	}
	drawn := ""
	for _, d := range figure.Drawings {
		drawn += string(d)
	}
	if !strings.Contains(drawn, ">1.00×10³²<") || strings.Contains(drawn, ">10³⁰<") {
		t.Error("the drawings do not mark 1e32, or have it on the axis")
	}
	for _, want := range []string{"<td class=\"n\">1.00×10³²</td>", "2 bars are far longer than the others", "2 settings are not here"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}
