package reports

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// noiseFloor describes the values of a metric between the reference and fresh samples of the target.
type noiseFloor struct {
	mean, q95 float64
	n         int // number of samples
}

// String returns the mean and the 95 % quantile in words.
func (n noiseFloor) String() string {
	return fmt.Sprintf("%s on average and up to %s in 95\u00a0%% of cases", number.Text(n.mean), number.Text(n.q95))
}

// noiseFloor returns the noise floor of a metric for samples as large as those of setting i, and whether it is known.
func (r report) noiseFloor(i int, metric string) (noiseFloor, bool) {
	return r.noiseOf(r.Summaries[i].Setting, metric)
}

func (r report) noiseOf(of experiments.Setting, metric string) (noiseFloor, bool) {
	s, ok := r.Sweep.Null(of, metric)
	if !ok || !number.Finite(s.Mean) || !number.Finite(s.Q95) {
		return noiseFloor{}, false
	}
	return noiseFloor{s.Mean, s.Q95, s.N}, true
}

// withinNoise reports whether the mean of a metric at setting i does not exceed the noise floor.
func (r report) withinNoise(i int, metric string) bool {
	st, ok := r.Summaries[i].Stat(metric)
	return ok && r.inNoise(r.Summaries[i].Setting, st)
}

// inNoise reports whether the mean of samples as large as those of a setting does not exceed the noise floor.
func (r report) inNoise(of experiments.Setting, st experiments.Stat) bool {
	n, known := r.noiseOf(of, st.Name)
	return known && st.Mean <= n.q95
}

// any reports whether holds is true for any setting and metric.
func (r report) any(holds func(i int, metric string) bool) bool {
	for i := range r.Summaries {
		for _, m := range r.metrics() {
			if holds(i, m) {
				return true
			}
		}
	}
	return false
}

// noiseFact returns the noise floor of the metric of the choice, if it is known.
func (r report) noiseFact(metric string) []fact {
	n, ok := r.noiseFloor(r.chosen, metric)
	if !ok {
		return nil
	}
	return []fact{{"Noise floor", number.Text(n.mean) + " to " + number.Text(n.q95), "the score of the target itself"}}
}

// The noise floor has the yellow that is too pale for lines.
var (
	bandColour  = figure.Translucent(figure.Yellow, 90)
	bandEdge    = draw.LineStyle{Color: figure.Mustard, Width: .8}
	bandSwatch  = figure.SVG("", "", 30, 12, func(c draw.Canvas) { swatchBand(c) })
	boundStyle  = draw.LineStyle{Color: figure.Ink, Width: 1, Dashes: figure.Dashes[2]}
	boundSwatch = figure.SVG("", "", 30, 12, func(c draw.Canvas) { c.StrokeLine2(boundStyle, 1, 6, 29, 6) })
)

func swatchBand(c draw.Canvas) {
	c.SetColor(bandColour)
	c.Fill(vg.Rectangle{Min: vg.Point{X: 1, Y: 1}, Max: vg.Point{X: 29, Y: 11}}.Path())
	c.StrokeLine2(bandEdge, 1, 11, 29, 11)
}

// bands returns the distinct noise floors that reach into the frame.
func bands(list []series, f frame) []noiseFloor {
	var found []noiseFloor
	for _, s := range list {
		for _, p := range s.points {
			if p.noise.n > 0 && p.noise.q95 > f.ylow && !slices.Contains(found, p.noise) {
				found = append(found, p.noise)
			}
		}
	}
	return found
}

// draw adds the noise floor to a plot, as a band with a line along its upper edge.
func (n noiseFloor) draw(p *plot.Plot, f frame) {
	low := f.y(n.mean)
	p.Add(
		&plotter.Polygon{XYs: []plotter.XYs{{{X: f.xlow, Y: low}, {X: f.xhigh, Y: low}, {X: f.xhigh, Y: n.q95}, {X: f.xlow, Y: n.q95}}}, Color: bandColour},
		&plotter.Line{XYs: plotter.XYs{{X: f.xlow, Y: n.q95}, {X: f.xhigh, Y: n.q95}}, LineStyle: bandEdge},
	)
}

// lowerBounds returns the distinct lower bounds within the frame.
func lowerBounds(list []series, f frame) []float64 {
	var found []float64
	for _, s := range list {
		for _, p := range s.points {
			if p.bound >= f.ylow && !slices.Contains(found, p.bound) {
				found = append(found, p.bound)
			}
		}
	}
	return found
}
