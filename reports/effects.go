package reports

import (
	"slices"

	"flowsweep/reports/effects"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
)

// effects returns the figures of how the metric of the choice depends on what is swept; none if only one value is.
func (r report) effects() (list []figure.Figure) {
	s, ok := r.design()
	if !ok {
		return nil
	}
	strips := s.Strips()
	if len(strips.Drawings) < 2 {
		return nil
	}
	list = append(list, strips)
	if lines := s.Parallel(); len(lines.Drawings) > 0 {
		list = append(list, lines)
	}
	return list
}

// design returns the settings of the target of the choice, by what is swept.
func (r report) design() (s effects.Sweep, ok bool) {
	name := r.Sweep.Spec.Choose.Metric
	if r.chosen < 0 {
		return s, false
	}
	best := r.Choice.Best
	s = effects.Sweep{Metric: name, Chosen: r.chosen, Tied: r.Choice.Tied}
	st, _ := r.Summaries[best].Stat(name)
	s.Scale = st.Scale
	var kept []int
	for i, own := range r.Summaries {
		if r.labels.Target(i) == r.labels.Target(r.chosen) && own.Complete(name) && len(own.Diverged(name)) == 0 && own.Memorised() == 0 {
			kept = append(kept, i)
		}
	}
	s.Left = len(r.Summaries) - len(kept)
	for _, f := range r.swept {
		levels := slices.DeleteFunc(slices.Clone(f.Levels), func(l string) bool {
			return !slices.ContainsFunc(kept, func(i int) bool { return f.Values[i] == l })
		})
		s.Factors = append(s.Factors, effects.Factor{Name: f.Name, Levels: levels})
	}
	for _, i := range kept {
		s.Settings = append(s.Settings, r.designed(i, s.Factors))
	}
	return s, len(s.Settings) > 1
}

// designed returns setting i of a design.
func (r report) designed(i int, factors []effects.Factor) effects.Setting {
	x := effects.Setting{Index: i, Label: r.labels.Setting(i), NFE: float64(r.Summaries[i].NFE)}
	for k, f := range r.swept {
		x.Levels = append(x.Levels, slices.Index(factors[k].Levels, f.Values[i]))
	}
	for _, run := range r.Summaries[i].Runs {
		if v, ok := run.Metric(r.Sweep.Spec.Choose.Metric); ok && number.Finite(v) {
			x.Values = append(x.Values, v)
		}
	}
	return x
}
