package reports

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/reports/conditional"
	"flowsweep/reports/samples"
)

const guidedSpec = `name: labelled
target: {name: gaussians, label: component}
train: {drop: 0.1}
seeds: 2
sample: {solver: [euler, heun], guidance: [0, 1, 2], steps: 4, count: 200}
`

// spread returns n points of dimension d in turn of the classes, each about the number of its class.
func spread(n, d, classes int) (x conditional.Points) {
	for i := range n {
		row := make([]float64, d)
		for j := range row {
			row[j] = float64(i%classes) + .3*math.Sin(float64(i*(j+1)))
		}
		x.Rows, x.Class = append(x.Rows, row), append(x.Class, i%classes)
	}
	return x
}

// guidedPage returns the page of a sweep with several weights.
func guidedPage(t *testing.T, dim, classes int) Page {
	t.Helper()
	p := pageOf(t, sweepOf(t, parse(t, guidedSpec)))
	names, shares := make([]string, classes), make([]float64, classes)
	for k := range names {
		names[k], shares[k] = fmt.Sprintf("class %d", k), 1/float64(classes)
	}
	s := p.Summaries[p.Choice.Chosen].Setting
	c := &conditional.Conditions{
		Given: given.Classes("kind", names, shares), Drop: .1, Shown: s.Sample, Real: "held-out rows",
		Truth: spread(40*classes, dim, classes), Samples: spread(60*classes, dim, classes), Diversity: map[int][]float64{},
	}
	measured := experiments.Classes{Label: "kind", Metrics: []string{"sliced-w2", "mmd"}}
	for _, name := range names {
		c.Classes = append(c.Classes, conditional.ClassRow{Class: name, Share: 1 / float64(classes), N: 60})
		measured.Rows = append(measured.Rows, experiments.ClassRow{Class: name, Share: 1 / float64(classes), Reference: 1234, Figures: []experiments.ClassFigure{
			{Mean: .25, SE: .01, P: .42}, {Mean: math.NaN(), SE: math.NaN(), P: math.NaN()},
		}})
	}
	p.Classes = make([]experiments.Classes, len(p.Summaries))
	p.Classes[p.Choice.Chosen] = measured
	for i := range p.Summaries[:3] {
		c.Diversity[i] = []float64{1 / float64(i+1), 1.1 / float64(i+1)}
		c.Exact = append(c.Exact, conditional.Guided{Guidance: flow.Guided(float64(i)), Exact: c.Truth, Net: c.Truth, RMSE: .125, Diversity: .5})
	}
	p.Conditions = c
	return p
}

// conditionPages returns pages of conditional models of every kind: of points, rows of a table, images and numbers.
func conditionPages(t *testing.T) map[string]Page {
	t.Helper()
	images := guidedPage(t, 4, 3)
	images.Pictures = &samples.Pictures{Shape: []int{1, 2, 2}, High: 3, Panels: []samples.Panel{{Title: "data held out", Points: images.Conditions.Truth.Rows}}}
	rows := guidedPage(t, 3, 2)
	rows.Conditions.Columns = []string{"width", "", "height"}
	numbers := guidedPage(t, 2, 1)
	numbers.Conditions.Given = given.Condition{Numbers: []given.Number{{Name: "dose", Mean: 1, Std: 2}}}
	numbers.Conditions.Classes = nil
	for _, x := range []*conditional.Points{&numbers.Conditions.Truth, &numbers.Conditions.Samples} {
		x.Class = nil
		for i := range x.Rows {
			x.Numbers = append(x.Numbers, []float64{float64(i)})
		}
	}
	numbers.Conditions.Exact = nil
	graded := guidedPage(t, 4, 3)
	graded.Pictures, graded.Conditions.Given = images.Pictures, numbers.Conditions.Given
	graded.Conditions.Classes, graded.Conditions.Exact = nil, nil
	for _, x := range []*conditional.Points{&graded.Conditions.Truth, &graded.Conditions.Samples} {
		for i := range x.Rows {
			x.Numbers = append(x.Numbers, []float64{float64(i)})
		}
	}
	many := guidedPage(t, 1, 15)
	many.Conditions.Truth.Class[0], many.Conditions.Samples.Rows[3][0] = given.None, math.NaN()
	for i, k := range many.Conditions.Truth.Class {
		if k == 2 {
			many.Conditions.Truth.Class[i] = 3 // of which there are no points then
		}
	}
	return map[string]Page{"points": guidedPage(t, 2, 4), "images": images, "rows": rows, "numbers": numbers, "graded": graded, "many": many}
}

// TestConditions renders what conditional models are shown by.
func TestConditions(t *testing.T) {
	t.Parallel()
	pages := conditionPages(t)
	for name, want := range map[string][]string{
		"points":  {"Samples of each kind", "<title>class 3</title>", "exact, w = 2", "net, w = 1: RMSE 0.125", "p^w", "0.250 ± 0.010", ">0.42<", ">1,234<"},
		"images":  {"Images of each kind", `text-anchor="end" font-size="11.5">class 2</text>`},
		"rows":    {"Columns by kind", "<title>width</title>", "<title>height</title>"},
		"numbers": {"Samples against what they are given", "<title>x2 against dose</title>", "dose (mean 1, standard deviation 2)", "condition[batch,1]"},
		"graded":  {"Images of each dose", ">above</text>"},
		"many":    {"Drawn are the 12 most frequent classes; the table has the other 3 too."},
	} {
		html := render(t, pages[name])
		for _, want := range append(want, "mmd against guidance", "Diversity against guidance", "In training 10 % of the points are given nothing") {
			if !strings.Contains(html, want) {
				t.Errorf("%s: the page lacks %q", name, want)
			}
		}
		if n := strings.Count(html, "u_w = u_none &#43; w (u_c - u_none)"); n < 6 {
			t.Errorf("%s: the formula stands %d times, which is not wherever a weight does", name, n)
		}
	}
	if html := render(t, fullPage(t)); strings.Contains(html, "u_none") || strings.Contains(html, "Conditions") {
		t.Error("a page of models that are conditional on nothing has conditions")
	}
}

// TestByWeight: a line for each way to sample, with a point for each weight in order.
func TestByWeight(t *testing.T) {
	t.Parallel()
	r, err := newReport(guidedPage(t, 2, 4))
	if err != nil {
		t.Fatal(err)
	}
	lines, left := r.byWeight("mmd")
	if len(lines) != 2 || left != 0 {
		t.Fatalf("%d lines, %d left out, want those of euler and heun", len(lines), left)
	}
	for _, s := range lines {
		for w, p := range s.points {
			if got := r.Summaries[p.setting].Setting.Sample; p.cost != float64(w) || got.Guidance.Weight() != float64(w) || got.Solver.Name != s.sampler {
				t.Errorf("line %q: point %d is that of %s with guidance %s", s.sampler, w, got.Solver.Name, got.Guidance)
			}
		}
	}
}
