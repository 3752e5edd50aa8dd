package reports

import (
	"fmt"
	"strings"
)

// twin says what sampler.onnx computes if the chosen setting adapts its steps, which the file cannot.
func (r report) twin() string {
	if r.chosen < 0 {
		return ""
	}
	of := r.Summaries[r.chosen]
	if s := of.Setting.Sample; !s.Solver.Adaptive() || s.Path.Name != "" { // along another path there is no sampler file
		return ""
	}
	text := fmt.Sprintf("The chosen setting adapts its steps to each sample, and sampler.onnx takes fixed ones, so it is another solver. All figures of "+
		"the chosen setting are those of %s.", of.Setting.Sample.Words())
	if r.Twin == nil {
		return text + " The file’s own figures are not measured yet: “flowsweep export” does it."
	}
	text += fmt.Sprintf(" The file is its fixed-step twin (%s), at %s per sample", r.Twin.Setting.Sample.Words(), callCount(r.Twin.NFE))
	var figures []string
	for _, st := range r.Twin.Metrics {
		if was, ok := of.Stat(st.Name); ok && st.N > 0 && !r.ofNet(st.Name) {
			figures = append(figures, fmt.Sprintf("%s %s instead of %s", st.Name, interval(st.Mean, st.Low, st.High), interval(was.Mean, was.Low, was.High)))
		}
	}
	if len(figures) > 0 {
		text += ", sampled and measured as a run of its own: " + strings.Join(figures, ", ")
	}
	return text + "."
}

// twinFact returns the figure of the sampler file in the metric of the choice, if it is not that of the chosen setting.
func (r report) twinFact(metric string) []fact {
	if r.Twin == nil || r.ofNet(metric) {
		return nil
	}
	st, ok := r.Twin.Stat(metric)
	if !ok {
		return nil
	}
	return []fact{{metric + " of sampler.onnx", interval(st.Mean, st.Low, st.High), fmt.Sprintf("at fixed steps, NFE %s", calls(r.Twin.NFE))}}
}

// twinTable compares the chosen setting with what sampler.onnx computes, if they differ.
func (r report) twinTable() *table {
	if r.Twin == nil || r.chosen < 0 {
		return nil
	}
	of := r.Summaries[r.chosen]
	t := table{Head: []string{"", "chosen setting: " + of.Setting.Sample.Words(), "sampler.onnx: " + r.Twin.Setting.Sample.Words()}, Text: 1}
	t.add("velocity calls", nfe(of), nfe(*r.Twin))
	for _, st := range r.Twin.Metrics {
		if was, ok := of.Stat(st.Name); ok {
			t.add(st.Name, interval(was.Mean, was.Low, was.High), interval(st.Mean, st.Low, st.High))
		}
	}
	return &t
}
