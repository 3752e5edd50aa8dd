package experiments

import "flowsweep/experiments/ode"

// Reflow returns the parameters of the recipe's coupling if another net, the teacher, makes its pairs.
func (r Recipe) Reflow() (c ode.Reflow, ok bool) {
	c, ok = r.Coupling.Params.(ode.Reflow)
	return c, ok
}

// Teacher returns the recipe of the net whose flow makes the pairs of this one: the same but for the coupling, which is that of
// one round fewer. ok is false for a coupling without a teacher.
func (r Recipe) Teacher() (teacher Recipe, ok bool) {
	c, ok := r.Reflow()
	if ok {
		r.Coupling = c.Teacher()
	}
	return r, ok
}

// FitConfig is the stored configuration of a fit. Together with the key it determines the weights. The teacher's key is in it, so
// that whatever changes what the teacher learns also changes the key of the student.
type FitConfig struct {
	Recipe
	Teacher string `json:"teacher,omitzero"` // key
	Seed    uint64 `json:"seed"`
}

// Config returns the configuration of the fit as it is stored.
func (f Fit) Config() FitConfig { return FitConfig{f.Recipe, f.Teacher, f.Seed} }

// fitOf returns the fit of a recipe and a seed, without runs, and its teachers: the net that makes its pairs, the one that makes
// the pairs of that, and so on.
func fitOf(r Recipe, seed uint64) (fit Fit, teachers []Fit, err error) {
	fit = Fit{Recipe: r, Seed: seed}
	if t, ok := r.Teacher(); ok {
		teacher, further, err := fitOf(t, seed)
		if err != nil {
			return fit, nil, err
		}
		fit.Teacher, teachers = teacher.Key, append([]Fit{teacher}, further...)
	}
	keyed := struct {
		Recipe
		Teacher string `json:"teacher,omitzero"`
	}{r, fit.Teacher}
	fit.Key, err = key("fit", r.version(), keyed, seed)
	return fit, teachers, err
}

// lesson is what the teachers of a fit are needed for beside its pairs: their own dense solves from the noise of its runs show how far
// those end from where they should.
type lesson struct {
	teachers []Fit
	sample   Sampling
}

// Teachers returns the number of fits that only make the pairs of others: the spec has no runs of them.
func (p Plan) Teachers() int {
	n := 0
	for _, f := range p.Fits {
		if len(f.Runs) == 0 {
			n++
		}
	}
	return n
}
