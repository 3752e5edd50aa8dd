package experiments

import (
	"fmt"
	"math"

	"flowsweep/experiments/ode"
)

// Twin returns how the sampler file of an adaptive run draws samples, which cannot adapt its steps: by the same method, in as
// many even steps as nfe velocity calls of the run allow. ok is false for a run at fixed steps, which its file takes as they
// are.
func (s Sampling) Twin(nfe Calls) (twin Sampling, ok bool) {
	if !s.Solver.Adaptive() {
		return s, false
	}
	const rounding = 1e-9 // of a mean of whole numbers
	steps := math.Ceil(float64(nfe)/float64(s.Solver.Stages()) - rounding)
	return Sampling{
		Solver: s.Solver.AtFixedSteps(), Steps: max(1, int(steps)), Grid: ode.UniformGrid, Path: s.Path, Count: s.Count,
	}, true
}

// Words returns the solver and its effort for people: "heun, 4 steps" or "bosh3, tolerance 0.01".
func (s Sampling) Words() string {
	switch {
	case s.Solver.Adaptive() && s.Tolerance.Atol == s.Tolerance.Rtol:
		return fmt.Sprintf("%s, tolerance %g", s.Solver.Name, s.Tolerance.Atol)
	case s.Solver.Adaptive():
		return fmt.Sprintf("%s, tolerance %g + %g |x|", s.Solver.Name, s.Tolerance.Atol, s.Tolerance.Rtol)
	case s.Steps == 1:
		return s.Solver.Name + ", 1 step"
	default:
		return fmt.Sprintf("%s, %d steps", s.Solver.Name, s.Steps)
	}
}

// Twins returns the twins of the runs of an adaptive setting, in their order, each as the only run of its fit. All take the
// same steps, as many as the mean of their velocity calls allows. There are none for a setting at fixed steps.
func (s Spec) Twins(of Summary) (fits []Fit, err error) {
	sampling, ok := of.Setting.Sample.Twin(of.NFE)
	if !ok {
		return nil, nil
	}
	setting := Setting{Recipe: of.Setting.Recipe, Sample: sampling}
	for _, r := range of.Runs {
		run, err := s.run(r.Fit, setting)
		if err != nil {
			return nil, err
		}
		fits = append(fits, Fit{Key: r.Fit, Recipe: setting.Recipe, Seed: r.Seed, Runs: []Run{run}})
	}
	return fits, nil
}
