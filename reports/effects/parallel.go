package effects

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

const (
	maxAxes  = 7   // of swept values
	maxLines = 500 // settings
)

// The drawing is as wide as the page, and is scrolled on a phone.
const (
	parallelWidth, parallelHeight = 860, 330
	axisTop, axisBottom           = 46, 300
)

// Parallel returns the figure of all settings as lines through parallel axes: one for each swept value, most important first,
// then velocity calls and the metric. It has no drawing for fewer than three factors.
func (s Sweep) Parallel() figure.Figure {
	effects := s.Effects()
	f := figure.Figure{Title: "All settings at once", Size: "full"}
	if len(effects) < 3 || len(s.Settings) < 3 {
		return f
	}
	axes := effects[:min(len(effects), maxAxes)]
	f.Legend = []figure.Entry{
		{Swatch: lineSwatch(figure.Var(figure.Palette[1]), 3, 1), Text: "chosen"},
		{Swatch: lineSwatch(figure.Var(figure.Palette[0]), 1.4, 1), Text: "tied with the best"},
		{Swatch: lineSwatch(figure.Var(figure.Front), .8, 1), Text: "others"},
	}
	f.Caption = fmt.Sprintf("Every line is a setting. It crosses each axis at its value: swept values by falling share of the variance, then velocity calls and mean %s, where lower is better. The numbers are in the leaderboard.", s.Metric)
	if len(s.Settings) > maxLines {
		f.Caption += fmt.Sprintf(" Drawn are the %s settings with the lowest means, of %s.", number.Whole(maxLines), number.Whole(len(s.Settings)))
	}
	if more := len(effects) - len(axes); more > 0 {
		f.Caption += fmt.Sprintf(" The %d swept values with the smallest shares have no axis.", more)
	}
	f.Drawings = []template.HTML{s.parallel(axes)}
	return f
}

func lineSwatch(colour string, width, opacity float64) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 30 12" aria-hidden="true"><path d="M1,6H29" style="fill:none;stroke:%s;stroke-width:%g;stroke-opacity:%g"/></svg>`, colour, width, opacity))
}

// parallel draws the lines: the chosen one last, and before it those tied with the best.
func (s Sweep) parallel(effects []Effect) template.HTML {
	shown := slices.Clone(s.Settings)
	slices.SortStableFunc(shown, func(a, b Setting) int { return cmp.Compare(s.mean(a), s.mean(b)) })
	shown = shown[:min(len(shown), maxLines)]
	axes := s.axes(effects, shown)
	var b strings.Builder
	title := "Settings as lines through parallel axes"
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`+"\n<title>%s</title>\n<desc>%s. The leaderboard has the numbers.</desc>\n",
		parallelWidth, parallelHeight, title, title, number.Plural(len(shown), "line"))
	rank := func(x Setting) int {
		switch {
		case x.Index == s.Chosen:
			return 2
		case slices.Contains(s.Tied, x.Index):
			return 1
		default:
			return 0
		}
	}
	slices.SortStableFunc(shown, func(a, b Setting) int { return rank(a) - rank(b) })
	styles := []string{"others", "tied", "chosen"}
	for k, x := range shown {
		points := make([]string, len(axes))
		for i, a := range axes {
			points[i] = fmt.Sprintf("%.4g,%.4g", axisX(i, len(axes)), a.place(x, k, len(shown)))
		}
		fmt.Fprintf(&b, `<path class="line %s" data-s="%d" d="M%s"><title>%s: %s %s, NFE %s</title></path>`+"\n", styles[rank(x)], x.Index, strings.Join(points, "L"),
			template.HTMLEscapeString(x.Label), template.HTMLEscapeString(s.Metric), number.Text(s.Scale.Back(s.mean(x))), number.Text(x.NFE))
	}
	for i, a := range axes { // above the lines
		a.draw(&b, axisX(i, len(axes)), i == len(axes)-1)
	}
	b.WriteString("</svg>\n")
	return template.HTML(b.String())
}

// axisX returns where axis i of n stands.
func axisX(i, n int) float64 {
	const left, right = 60, parallelWidth - 66
	return left + float64(i)*(right-left)/float64(n-1)
}

// axis is a vertical axis. Levels spread their lines a little, so that lines of the same value can be told apart.
type axis struct {
	name   string
	labels []string
	at     []float64 // of the labels, from 0 at the bottom to 1
	of     func(x Setting) float64
	spread float64 // of lines at the same value; 0 for numbers
}

// axes returns the axes of factors, and those of calls and the metric.
func (s Sweep) axes(effects []Effect, shown []Setting) (list []axis) {
	for _, e := range effects {
		levels := s.Factors[e.Factor].Levels
		last := float64(max(1, len(levels)-1))
		a := axis{name: s.Factors[e.Factor].Name, spread: min(.06, .3/last)}
		for l, value := range levels {
			if every := (len(levels) + 11) / 12; l%every == 0 {
				a.labels, a.at = append(a.labels, value), append(a.at, float64(l)/last)
			}
		}
		a.of = func(x Setting) float64 {
			if x.Levels[e.Factor] < 0 {
				return -.06 // below all values
			}
			return float64(x.Levels[e.Factor]) / last
		}
		list = append(list, a)
	}
	calls := numbers("NFE", shown, math.Log, math.Exp, func(x Setting) float64 { return x.NFE })
	return append(list, calls, numbers(s.Metric, shown, s.Scale.To, s.Scale.Back, func(x Setting) float64 { return s.Scale.Back(s.mean(x)) }))
}

// numbers returns an axis of numbers on a scale, with labels at both ends and in the middle.
func numbers(name string, shown []Setting, to, back func(float64) float64, of func(Setting) float64) axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range shown {
		if v := to(of(x)); number.Finite(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	width := high - low
	if !(width > 0) {
		width = 1
	}
	a := axis{name: name, of: func(x Setting) float64 { return min(max((to(of(x))-low)/width, 0), 1) }}
	for _, at := range []float64{0, .5, 1} {
		a.labels, a.at = append(a.labels, number.Text(back(low+at*width))), append(a.at, at)
	}
	return a
}

// place returns where line k of n crosses the axis.
func (a axis) place(x Setting, k, n int) float64 {
	y := a.of(x)
	if n > 1 {
		y += a.spread * (float64(k)/float64(n-1) - .5)
	}
	return axisBottom - y*(axisBottom-axisTop)
}

// draw writes the axis with its name and labels; those of the last axis stand to its right.
func (a axis) draw(b *strings.Builder, x float64, last bool) {
	anchor, shift := "end", -7.
	if last {
		anchor, shift = "start", 7
	}
	fmt.Fprintf(b, `<path class="axis" d="M%.4g,%dV%d"/><text x="%.4g" y="22" text-anchor="middle" font-size="12.5">%s</text>`+"\n", x, axisTop-8, axisBottom+20, x,
		template.HTMLEscapeString(figure.Fitted([]string{a.name}, 12.5, 100)[0]))
	for i, label := range figure.Fitted(a.labels, 11, 54) {
		fmt.Fprintf(b, `<text class="label" x="%.4g" y="%.4g" text-anchor="%s" font-size="11">%s</text>`+"\n", x+shift, axisBottom-a.at[i]*(axisBottom-axisTop)+4, anchor,
			template.HTMLEscapeString(label))
	}
}
