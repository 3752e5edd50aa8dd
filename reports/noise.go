package reports

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments"
)

// noise is what a metric reads where there is nothing to find: between the reference and fresh samples of the truth.
type noise struct {
	mean, q95 float64
	n         int // samples of the truth it is known from
}

// String says how far the noise reaches.
func (n noise) String() string {
	return fmt.Sprintf("%s on average and up to %s in 95\u00a0%% of cases", number(n.mean), number(n.q95))
}

// noise returns that of a metric for samples as large as those of setting i, and whether it is known.
func (r report) noise(i int, metric string) (noise, bool) {
	s, ok := r.Sweep.Null(r.Summaries[i].Setting, metric)
	if !ok || !finite(s.Mean) || !finite(s.Q95) {
		return noise{}, false
	}
	return noise{s.Mean, s.Q95, s.N}, true
}

// lost reports whether the mean of a metric at setting i is one that samples of the truth have too.
func (r report) lost(i int, metric string) bool {
	st, ok := r.Summaries[i].Stat(metric)
	n, known := r.noise(i, metric)
	return ok && known && st.Mean <= n.q95
}

// any reports whether something holds of a metric at a setting.
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

// noiseFloor says what the truth itself reads, and whether the chosen setting is told apart from it.
func (r report) noiseFloor(st experiments.Stat) string {
	n, ok := r.noise(r.chosen, st.Name)
	if !ok {
		return ""
	}
	text := fmt.Sprintf("Fresh samples of the truth, as large as those of a run, score %s %s, so the chosen setting is ", st.Name, n)
	low, high, known := r.ps(st.Name)
	if r.lost(r.chosen, st.Name) {
		text += "not told apart from the truth"
	} else {
		text += "told apart from the truth"
	}
	switch {
	case !known:
	case low == high:
		text += fmt.Sprintf(" (p\u00a0%s)", chance(low))
	default:
		text += fmt.Sprintf(" (p\u00a0%s to %s over the seeds)", chance(low), chance(high))
	}
	return text + "."
}

// ps returns the least and the highest p-value of the chosen setting's runs.
func (r report) ps(metric string) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, run := range r.Summaries[r.chosen].Runs {
		for _, v := range run.Metrics {
			if v.Name == metric && v.P > 0 {
				low, high = min(low, v.P), max(high, v.P)
			}
		}
	}
	return low, high, high >= low
}

// The looks of what a figure has beside settings: the noise floor in the yellow that is too pale for a line, and the least
// value there can be.
var (
	bandColour  = color.NRGBA{240, 228, 66, 90}
	bandEdge    = draw.LineStyle{Color: color.NRGBA{150, 138, 0, 255}, Width: .8}
	bandSwatch  = svg("", "", 30, 12, func(c draw.Canvas) { swatchBand(c) })
	leastStyle  = draw.LineStyle{Color: ink, Width: 1, Dashes: dashes[2]}
	leastSwatch = svg("", "", 30, 12, func(c draw.Canvas) { c.StrokeLine2(leastStyle, 1, 6, 29, 6) })
)

func swatchBand(c draw.Canvas) {
	c.SetColor(bandColour)
	c.Fill(vg.Rectangle{Min: vg.Point{X: 1, Y: 1}, Max: vg.Point{X: 29, Y: 11}}.Path())
	c.StrokeLine2(bandEdge, 1, 11, 29, 11)
}

// bands returns the noise floors that reach into the frame, each once.
func bands(list []series, f frame) []noise {
	var found []noise
	for _, s := range list {
		for _, p := range s.points {
			if p.noise.n > 0 && p.noise.q95 > f.ylow && !slices.Contains(found, p.noise) {
				found = append(found, p.noise)
			}
		}
	}
	return found
}

// draw adds the noise floor to a figure: a band across it, with a line at its upper end.
func (n noise) draw(p *plot.Plot, f frame) {
	low := f.y(n.mean)
	p.Add(
		&plotter.Polygon{XYs: []plotter.XYs{{{X: f.xlow, Y: low}, {X: f.xhigh, Y: low}, {X: f.xhigh, Y: n.q95}, {X: f.xlow, Y: n.q95}}}, Color: bandColour},
		&plotter.Line{XYs: plotter.XYs{{X: f.xlow, Y: n.q95}, {X: f.xhigh, Y: n.q95}}, LineStyle: bandEdge},
	)
}

// leasts returns the least values within the frame, each once.
func leasts(list []series, f frame) []float64 {
	var found []float64
	for _, s := range list {
		for _, p := range s.points {
			if p.least >= f.ylow && !slices.Contains(found, p.least) {
				found = append(found, p.least)
			}
		}
	}
	return found
}
