package samples

import (
	"fmt"

	"flowsweep/experiments/flow"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// ExactFlow returns the figure of the exact guided flow beside that of the net, from the same noise.
func (c Conditioned) ExactFlow() figure.Figure {
	f := figure.Figure{Title: "The exact guided flow beside the net", Size: "small", Table: figure.Table{Head: []string{"w", "points", "root mean square distance"}, Text: 0}}
	f.Caption = "Where the exact velocity carries noise under " + flow.GuidanceFormula + ", and where the net carries the same noise. RMSE is the root mean square distance of the two " +
		"ends, the solver’s error included. With w = 1 it is the distribution of the condition, and with w = 0 the whole distribution; with any other weight it is not that of the " +
		"density p^w, but what exact velocities give. The axes are those of the exact flow, and points outside are left out."
	var x, y figure.Span
	for i, g := range c.Exact {
		gx, gy := c.spansOf(g.Exact)
		if i == 0 {
			x, y = gx, gy
		}
		x, y = figure.Span{Low: min(x.Low, gx.Low), High: max(x.High, gx.High)}, figure.Span{Low: min(y.Low, gy.Low), High: max(y.High, gy.High)}
		f.Table.Add(number.Text(g.Guidance.Weight()), number.Whole(len(g.Net.Rows)), number.Text(g.RMSE))
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
			f.Legend = append(f.Legend, figure.Entry{Swatch: figure.DotSwatch(classColours[k]), Text: name})
		}
		if n > len(classColours) {
			f.Caption += fmt.Sprintf(" The colours of the first %d classes come again for the others.", len(classColours))
		}
	}
	return f
}
