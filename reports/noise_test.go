package reports

import (
	"math"
	"strings"
	"testing"

	"flowsweep/reports/figure"
)

// TestNoise checks that the noise floor is drawn, explained and marked if it is known, up to its very edge, and not mentioned
// if it is not.
func TestNoise(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, twoMoons)))
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	n, ok := r.noiseFloor(0, "sliced-w2")
	if q95 := .008 + .004*94/98; !ok || math.Abs(n.mean-.01) > 1e-12 || math.Abs(n.q95-q95) > 1e-12 {
		t.Fatalf("the noise is %+v (%v), want mean 0.01 and 95 %% quantile %g, the 95th of 99, to rounding", n, ok, q95)
	}
	figure := r.quality("sliced-w2", byCalls)
	if !strings.Contains(figure.Caption, "0.0100 on average and up to 0.0118 in 95") || !hasEntry(figure, "noise floor") {
		t.Errorf("the figure does not explain the noise floor: %q", figure.Caption)
	}
	const band = "fill:var(--d-yellow);fill-opacity" // only the band has this colour
	if !strings.Contains(string(figure.Drawings[0]), band) {
		t.Error("the figure does not draw the noise floor")
	}
	for _, c := range []struct {
		mean float64
		lost bool
	}{{n.q95, true}, {math.Nextafter(n.q95, 1), false}, {-1, true}, {math.NaN(), false}} {
		p.Summaries[5].Metrics[1].Mean = c.mean
		if got := r.row(5).Cells[3].InNoise; got != c.lost {
			t.Errorf("a mean of %g is marked as within the noise: %v, want %v", c.mean, got, c.lost)
		}
	}
	if r.row(5).Cells[2].InNoise {
		t.Error("a cell that is not a metric is within the noise")
	}

	if err := r.Sweep.SetNulls(nil); err != nil {
		t.Fatal(err)
	}
	figure = r.quality("sliced-w2", byCalls)
	if strings.Contains(figure.Caption, "fresh samples") || hasEntry(figure, "noise floor") || strings.Contains(string(figure.Drawings[0]), band) {
		t.Error("a figure shows an unknown noise floor")
	}
	if r.row(5).Cells[3].InNoise {
		t.Error("the page mentions an unknown noise floor")
	}
}

// TestNoiseBelow checks that a noise floor far below all settings does not extend the axis, but is mentioned.
func TestNoiseBelow(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, twoMoons)))
	for i := range p.Summaries {
		st := &p.Summaries[i].Metrics[1]
		st.Mean, st.Low, st.High = 1+st.Mean, 1+st.Low, 1+st.High
	}
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	figure := r.quality("sliced-w2", byCalls)
	if !strings.Contains(figure.Caption, "lies below the figure: 0.0100 on average") || hasEntry(figure, "noise floor") {
		t.Errorf("the caption is %q", figure.Caption)
	}
	if f := frameOf(seriesOf(r, "sliced-w2"), seriesOf(r, "sliced-w2"), false); f.ylow < .1 {
		t.Errorf("the axis starts at %g, far below a fifth of the lowest mean, 1", f.ylow)
	}
}

// TestRunsShowErrors checks that a run's values come with their standard errors and p-values, if there are any.
func TestRunsShowErrors(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, strings.Replace(twoMoons, "[mmd, sliced-w2]", "[sliced-w2, path-rmse]", 1))))
	v := &p.Sweep.Results[0].Metrics[0]
	v.Value, v.SE, v.P = .0123, .0011, .03
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	runs := r.runs()
	if got := strings.Join(runs.Metrics, " "); got != "sliced-w2 p path-rmse" {
		t.Errorf("the columns are %q", got)
	}
	if got := strings.Join(runs.Rows[0].Numbers[:2], " | "); got != "0.0123 ± 0.0011 | 0.03" {
		t.Errorf("the values are %q", got)
	}
}

func hasEntry(p figure.Figure, text string) bool {
	for _, e := range p.Legend {
		if strings.HasPrefix(e.Text, text) {
			return true
		}
	}
	return false
}

func seriesOf(r report, metric string) []series {
	list, _ := r.series(metric, byCalls)
	return list
}
