package draw

import (
	"errors"
	"fmt"
	"strconv"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/target"
	"flowsweep/export/guided"
)

// conditional is what a model is conditional on, and how the conditions of samples are drawn where nothing says what they are.
type conditional struct {
	Given given.Condition
	names []string                                                     // of the coordinates of points that have no columns; nil for x1, x2, ...
	draw  func(count int, stream *flow.Stream, first uint64) []float64 // (count, m); nil if they must be given
}

// ofTarget returns the condition of a target, of which draws have conditions.
func ofTarget(t target.Target) conditional {
	if t.Given.Empty() {
		return conditional{}
	}
	return conditional{t.Given, t.CoordinateNames(), func(count int, stream *flow.Stream, first uint64) []float64 {
		x := flow.Batch{Dim: t.Dim(), Data: make([]float64, count*t.Dim()), Given: make([]float64, count*t.Given.Width())}
		t.Fill(x, stream, first)
		return x.Given
	}}
}

// ofFile returns the condition of a file, which knows the shares of its classes.
func ofFile(by guided.Model) conditional {
	c := conditional{Given: by.Given}
	if len(by.Given.Classes) == 0 {
		return c
	}
	c.draw = func(count int, stream *flow.Stream, first uint64) (rows []float64) {
		for i := range count {
			k, u := 0, stream.At(first+uint64(i)).Float64()
			for u -= by.Given.Shares[k]; u > 0 && k+1 < len(by.Given.Classes); u -= by.Given.Shares[k] {
				k++
			}
			rows = append(rows, by.Given.Class(k)...)
		}
		return rows
	}
	return c
}

// condition fills in how samples are conditional: as the flags say and, where they say nothing, as the run was or with a guidance of 1.
func (f From) condition(flags Flags, s *experiments.Sampling) error {
	c := f.conditional.Given
	if c.Empty() {
		for name, value := range map[string]string{"label": flags.Label, "guidance": flags.Guidance, "condition": fmt.Sprint(flags.Condition)} {
			if value != "" && value != "[]" {
				return fmt.Errorf("--%s: %s is conditional on nothing: leave it out", name, f.Name)
			}
		}
		return nil
	}
	s.Guidance, s.Label = flow.Guided(1), ""
	if !f.run.Guidance.IsZero() {
		s.Guidance, s.Label = f.run.Guidance, f.run.Label
	}
	if flags.Guidance != "" {
		w, err := strconv.ParseFloat(flags.Guidance, 64)
		if err != nil || !flow.Finite(w) {
			return fmt.Errorf("--guidance %s: use a finite number: %s", flags.Guidance, flow.GuidanceFormula)
		}
		s.Guidance = flow.Guided(w)
	}
	if f.noNone && s.Guidance.Weight() != 1 {
		return fmt.Errorf("--guidance %s: the net was trained without drop, so it has not learnt the whole distribution: use 1, or train it with drop: 0.1", s.Guidance)
	}
	if flags.Label != "" {
		s.Label = flags.Label
	}
	if s.Label == experiments.AllClasses {
		s.Label = ""
	}
	switch _, err := c.Index(s.Label); {
	case s.Label == "" || err == nil && s.Guidance.Weight() != 0:
		return nil
	case err != nil:
		return fmt.Errorf("--label: %w", err)
	case flags.Label == "": // that of the run
		s.Label = ""
		return nil
	default:
		return errors.New("--label: guidance 0 samples the whole distribution whatever the label: leave one of them out")
	}
}

// conditions returns what samples are given, part by part; nil for a model that is conditional on nothing.
func (f From) conditions(flags Flags, s experiments.Sampling, seed uint64) (rows func(count, first int) []float64, varied bool, err error) {
	c := f.conditional.Given
	repeat := func(row []float64) (func(count, first int) []float64, bool, error) {
		return func(count, _ int) []float64 { return given.Repeat(row, count) }, false, nil
	}
	switch {
	case c.Empty():
		return nil, false, nil
	case len(flags.Condition) > 0 && s.Guidance.Weight() == 0:
		return nil, false, errors.New("--condition: guidance 0 samples the whole distribution whatever the condition: leave one of them out")
	case len(flags.Condition) > 0:
		row, err := c.Parse(flags.Condition)
		if err != nil {
			return nil, false, fmt.Errorf("--condition: %w", err)
		}
		return repeat(row)
	case s.Label != "":
		k, err := c.Index(s.Label)
		if err != nil {
			return nil, false, err
		}
		return repeat(c.Class(k))
	case s.Guidance.Weight() == 0:
		return repeat(c.Class(given.None))
	case f.conditional.draw == nil && len(c.Numbers) > 0:
		return nil, false, errors.New("--condition is missing: give NAME=VALUE for each of the numbers that the model is conditional on")
	case f.conditional.draw == nil:
		return nil, false, fmt.Errorf("--label is missing: give one of the classes of %s", c.Label)
	default:
		stream := flow.NewStream(seed, "noise conditions")
		return func(count, first int) []float64 { return f.conditional.draw(count, stream, uint64(first)) }, true, nil
	}
}

// Written returns the columns and the code of samples as they are written, and what makes rows of samples as Draw gives them: with what each
// is given as further columns, if they are not all given the same.
func (f From) Written(how Settings) (columns []string, code kinds.Code, rows func(samples flow.Batch) flow.Batch) {
	if !how.varied {
		return f.Columns, f.Code, func(samples flow.Batch) flow.Batch { return samples }
	}
	t := target.Target{Shape: []int{f.Dim}, Columns: f.Columns, Code: f.Code, Given: f.conditional.Given}
	if t.Columns == nil {
		t.Columns = f.names
	}
	columns, code = t.Drawn()
	return columns, code, t.Beside
}
