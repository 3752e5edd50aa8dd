package reports

import (
	"fmt"
	"strings"

	"flowsweep/experiments"
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

// distances are the metrics in the units of the data that an error of the samples moves by no more than its root mean
// square: Wasserstein distances of the first and second order, and their means over projections.
var distances = []string{"sliced-w2", "w2", "w1"}

// split says how much of the chosen setting's error is the solver's and how much the net's.
func (r report) split() string {
	s := r.Summaries[r.chosen]
	path, ok := s.Stat(pathRMSE)
	if !ok || !finite(path.Mean) {
		return ""
	}
	own := fmt.Sprintf("Its samples end %s (path-rmse) from where exact integration of the same net carries the same noise", number(path.Mean))
	for _, name := range distances {
		st, ok := s.Stat(name)
		if !ok || !finite(st.Mean) {
			continue
		}
		if path.Mean >= st.Mean {
			return own + fmt.Sprintf(", which is no less than their %s, %s: more steps may pay.", name, number(st.Mean))
		}
		text := own + fmt.Sprintf(", so the solver moves their %s, %s, by no more than that. The rest is ", name, number(st.Mean))
		if n, ok := r.noise(r.chosen, name); ok {
			return text + fmt.Sprintf("the net’s error and sampling noise, which alone scores %s on average.", number(n.mean))
		}
		return text + "the net’s error and sampling noise."
	}
	for _, st := range s.Metrics {
		if _, ok := r.noise(r.chosen, st.Name); ok {
			return own + fmt.Sprintf(": that is the solver’s error, and what %s reads beyond it is the net’s and sampling noise.", st.Name)
		}
	}
	return ""
}
