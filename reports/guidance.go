package reports

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"flowsweep/experiments/flow"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
	"flowsweep/reports/samples"
	"flowsweep/reports/ticks"
)

// guidanceAxis is the caption of an axis of weights.
const guidanceAxis = "guidance w in " + flow.GuidanceFormula

// guidance returns the figures of quality and diversity against the weight, if settings of the chosen net have several.
func (r report) guidance() (list []figure.Figure) {
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
func (r report) qualityByWeight(metric string, lines []series, left int) figure.Figure {
	f := figure.Figure{Title: metric + " against guidance", Table: figure.Table{Head: []string{"setting", "w", "mean", "low", "high", "seeds"}, Text: 1}}
	q := chart{report: r, metricName: metric, lines: lines, frame: frameOf(lines, lines, r.metric(metric).Signed)}
	q.setStyles()
	for i := range q.lines {
		q.lines[i].style = figure.Style{Colour: i, Marker: i, Dash: i}
		if len(lines) > 1 {
			f.Legend = append(f.Legend, figure.Entry{Swatch: q.lines[i].style.Swatch(true, true, false), Text: lines[i].sampler, Whole: r.labels.Whole(lines[i].sampler), Key: q.key(lines[i])})
		}
		for _, p := range lines[i].points {
			low, high := noCell.Text, noCell.Text
			if number.Finite(p.low) && number.Finite(p.high) {
				low, high = number.Text(p.low), number.Text(p.high)
			}
			f.Table.Add(r.labels.Setting(p.setting), number.Text(p.cost), number.Text(p.mean), low, high, number.Whole(p.seeds))
		}
	}
	f.Legend = append(f.Legend, figure.Entry{Swatch: ringSwatch, Text: "chosen"})
	if len(bands(lines, q.frame)) > 0 {
		f.Legend = append(f.Legend, figure.Entry{Swatch: bandSwatch, Text: "noise floor: the score of the target itself, from its mean to its 95\u00a0% quantile"})
	}
	f.Caption = fmt.Sprintf("Mean %s of the chosen net against %s. It compares all samples with all of the truth: weights above 1 sharpen every "+
		"class, which this punishes however good single samples look.", metric, guidanceAxis)
	if r.Summaries[r.chosen].Setting.Sample.Label != "" {
		f.Caption = fmt.Sprintf("Mean %s of the chosen net against %s, compared with the truth of the class.", metric, guidanceAxis)
	}
	for _, note := range []string{noiseNote(lines, q.frame), nonPositiveNote(q.frame), outsideNote(lines, q.frame), omissions(0, left, "other line", "lines", "those shown have the lowest means")} {
		if note != "" {
			f.Caption += " " + note
		}
	}
	f.Drawings = []template.HTML{q.drawWeights()}
	return f
}

// drawWeights draws the lines of a chart against the weight.
func (q chart) drawWeights() template.HTML {
	p := figure.New("", guidanceAxis, q.metricName)
	f := q.frame
	x := weightSpan(q.lines)
	f.xlow, f.xhigh = x.Low, x.High
	for _, b := range bands(q.lines, f) {
		b.draw(p, f)
	}
	q.frame = f
	p.X.Min, p.X.Max, p.X.Tick.Marker = x.Low, x.High, ticks.Even{}
	if f.linear {
		p.Y.Min, p.Y.Max, p.Y.Tick.Marker = f.ylow, f.yhigh, ticks.Even{}
	} else {
		ticks.SetLog(&p.Y, f.ylow, f.yhigh)
	}
	if f.nonPositive {
		p.Y.Tick.Marker = ticks.NonPositive{Low: f.ylow}
	}
	d := figure.Drawing{
		Title: q.metricName + " against guidance", Width: 400, Height: 300, Plot: p,
		Description: fmt.Sprintf("%s by %s. The numbers are in the table below.", q.metricName, number.Plural(len(q.lines), "line")),
	}
	q.addLines(&d, q.lines, nil)
	return d.SVG()
}

// weightSpan returns the weights of all lines, with a margin.
func weightSpan(lines []series) figure.Span {
	x := figure.Span{Low: math.Inf(1), High: math.Inf(-1)}
	for _, s := range lines {
		x.Low, x.High = min(x.Low, s.points[0].cost), max(x.High, s.points[len(s.points)-1].cost)
	}
	return x.Widen(1.16)
}

// diversity returns the figure of the diversity of samples against the weight.
func (r report) diversity() figure.Figure {
	f := figure.Figure{Title: "Diversity against guidance", Table: figure.Table{Head: []string{"setting", "w", "mean", "lowest seed", "highest seed", "seeds"}, Text: 1}}
	line := series{}
	for i := range r.Summaries {
		values := r.Conditions.Diversity[i]
		if len(values) == 0 {
			continue
		}
		mean, _ := samples.Moments(values)
		p := point{setting: i, cost: r.Summaries[i].Setting.Sample.Guidance.Weight(), mean: mean, low: slices.Min(values), high: slices.Max(values), seeds: len(values), bound: math.NaN()}
		line.points = append(line.points, p)
	}
	slices.SortStableFunc(line.points, func(a, b point) int { return cmp.Compare(a.cost, b.cost) })
	for _, p := range line.points {
		f.Table.Add(r.labels.Setting(p.setting), number.Text(p.cost), number.Text(p.mean), number.Text(p.low), number.Text(p.high), number.Whole(p.seeds))
	}
	lines := append([]series{line}, r.exactDiversity()...)
	for _, exact := range lines[1:] {
		for _, p := range exact.points {
			f.Table.Add("exact velocity", number.Text(p.cost), number.Text(p.mean), noCell.Text, noCell.Text, noCell.Text)
		}
	}
	p := figure.New("", guidanceAxis, "diversity")
	x := weightSpan([]series{line})
	fr := frameOf(lines, lines, false)
	fr.ylow, fr.yhigh = min(fr.ylow, .8), max(fr.yhigh, 1.25)
	p.Add(&plotter.Line{XYs: plotter.XYs{{X: x.Low, Y: 1}, {X: x.High, Y: 1}}, LineStyle: boundStyle})
	p.X.Min, p.X.Max, p.X.Tick.Marker = x.Low, x.High, ticks.Even{}
	ticks.SetLog(&p.Y, fr.ylow, fr.yhigh)
	f.Legend = []figure.Entry{{Swatch: boundSwatch, Text: "1: as diverse as the truth"}, {Swatch: ringSwatch, Text: "chosen"}}
	if len(lines) > 1 {
		f.Legend = append([]figure.Entry{{Swatch: line.style.Swatch(true, true, false), Text: "the net"}, {Swatch: lines[1].style.Swatch(true, true, false), Text: "the exact velocity"}}, f.Legend...)
	}
	f.Caption = r.diversityCaption(line)
	d := figure.Drawing{Title: "Diversity against guidance", Description: "One line. The numbers are in the table below.", Width: 400, Height: 300, Plot: p}
	chart{report: r, frame: fr, metricName: "diversity"}.addLines(&d, lines, nil)
	f.Drawings = []template.HTML{d.SVG()}
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
	line := series{style: figure.Style{Colour: 2, Marker: 2, Dash: 1}}
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
