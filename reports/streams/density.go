package streams

import (
	"fmt"
	"html/template"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"flowsweep/reports/figure"
	"flowsweep/reports/motion"
	"flowsweep/reports/number"
	"flowsweep/reports/surface"
)

// How densities are drawn: smoothed over so many cells, and filled from levels of which each is so many times the next.
const (
	kernel  = 1.1
	ratio   = 2.5
	shades  = 6
	opacity = .17
)

// densities returns the densities of a motion, one for each histogram.
func densities(v motion.View, m motion.Motion) (list []surface.Surface) {
	for _, counts := range m.Counts {
		s := surface.Surface{Wide: v.Cells, High: v.Cells, F: make([]float64, len(counts))}
		for k, n := range counts {
			s.F[k] = float64(n) / (float64(m.Points) * v.CellSize())
		}
		list = append(list, s.Smooth(kernel, true))
	}
	return list
}

// levels returns the levels of all densities of a figure, rising, so that the densest of them has some in every shade.
func levels(all ...[]surface.Surface) (list []float64) {
	top := 0.
	for _, list := range all {
		for _, s := range list {
			top = max(top, slices.Max(s.F))
		}
	}
	for k := shades; k > 0; k-- {
		list = append(list, top/math.Pow(ratio, float64(k)-.5))
	}
	return list
}

// The size of a panel of a density, and of the title above it.
const (
	panelSize = 200
	titleSize = 22
)

// moment draws the density and the velocity at one of the moments.
func (r row) moment(v motion.View, k int, levels []float64, longest float64) template.HTML {
	title := fmt.Sprintf("%s, t = %s", r.name, number.Round(motion.Moments[k]))
	node := func(i float64) float64 { return panelSize * min(max((i+.5)/float64(v.Cells), 0), 1) }
	y := func(j float64) float64 { return titleSize + panelSize - node(j) }
	var b strings.Builder
	fmt.Fprintf(&b, `<text x="%d" y="14" text-anchor="middle" font-size="13">%s</text>`+"\n", panelSize/2, template.HTMLEscapeString(title))
	for _, level := range levels {
		b.WriteString(r.densities[k].Filled(level, figure.Var(r.colour), opacity, node, y))
	}
	arrows := 0
	if len(r.motion.Arrows) > k {
		arrows = len(r.motion.Arrows[k].At)
		b.WriteString(arrowsOf(v, r.motion.Arrows[k], longest))
	}
	fmt.Fprintf(&b, `<rect x=".5" y="%g" width="%d" height="%d" fill="none" stroke="%s"/>`, titleSize-.5, panelSize-1, panelSize-1, figure.Var(figure.Faint))
	description := fmt.Sprintf("The density of %s", number.Plural(r.motion.Points, "point"))
	if arrows > 0 {
		description += fmt.Sprintf(", with %s of the velocity", number.Plural(arrows, "arrow"))
	}
	return figure.Elements(title, description+".", panelSize, titleSize+panelSize, b.String())
}

// arrowsOf draws a velocity, in one path. An arrow starts in the middle of its cell; the longest velocity is as long as a cell and a half, and
// longer ones are cut to two.
func arrowsOf(v motion.View, a motion.Arrows, longest float64) string {
	const cell = panelSize / float64(motion.Grid)
	var d strings.Builder
	for i, k := range a.At {
		x, y := (float64(k%v.Grid)+.5)*cell, titleSize+panelSize-(float64(k/v.Grid)+.5)*cell
		dx, dy := widths(a.U[i], v.Axes[0]), -widths(a.V[i], v.Axes[1])
		length := math.Hypot(dx, dy)
		scale := min(1.5*cell/longest, 2*cell/length)
		if !(length*scale > .5) {
			continue
		}
		dx, dy = dx*scale, dy*scale
		if part := inside(x, dx, 0); part < 1 || inside(y, dy, titleSize) < 1 {
			part = min(part, inside(y, dy, titleSize))
			fmt.Fprintf(&d, "M%.1f %.1fl%.1f %.1f", x, y, part*dx, part*dy) // its head is outside
			continue
		}
		head := min(3.2, .5*length*scale) / (length * scale)
		fmt.Fprintf(&d, "M%.1f %.1fl%.1f %.1fm%.1f %.1fl%.1f %.1fl%.1f %.1f", x, y, dx, dy,
			head*(-dx-.6*dy), head*(-dy+.6*dx), head*(dx+.6*dy), head*(dy-.6*dx), head*(-dx+.6*dy), head*(-dy-.6*dx))
	}
	return fmt.Sprintf(`<path fill="none" stroke="%s" stroke-width=".9" stroke-linejoin="round" d="%s"/>`+"\n", figure.Var(figure.Ink), d.String())
}

// inside returns which part of a step from x is inside a panel that starts at low, 1 for all of it.
func inside(x, step, low float64) float64 {
	switch {
	case x+step < low:
		return (low - x) / step
	case x+step > low+panelSize:
		return (low + panelSize - x) / step
	default:
		return 1
	}
}

// widths returns a component of a velocity in widths of the view.
func widths(u float64, a motion.Axis) float64 { return u / (a.High - a.Low) }

// longest returns the length of the longest arrows of rows, in widths of the view, without the twentieth part that is longer.
func longest(v motion.View, rows []row) float64 {
	lengths := []float64{0}
	for _, r := range rows {
		for _, a := range r.motion.Arrows {
			for i := range a.At {
				lengths = append(lengths, math.Hypot(widths(a.U[i], v.Axes[0]), widths(a.V[i], v.Axes[1])))
			}
		}
	}
	slices.Sort(lengths)
	return max(lengths[(len(lengths)-1)*19/20], 1e-12)
}

// swatches returns the legend of densities of one colour.
func swatches(colour color.NRGBA, levels []float64) (list []figure.Entry) {
	for k := range levels {
		if k%2 == 1 && k != len(levels)-1 {
			continue // fewer say as much
		}
		box := fmt.Sprintf(`<rect class="shade" x="3" y="1" width="24" height="10" fill="%s" fill-opacity="%.3g"/>`, figure.Var(colour), 1-math.Pow(1-opacity, float64(k+1)))
		list = append(list, figure.Entry{Swatch: figure.Elements("", "", vg.Length(30), 12, box), Text: "density from " + number.Text(levels[k])})
	}
	return list
}
