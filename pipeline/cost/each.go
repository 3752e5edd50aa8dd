package cost

import (
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/job"
)

// Each is what a step and a run of a fit take, in seconds of no machine in particular: only their ratios mean something.
type Each struct{ Step, Run float64 }

// usualMetric is what a metric of a run takes, in the seconds of a guess.
const usualMetric = .01

// EachOf guesses what steps and runs of each fit take, by the key of the fit. It neither reads a store nor tries anything.
func EachOf(w Work) map[string]Each {
	k := Known{}
	e := Estimate{Training: trainings(w), Sampling: samplings(w, k)}
	for i := range e.Training {
		e.Training[i].tried(NewTrial(job.Try{Now: time.Now}, 0), 1)
	}
	e.guess()
	steps, calls := map[string]float64{}, map[string]float64{}
	for _, t := range e.Training {
		steps[t.key] = t.StepSeconds
	}
	for _, s := range e.Sampling {
		if s.Calls > 0 {
			calls[s.key] = s.Seconds / s.Calls
		}
	}
	list := map[string]Each{}
	for _, p := range w.Parts {
		each := Each{Step: steps[trainingKey(p.Fit.Recipe)]}
		total := 0.
		for _, run := range p.Sample {
			total += k.calls(run.Sampling) * float64(run.Sampling.Count) * calls[netKey(p.Fit.Recipe)]
		}
		if runs := len(p.Sample) + len(p.Again); runs > 0 {
			each.Run = total/float64(runs) + usualMetric*float64(len(w.Spec.Metrics))
		}
		list[p.Fit.Key] = each
	}
	return list
}

// TrainingOf guesses how many seconds a training takes, teaching included, on a usual core: only ratios mean something.
func TrainingOf(r experiments.Recipe) float64 {
	g := Training{Batch: r.Train.Batch, recipe: r}
	g.pairing()
	return 3*job.Multiplications(r)/usual + g.PairSeconds*float64(r.Train.Steps)
}
