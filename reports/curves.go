package reports

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

// Curve is the logged losses of one fit, all of which are drawn. Group names the recipe, which fits of different seeds share,
// Whole is what that is short for, if anything, and Floor is the floor of the recipe.
type Curve struct {
	Label  string
	Group  string
	Whole  string
	Losses []experiments.Loss
	Floor  Floor
	Taught bool // the held-out losses are on pairs of a teacher
}

// curves returns the figure of the training losses, with one drawing per group, all on the same axes.
func (r report) curves() figure.Figure {
	fig := figure.Figure{Table: curvesTable(r.Curves)}
	f := lossFrameOf(r.Curves)
	if f.high <= 0 {
		fig.Caption = "No finite training loss was logged."
		return fig
	}
	fig.Caption = r.curvesCaption(f)
	groups := r.nearest(f.groups)
	titles := figure.Fitted(groups, 12.5, 390)
	for i, group := range groups {
		fig.Drawings = append(fig.Drawings, f.draw(r.Curves, group, titles[i]))
	}
	fig.Legend = curvesLegend(r.Curves)
	fig.Size = figure.SizeFor(len(groups), "mid")
	return fig
}

// curvesLegend names the lines if there is more than the training loss.
func curvesLegend(all []Curve) []figure.Entry {
	list := []figure.Entry{{Swatch: figure.Style{}.Swatch(true, false, false), Text: "training loss"}}
	if slices.ContainsFunc(all, func(c Curve) bool { return len(c.heldOut()) > 0 }) {
		text := "held-out loss: on rows that training never uses"
		if slices.ContainsFunc(all, func(c Curve) bool { return c.Taught }) {
			text += ", or for students on pairs of the teacher"
		}
		list = append(list, figure.Entry{Swatch: heldOutSwatch, Text: text})
	}
	for _, copies := range []bool{false, true} {
		if !slices.ContainsFunc(all, func(c Curve) bool { _, ok := c.Floor.height(); return ok && c.Floor.Copy == copies }) {
			continue
		}
		text := "floor: the lowest loss of any velocity on fresh data"
		if copies {
			text = "copier’s floor: the loss on the training rows of a velocity that copies them"
		}
		list = append(list, figure.Entry{Swatch: floorSwatch, Text: text})
	}
	if len(list) == 1 {
		return nil
	}
	return list
}

var (
	heldOutStyle  = draw.LineStyle{Color: figure.Palette[1], Width: 1.2, Dashes: figure.Dashes[1]}
	heldOutSwatch = figure.SVG("", "", 30, 12, func(c draw.Canvas) { c.StrokeLine2(heldOutStyle, 1, 6, 29, 6) })
)

// heldOut returns the held-out losses that a logarithmic axis can show.
func (c Curve) heldOut() (line plotter.XYs) {
	for _, l := range c.Losses {
		if l.HeldOut >= smallest && l.HeldOut <= largest {
			line = append(line, plotter.XY{X: float64(l.Step), Y: l.HeldOut})
		}
	}
	return line
}

func (r report) curvesCaption(f lossFrame) string {
	caption := "A net whose curve has levelled off has stopped learning. Each line is one seed and shows the mean training loss since the " +
		"previous logged step. The loss axis is logarithmic, and all drawings have the same axes."
	for _, part := range []string{r.floorGap(), heldOutNote(r.Curves), floorsNote(r.Curves)} {
		if part != "" {
			caption += " " + part
		}
	}
	if n := len(f.beyond); n > 0 {
		caption += fmt.Sprintf(" %s far above the others, up to %s: outside the axis, where arrows mark the highest loss of each.",
			number.CountAre(n, "curve", "curves"), number.Text(slices.Max(f.beyond)))
	}
	if f.left > 0 {
		caption += fmt.Sprintf(" %s left out: not finite and positive.", number.CountAre(f.left, "logged loss", "logged losses"))
	}
	if len(f.empty) > 0 {
		caption += fmt.Sprintf(" %s logged no finite loss: not drawn.", number.Plural(len(f.empty), "recipe"))
	}
	if len(f.groups) > maxPanels {
		which := "the first"
		if r.chosen >= 0 {
			which = "the chosen one and the nearest to it"
		}
		caption += fmt.Sprintf(" Drawn are %d of %d recipes, %s; the table has all.", maxPanels, len(f.groups), which)
	}
	return caption
}

// heldOutNote explains the held-out losses.
func heldOutNote(all []Curve) string {
	if !slices.ContainsFunc(all, func(c Curve) bool { return len(c.heldOut()) > 0 }) {
		return ""
	}
	copies := "its rows"
	if slices.ContainsFunc(all, func(c Curve) bool { return c.Taught }) {
		copies = "its rows or pairs"
	}
	return "Where the held-out loss rises while the training loss falls, the net begins to copy " + copies + "; the table has the step of the lowest."
}

// draw draws the curves of a group and their floor.
func (f lossFrame) draw(curves []Curve, group, title string) template.HTML {
	p := figure.New(title, "training step", "loss")
	colour := figure.Palette[0]
	colour.A = 190
	seeds := 0
	var floor Floor
	var whole string
	var far figure.Outsiders
	for i, c := range curves {
		if c.Group == group {
			if top := c.highest(); top.Y > f.limit {
				far = append(far, figure.Outside{At: top, Direction: figure.Upwards, Text: number.Text(top.Y), Colour: figure.Palette[0]})
			}
			p.Add(&plotter.Line{XYs: f.lines[i], LineStyle: draw.LineStyle{Color: colour, Width: 1}})
			if held := c.heldOut(); len(held) > 0 {
				p.Add(&plotter.Line{XYs: held, LineStyle: heldOutStyle})
			}
			seeds++
			floor, whole = c.Floor, cmp.Or(c.Whole, group)
		}
	}
	last := max(f.last, 1)
	if y, ok := floor.height(); ok {
		p.Add(&plotter.Line{XYs: plotter.XYs{{X: 0, Y: y}, {X: last, Y: y}}, LineStyle: floorStyle}, floorLabel(floor.String()))
	}
	p.Add(far)
	margin := math.Pow(f.high/f.low, .1) * 1.02
	ticks.SetLog(&p.Y, max(f.low/margin, smallest), min(f.high*margin, largest))
	p.X.Min, p.X.Max = 0, last
	p.X.Tick.Marker = ticks.Even{}
	return figure.SVG("training loss, "+whole, fmt.Sprintf("Loss against training step for %s.", number.Plural(seeds, "seed")), 400, 260, p.Draw)
}

// highest returns the highest point of a curve and its held-out losses, or none.
func (c Curve) highest() (top plotter.XY) {
	line, _ := c.line()
	for _, at := range append(c.heldOut(), line...) {
		if at.Y > top.Y {
			top = at
		}
	}
	return top
}

// line returns the losses that a logarithmic axis can show, and how many it cannot.
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

func curvesTable(all []Curve) figure.Table {
	t := figure.Table{Head: []string{"recipe", "fit", "losses logged", "first", "lowest", "last", "last step", "mean of the last fifth", "floor", "lowest held out", "at step"}, Text: 2}
	for _, c := range all {
		floor, end := noCell.Text, noCell.Text
		if _, ok := c.Floor.height(); ok {
			floor = c.Floor.String()
		}
		if len(c.Losses) == 0 {
			t.AddFor(c.Whole, c.Group, c.Label, "0", "–", "–", "–", "–", end, floor, "–", "–")
			continue
		}
		if mean, se := c.tail(); number.Finite(mean) && se > 0 {
			end = number.PlusMinus(mean, se)
		}
		lowest := math.Inf(1)
		for _, l := range c.Losses {
			lowest = math.Min(lowest, l.Value)
		}
		held, step := noCell.Text, noCell.Text
		if l, ok := experiments.LowestHeldOut(c.Losses); ok {
			held, step = number.Text(l.HeldOut), number.Whole(l.Step)
		}
		last := c.Losses[len(c.Losses)-1]
		t.AddFor(c.Whole, c.Group, c.Label, number.Whole(len(c.Losses)), number.Text(c.Losses[0].Value), number.Text(lowest), number.Text(last.Value), number.Whole(last.Step), end, floor, held, step)
	}
	return t
}
