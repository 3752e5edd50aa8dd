package reports

import (
	"strings"
	"testing"

	"flowsweep/experiments/metric"
)

const adaptive = `name: adaptive
target: [moons, circles]
net: {width: [32, 64]}
seeds: 3
sample:
  - {solver: [midpoint, dopri5], steps: [8, 16], tolerance: [1e-5, 1e-3]}
  - {solver: midpoint, steps: 8, path: vp}
`

// TestAdaptive checks that adaptive solvers have a line, a column for each tolerance, and their maximum number of calls.
func TestAdaptive(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, adaptive)))
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	h := r.heat()
	if got := strings.Join(h.Efforts, ", "); got != "8 steps, 16 steps, tolerance 0.001, tolerance 1e-5" {
		t.Errorf("the columns are %s", got)
	}
	if len(h.Rows) != 3 || h.Rows[1].Sampler != "dopri5" || h.Rows[1].Cells[0].Text != noCell.Text || h.Rows[1].Cells[3].NFE != "60.3 (max 70)" {
		t.Errorf("the rows are %+v", h.Rows)
	}
	figure := r.quality("mmd", byCalls)
	for _, want := range []string{"midpoint", "dopri5", "midpoint · sampled along vp"} {
		if !hasEntry(figure, want) {
			t.Errorf("the legend has no %q", want)
		}
	}
	if html := render(t, p); strings.Contains(html, "0 steps") || !strings.Contains(html, "60.3<small>max 70</small>") {
		t.Error("an adaptive solver is said to take no steps, or its maximum number of calls is missing")
	}
}

// TestSeveralTargets checks that every target has its own Pareto front, and that the verdict warns about several targets.
func TestSeveralTargets(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, adaptive)))
	for i := range p.Summaries {
		if p.Summaries[i].Setting.Target.Name == "circles" {
			p.Summaries[i].Metrics[0].Mean += 1000
		}
	}
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	list, _ := r.series("mmd", byCalls)
	fronts := r.markFront("mmd", byCalls, list)
	for _, target := range []string{"moons", "circles"} {
		if len(fronts[target]) == 0 {
			t.Errorf("%s has no front", target)
		}
		for _, at := range fronts[target] {
			if got := p.Summaries[at.setting].Setting.Target.Name; got != target || !at.front {
				t.Errorf("a setting of %s is on the front of %s", got, target)
			}
		}
	}
	if html := render(t, p); !strings.Contains(html, "figures of different targets are not comparable") {
		t.Error("the verdict does not warn about several targets")
	}
	if fitted, _ := limit(list); len(distinct(fitted, func(s series) string { return s.target })) != 2 {
		t.Error("the target with the higher means is left out")
	}
}

// TestHeatOfNet checks that the heat table shows a metric that depends on the solver.
func TestHeatOfNet(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, strings.Replace(twoMoons, "[mmd, sliced-w2]", "[nll, path-rmse]\nchoose: {metric: nll}", 1))))
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	if h := r.heat(); h.Metric != metric.PathRMSE.Name || len(h.Rows) != 4 {
		t.Errorf("the table is of %s and has %d rows, want path-rmse and 4", h.Metric, len(h.Rows))
	}
}

// TestMetricsOfNet checks that exactly the metrics that depend only on the net are drawn against its size.
func TestMetricsOfNet(t *testing.T) {
	t.Parallel()
	spec := parse(t, strings.Replace(twoMoons, "sliced-w2]", "mmd-exact, nll, excess-loss, npe, path-rmse]", 1))
	html := render(t, pageOf(t, sweepOf(t, spec)))
	for _, want := range []string{
		"mmd against NFE", "mmd-exact against NFE", "nll against parameters", "excess-loss against parameters", "npe against parameters",
		"path-rmse against NFE", "The smallest value is 0, that of the exact velocity. It depends only on the net, not on the solver",
		"Straight paths that do not cross have 0. It depends only on the net, not on the solver",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// TestShades: what nothing tells from the target or from the best looks alike, however the means differ, and the others by how many
// times the noise floor they are, whatever else is in the table.
func TestShades(t *testing.T) {
	t.Parallel()
	p := pageOf(t, sweepOf(t, parse(t, strings.Replace(twoMoons, "metrics: [mmd, sliced-w2]", "metrics: [sliced-w2]\nchoose: {metric: sliced-w2}", 1))))
	p.Choice.Chosen, p.Choice.Best, p.Choice.Tied = 1, 1, []int{1, 2}
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	floor, ok := r.noiseFloor(0, "sliced-w2")
	if !ok {
		t.Fatal("the noise floor is not known")
	}
	set := func(i int, times float64) { p.Summaries[i].Metrics[0].Mean = times * floor.q95 }
	times := []float64{.5, 1, 9, 1.01, 1.5, 1.51, 2.5, 5, 10, 25, 26, 1e9}
	want := []int{6, 6, 6, 5, 5, 4, 4, 3, 2, 1, 0, 0} // the third is tied with the best
	for i, x := range times {
		set(i, x)
	}
	for i := range times {
		st, _ := p.Summaries[i].Stat("sliced-w2")
		if got := r.shade("sliced-w2", i, st, r.anchor("sliced-w2", []int{0, 1, 2})); got != want[i] {
			t.Errorf("%g times the noise floor has shade %d, want %d", times[i], got, want[i])
		}
	}
	legend := r.heatLegend("sliced-w2", floor.q95)
	if len(legend) != shades || legend[0] != (heatShade{6, "within the noise floor, or tied with the best"}) || legend[6] != (heatShade{0, "above"}) {
		t.Errorf("the legend is %v", legend)
	}

	if err := r.Sweep.SetNulls(nil); err != nil {
		t.Fatal(err)
	}
	p.Summaries[4].Metrics[0].Mean, p.Summaries[4].Metrics[0].High = 1e-6, 2e-6
	if got := r.anchor("sliced-w2", []int{0, 4}); got != 2e-6 {
		t.Errorf("without a noise floor the anchor is %g, want the upper end of the best", got)
	}
}
