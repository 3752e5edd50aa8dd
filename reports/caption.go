package reports

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// description says what is particular to a figure of quality.
func (r report) description(metric string, c cost, f frame) string {
	text := fmt.Sprintf("Mean %s over the seeds against %s.", metric, c.axis)
	if f.linear {
		text = fmt.Sprintf("Mean %s over the seeds against %s, on a linear axis because it can be negative.", metric, c.axis)
	}
	m := r.metric(metric)
	if !m.TwoSamples() {
		text += " " + m.Doc
	}
	if m.Least != "" {
		text += " " + m.Least
	}
	if m.OfNet != nil {
		text += " It depends only on the net, not on the solver."
	}
	return text
}

// noiseNote says where the noise floor lies, if it is known.
func noiseNote(list []series, f frame) string {
	var all []noiseFloor
	for _, s := range list {
		for _, p := range s.points {
			if p.noise.n > 0 && !slices.Contains(all, p.noise) {
				all = append(all, p.noise)
			}
		}
	}
	drawn := bands(list, f)
	switch {
	case len(all) == 0:
		return ""
	case len(all) > 1:
		return "The pale bands show what fresh samples of the target score, from their mean to their 95\u00a0% quantile, for each target " +
			"and number of samples. Settings in or below their band are not distinguishable from the target."
	case len(drawn) == 0:
		return fmt.Sprintf("The noise floor, the score of fresh samples of the target, lies below the figure: %s.", all[0])
	default:
		return fmt.Sprintf("The pale band shows what %d fresh samples of the target score, %s. Settings in or below it are not "+
			"distinguishable from the target.", all[0].n, all[0])
	}
}

// tiesNote explains the rings in a figure of the chosen metric.
func (r report) tiesNote(metric string, fronts map[string][]point) string {
	ties := r.ties(metric)
	if len(ties) < 2 {
		return ""
	}
	tied, front := 0, 0
	for _, points := range fronts {
		for _, p := range points {
			front++
			if slices.Contains(ties, p.setting) {
				tied++
			}
		}
	}
	return fmt.Sprintf("Thin rings mark the settings tied with the best, including %d of the %s on the front: the differences "+
		"between tied settings may be luck.", tied, number.Plural(front, "setting"))
}

// untunedNote explains the front without tuning.
func (q chart) untunedNote() string {
	if q.untuned == nil {
		return ""
	}
	return "The dashed steps are the front of the settings that need no tuning: the gap between the two fronts is what tuning gains."
}

// nonPositiveNote says how means are drawn that a logarithmic axis cannot show.
func nonPositiveNote(f frame) string {
	if !f.nonPositive {
		return ""
	}
	return "A logarithmic axis cannot show a mean of 0 or less: it is drawn as an open mark at the lower edge, where intervals are cut off."
}

// outsideNote says which means and intervals lie outside the frame.
func outsideNote(list []series, f frame) string {
	var means []float64
	ends := 0
	for _, s := range list {
		for _, p := range s.points {
			switch {
			case f.beyond(p.mean):
				means = append(means, p.mean)
			case f.beyond(p.high):
				ends++
			}
		}
	}
	var notes []string
	if n := len(means); n > 0 {
		notes = append(notes, fmt.Sprintf("%s far above the others, at %s: outside the axis, where arrows mark them.",
			number.CountAre(n, "setting", "settings"), between(means)))
	}
	if ends > 0 {
		notes = append(notes, fmt.Sprintf("%s cut off at the upper edge, far below the end.", number.CountAre(ends, "interval", "intervals")))
	}
	return strings.Join(notes, " ")
}

// between returns the range of some numbers in words, or the only one.
func between(values []float64) string {
	low, high := number.Text(slices.Min(values)), number.Text(slices.Max(values))
	if low == high {
		return low
	}
	return low + " to " + high
}

// omissions says how many settings, and how many recipes or lines, a figure leaves out.
func (q chart) omissions(missing, dropped int) string {
	if !q.byRecipe(q.lines) {
		return omissions(missing, dropped, "other line", "lines", "those shown have the lowest means")
	}
	why := "shown is the chosen net"
	switch {
	case q.chosen < 0:
		why = "those shown have the lowest means"
	case len(distinct(q.lines, func(s series) string { return s.recipe })) > 1:
		why = "shown are the chosen net and the nearest to it"
	}
	return omissions(missing, dropped, "other recipe", "recipes", why)
}

// omissions says how many settings, and how many of something else a figure leaves out, and why.
func omissions(missing, dropped int, one, several, why string) string {
	text := ""
	if missing > 0 {
		text = fmt.Sprintf("%s left out for want of a finite mean. ", number.CountAre(missing, "setting", "settings"))
	}
	if dropped > 0 {
		text += fmt.Sprintf("%s not drawn: %s.", number.CountAre(dropped, one, "other "+several), why)
	}
	return strings.TrimSpace(text)
}

// intervalNote says what the brackets after a mean hold, and what the seeds alone read.
func (r report) intervalNote(st experiments.Stat) string {
	if st.N < 2 {
		return "One seed gives no interval"
	}
	return fmt.Sprintf("Brackets show the 95\u00a0%% interval of the mean: %s. The %d seeds alone read %s to %s",
		r.metric(st.Name).IntervalOver(), st.N, number.Text(st.SeedLow), number.Text(st.SeedHigh))
}

var (
	frontStyle  = draw.LineStyle{Color: figure.Front, Width: 5}
	frontSwatch = figure.SVG("", "", 30, 12, func(c draw.Canvas) { c.StrokeLine2(frontStyle, 1, 6, 29, 6) })
	// The front without tuning lies on the other wherever they agree.
	untunedStyle  = draw.LineStyle{Color: figure.Thin, Width: 1.6, Dashes: figure.Dashes[1]}
	untunedSwatch = figure.SVG("", "", 30, 12, func(c draw.Canvas) { c.StrokeLine2(untunedStyle, 1, 6, 29, 6) })

	ringSwatch = figure.SVG("", "", 30, 12, func(c draw.Canvas) { figure.Ring(&c, vg.Point{X: 15, Y: 6}, 5, 1.4) })
	tieSwatch  = figure.SVG("", "", 30, 12, func(c draw.Canvas) { figure.Ring(&c, vg.Point{X: 15, Y: 6}, 4.6, .6) })
)

// names returns the distinct samplers and recipes of the chart's lines, and whether each recipe has its own drawing.
func (q chart) names() (samplers, recipes []string, byRecipe bool) {
	samplers = distinct(q.lines, func(s series) string { return s.sampler })
	recipes = distinct(q.lines, func(s series) string { return s.recipe })
	return samplers, recipes, q.byRecipe(q.lines) && len(samplers) > 1
}

// setStyles sets the style of each line. Colour and marker distinguish samplers, or recipes if there is only one sampler;
// dashes distinguish recipes in the same drawing.
func (q chart) setStyles() {
	samplers, recipes, byRecipe := q.names()
	for i := range q.lines {
		s := &q.lines[i]
		sampler, recipe := slices.Index(samplers, s.sampler), slices.Index(recipes, s.recipe)
		switch {
		case len(samplers) == 1:
			s.style = figure.Style{Colour: recipe, Marker: recipe, Dash: recipe}
		case byRecipe:
			s.style = figure.Style{Colour: sampler, Marker: sampler}
		default:
			s.style = figure.Style{Colour: sampler, Marker: sampler, Dash: recipe}
		}
	}
}

// A line belongs to the legend entry of its sampler and to that of its recipe.
func samplerKey(i int) string { return fmt.Sprintf("s%d", i) }
func recipeKey(i int) string  { return fmt.Sprintf("r%d", i) }

// key returns the keys of a line.
func (q chart) key(s series) string {
	samplers, recipes, _ := q.names()
	return samplerKey(slices.Index(samplers, s.sampler)) + " " + recipeKey(slices.Index(recipes, s.recipe))
}

// legend explains the styles of the lines and what else the drawings show.
func (q chart) legend() []figure.Entry {
	var legend []figure.Entry
	keyed := func(when bool, swatch template.HTML, text, key string) {
		if when {
			legend = append(legend, figure.Entry{Swatch: swatch, Text: text, Whole: q.labels.Whole(text), Key: key})
		}
	}
	add := func(when bool, swatch template.HTML, text string) { keyed(when, swatch, text, "") }
	samplers, recipes, byRecipe := q.names()
	for i, name := range samplers {
		keyed(len(samplers) > 1, figure.Style{Colour: i, Marker: i}.Swatch(true, true, false), name, samplerKey(i))
	}
	for i, name := range recipes {
		keyed(len(recipes) > 1 && len(samplers) == 1, figure.Style{Colour: i, Marker: i, Dash: i}.Swatch(true, true, false), name, recipeKey(i))
		keyed(len(recipes) > 1 && len(samplers) > 1 && !byRecipe, figure.Style{Colour: 6, Dash: i}.Swatch(true, false, false), name, recipeKey(i))
	}
	add(true, frontSwatch, "Pareto front")
	add(q.untuned != nil, untunedSwatch, "Pareto front without tuning")
	add(q.chosen >= 0, ringSwatch, "chosen")
	add(len(q.ties(q.metricName)) > 1, tieSwatch, "tied with the best")
	add(len(bands(q.lines, q.frame)) > 0, bandSwatch, "noise floor: the score of the target itself, from its mean to its 95\u00a0% quantile")
	add(len(lowerBounds(q.lines, q.frame)) > 0, boundSwatch, "entropy of the target, the lowest possible value")
	add(q.frame.nonPositive, figure.Style{Colour: 6}.Swatch(false, true, true), "mean ≤ 0, drawn at the lower edge")
	return legend
}
