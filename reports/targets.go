package reports

import (
	"fmt"
	"slices"

	"flowsweep/experiments"
)

// otherTargets returns a sentence on what was chosen for every target but that of the verdict.
func (r report) otherTargets() []string {
	var list []string
	for _, t := range r.Targets {
		if len(t.Settings) == 0 || r.chosen >= 0 && slices.Contains(t.Settings, r.chosen) {
			continue
		}
		target := r.labels.Target(t.Settings[0])
		if t.Err != nil {
			list = append(list, fmt.Sprintf("For %s nothing was chosen: %s.", target, t.Err))
			continue
		}
		s := r.Summaries[t.Chosen]
		st, _ := s.Stat(r.Sweep.Spec.Choose.Metric)
		list = append(list, fmt.Sprintf("For %s: %s, with %s %s at %s per sample. It is the %s.", target, r.labels.Setting(t.Chosen), st.Name,
			interval(st.Mean, st.Low, st.High), callCount(s.NFE), t.Reason))
	}
	return list
}

// choiceOf returns the choice among the settings of the target of setting i, and whether there is one.
func (r report) choiceOf(i int) (experiments.Choice, bool) {
	for _, t := range r.Targets {
		if slices.Contains(t.Settings, i) {
			return t.Choice, t.Err == nil
		}
	}
	return r.Choice, r.chosen >= 0
}

// isChosen reports whether setting i is the chosen one of its target.
func (r report) isChosen(i int) bool {
	c, ok := r.choiceOf(i)
	return ok && c.Chosen == i
}
