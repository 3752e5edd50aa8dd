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
	if html := render(t, p); strings.Contains(html, "0 steps") || !strings.Contains(html, "60.3<small>(max 70)</small>") {
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
	if fitted, _ := limit(list, func(s series) string { return s.target }); len(distinct(fitted, func(s series) string { return s.target })) != 2 {
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
