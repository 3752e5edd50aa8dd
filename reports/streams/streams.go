// Package streams draws how a velocity carries noise to data: paths of points, the density on the way, and the velocity itself.
//
//	figures := streams.Figures(flow)
package streams

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"flowsweep/reports/figure"
	"flowsweep/reports/motion"
	"flowsweep/reports/number"
	"flowsweep/reports/surface"
)

// row is a motion with its name and its colour in all figures.
type row struct {
	name      string
	motion    motion.Motion
	colour    color.NRGBA
	densities []surface.Surface
}

// rowsOf returns what is drawn beside each other: the net, and the exact motion or, where that is not known, the density that the net is to
// have.
func rowsOf(f motion.Flow) []row {
	rows := []row{{name: "net", motion: f.Net, colour: figure.Palette[1]}}
	switch {
	case f.Exact != nil:
		rows = append(rows, row{name: "exact", motion: *f.Exact, colour: figure.Palette[0]})
	case f.Mixed != nil:
		rows = append(rows, row{name: "data in noise", motion: *f.Mixed, colour: figure.Data})
	}
	for i := range rows {
		if len(f.View.Axes) == 1 {
			rows[i].densities = []surface.Surface{overTime(f.View, rows[i].motion)}
		} else {
			rows[i].densities = densities(f.View, rows[i].motion)
		}
	}
	return rows
}

// Figures returns the figures of a flow of points; none for one of images, which samples.Way draws.
func Figures(f *motion.Flow) []figure.Figure {
	if f == nil || len(f.View.Axes) == 0 {
		return nil
	}
	rows := rowsOf(*f)
	if len(f.View.Axes) == 1 {
		return []figure.Figure{line(*f, rows)}
	}
	return []figure.Figure{paths(*f, rows), moments(*f, rows)}
}

// moments returns the figure of densities and velocities at five times.
func moments(f motion.Flow, rows []row) figure.Figure {
	fig := figure.Figure{Title: "Density and velocity on the way", Size: "moments", Table: apartTable(f)}
	if len(rows) > 1 {
		fig.Size = "moments pairs"
	}
	var all [][]surface.Surface
	for _, r := range rows {
		all = append(all, r.densities)
	}
	steps, long := levels(all...), longest(f.View, rows)
	for _, r := range rows {
		for k := range motion.Moments {
			fig.Drawings = append(fig.Drawings, r.moment(f.View, k, steps, long))
		}
	}
	fig.Legend = swatches(rows[0].colour, steps)
	fig.Caption = fmt.Sprintf("Where %s are at five times, in the window of the paths. All panels have the same shades, a step for each factor of %g in the density, and the same scale of arrows.", pointsOf(rows), ratio)
	if f.View.Of > 2 || len(f.Classes) > 0 {
		fig.Caption += " An arrow is the mean velocity of the points around its start."
	} else {
		fig.Caption += " An arrow is the velocity at its start, where there are points."
	}
	fig.Caption += besideNote(f)
	return fig
}

// pointsOf says of how many points the densities of rows are.
func pointsOf(rows []row) string {
	text := number.Plural(rows[0].motion.Points, "point")
	for _, r := range rows[1:] {
		if r.motion.Points != rows[0].motion.Points {
			text += fmt.Sprintf(" (%s: %s)", r.name, number.Whole(r.motion.Points))
		}
	}
	return text
}

// besideNote says what stands beside the net, and how far it is from that.
func besideNote(f motion.Flow) string {
	var b strings.Builder
	switch {
	case f.Exact != nil && len(f.Apart) > 0:
		var list []string
		for k, t := range motion.Moments {
			list = append(list, fmt.Sprintf("%s at t = %s", percent(f.Apart[k]), number.Round(t)))
		}
		fmt.Fprintf(&b, " The exact velocity is that of ideal training, in closed form. From it the net’s differs by %s: the root mean square of the difference at points of the exact flow, over that of the exact velocity at all these times.",
			strings.Join(list, ", "))
	case f.Exact != nil:
		b.WriteString(" The exact velocity is that of ideal training, in closed form.")
	case f.Mixed != nil:
		b.WriteString(" The exact velocity is not known, but where it would lead: “data in noise” are rows mixed with noise along the path that the net was trained on, so both rows should look alike.")
	default:
		b.WriteString(" Neither the exact velocity nor its density is known here.")
	}
	if n := f.Net.Lost; n > 0 {
		fmt.Fprintf(&b, " The net carries %s to where there are no numbers; these are left out.", number.Plural(n, "more point"))
	}
	return b.String()
}

// percent returns a share to two digits.
func percent(share float64) string {
	scale := math.Pow10(1 - number.Exponent(100*share))
	return number.Round(math.Round(100*share*scale)/scale) + " %"
}

// apartTable returns how far the net is from the exact velocity, and where the points are.
func apartTable(f motion.Flow) figure.Table {
	t := figure.Table{Head: []string{"t"}, Text: 0}
	if len(f.Apart) > 0 {
		t.Head = append(t.Head, "net from exact velocity")
	}
	rows := rowsOf(f)
	for _, r := range rows {
		for _, a := range f.View.Axes {
			t.Head = append(t.Head, r.name+": mean "+a.Name, "std")
		}
	}
	every := (len(f.Net.Counts) - 1) / (len(motion.Moments) - 1) // of the histograms is at a moment
	for k, at := range motion.Moments {
		cells := []string{number.Round(at)}
		if len(f.Apart) > 0 {
			cells = append(cells, percent(f.Apart[k]))
		}
		for _, r := range rows {
			for j := range f.View.Axes {
				mean, std := f.View.Moments(r.motion.Counts[k*every], j)
				cells = append(cells, number.Text(mean), number.Text(std))
			}
		}
		t.Add(cells...)
	}
	return t
}
