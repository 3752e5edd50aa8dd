package cost

import (
	"context"
	"math"

	"flowsweep/experiments"
	"flowsweep/experiments/ode"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// Known is what this machine took before.
type Known struct {
	on    experiments.Environment
	fits  map[string]rate    // seconds of a step, by trainingKey
	runs  map[string]rate    // seconds of a velocity call of one point, by netKey
	steps map[string]float64 // mean velocity calls of samplings that choose their own steps, by their form
}

// rate is a sum of times.
type rate struct {
	seconds, count float64
	fits           int
}

func (r rate) each() float64 { return r.seconds / r.count }

// Read reads what a store knows of an environment. A store that is nil knows nothing.
func Read(ctx context.Context, db *store.DB, on experiments.Environment) (Known, error) {
	k := Known{on: on, fits: map[string]rate{}, runs: map[string]rate{}, steps: map[string]float64{}}
	if db == nil {
		return k, nil
	}
	fits, err := db.FitTimes(ctx)
	if err != nil {
		return k, err
	}
	runs, err := db.RunTimes(ctx)
	if err != nil {
		return k, err
	}
	parser := saved.Parser(ctx, db)
	for _, f := range fits {
		// A config of another version may be unreadable.
		if s, err := parser.Setting(f.Config, nil); err == nil && k.here(f.On) {
			k.fits[trainingKey(s.Recipe)] = k.fits[trainingKey(s.Recipe)].plus(f.Seconds, float64(s.Train.Steps))
		}
	}
	for _, r := range runs {
		if s, err := parser.Setting(r.Config, nil); err == nil && k.here(r.On) && r.Points > 0 {
			k.runs[netKey(s.Recipe)] = k.runs[netKey(s.Recipe)].plus(r.Seconds, r.Points)
		}
	}
	k.steps, err = db.Calls(ctx)
	return k, err
}

func (r rate) plus(seconds, count float64) rate {
	return rate{r.seconds + seconds, r.count + count, r.fits + 1}
}

// here reports whether an environment is as fast as this one.
func (k Known) here(on experiments.Environment) bool {
	return on.CPU == k.on.CPU && on.Cores == k.on.Cores && on.Engine == k.on.Engine && on.Arch == k.on.Arch
}

// netKey returns what the time of a velocity call depends on.
func netKey(r experiments.Recipe) string {
	return experiments.Form([]any{r.Net, r.Target.Shape, r.Target.Dim(), r.Target.Given.Width()})
}

// stepKey returns what the time of a training step depends on, apart from making its pairs.
func stepKey(r experiments.Recipe) string {
	return experiments.Form([]any{netKey(r), r.Train.Batch, r.Train.Optimizer, r.Train.EMA > 0, r.Train.Clip > 0})
}

// pairKey returns what the time to make the pairs of a step depends on.
func pairKey(r experiments.Recipe) string {
	return experiments.Form([]any{r.Target, r.Source, r.Coupling, r.Train.Batch, r.Train.Times, r.Train.Drop > 0})
}

func trainingKey(r experiments.Recipe) string { return stepKey(r) + pairKey(r) }

// lessonsOf returns the velocity calls of one point that making the pairs of a part takes before its training.
func lessonsOf(p Part) float64 {
	if !p.Train {
		return 0
	}
	return job.Lessons(p.Fit.Recipe)
}

// calls returns the velocity calls of a sampling, or for one that chooses its steps those of before, or a guess.
func (k Known) calls(s experiments.Sampling) float64 {
	if !s.Solver.Adaptive() {
		return float64(s.Solver.Calls(s.Steps) * s.Guidance.Calls())
	}
	if calls, ok := k.steps[experiments.Form(s)]; ok {
		return calls
	}
	// A smooth flow from 0 to 1 takes about ten steps of order 5 at 1e-5, and the number of steps grows as the fifth root.
	return float64(10*ode.Dopri5.Stages()*s.Guidance.Calls()) * math.Pow(1e-5/max(s.Tolerance.Rtol, s.Tolerance.Atol), .2)
}

// known fills in what was measured of these fits.
func (t *Training) known(k Known) {
	if r, ok := k.fits[t.key]; ok {
		t.StepSeconds, t.From, t.Of = r.each(), Measured, r.fits
		t.Seconds = t.StepSeconds * float64(t.Steps)
	}
}

// known fills in what was measured of this net.
func (s *Sampling) known(k Known) {
	if r, ok := k.runs[s.key]; ok {
		s.Seconds, s.From, s.Of = r.each()*s.Calls, Measured, r.fits
	}
}
