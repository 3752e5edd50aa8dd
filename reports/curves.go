package reports

import (
	"fmt"
	"html/template"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments"
)

// Curve is the loss of one fit as it was logged: every loss of it is drawn. Group names the recipe that fits of different seeds share, and Floor is
// that of the recipe.
type Curve struct {
	Label  string
	Group  string
	Losses []experiments.Loss
	Floor  Floor
}

// curves returns the figure of the training losses, a drawing a group on shared axes.
func (r report) curves() plate {
	all := r.Curves
	var groups []string
	var drawn []plotter.XYs
	left, last := 0, 0.
	low, high := math.Inf(1), math.Inf(-1)
	var void []string // groups without a loss to draw
	for _, c := range all {
		line, out := c.line()
		if len(line) == 0 && !slices.Contains(void, c.Group) {
			void = append(void, c.Group)
		} else if len(line) > 0 && !slices.Contains(groups, c.Group) {
			groups = append(groups, c.Group)
		}
		left += out
		drawn = append(drawn, line)
		for _, at := range line {
			last, low, high = max(last, at.X), min(low, at.Y), max(high, at.Y)
		}
		if y, ok := c.Floor.line(); ok && len(line) > 0 {
			low = min(low, y)
		}
	}
	p := plate{Table: curvesTable(all)}
	if high <= 0 {
		p.Caption = "No finite training loss was logged."
		return p
	}
	p.Caption = "A curve that has levelled off has learnt what it can: mean training loss since the step before, one line a " +
		"seed, logarithmic in the loss and on the same axes in every drawing."
	for _, part := range []string{r.gap(), floorsNote(all)} {
		if part != "" {
			p.Caption += " " + part
		}
	}
	if left > 0 {
		p.Caption += fmt.Sprintf(" %s not finite and positive: left out.", areOf(left, "logged loss", "logged losses"))
	}
	void = slices.DeleteFunc(void, func(g string) bool { return slices.Contains(groups, g) })
	if len(void) > 0 {
		p.Caption += fmt.Sprintf(" %s logged no finite loss: not drawn.", many(len(void), "recipe"))
	}
	if len(groups) > facets {
		p.Caption += fmt.Sprintf(" Drawn are the first %d of %d recipes.", facets, len(groups))
		groups = groups[:facets]
	}
	for _, group := range groups {
		var lines []plotter.XYs
		var floor Floor
		for i, c := range all {
			if c.Group == group {
				lines, floor = append(lines, drawn[i]), c.Floor
			}
		}
		margin := math.Pow(high/low, .1) * 1.02
		p.Drawings = append(p.Drawings, drawCurves(group, lines, floor, last, max(low/margin, smallest), min(high*margin, largest)))
	}
	if slices.ContainsFunc(all, func(c Curve) bool { _, ok := c.Floor.line(); return ok }) {
		p.Legend = []entry{{look{}.swatch(true, false, false), "training loss"}, {floorSwatch, "floor: the least loss that any velocity has on fresh data"}}
	}
	p.Size = sizeFor(len(groups), "mid")
	return p
}

func drawCurves(group string, lines []plotter.XYs, floor Floor, last, low, high float64) template.HTML {
	p := newPlot("training step", "loss")
	p.Title.Text = group
	p.Title.Padding = 5
	p.Title.TextStyle.Font = sans(12.5)
	colour := palette[0]
	colour.A = 190
	for _, line := range lines {
		p.Add(&plotter.Line{XYs: line, LineStyle: draw.LineStyle{Color: colour, Width: 1}})
	}
	if y, ok := floor.line(); ok {
		p.Add(&plotter.Line{XYs: plotter.XYs{{X: 0, Y: y}, {X: max(last, 1), Y: y}}, LineStyle: floorStyle}, floorLabel(floor.String()))
	}
	logAxis(&p.Y, low, high)
	p.X.Min, p.X.Max = 0, max(last, 1)
	p.X.Tick.Marker = evenTicks{}
	return svg("training loss, "+group, fmt.Sprintf("Loss against training step for %s.", many(len(lines), "seed")),
		400, 260, p.Draw)
}

// line returns the losses that have a place on a logarithmic axis, and how many do not.
func (c Curve) line() (line plotter.XYs, left int) {
	for _, l := range c.Losses {
		if !(l.Value >= smallest && l.Value <= largest) {
			left++
			continue
		}
		line = append(line, plotter.XY{X: float64(l.Step), Y: l.Value})
	}
	return line, left
}

func curvesTable(all []Curve) table {
	t := table{Head: []string{"recipe", "fit", "losses logged", "first", "lowest", "last", "last step", "mean of the last fifth", "floor"}, Left: 2}
	for _, c := range all {
		floor, end := none.Text, none.Text
		if _, ok := c.Floor.line(); ok {
			floor = c.Floor.String()
		}
		if len(c.Losses) == 0 {
			t.add(c.Group, c.Label, "0", "–", "–", "–", "–", end, floor)
			continue
		}
		if mean, se := c.tail(); finite(mean) && se > 0 {
			end = uncertain(mean, se)
		}
		lowest := math.Inf(1)
		for _, l := range c.Losses {
			lowest = math.Min(lowest, l.Value)
		}
		last := c.Losses[len(c.Losses)-1]
		t.add(c.Group, c.Label, whole(len(c.Losses)), number(c.Losses[0].Value), number(lowest), number(last.Value), whole(last.Step), end, floor)
	}
	return t
}

// areOf returns "1 logged loss is" or "2 logged losses are".
func areOf(n int, one, several string) string {
	if n == 1 {
		return "1 " + one + " is"
	}
	return whole(n) + " " + several + " are"
}
