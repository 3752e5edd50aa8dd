// Package cost estimates how long a sweep takes on this machine: each net, each coupling, the sampling and the metrics apart, from what
// was measured here before or, where nothing was, from a moment's try.
//
//	known, err := cost.Read(ctx, db, environment)
//	estimate := known.Estimate(work, try, 2*time.Second)
package cost

import (
	"cmp"
	"slices"

	"flowsweep/experiments"
)

// Work is what is left to do of a plan.
type Work struct {
	Spec       experiments.Spec
	Parts      []Part
	Tunings    []Tuning
	Nulls      []experiments.NullPlan
	Workers    int // fits at once
	Processors int
}

// Part is what is left to do of a fit.
type Part struct {
	Fit    experiments.Fit
	Train  bool
	Sample []experiments.Run // to sample and measure, the dense solves among them
	Again  []experiments.Run // to measure only
}

// Tuning is a solver or grid to fit to the net of a recipe, with so many velocity calls of one point.
type Tuning struct {
	Recipe experiments.Recipe
	Calls  float64
}

// Estimate is how long a sweep takes, in seconds. Those of a line are of one worker that does all of it.
type Estimate struct {
	CPU      string     `json:"cpu"`
	Engine   string     `json:"engine"`
	Workers  int        `json:"workers"`
	Tried    float64    `json:"tried_seconds"` // that finding out took
	Seconds  float64    `json:"seconds"`       // of all, with the workers
	Training []Training `json:"training"`
	Sampling []Sampling `json:"sampling"`
	Metrics  []Metric   `json:"metrics"`
	Without  []string   `json:"metrics_without_estimate,omitempty"`
}

// From says where a figure is from.
type From string

// The sources of figures, the best first.
const (
	Measured From = "measured" // in stored fits or runs of this machine
	Tried    From = "tried"    // for a moment
	Guessed  From = "guessed"  // from others, by the number of multiplications
)

// Training is what the fits take that have the same net, batches and coupling.
type Training struct {
	Net         string  `json:"net"`
	Coupling    string  `json:"coupling"`
	Batch       int     `json:"batch"`
	Fits        int     `json:"fits"`
	Steps       int     `json:"steps"`        // of all of them
	StepSeconds float64 `json:"step_seconds"` // the pairing included
	PairSeconds float64 `json:"pair_seconds"` // a step: drawing noise and data and pairing them; 0 where it was not tried
	Seconds     float64 `json:"seconds"`      // of all steps
	From        From    `json:"from"`
	Of          int     `json:"measured_fits,omitempty"`

	key    string
	recipe experiments.Recipe
}

// Sampling is what the runs of a net take, its dense solves and tunings among them.
type Sampling struct {
	Net     string  `json:"net"`
	Runs    int     `json:"runs"`
	Calls   float64 `json:"velocity_calls"` // counted for each point
	Seconds float64 `json:"seconds"`
	From    From    `json:"from"`
	Of      int     `json:"measured_fits,omitempty"`

	key    string
	recipe experiments.Recipe
	points int // of its largest run
}

// Metric is what a metric takes, of runs and of samples of the truth, its null.
type Metric struct {
	Metric  string  `json:"metric"`
	Runs    int     `json:"runs"`
	Truths  int     `json:"truths"`
	Points  int     `json:"points"` // at most
	Each    float64 `json:"each_seconds"`
	Seconds float64 `json:"seconds"`
	From    From    `json:"from"`

	counts map[of]int // of runs and truths
	of     map[string]measured
}

// Estimate estimates the work. Parts for which nothing is known are tried, within the time that the trial has.
func (k Known) Estimate(w Work, t *Trial) Estimate {
	e := Estimate{CPU: k.on.CPU, Engine: k.on.Engine, Workers: w.Workers}
	e.Training, e.Sampling = trainings(w), samplings(w, k)
	e.Metrics, e.Without = metrics(w)
	at := max(1, min(w.Workers, w.Processors, len(w.Parts)))
	t.Workers = at
	cores := max(1, w.Processors/max(1, min(w.Workers, len(w.Parts))))
	for i := range e.Training {
		e.Training[i].known(k)
		e.Training[i].tried(t, cores)
	}
	for i := range e.Sampling {
		e.Sampling[i].known(k)
		e.Sampling[i].tried(t)
	}
	e.guess()
	for i := range e.Metrics {
		e.Metrics[i].tried(t)
	}
	slices.SortStableFunc(e.Metrics, func(a, b Metric) int { return cmp.Compare(b.Seconds, a.Seconds) })
	e.Tried = t.spent()
	e.Seconds = e.wall(w, at)
	return e
}

// wall returns the seconds that the workers take together: an equal share of all, but no less than the longest training.
func (e Estimate) wall(w Work, at int) float64 {
	trainings := map[string]Training{}
	longest := 0.
	all := e.TrainSeconds() + e.SampleSeconds() + e.MeasureSeconds()
	for _, t := range e.Training {
		trainings[t.key] = t
	}
	for _, p := range w.Parts {
		if t, ok := trainings[trainingKey(p.Fit.Recipe)]; p.Train && ok {
			longest = max(longest, t.StepSeconds*float64(p.Fit.Recipe.Train.Steps))
		}
	}
	return max(longest, all/float64(at))
}

// TrainSeconds returns the seconds of all trainings, one after another.
func (e Estimate) TrainSeconds() (sum float64) {
	for _, t := range e.Training {
		sum += t.Seconds
	}
	return sum
}

// SampleSeconds returns the seconds of all sampling, one run after another.
func (e Estimate) SampleSeconds() (sum float64) {
	for _, s := range e.Sampling {
		sum += s.Seconds
	}
	return sum
}

// MeasureSeconds returns the seconds of all metrics, one run after another.
func (e Estimate) MeasureSeconds() (sum float64) {
	for _, m := range e.Metrics {
		sum += m.Seconds
	}
	return sum
}

// trainings returns the groups of fits to train, in their order.
func trainings(w Work) (list []Training) {
	for _, p := range w.Parts {
		if !p.Train {
			continue
		}
		r := p.Fit.Recipe
		key := trainingKey(r)
		i := slices.IndexFunc(list, func(t Training) bool { return t.key == key })
		if i < 0 {
			i = len(list)
			list = append(list, Training{Net: r.VelocityNet().String(), Coupling: r.Coupling.String(), Batch: r.Train.Batch, key: key, recipe: r})
		}
		list[i].Fits++
		list[i].Steps += r.Train.Steps
	}
	return list
}

// samplings returns the nets whose runs are sampled, in their order.
func samplings(w Work, k Known) (list []Sampling) {
	group := func(r experiments.Recipe) *Sampling {
		key := netKey(r)
		i := slices.IndexFunc(list, func(s Sampling) bool { return s.key == key })
		if i < 0 {
			i = len(list)
			list = append(list, Sampling{Net: r.VelocityNet().String(), key: key, recipe: r})
		}
		return &list[i]
	}
	for _, p := range w.Parts {
		for _, run := range p.Sample {
			s := group(p.Fit.Recipe)
			s.Runs++
			s.Calls += k.calls(run.Sampling) * float64(run.Sampling.Count)
			s.points = max(s.points, run.Sampling.Count)
		}
		if lessons := lessonsOf(p); lessons > 0 {
			group(p.Fit.Recipe).Calls += lessons
		}
	}
	for _, t := range w.Tunings {
		group(t.Recipe).Calls += t.Calls
	}
	return list
}
