package reports

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments"
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
	bandColour  = color.NRGBA{240, 228, 66, 90}
	bandEdge    = draw.LineStyle{Color: color.NRGBA{150, 138, 0, 255}, Width: .8}
	bandSwatch  = svg("", "", 30, 12, func(c draw.Canvas) { swatchBand(c) })
	boundStyle  = draw.LineStyle{Color: ink, Width: 1, Dashes: dashes[2]}
	boundSwatch = svg("", "", 30, 12, func(c draw.Canvas) { c.StrokeLine2(boundStyle, 1, 6, 29, 6) })
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

// callout draws a ring around a point, and its name where it covers the least of the drawing.
type callout struct {
	at    plotter.XY
	text  string
	avoid []plotter.XYs // lines that the name should not cover
}

// Plot draws the ring and the name.
func (o *callout) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	at := vg.Point{X: toX(o.at.X), Y: toY(o.at.Y)}
	style := text.Style{
		Color: ink, Font: sans(12), XAlign: draw.XCenter, YAlign: draw.YCenter, Handler: plot.DefaultTextHandler,
	}
	size := vg.Point{X: style.Width(o.text), Y: style.Height(o.text)}
	drawn := o.path(toX, toY)
	for i := range 16 { // the ring itself
		sin, cos := math.Sincos(math.Pi / 8 * float64(i))
		drawn = append(drawn, vg.Point{X: at.X + 7*vg.Length(cos), Y: at.Y + 7*vg.Length(sin)})
	}
	fewest, place := math.MaxInt, at
	for i := range 32 {
		sin, cos := math.Sincos(math.Pi / 8 * float64(i))
		away := vg.Length(9 + 8*(i/16))
		centre := vg.Point{
			X: at.X + vg.Length(cos)*(away+size.X/2),
			Y: at.Y + vg.Length(sin)*(away+size.Y/2),
		}
		half := vg.Point{X: size.X/2 + 2, Y: size.Y/2 + 1}
		box := vg.Rectangle{Min: centre.Sub(half), Max: centre.Add(half)}
		if !c.Contains(box.Min) || !c.Contains(box.Max) {
			continue
		}
		if n := covered(box, drawn); n < fewest {
			fewest, place = n, centre
		}
	}
	ring(&c, at, 6.5, 1.4)
	if fewest < math.MaxInt {
		c.FillText(style, place, o.text)
	}
}

// path returns closely spaced points along the lines to avoid.
func (o *callout) path(toX, toY func(float64) vg.Length) []vg.Point {
	const pieces = 24
	var points []vg.Point
	for _, line := range o.avoid {
		for i, to := range line {
			from := line[max(i-1, 0)]
			a, b := vg.Point{X: toX(from.X), Y: toY(from.Y)}, vg.Point{X: toX(to.X), Y: toY(to.Y)}
			for k := range pieces {
				points = append(points, a.Add(b.Sub(a).Scale(vg.Length(k+1)/pieces)))
			}
		}
	}
	return points
}

func covered(box vg.Rectangle, points []vg.Point) int {
	n := 0
	for _, p := range points {
		if p.X >= box.Min.X && p.X <= box.Max.X && p.Y >= box.Min.Y && p.Y <= box.Max.Y {
			n++
		}
	}
	return n
}

// rings draws a thin ring around every point.
type rings struct{ plotter.XYs }

// Plot draws the rings.
func (o rings) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	for _, at := range o.XYs {
		ring(&c, vg.Point{X: toX(at.X), Y: toY(at.Y)}, 4.6, .6)
	}
}

func ring(c *draw.Canvas, at vg.Point, radius, width vg.Length) {
	var path vg.Path
	path.Move(vg.Point{X: at.X + radius, Y: at.Y})
	path.Arc(at, radius, 0, 2*math.Pi)
	path.Close()
	c.SetLineStyle(draw.LineStyle{Color: ink, Width: width})
	c.Stroke(path)
}
