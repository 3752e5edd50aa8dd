// Package roles tells which input of an ONNX file of any origin is what, and runs the file accordingly.
package roles

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments/engine/ort"
	"flowsweep/export/guided"
)

// StepNoise is the input for the noise of the steps of a sampler.
const StepNoise = "step_noise"

// Roles says what the inputs of a file are and which of its outputs counts.
type Roles struct {
	Kind     string // velocity, sampler or density
	Dim      int    // coordinates of a point
	Width    int    // numbers of a sample, if it is a row of a table and no point; otherwise 0
	Output   ort.Port
	times    ort.Port
	points   ort.Port
	noise    ort.Port           // of the steps, [steps, batch, d], or with the sizes of a shape in place of d; zero where a sampler takes none
	switches map[string]float64 // other inputs, and their constant values

	Conditional guided.Model // what the file is conditional on
}

// timeNames are the names of the times, in lower case.
var timeNames = []string{"t", "time", "times", "timestep", "timesteps"}

// Of tells the roles of the inputs from their shapes; from their names where shapes do not tell; and from named, the names
// under t and x, where it has them. Inputs that are switches get their values, and those of a conditional model what points are given.
func Of(inputs, outputs []ort.Port, switches map[string]float64, named map[string]string, by guided.Model) (r Roles, err error) {
	r.switches, r.Conditional = map[string]float64{}, by
	rest := slices.DeleteFunc(slices.Clone(inputs), func(p ort.Port) bool {
		v, ok := switches[p.Name]
		if ok {
			r.switches[p.Name] = v
		}
		return ok || slices.Contains(by.Ports(), p.Name)
	})
	for _, name := range named {
		if !slices.ContainsFunc(rest, func(p ort.Port) bool { return p.Name == name }) {
			return r, fmt.Errorf("it has no input %q: it takes %s", name, list(rest))
		}
	}
	if i := slices.IndexFunc(rest, isStepNoise); i >= 0 && len(rest) == 2 && len(named) == 0 {
		r.noise = rest[i]
		rest = slices.Delete(rest, i, i+1)
	}
	switch len(rest) {
	case 1:
		r.points = rest[0]
		err = r.single(outputs, named)
	case 2:
		err = r.pair(rest[0], rest[1], outputs, named)
	default:
		err = fmt.Errorf("it takes %s: a velocity takes times and points, and a sampler noise: save it with all other inputs as constants", list(rest))
	}
	if err != nil {
		return r, err
	}
	for _, p := range []ort.Port{r.points, r.Output} {
		if !p.Kind.Float() {
			return r, fmt.Errorf("its points %s are not floats: save it with floats of 16, 32 or 64 bits", one(p))
		}
	}
	return r, nil
}

// isStepNoise reports whether an input is the noise that a sampler adds on the way.
func isStepNoise(p ort.Port) bool {
	return p.Name == StepNoise && len(p.Dims) >= 3 && p.Dims[0] > 0 && p.Kind.Float()
}

// Steps returns the number of steps to which a sampler adds noise.
func (r Roles) Steps() int {
	if len(r.noise.Dims) == 0 {
		return 0
	}
	return r.noise.Dims[0]
}

// single finds the roles of a file with one input: a density or a sampler.
func (r *Roles) single(outputs []ort.Port, named map[string]string) error {
	if len(named) > 0 {
		return fmt.Errorf("it takes %s alone, so that it is a sampler: the names of times and points are for velocities", one(r.points))
	}
	r.Kind = "sampler"
	names := make([]string, len(outputs))
	for i, o := range outputs {
		names[i] = o.Name
	}
	if slices.Equal(names, []string{"noise", "log_prob"}) {
		r.Kind, r.Output = "density", outputs[1]
		r.Dim, _ = width(r.points)
		if r.Dim < 1 {
			return fmt.Errorf("its input %s must be [batch, d] with d known", one(r.points))
		}
		return nil
	}
	if r.decodes(outputs) {
		return nil
	}
	if len(outputs) == 1 {
		in, known := width(r.points)
		if out, ok := width(outputs[0]); known && ok && in == out+1 {
			return fmt.Errorf("it takes %s and returns %s, as if times were among the points: save it with two inputs, times and points", one(r.points), one(outputs[0]))
		}
	}
	return r.chooseOutput(outputs)
}

// pair finds the roles of a file with two inputs, a velocity.
func (r *Roles) pair(a, b ort.Port, outputs []ort.Port, named map[string]string) error {
	r.Kind = "velocity"
	var fitting []Roles
	var misfits []error
	for _, try := range [][2]ort.Port{{a, b}, {b, a}} {
		if named["t"] != "" && named["t"] != try[0].Name || named["x"] != "" && named["x"] != try[1].Name {
			continue
		}
		c := *r
		c.times, c.points = try[0], try[1]
		if !isTimes(c.times) {
			continue
		}
		if err := c.chooseOutput(outputs); err != nil {
			misfits = append(misfits, err)
			continue
		}
		fitting = append(fitting, c)
	}
	byName := slices.DeleteFunc(slices.Clone(fitting), func(c Roles) bool { return !isTimeName(c.times.Name) || isTimeName(c.points.Name) })
	switch {
	case len(fitting) == 0 && len(misfits) == 1:
		return misfits[0]
	case len(fitting) == 0 && len(named) > 0:
		return fmt.Errorf("it takes %s and %s and returns %s: times have one number per point, and points the sizes of the output, which the given names contradict",
			one(a), one(b), list(outputs))
	case len(fitting) == 0:
		return fmt.Errorf("it takes %s and %s and returns %s: a velocity takes times with one number per point, [batch, 1], [batch], [1] or a scalar, and points of the sizes of its one output, [batch, d] with d known",
			one(a), one(b), list(outputs))
	case len(fitting) == 1:
		*r = fitting[0]
	case len(byName) == 1:
		*r = byName[0]
	default:
		return fmt.Errorf("cannot tell which of its inputs %s and %s is the times: give --inputs t=%s,x=%s, or the other way round", one(a), one(b), a.Name, b.Name)
	}
	return r.checkTimes()
}

// checkTimes returns an error if times cannot be given to the file.
func (r *Roles) checkTimes() error {
	if !r.times.Kind.Float() {
		return fmt.Errorf("its times %s are no floats, and times from 0 to 1 would be rounded to whole numbers: save it with t as floats, and scale t inside the net",
			one(r.times))
	}
	if fixed := r.rows(); fixed > 0 && r.perRow() && r.times.Dims[0] > 0 && r.times.Dims[0] != fixed {
		return fmt.Errorf("it takes %s and %s, of different numbers of rows: save it with one for both", one(r.times), one(r.points))
	}
	return nil
}

func isTimeName(name string) bool { return slices.Contains(timeNames, strings.ToLower(name)) }

// isTimes reports whether the input can be times: one number for each point, or for all.
func isTimes(p ort.Port) bool {
	return len(p.Dims) < 2 || !slices.ContainsFunc(p.Dims[1:], func(d int) bool { return d > 1 || d == 0 })
}

// chooseOutput finds the output of the same sizes as the points, and the dimension.
func (r *Roles) chooseOutput(outputs []ort.Port) error {
	if len(r.points.Dims) < 2 {
		return fmt.Errorf("its points %s must be [batch, d] with d known", one(r.points))
	}
	var like []ort.Port
	for _, o := range outputs {
		same := slices.EqualFunc(o.Dims, r.points.Dims, func(a, b int) bool { return a == b || a < 0 || b < 0 })
		if same && o.Kind != ort.Other {
			like = append(like, o)
		}
	}
	if len(like) > 1 {
		return fmt.Errorf("it returns %s, all of the sizes of its points %s: save it with one output", list(like), one(r.points))
	}
	if len(like) == 0 {
		return fmt.Errorf("it takes points %s and returns %s: they must have the same sizes", one(r.points), list(outputs))
	}
	r.Output = like[0]
	for i, d := range r.Output.Dims[1:] {
		if r.points.Dims[i+1] < 0 {
			r.points.Dims = slices.Clone(r.points.Dims)
			r.points.Dims[i+1] = d
		}
	}
	dim, known := width(r.points)
	if !known || dim < 1 {
		return fmt.Errorf("its points %s must be [batch, d] with d known", one(r.points))
	}
	r.Dim = dim
	return nil
}

// rows returns the number of points that the file takes at once, or 0 if it takes any number.
func (r Roles) rows() int { return max(r.points.Dims[0], 0) }

// perRow reports whether each point has its own time, rather than all the same.
func (r Roles) perRow() bool {
	return len(r.times.Dims) > 0 && (r.times.Dims[0] != 1 || r.rows() == 1)
}

// one describes an input or output, for example as x [batch 2] of float32.
func one(p ort.Port) string {
	if len(p.Dims) == 0 {
		return fmt.Sprintf("%s (a scalar %v)", p.Name, p.Kind)
	}
	dims := make([]string, len(p.Dims))
	for i, d := range p.Dims {
		switch {
		case d >= 0:
			dims[i] = fmt.Sprint(d)
		case i == 0:
			dims[i] = "batch"
		default:
			dims[i] = "?"
		}
	}
	return fmt.Sprintf("%s [%s] (%v)", p.Name, strings.Join(dims, ", "), p.Kind)
}

// list describes inputs or outputs.
func list(ports []ort.Port) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = one(p)
	}
	return strings.Join(words, " and ")
}
