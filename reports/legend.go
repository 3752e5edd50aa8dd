package reports

import (
	"html/template"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

var (
	frontStyle  = draw.LineStyle{Color: color.NRGBA{190, 190, 190, 255}, Width: 5}
	frontSwatch = svg("", "", 30, 12, func(c draw.Canvas) { c.StrokeLine2(frontStyle, 1, 6, 29, 6) })
	ringSwatch  = svg("", "", 30, 12, func(c draw.Canvas) { ring(&c, vg.Point{X: 15, Y: 6}, 5, 1.4) })
	tieSwatch   = svg("", "", 30, 12, func(c draw.Canvas) { ring(&c, vg.Point{X: 15, Y: 6}, 4.6, .6) })
)

// names returns the distinct samplers and recipes of the chart's lines, and whether each recipe has its own drawing.
func (q chart) names() (samplers, recipes []string, byRecipe bool) {
	samplers = distinct(q.lines, func(s series) string { return s.sampler })
	recipes = distinct(q.lines, func(s series) string { return s.recipe })
	return samplers, recipes, q.drawingOf != nil && q.drawingOf(q.lines[0]) == q.lines[0].recipe && len(samplers) > 1
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
			s.style = seriesStyle{recipe, recipe, recipe}
		case byRecipe:
			s.style = seriesStyle{Colour: sampler, Marker: sampler}
		default:
			s.style = seriesStyle{Colour: sampler, Marker: sampler, Dash: recipe}
		}
	}
}

// legend explains the styles of the lines and what else the drawings show.
func (q chart) legend() []entry {
	var legend []entry
	add := func(when bool, swatch template.HTML, text string) {
		if when {
			legend = append(legend, entry{swatch, text})
		}
	}
	samplers, recipes, byRecipe := q.names()
	for i, name := range samplers {
		add(len(samplers) > 1, seriesStyle{Colour: i, Marker: i}.swatch(true, true, false), name)
	}
	for i, name := range recipes {
		add(len(recipes) > 1 && len(samplers) == 1, seriesStyle{i, i, i}.swatch(true, true, false), name)
		add(len(recipes) > 1 && len(samplers) > 1 && !byRecipe, seriesStyle{Colour: 6, Dash: i}.swatch(true, false, false), name)
	}
	add(true, frontSwatch, "Pareto front")
	add(q.chosen >= 0, ringSwatch, "chosen")
	add(len(q.ties(q.metricName)) > 1, tieSwatch, "tied with the best")
	add(len(bands(q.lines, q.frame)) > 0, bandSwatch, "noise floor: the score of the target itself, from its mean to its 95\u00a0% quantile")
	add(len(lowerBounds(q.lines, q.frame)) > 0, boundSwatch, "entropy of the target, the lowest possible value")
	add(q.frame.nonPositive, seriesStyle{Colour: 6}.swatch(false, true, true), "mean ≤ 0, drawn at the lower edge")
	return legend
}
