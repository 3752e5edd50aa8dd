package experiments

import (
	"fmt"
	"slices"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"

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
func (s *Sampling) conditional(c given.Condition) {
	if s.Label == AllClasses {
		s.Label = ""
	}
	if c.Empty() {
		s.Guidance = flow.Guidance{}
	}
}

// checkGiven records what is said of a condition that the target does not have, or that training leaves out.
func (doc document) checkGiven(t *declare.Text, sample declare.Place) {
	drop := t.Root().Key("train").Key("drop")
	c, s := doc.Target.Given, doc.setting().Sample
	if c.Empty() {
		for _, at := range []struct {
			key   string
			place declare.Place
			has   bool
		}{{"guidance", sample.Key("guidance"), sample.Has("guidance")}, {"label", sample.Key("label"), sample.Has("label")}, {"drop", drop, t.Root().Key("train").Has("drop")}} {
			if at.has {
				t.Problem(at.place, "%s is for targets with a label or condition, and %s has none: leave it out, or add one", at.key, doc.Target.Name)
			}
		}
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
