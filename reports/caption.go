package reports

import (
	"fmt"
	"slices"
	"strings"
)

// about says what a figure of quality shows, beyond what all of them have in common.
func (r report) about(metric string, c cost, f frame) string {
	text := fmt.Sprintf("Mean %s over the seeds against %s.", metric, c.axis)
	if f.linear {
		text = fmt.Sprintf("Mean %s over the seeds, which may well be negative, on a linear axis, against %s.", metric, c.axis)
	}
	m := r.facts(metric)
	if !m.TwoSamples() {
		text += " " + m.Doc
	}
	if m.Least != "" {
		text += " " + m.Least
	}
	if m.OfNet != nil {
		text += " It is the net's own, whatever solver samples it."
	}
	return text
}

// noiseNote says where the noise floor lies in a figure that has one.
func noiseNote(list []series, f frame) string {
	var all []noise
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
		return "The pale bands are what fresh samples of the truth score, from their mean up to their 95\u00a0%, for each target and " +
			"number of samples: no setting is told apart from the truth there."
	case len(drawn) == 0:
		return fmt.Sprintf("The noise floor, what fresh samples of the truth score, lies below the figure: %s.", all[0])
	default:
		return fmt.Sprintf("The pale band is what %d fresh samples of the truth score, %s: no setting is told apart from the truth there or below.",
			all[0].n, all[0])
	}
}

// tiesNote says what the rings of a figure of the chosen metric mean for its front.
func (r report) tiesNote(metric string, fronts map[string][]point) string {
	ties := r.ties(metric)
	if len(ties) < 2 {
		return ""
	}
	last, front := 0, 0
	for _, points := range fronts {
		for _, p := range points {
			front++
			if slices.Contains(ties, p.setting) {
				last++
			}
		}
	}
	return fmt.Sprintf("Thin rings mark the settings tied with the best; %d of the %s on the front are, and what the front "+
		"gains from one of them to the next may be luck.", last, many(front, "setting"))
}

// floorNote says where means are drawn that a logarithmic axis has no place for.
func floorNote(f frame) string {
	if !f.floor {
		return ""
	}
	return "A mean of 0 or less has no place on a logarithmic axis: it is an open mark at the lower edge, where intervals are cut too."
}

// leftOut says how many settings, and how many recipes or lines, a figure does not show.
func leftOut(missing, dropped int, split bool) string {
	text := ""
	if missing > 0 {
		text = fmt.Sprintf("%s left out, without a finite mean. ", areOf(missing, "setting", "settings"))
	}
	one, several := "other line", "other lines"
	if split {
		one, several = "other recipe", "other recipes"
	}
	if dropped > 0 {
		text += fmt.Sprintf("%s not drawn: these have the lowest means.", areOf(dropped, one, several))
	}
	return strings.TrimSpace(text)
}
