package reports

import (
	"fmt"
	"slices"
	"strings"
)

// description says what is particular to a figure of quality.
func (r report) description(metric string, c cost, f frame) string {
	text := fmt.Sprintf("Mean %s over the seeds against %s.", metric, c.axis)
	if f.linear {
		text = fmt.Sprintf("Mean %s over the seeds against %s, on a linear axis because it can be negative.", metric, c.axis)
	}
	m := r.metric(metric)
	if !m.TwoSamples() {
		text += " " + m.Doc
	}
	if m.Least != "" {
		text += " " + m.Least
	}
	if m.OfNet != nil {
		text += " It depends only on the net, not on the solver."
	}
	return text
}

// noiseNote says where the noise floor lies, if it is known.
func noiseNote(list []series, f frame) string {
	var all []noiseFloor
	for _, s := range list {
		for _, p := range s.points {
			if p.noise.n > 0 && !slices.Contains(all, p.noise) {
				all = append(all, p.noise)
			}
		}
	}
	drawn := bands(list, f)
	switch {
	case len(all) == 0:
		return ""
	case len(all) > 1:
		return "The pale bands show what fresh samples of the target score, from their mean to their 95\u00a0% quantile, for each target " +
			"and number of samples. Settings in or below their band are not distinguishable from the target."
	case len(drawn) == 0:
		return fmt.Sprintf("The noise floor, the score of fresh samples of the target, lies below the figure: %s.", all[0])
	default:
		return fmt.Sprintf("The pale band shows what %d fresh samples of the target score, %s. Settings in or below it are not "+
			"distinguishable from the target.", all[0].n, all[0])
	}
}

// tiesNote explains the rings in a figure of the chosen metric.
func (r report) tiesNote(metric string, fronts map[string][]point) string {
	ties := r.ties(metric)
	if len(ties) < 2 {
		return ""
	}
	tied, front := 0, 0
	for _, points := range fronts {
		for _, p := range points {
			front++
			if slices.Contains(ties, p.setting) {
				tied++
			}
		}
	}
	return fmt.Sprintf("Thin rings mark the settings tied with the best, including %d of the %s on the front: the differences "+
		"between tied settings may be luck.", tied, plural(front, "setting"))
}

// nonPositiveNote says how means are drawn that a logarithmic axis cannot show.
func nonPositiveNote(f frame) string {
	if !f.nonPositive {
		return ""
	}
	return "A logarithmic axis cannot show a mean of 0 or less: it is drawn as an open mark at the lower edge, where intervals are cut off."
}

// omissions says how many settings, and how many recipes or lines, a figure leaves out.
func omissions(missing, dropped int, byRecipe bool) string {
	text := ""
	if missing > 0 {
		text = fmt.Sprintf("%s left out for want of a finite mean. ", countAre(missing, "setting", "settings"))
	}
	one, several := "other line", "other lines"
	if byRecipe {
		one, several = "other recipe", "other recipes"
	}
	if dropped > 0 {
		text += fmt.Sprintf("%s not drawn: those shown have the lowest means.", countAre(dropped, one, several))
	}
	return strings.TrimSpace(text)
}
