package reports

import (
	"fmt"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
)

// fresh says how good the chosen setting is on points the choice never saw, where that was measured.
func (r report) fresh(chosenBy experiments.Stat) string {
	if len(r.Fresh) == 0 {
		return ""
	}
	var figures []string
	judged := false
	for _, st := range r.Fresh {
		figures = append(figures, st.Name+" "+interval(st.Mean, st.Low, st.High))
		judged = judged || st.Name == chosenBy.Name
	}
	text := fmt.Sprintf("%s, from noise and against a reference that the choice never saw.", strings.Join(figures, ", "))
	if judged && len(r.Summaries) > 1 {
		text += fmt.Sprintf(" The lowest of many figures is low by luck too, so the %s of %s that it was chosen by flatters it: these are the "+
			"figures to publish.", chosenBy.Name, number(chosenBy.Mean))
	}
	return text
}

// freshFact is the fresh figure of the metric that was chosen by, where there is one.
func (r report) freshFact(metric string) []fact {
	for _, st := range r.Fresh {
		if st.Name == metric {
			return []fact{{metric + " on fresh points", interval(st.Mean, st.Low, st.High), "the figure to publish"}}
		}
	}
	return nil
}

// noiseFact is the noise floor of the metric that was chosen by, where it is known.
func (r report) noiseFact(metric string) []fact {
	n, ok := r.noise(r.chosen, metric)
	if !ok {
		return nil
	}
	return []fact{{"Noise floor", number(n.mean) + " to " + number(n.q95), "what the truth itself scores"}}
}

// split says how much of the chosen setting's error is the solver's and how much the net's. Of the distances that the
// solver moves by no more than it moves the samples, it takes one of the highest order.
func (r report) split() string {
	path, ok := r.chosenStat(func(m metric.Metric) bool { return m.OfRun != nil && m.Order > 0 })
	if !ok {
		return ""
	}
	own := fmt.Sprintf("Its samples end %s (%s) from where exact integration of the same net carries the same noise", number(path.Mean), path.Name)
	for order := r.facts(path.Name).Order; order > 0; order-- {
		st, ok := r.chosenStat(func(m metric.Metric) bool { return m.OfRun == nil && m.Order == order })
		if !ok {
			continue
		}
		if path.Mean >= st.Mean {
			return own + fmt.Sprintf(", which is no less than their %s, %s: more steps may pay.", st.Name, number(st.Mean))
		}
		text := own + fmt.Sprintf(", so the solver moves their %s, %s, by no more than that. The rest is ", st.Name, number(st.Mean))
		if n, ok := r.noise(r.chosen, st.Name); ok {
			return text + fmt.Sprintf("the net’s error and sampling noise, which alone scores %s on average.", number(n.mean))
		}
		return text + "the net’s error and sampling noise."
	}
	for _, st := range r.Summaries[r.chosen].Metrics {
		if _, ok := r.noise(r.chosen, st.Name); ok {
			return own + fmt.Sprintf(": that is the solver’s error, and what %s reads beyond it is the net’s and sampling noise.", st.Name)
		}
	}
	return ""
}
