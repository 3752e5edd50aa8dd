package experiments

import (
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/table"
	"flowsweep/experiments/target"
)

// labels returns the table with the labels that are in a file of their own as a further column, which the file is then said to have.
func (d *dataFiles) labels(t table.Table, f *target.File) (table.Table, error) {
	if f.Label.File == "" {
		return t, nil
	}
	labels, err := d.table(f.Label.File, nil, table.Options{Header: table.AutoHeader})
	if err != nil {
		return t, err
	}
	at := 0
	switch names := labels.Names(); {
	case f.Label.Column != "":
		if at = slices.Index(names, f.Label.Column); at < 0 {
			return t, fmt.Errorf("%s has no column %q: it has %s", f.Label.File, f.Label.Column, table.Listed(names))
		}
	case len(names) != 1:
		return t, fmt.Errorf("%s has %d columns: say which of them is the label, as label: {file: %s, column: NAME}", f.Label.File, len(names), f.Label.File)
	}
	column := labels.Columns[at]
	if labels.Len() != t.Len() {
		return t, fmt.Errorf("%s has %d rows and %s %d: there must be a label for each row, in the same order", f.Label.File, labels.Len(), f.File, t.Len())
	}
	if !labels.Named {
		column.Name = "label"
	}
	if slices.Contains(t.Names(), column.Name) {
		return t, fmt.Errorf("%s has a column %q too: rename the label", f.File, column.Name)
	}
	t.Columns = append(slices.Clone(t.Columns), column)
	f.Label = target.Label{Column: column.Name}
	return t, nil
}

// AllClasses is the label of samples of every class.
const AllClasses = "all"

// conditional clears what does not apply to a target with this condition.
func (s *Setting) conditional(c given.Condition) {
	if s.Sample.Label == AllClasses {
		s.Sample.Label = ""
	}
	if c.Empty() {
		s.Sample.Guidance, s.Sample.Label, s.Train.Drop = flow.Guidance{}, "", 0
	}
}

// checkConditional records what is said of conditions where no target has any.
func checkConditional(t *declare.Text, sample declare.Place, docs []*document) {
	if slices.ContainsFunc(docs, func(doc *document) bool { return !doc.Target.Given.Empty() }) {
		return
	}
	train := t.Root().Key("train")
	for _, at := range []struct {
		of  declare.Place
		key string
	}{{sample, "guidance"}, {sample, "label"}, {train, "drop"}} {
		if at.of.Has(at.key) {
			t.Problem(at.of.Key(at.key), "%s is for targets with a label or condition, and %s has none: leave it out, or add one", at.key, docs[0].Target.Name)
		}
	}
}

// checkGiven records what is asked of a condition that the target does not have, or that training leaves out.
func (doc document) checkGiven(t *declare.Text, sample declare.Place) {
	c, s := doc.Target.Given, doc.setting().Sample
	if c.Empty() {
		return
	}
	if w := s.Guidance.Weight(); w != 1 && doc.Train.Drop == 0 {
		t.Problem(sample.Key("guidance"), "guidance %g needs a net that has also learnt the whole distribution: add train: {drop: 0.1}, or use guidance 1", w)
	}
	if s.Label == "" {
		return
	}
	if _, err := c.Index(s.Label); err != nil {
		t.Problem(sample.Key("label"), "%v", err)
	} else if s.Guidance.Weight() == 0 {
		t.Problem(sample.Key("label"), "guidance 0 samples the whole distribution whatever the label: leave one of them out")
	}
}

// checkMetricOfGiven returns an error if a metric needs what points are given, and that is nothing.
func (doc document) checkMetricOfGiven(m metric.Metric) error {
	switch {
	case m.JudgeClasses != nil && len(doc.Target.Given.Classes) == 0:
		return fmt.Errorf("%s compares the shares of classes, of which %s has none: leave it out, or give the target a label", m.Name, doc.Target.Name)
	case m.OfGiven && doc.Target.Given.Empty():
		return fmt.Errorf("%s compares points with what they are given, which of %s is nothing: leave it out, or give the target a label or condition", m.Name, doc.Target.Name)
	default:
		return nil
	}
}

// pairingCautions returns what is odd about a coupling with a condition.
func (r Recipe) pairingCautions() []string {
	c := r.Coupling
	if len(r.Target.Given.Numbers) == 0 || c.Taught || c.Name == flow.Independent.Name {
		return nil
	}
	return []string{fmt.Sprintf("the coupling %s pairs points with noise whatever numbers they are given, which biases a model conditional on %s: use independent",
		c.Name, table.Listed(r.Target.Given.Names()))}
}

// MeasuredForm identifies what Measured returns, which settings with the same values to compare have in common.
func (s Setting) MeasuredForm() string { return Form([]any{s.Target, s.Sample.Label}) }

// Measured returns the target that samples of the setting are compared with: of one class, if they are.
func (s Setting) Measured() target.Target {
	if s.Sample.Label == "" {
		return s.Target
	}
	k, err := s.Target.Given.Index(s.Sample.Label)
	if err != nil {
		return s.Target // of a stored setting that nothing made
	}
	return s.Target.Only(k)
}

// MaxMeasuredClasses is the largest number of classes of which each is measured by itself. Each takes as many nulls as the whole.
const MaxMeasuredClasses = 20

// Measures reports whether the metric has a meaning for samples of the setting. Those of the whole distribution are asked for nothing, so
// that nothing can be compared with what they are given.
func (s Setting) Measures(m metric.Metric) bool { return !m.OfGiven || s.Sample.Guidance.Weight() != 0 }

// byClass reports whether samples of the setting are of several classes, which they were asked for.
func (s Setting) byClass() bool {
	return len(s.Target.Given.Classes) > 0 && s.Sample.Label == "" && s.Sample.Guidance.Weight() > 0
}

// ClassMetrics returns the metrics of the samples of each class: for a setting whose samples are of several classes, but not too many,
// that they were asked for, all metrics of two samples. A metric of what points are given is left out, as those of one class are all given
// the same.
func (s Spec) ClassMetrics(of Setting) (list []metric.Metric) {
	classes := of.Target.Given.Classes
	if !of.byClass() || len(classes) > MaxMeasuredClasses {
		return nil
	}
	for _, m := range s.MetricsOf(of.Target) {
		if !m.TwoSamples() || m.OfGiven {
			continue
		}
		for _, class := range classes {
			list = append(list, m.Of(class))
		}
	}
	return list
}

// allClassMetrics returns the metrics of single classes of any setting of the spec.
func (s Spec) allClassMetrics() (list []metric.Metric) {
	var seen [][]string
	for _, of := range s.Settings {
		classes := of.Target.Given.Classes
		if !of.byClass() || slices.ContainsFunc(seen, func(have []string) bool { return slices.Equal(have, classes) }) {
			continue
		}
		seen = append(seen, classes)
		list = append(list, s.ClassMetrics(of)...)
	}
	return list
}

// classNotes says why the classes of a setting are not measured, if they are not for their number.
func (s Setting) classNotes() []string {
	if n := len(s.Target.Given.Classes); s.byClass() && n > MaxMeasuredClasses {
		return []string{fmt.Sprintf("target %s: the %d classes of %s are measured together, but not each by itself, as they are more than %d",
			s.Target.Name, n, s.Target.Given.Label, MaxMeasuredClasses)}
	}
	return nil
}

// Classes are the metrics of each class of a setting, means over its seeds.
type Classes struct {
	Label   string   // what the classes are
	Metrics []string // names, in the order of the figures
	Rows    []ClassRow
}

// ClassRow is a class of a table of Classes.
type ClassRow struct {
	Class     string
	Share     float64       // of the data
	Reference int           // points that it is compared with
	Figures   []ClassFigure // of each metric
}

// ClassFigure is the mean of a metric over the seeds. Its standard error is over the seeds or, with one, that of the value, and P the
// p-value of the mean under the null of the class; they are NaN where they are not known, as the mean is if nothing was measured.
type ClassFigure struct{ Mean, SE, P float64 }

// Classes returns the metrics of the classes of a setting. There are no rows where none are measured. It comes after SetNulls.
func (s Sweep) Classes(of Summary) (c Classes) {
	to, metrics := of.Setting.Target, s.Spec.ClassMetrics(of.Setting)
	if len(metrics) == 0 || len(of.Runs) == 0 {
		return c
	}
	c.Label = to.Given.Label
	size := s.Spec.referenceSize(to)
	for k, class := range to.Given.Classes {
		row := ClassRow{Class: class, Share: to.Given.Shares[k], Reference: size}
		if to.Held.Len() > 0 {
			row.Reference = min(to.HeldOf(k), s.Spec.Reference.Count)
		}
		for _, m := range metrics {
			if m.Class != class {
				continue
			}
			if k == 0 {
				c.Metrics = append(c.Metrics, metric.Whole(m.Name))
			}
			row.Figures = append(row.Figures, s.classFigure(of, m.Name))
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// classFigure returns a figure of one class.
func (s Sweep) classFigure(of Summary, name string) ClassFigure {
	var values []float64
	se := math.NaN()
	for _, r := range of.Runs {
		for _, v := range r.OfClasses {
			if v.Name == name {
				values, se = append(values, v.Value), v.SE
			}
		}
	}
	mean := metric.Mean(values)
	f := ClassFigure{Mean: mean.Value, SE: mean.SE, P: math.NaN()}
	if len(values) == 1 {
		f.SE = se
	}
	if null := s.Noise(of.Setting, name).Values; len(null) > 0 {
		f.P = metric.PValue(null, f.Mean)
	}
	return f
}
