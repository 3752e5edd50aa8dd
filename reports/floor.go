package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments/metric"
)

// Floor is the least that the laws of probability allow the losses of a recipe, or of a setting's recipe.
type Floor struct {
	Loss, LossSE       float64 // of training at the recipe's times, as a mean over the dimensions
	HeldOut            float64 // the same at even times
	Entropy, EntropySE float64 // of the target, in nats; NaN where no metric has it as its least value
	Why                string  // why no loss has a known floor, or empty
}

// line returns where the floor is drawn in a figure of training losses, if it has a place there.
func (f Floor) line() (float64, bool) {
	return f.Loss, f.Why == "" && f.Loss >= smallest && f.Loss <= largest
}

var (
	floorStyle  = draw.LineStyle{Color: palette[1], Width: 1.2, Dashes: dashes[1]}
	floorSwatch = svg("", "", 30, 12, func(c draw.Canvas) { c.StrokeLine2(floorStyle, 1, 6, 29, 6) })
)

// String returns the floor with its standard error, if it has one.
func (f Floor) String() string {
	if f.LossSE > 0 {
		return uncertain(f.Loss, f.LossSE)
	}
	return precise(f.Loss)
}

// floorLabel writes the floor into the lower right corner, out of the way of the curves.
type floorLabel string

// Plot draws the label.
func (l floorLabel) Plot(c draw.Canvas, _ *plot.Plot) {
	style := text.Style{Color: palette[1], Font: sans(11.5), XAlign: draw.XRight, YAlign: draw.YBottom, Handler: plot.DefaultTextHandler}
	c.FillText(style, vg.Point{X: c.Max.X - 3, Y: c.Min.Y + 2}, "floor "+string(l))
}

// floorsNote says what the floors of a figure of training losses are, and why some recipes have none.
func floorsNote(all []Curve) string {
	note := ""
	if slices.ContainsFunc(all, func(c Curve) bool { _, ok := c.Floor.line(); return ok }) {
		note = "The dashed line is the floor: the least loss that any velocity has on fresh data at these times, that of the exact one. " +
			"A training that ends below it memorises."
	}
	reasons := map[string][]string{} // the recipes of each
	var order []string
	for _, c := range all {
		if c.Floor.Why == "" || slices.Contains(reasons[c.Floor.Why], c.Group) {
			continue
		}
		if reasons[c.Floor.Why] == nil {
			order = append(order, c.Floor.Why)
		}
		reasons[c.Floor.Why] = append(reasons[c.Floor.Why], c.Group)
	}
	for _, why := range order {
		who := many(len(reasons[why]), "recipe")
		note += fmt.Sprintf(" No floor for %s: %s.", who, why)
	}
	return strings.TrimSpace(note)
}

// floor returns that of setting i.
func (r report) floor(i int) Floor {
	if i < len(r.Floors) {
		return r.Floors[i]
	}
	return Floor{Loss: math.NaN(), LossSE: math.NaN(), HeldOut: math.NaN(), Entropy: math.NaN(), EntropySE: math.NaN()}
}

// least returns the least value of a metric at setting i that has a place on the axes of a figure, or NaN.
func (r report) least(i int, metric string) float64 {
	if !r.facts(metric).Entropy || math.IsInf(r.floor(i).Entropy, 0) {
		return math.NaN()
	}
	return r.floor(i).Entropy
}

// tailShare is the part of a training, at its end, whose mean loss is compared with the floor; leastTail the fewest
// logged losses that make one; and tailErrors how many standard errors below the floor are taken for no accident: of
// curves that have come down to the floor, one in some thousands lies so low.
const (
	tailShare  = .2
	leastTail  = 30
	tailErrors = 4
)

// tail returns the mean of the last losses of a curve and its standard error, from their scatter: each is that of fresh
// batches. Both are NaN where there are too few, or one is not finite.
func (c Curve) tail() (mean, se float64) {
	n := int(tailShare * float64(len(c.Losses)))
	if n < leastTail {
		return math.NaN(), math.NaN()
	}
	var values []float64
	for _, l := range c.Losses[len(c.Losses)-n:] {
		values = append(values, l.Value)
	}
	mean, std := moments(values)
	return mean, std / math.Sqrt(float64(n))
}

// memorises reports whether a training ends below the floor by more than chance: no velocity has such a loss on fresh
// data.
func (c Curve) memorises() bool {
	mean, se := c.tail()
	return c.Floor.Why == "" && mean < c.Floor.Loss-tailErrors*math.Hypot(se, c.Floor.LossSE)
}

// belowFloor returns a banner for every fit whose training loss ends below the floor.
func (r report) belowFloor() []banner {
	var banners []banner
	for _, c := range r.Curves {
		if !c.memorises() {
			continue
		}
		mean, se := c.tail()
		banners = append(banners, banner{true, fmt.Sprintf("Below the floor: the net memorises. The training loss of %s, %s ends at %s, under "+
			"%s, the least that any velocity has on fresh data.", c.Group, c.Label, uncertain(mean, se), c.Floor)})
	}
	return banners
}

// gap says how far the chosen net's held-out loss lies above the floor, where that was measured.
func (r report) gap() string {
	if r.chosen < 0 {
		return ""
	}
	st, ok := r.chosenStat(func(m metric.Metric) bool { return m.AboveFloor })
	f := r.floor(r.chosen)
	if !ok || f.Why != "" || !(f.HeldOut > 0) {
		return ""
	}
	share := func(x float64) string { return number(100*x/f.HeldOut) + "\u00a0%" }
	sentence := fmt.Sprintf("The held-out loss of the chosen setting is %s above the floor", share(st.Mean))
	if finite(st.Low) && finite(st.High) {
		sentence += fmt.Sprintf(" (%s to %s)", share(st.Low), share(st.High))
	}
	return sentence + fmt.Sprintf(": %s %s over %s.", st.Name, number(st.Mean), precise(f.HeldOut))
}
