package reports

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/reports/figure"
	"flowsweep/reports/number"
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
			number.Interval(st.Mean, st.Low, st.High), callCount(s.NFE), t.Reason))
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
			figures = append(figures, fmt.Sprintf("%s %s instead of %s", st.Name, number.Interval(st.Mean, st.Low, st.High), number.Interval(was.Mean, was.Low, was.High)))
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
	return []fact{{metric + " of sampler.onnx", number.Interval(st.Mean, st.Low, st.High), fmt.Sprintf("at fixed steps, NFE %s", calls(r.Twin.NFE))}}
}

// twinTable compares the chosen setting with what sampler.onnx computes, if they differ.
func (r report) twinTable() *figure.Table {
	if r.Twin == nil || r.chosen < 0 {
		return nil
	}
	of := r.Summaries[r.chosen]
	t := figure.Table{Head: []string{"of", "chosen setting: " + of.Setting.Sample.Words(), "sampler.onnx: " + r.Twin.Setting.Sample.Words()}, Text: 1}
	t.Add("velocity calls", nfe(of), nfe(*r.Twin))
	for _, st := range r.Twin.Metrics {
		if was, ok := of.Stat(st.Name); ok {
			t.Add(st.Name, number.Interval(was.Mean, was.Low, was.High), number.Interval(st.Mean, st.Low, st.High))
		}
	}
	return &t
}

// Student is a setting whose net learned from pairs that another net, its teacher, made (reflow). Numbers are means over the seeds,
// and NaN where one is not known.
type Student struct {
	Setting  int     // index into the summaries
	Straight Beside  // npe
	Apart    Beside  // root mean squared distance to where the teacher's flow carries the same noise, in the units of the data
	Data     Beside  // Metric, of samples
	Dense    float64 // Metric of a dense solve of the teacher
	Metric   string
}

// Beside is a number of a student and that of its teacher, sampled alike.
type Beside struct{ Own, Teacher float64 }

// studentTable puts students beside their teachers, setting by setting. What is not known of any of them has no column.
func (r report) studentTable() *figure.Table {
	if len(r.Students) == 0 {
		return nil
	}
	t := figure.Table{Head: []string{"student", "velocity calls"}, Text: 1}
	rows := make([][]string, len(r.Students))
	for i, s := range r.Students {
		rows[i] = []string{r.labels.Setting(s.Setting), nfe(r.Summaries[s.Setting])}
	}
	data := r.Students[0].Metric
	for _, column := range []struct {
		head string
		of   func(s Student) float64
	}{
		{"npe", func(s Student) float64 { return s.Straight.Own }},
		{"npe of the teacher", func(s Student) float64 { return s.Straight.Teacher }},
		{"distance to the teacher’s flow", func(s Student) float64 { return s.Apart.Own }},
		{"of the teacher at as many calls", func(s Student) float64 { return s.Apart.Teacher }},
		{data, func(s Student) float64 { return s.Data.Own }},
		{data + " of the teacher at as many calls", func(s Student) float64 { return s.Data.Teacher }},
		{data + " of the teacher’s flow", func(s Student) float64 { return s.Dense }},
	} {
		if !slices.ContainsFunc(r.Students, func(s Student) bool { return number.Finite(column.of(s)) }) {
			continue
		}
		t.Head = append(t.Head, column.head)
		for i, s := range r.Students {
			text := noCell.Text
			if x := column.of(s); number.Finite(x) {
				text = number.Text(x)
			}
			rows[i] = append(rows[i], text)
		}
	}
	for i, s := range r.Students {
		t.AddFor(r.labels.Whole(r.labels.Setting(s.Setting)), rows[i]...)
	}
	return &t
}
