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
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/samples"
)

// Floor holds the lowest losses that any net can have on fresh data for a recipe.
type Floor struct {
	Loss, LossSE       float64 // training loss at the recipe's times, as a mean over the dimensions
	HeldOut            float64 // loss at evenly distributed times
	Entropy, EntropySE float64 // of the target, in nats; NaN if no metric is bounded by it
	Why                string  // why the losses have no known floor, or empty
	Copy               bool    // it is that of the law of the training rows: only a net that copies them reaches it
}

// height returns where the floor is drawn in a figure of training losses, and whether it is.
func (f Floor) height() (float64, bool) {
	return f.Loss, f.Why == "" && f.Loss >= smallest && f.Loss <= largest
}

var (
	floorStyle  = draw.LineStyle{Color: figure.Palette[1], Width: 1.2, Dashes: figure.Dashes[1]}
	floorSwatch = figure.SVG("", "", 30, 12, func(c draw.Canvas) { c.StrokeLine2(floorStyle, 1, 6, 29, 6) })
)

// String returns the floor of the training loss, with its standard error if it has one.
func (f Floor) String() string {
	if f.LossSE > 0 {
		return number.PlusMinus(f.Loss, f.LossSE)
	}
	return number.Precise(f.Loss)
}

// floorLabel is the text of a floor, drawn in the lower right corner, away from the curves.
type floorLabel string

// Plot draws the label.
func (l floorLabel) Plot(c draw.Canvas, _ *plot.Plot) {
	style := text.Style{Color: figure.Ink, Font: figure.Sans(11.5), XAlign: draw.XRight, YAlign: draw.YBottom, Handler: plot.DefaultTextHandler}
	c.FillText(style, vg.Point{X: c.Max.X - 3, Y: c.Min.Y + 2}, "floor "+string(l))
}

// floorsNote explains the floors in a figure of training losses, and why some recipes have none.
func floorsNote(all []Curve) string {
	note := ""
	drawn := func(copies bool) bool {
		return slices.ContainsFunc(all, func(c Curve) bool { _, ok := c.Floor.height(); return ok && c.Floor.Copy == copies })
	}
	if drawn(true) {
		note = "The dashed line is the copier’s floor: the loss on the training rows of the velocity that reproduces exactly these rows. It is no " +
			"goal. "
	}
	if drawn(false) {
		note += "The dashed line is the floor: the loss of the exact velocity at the training times, the lowest of any velocity on fresh " +
			"data. A net whose training loss ends below it memorises its data."
	}
	reasons := map[string][]string{} // recipes by reason
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
		note += fmt.Sprintf(" No floor for %s: %s.", number.Plural(len(reasons[why]), "recipe"), why)
	}
	return strings.TrimSpace(note)
}

// floor returns the floor of setting i, NaN if it is not known.
func (r report) floor(i int) Floor {
	if i < len(r.Floors) {
		return r.Floors[i]
	}
	return Floor{Loss: math.NaN(), LossSE: math.NaN(), HeldOut: math.NaN(), Entropy: math.NaN(), EntropySE: math.NaN()}
}

// lowerBound returns the lowest possible value of a metric at setting i, or NaN if it is not known or not finite.
func (r report) lowerBound(i int, metric string) float64 {
	if !r.metric(metric).Entropy || math.IsInf(r.floor(i).Entropy, 0) {
		return math.NaN()
	}
	return r.floor(i).Entropy
}

const (
	tailShare  = .2 // the last part of training, whose mean loss is compared with the floor
	minTail    = 30 // fewest logged losses in it
	tailErrors = 4  // standard errors below the floor; a few in ten thousand curves at the floor lie lower by chance
)

// tail returns the mean of the last losses of a curve and its standard error. As each loss is of fresh batches, their
// scatter gives the error. Both are NaN if there are too few losses or one is not finite.
func (c Curve) tail() (mean, se float64) {
	n := int(tailShare * float64(len(c.Losses)))
	if n < minTail {
		return math.NaN(), math.NaN()
	}
	var values []float64
	for _, l := range c.Losses[len(c.Losses)-n:] {
		values = append(values, l.Value)
	}
	mean, std := samples.Moments(values)
	return mean, std / math.Sqrt(float64(n))
}

// memorises reports whether a curve ends significantly below the floor, where no velocity can be on fresh data.
func (c Curve) memorises() bool {
	mean, se := c.tail()
	return c.Floor.Why == "" && !c.Floor.Copy && mean < c.Floor.Loss-tailErrors*math.Hypot(se, c.Floor.LossSE)
}

// belowFloor returns a banner for every fit whose training loss ends below the floor.
func (r report) belowFloor() []banner {
	var banners []banner
	for _, c := range r.Curves {
		if !c.memorises() {
			continue
		}
		mean, se := c.tail()
		banners = append(banners, banner{true, fmt.Sprintf("Below the floor: the net memorises its data. The training loss of %s, %s ends at %s, "+
			"below %s, the lowest of any velocity on fresh data.", c.Group, c.Label, number.PlusMinus(mean, se), c.Floor)})
	}
	return banners
}

// floorGap says how far the held-out loss of the chosen net lies above the floor, if that was measured.
func (r report) floorGap() string {
	if r.chosen < 0 {
		return ""
	}
	st, ok := r.chosenStat(func(m metric.Metric) bool { return m.AboveFloor })
	f := r.floor(r.chosen)
	if !ok || f.Why != "" || f.Copy || !(f.HeldOut > 0) {
		return ""
	}
	share := func(x float64) string { return number.Text(100*x/f.HeldOut) + "\u00a0%" }
	sentence := fmt.Sprintf("The held-out loss of the chosen setting is %s above the floor", share(st.Mean))
	if number.Finite(st.Low) && number.Finite(st.High) {
		sentence += fmt.Sprintf(" (%s to %s)", share(st.Low), share(st.High))
	}
	return sentence + fmt.Sprintf(": %s %s over %s.", st.Name, number.Text(st.Mean), number.Precise(f.HeldOut))
}
