package samples

import (
	"fmt"
	"html/template"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"flowsweep/experiments/metric"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

// maxCalibrated is the maximum number of coordinates whose ranks are drawn.
const maxCalibrated = 12

// Calibration returns the ranks of held-out points among draws of the chosen net, and its expected coverage.
func Calibration(c *metric.Calibrated) []figure.Figure {
	if c == nil {
		return nil
	}
	if len(c.Coordinates) == 0 {
		return []figure.Figure{{Caption: "Draws of the chosen net are not finite, so that points have no ranks among them."}}
	}
	return []figure.Figure{rankHistograms(*c), coverageFigure(*c)}
}

// rankHistograms returns the figure of the ranks, a drawing for each coordinate.
func rankHistograms(c metric.Calibrated) figure.Figure {
	f := figure.Figure{
		Title: "Ranks of the truth", Size: "small",
		Table:  figure.Table{Head: []string{"coordinate", "ranks from", "to", "points", "band from", "to"}, Text: 1},
		Legend: []figure.Entry{{Swatch: figure.BarSwatch(nil, figure.Palette[0]), Text: "held-out points"}, {Swatch: figure.BarSwatch(figure.Pale, nil), Text: "where all bins of a calibrated net are, in 95 of 100 cases"}},
	}
	outside := 0
	for j, h := range c.Coordinates {
		width := (c.Draws + 1) / len(h.Counts)
		for k, n := range h.Counts {
			if n < h.Low || n > h.High {
				outside++
			}
			f.Table.Add(nameOf(h, j), number.Whole(k*width), number.Whole((k+1)*width-1), number.Whole(n), number.Whole(h.Low), number.Whole(h.High))
		}
		if j < maxCalibrated {
			f.Drawings = append(f.Drawings, rankHistogram(c, h, j))
		}
	}
	f.Caption = fmt.Sprintf("Simulation-based calibration (arXiv 1804.06788): %s that training never used, and the rank of each among %s of the chosen net given the same. "+
		"Ranks are even if the net draws from the true conditional law. They pile up at both ends if it is too sure, in the middle if it is not sure enough, and at one end if it is off. ",
		number.Plural(c.Points, "point"), number.Plural(c.Draws, "draw"))
	if outside == 0 {
		f.Caption += "All bins are inside their band."
	} else {
		f.Caption += fmt.Sprintf("%s outside the band.", number.CountAre(outside, "bin", "bins"))
	}
	if more := len(c.Coordinates) - maxCalibrated; more > 0 {
		f.Caption += fmt.Sprintf(" The first %d coordinates are drawn; the table has the other %d too.", maxCalibrated, more)
	}
	return f
}

// nameOf returns the name of coordinate j.
func nameOf(h metric.RankCounts, j int) string {
	if h.Name == "" {
		return fmt.Sprintf("coordinate %d", j+1)
	}
	return h.Name
}

// rankHistogram draws the ranks of coordinate j.
func rankHistogram(c metric.Calibrated, h metric.RankCounts, j int) template.HTML {
	const width, height = panelWidth, 170
	name := nameOf(h, j)
	p := figure.New(figure.Fitted([]string{name}, 12.5, panelWidth-4)[0], "rank", "points")
	last, top := float64(c.Draws+1), float64(h.High)
	var steps plotter.XYs
	for k, n := range h.Counts {
		at := last * float64(k) / float64(len(h.Counts))
		steps = append(steps, plotter.XY{X: at, Y: float64(n)}, plotter.XY{X: at + last/float64(len(h.Counts)), Y: float64(n)})
		top = max(top, float64(n))
	}
	band := plotter.Polygon{XYs: []plotter.XYs{{{X: 0, Y: float64(h.Low)}, {X: last, Y: float64(h.Low)}, {X: last, Y: float64(h.High)}, {X: 0, Y: float64(h.High)}}}, Color: figure.Pale}
	p.Add(&band, &plotter.Line{XYs: steps, LineStyle: draw.LineStyle{Color: figure.Palette[0], Width: 1.6}})
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, last, 0, 1.08*top
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
	return figure.SVG("ranks of "+name, fmt.Sprintf("Histogram of %s.", number.Plural(c.Points, "rank")), width, height, p.Draw)
}

// coverageFigure returns the figure of the expected coverage.
func coverageFigure(c metric.Calibrated) figure.Figure {
	f := figure.Figure{
		Title: "Expected coverage", Drawings: []template.HTML{coverageCurve(c)},
		Table: figure.Table{Head: []string{"share of the draws", "share of the points", "band from", "to"}},
		Legend: []figure.Entry{
			{Swatch: figure.SVG("", "", 30, 12, func(to draw.Canvas) { to.StrokeLine2(coverageStyle, 1, 6, 29, 6) }), Text: "held-out points"},
			{Swatch: figure.BarSwatch(figure.Pale, nil), Text: "where the whole curve of a calibrated net is, in 95 of 100 cases"},
		},
	}
	outside := 0
	for k, share := range c.Coverage.Shares {
		low, high := c.Coverage.Low[k], c.Coverage.High[k]
		if share < low || share > high {
			outside++
		}
		f.Table.Add(number.Text(c.Credibility(k)), number.Text(share), number.Text(low), number.Text(high))
	}
	f.Caption = "Expected coverage by random points (TARP, arXiv 2302.03026): how many held-out points lie in the ball about a random point that holds some share of the draws of the " +
		"chosen net given the same. It is that share if the net draws from the true conditional law, whatever the coordinates have to do with each other. "
	if outside == 0 {
		f.Caption += "The curve is inside its band (arXiv 2103.10522)."
	} else {
		f.Caption += fmt.Sprintf("The curve leaves its band (arXiv 2103.10522) at %d of %d shares.", outside, len(c.Coverage.Shares))
	}
	return f
}

var coverageStyle = draw.LineStyle{Color: figure.Palette[0], Width: 1.6}

// coverageCurve draws how far the coverage is from the credibility.
func coverageCurve(c metric.Calibrated) template.HTML {
	p := figure.New("", "share of the draws in a ball", "share of the points minus that")
	var line, band, back plotter.XYs
	line = append(line, plotter.XY{})
	for k, share := range c.Coverage.Shares {
		at := c.Credibility(k)
		line = append(line, plotter.XY{X: at, Y: share - at})
		band = append(band, plotter.XY{X: at, Y: c.Coverage.High[k] - at})
		low := c.Coverage.Low[len(c.Coverage.Low)-1-k]
		at = c.Credibility(len(c.Coverage.Low) - 1 - k)
		back = append(back, plotter.XY{X: at, Y: low - at})
	}
	line = append(line, plotter.XY{X: 1})
	p.Add(&plotter.Polygon{XYs: []plotter.XYs{append(band, back...)}, Color: figure.Pale}, &plotter.Line{XYs: line, LineStyle: coverageStyle})
	p.X.Min, p.X.Max = 0, 1
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks.Even{}, ticks.Even{}
	const width vg.Length = 400
	return figure.SVG("expected coverage", fmt.Sprintf("Coverage minus credibility of %s.", number.Plural(c.Points, "point")), width, 260, p.Draw)
}
