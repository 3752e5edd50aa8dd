package reports

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"flowsweep/experiments/flow"
	"flowsweep/reports/number"
	"flowsweep/reports/ticks"
)

// guidanceAxis is the caption of an axis of weights.
const guidanceAxis = "guidance w in " + flow.GuidanceFormula

// guidance returns the figures of quality and diversity against the weight, if settings of the chosen net have several.
func (r report) guidance() (list []figure) {
	if r.chosen < 0 {
		return nil
	}
	metric := r.Sweep.Spec.Choose.Metric
	if lines, left := r.byWeight(metric); len(lines) > 0 && !r.ofNet(metric) {
		list = append(list, r.qualityByWeight(metric, lines, left))
	}
	if len(r.Conditions.Diversity) > 1 {
		list = append(list, r.diversity())
	}
	return list
}

// byWeight returns the lines of a metric against the guidance weight: of the settings with the net and the target of the chosen one, those
// with several weights that are sampled alike, and the number of lines left out.
func (r report) byWeight(metric string) (list []series, left int) {
	at := map[string]int{}
	chosen := r.Summaries[r.chosen].Setting
	for i, s := range r.Summaries {
		st, ok := s.Stat(metric)
		g := s.Setting.Sample.Guidance
		if !ok || !number.Finite(st.Mean) || g.IsZero() || r.labels.Recipe(i) != r.labels.Recipe(r.chosen) || s.Setting.MeasuredForm() != chosen.MeasuredForm() {
			continue
		}
		key := r.labels.Unguided(i)
		if _, ok := at[key]; !ok {
			at[key], list = len(list), append(list, series{sampler: key})
		}
		n, _ := r.noiseFloor(i, metric)
		line := &list[at[key]]
		line.points = append(line.points, point{
			setting: i, cost: g.Weight(), mean: st.Mean, low: st.Low, high: st.High, seeds: st.N, chosen: i == r.chosen, noise: n, bound: math.NaN(),
		})
	}
	list = slices.DeleteFunc(list, func(s series) bool { return len(s.points) < 2 })
	for _, s := range list {
		slices.SortStableFunc(s.points, func(a, b point) int { return cmp.Compare(a.cost, b.cost) })
	}
	return best(list, series.line, maxLines)
}

// qualityByWeight returns the figure of the metric of the choice against the weight.
func (r report) qualityByWeight(metric string, lines []series, left int) figure {
	f := figure{Title: metric + " against guidance", Table: table{Head: []string{"setting", "w", "mean", "low", "high", "seeds"}, Text: 1}}
	q := chart{report: r, metricName: metric, lines: lines, frame: frameOf(lines, r.metric(metric).Signed)}
	q.setStyles()
	for i := range q.lines {
		q.lines[i].style = seriesStyle{i, i, i}
		if len(lines) > 1 {
			f.Legend = append(f.Legend, entry{q.lines[i].style.swatch(true, true, false), lines[i].sampler, r.labels.Whole(lines[i].sampler)})
		}
		for _, p := range lines[i].points {
			low, high := noCell.Text, noCell.Text
			if number.Finite(p.low) && number.Finite(p.high) {
				low, high = number.Text(p.low), number.Text(p.high)
			}
			f.Table.add(r.labels.Setting(p.setting), number.Text(p.cost), number.Text(p.mean), low, high, number.Whole(p.seeds))
		}
	}
	f.Legend = append(f.Legend, entry{ringSwatch, "chosen", ""})
	if len(bands(lines, q.frame)) > 0 {
		f.Legend = append(f.Legend, entry{bandSwatch, "noise floor: the score of the target itself, from its mean to its 95\u00a0% quantile", ""})
	}
	f.Caption = fmt.Sprintf("Mean %s of the chosen net against %s. It compares all samples with all of the truth: weights above 1 sharpen every "+
		"class, which this punishes however good single samples look.", metric, guidanceAxis)
	if r.Summaries[r.chosen].Setting.Sample.Label != "" {
		f.Caption = fmt.Sprintf("Mean %s of the chosen net against %s, compared with the truth of the class.", metric, guidanceAxis)
	}
	for _, note := range []string{noiseNote(lines, q.frame), nonPositiveNote(q.frame), outsideNote(lines, q.frame), omissions(0, left, false)} {
		if note != "" {
			f.Caption += " " + note
		}
	}
	f.Drawings = []template.HTML{q.drawWeights()}
	return f
}

// drawWeights draws the lines of a chart against the weight.
func (q chart) drawWeights() template.HTML {
	p := newPlot("", guidanceAxis, q.metricName)
	f := q.frame
	x := weightSpan(q.lines)
	f.xlow, f.xhigh = x.low, x.high
	for _, b := range bands(q.lines, f) {
		b.draw(p, f)
	}
	q.frame = f
	q.addLines(p, q.lines, nil)
	p.X.Min, p.X.Max, p.X.Tick.Marker = x.low, x.high, ticks.Even{}
	if f.linear {
		p.Y.Min, p.Y.Max, p.Y.Tick.Marker = f.ylow, f.yhigh, ticks.Even{}
	} else {
		ticks.SetLog(&p.Y, f.ylow, f.yhigh)
	}
	if f.nonPositive {
		p.Y.Tick.Marker = ticks.NonPositive{Low: f.ylow}
	}
	return svg(q.metricName+" against guidance", fmt.Sprintf("%s by %s. The numbers are in the table below.", q.metricName, number.Plural(len(q.lines), "line")), 400, 300, p.Draw)
}

// weightSpan returns the weights of all lines, with a margin.
func weightSpan(lines []series) span {
	x := span{math.Inf(1), math.Inf(-1)}
	for _, s := range lines {
		x.low, x.high = min(x.low, s.points[0].cost), max(x.high, s.points[len(s.points)-1].cost)
	}
	return x.widen(1.16)
}

// diversity returns the figure of the diversity of samples against the weight.
func (r report) diversity() figure {
	f := figure{Title: "Diversity against guidance", Table: table{Head: []string{"setting", "w", "mean", "lowest seed", "highest seed", "seeds"}, Text: 1}}
	line := series{}
	for i := range r.Summaries {
		values := r.Conditions.Diversity[i]
		if len(values) == 0 {
			continue
		}
		mean, _ := moments(values)
		p := point{setting: i, cost: r.Summaries[i].Setting.Sample.Guidance.Weight(), mean: mean, low: slices.Min(values), high: slices.Max(values), seeds: len(values), bound: math.NaN()}
		line.points = append(line.points, p)
	}
	slices.SortStableFunc(line.points, func(a, b point) int { return cmp.Compare(a.cost, b.cost) })
	for _, p := range line.points {
		f.Table.add(r.labels.Setting(p.setting), number.Text(p.cost), number.Text(p.mean), number.Text(p.low), number.Text(p.high), number.Whole(p.seeds))
	}
	lines := append([]series{line}, r.exactDiversity()...)
	for _, exact := range lines[1:] {
		for _, p := range exact.points {
			f.Table.add("exact velocity", number.Text(p.cost), number.Text(p.mean), noCell.Text, noCell.Text, noCell.Text)
		}
	}
	p := newPlot("", guidanceAxis, "diversity")
	x := weightSpan([]series{line})
	fr := frameOf(lines, false)
	fr.ylow, fr.yhigh = min(fr.ylow, .8), max(fr.yhigh, 1.25)
	p.Add(&plotter.Line{XYs: plotter.XYs{{X: x.low, Y: 1}, {X: x.high, Y: 1}}, LineStyle: boundStyle})
	chart{report: r, frame: fr}.addLines(p, lines, nil)
	p.X.Min, p.X.Max, p.X.Tick.Marker = x.low, x.high, ticks.Even{}
	ticks.SetLog(&p.Y, fr.ylow, fr.yhigh)
	f.Legend = []entry{{boundSwatch, "1: as diverse as the truth", ""}, {ringSwatch, "chosen", ""}}
	if len(lines) > 1 {
		f.Legend = append([]entry{{line.style.swatch(true, true, false), "the net", ""}, {lines[1].style.swatch(true, true, false), "the exact velocity", ""}}, f.Legend...)
	}
	f.Caption = r.diversityCaption(line)
	f.Drawings = []template.HTML{svg("Diversity against guidance", "One line. The numbers are in the table below.", 400, 300, p.Draw)}
	return f
}

// diversityCaption says what diversity is.
func (r report) diversityCaption(line series) string {
	among := "class"
	if len(r.Conditions.Given.Numbers) > 0 {
		among = "eighth of the points, in the order of " + r.Conditions.Given.Numbers[0].Name
	}
	text := fmt.Sprintf("The trace of the covariance of the samples that are given the same, divided by that of the truth: a mean over every %s. Below 1, guidance has made "+
		"samples more alike than the truth is; with w = 0 they heed no condition.", among)
	if slices.ContainsFunc(line.points, func(p point) bool { return p.seeds > 1 }) {
		text += " Bars reach from the lowest to the highest seed."
	}
	return text
}

// exactDiversity returns the line of the diversity of the exact guided flow, if that is known.
func (r report) exactDiversity() []series {
	line := series{style: seriesStyle{2, 2, 1}}
	for _, g := range r.Conditions.Exact {
		if g.Diversity > 0 {
			line.points = append(line.points, point{setting: -2, cost: g.Guidance.Weight(), mean: g.Diversity, low: math.NaN(), high: math.NaN(), bound: math.NaN()})
		}
	}
	if len(line.points) == 0 {
		return nil
	}
	return []series{line}
}

// exact returns the figure of the exact guided flow beside that of the net, from the same noise.
func (c conditioned) exact() figure {
	f := figure{Title: "The exact guided flow beside the net", Size: "small", Table: table{Head: []string{"w", "points", "root mean square distance"}, Text: 0}}
	f.Caption = "Where the exact velocity carries noise under " + flow.GuidanceFormula + ", and where the net carries the same noise. RMSE is the root mean square distance of the two " +
		"ends, the solver’s error included. With w = 1 it is the distribution of the condition, and with w = 0 the whole distribution; with any other weight it is not that of the " +
		"density p^w, but what exact velocities give. The axes are those of the exact flow, and points outside are left out."
	var x, y span
	for i, g := range c.Exact {
		gx, gy := c.spansOf(g.Exact)
		if i == 0 {
			x, y = gx, gy
		}
		x, y = span{min(x.low, gx.low), max(x.high, gx.high)}, span{min(y.low, gy.low), max(y.high, gy.high)}
		f.Table.add(number.Text(g.Guidance.Weight()), number.Whole(len(g.Net.Rows)), number.Text(g.RMSE))
	}
	for _, g := range c.Exact {
		title := fmt.Sprintf("net, w = %s", g.Guidance)
		if number.Finite(g.RMSE) {
			title += ": RMSE " + number.Text(g.RMSE)
		}
		f.Drawings = append(f.Drawings, c.coloured(fmt.Sprintf("exact, w = %s", g.Guidance), g.Exact, x, y), c.coloured(title, g.Net, x, y))
	}
	if n := len(c.Given.Classes); n > 0 {
		f.Caption += " The colour of a point is the class that it was given, also where w = 0 does not heed it."
		for k, name := range c.Given.Classes[:min(n, len(classColours))] {
			f.Legend = append(f.Legend, entry{dotSwatch(classColours[k]), name, ""})
		}
		if n > len(classColours) {
			f.Caption += fmt.Sprintf(" The colours of the first %d classes come again for the others.", len(classColours))
		}
	}
	return f
}
