package cost

import (
	"errors"
	"math"
	"sync"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/pipeline/job"
)

// Trial tries what is not known, as long as it may.
type Trial struct {
	Try     job.Try       // whose limit is that of one part
	Most    time.Duration // of all
	Workers int           // that try the same at once, as they get in each other's way

	began time.Time
	pairs map[string]float64 // by pairKey
	steps map[string][2]float64
	calls map[string]float64
}

// maxTriedFlops is the size of steps above which none is tried, as it would take seconds.
const maxTriedFlops = 2e10

// maxTriedBatch is the size of batches above which the pairing of so many is tried, and what is more counted as its power.
const (
	maxTriedBatch = 512
	pairingPower  = 2.5
)

// NewTrial returns a trial that starts now, of parts of a moment.
func NewTrial(try job.Try, most time.Duration) *Trial {
	return &Trial{Try: try, Most: most, began: try.Now(), pairs: map[string]float64{}, steps: map[string][2]float64{}, calls: map[string]float64{}}
}

// spent returns the seconds that trying took.
func (t *Trial) spent() float64 {
	if t.Most == 0 {
		return 0
	}
	return t.Try.Now().Sub(t.began).Seconds()
}

// may reports whether there is time for another part.
func (t *Trial) may() bool { return t.Try.Now().Sub(t.began)+2*t.Try.Limit < t.Most }

// together has all workers do the same, and returns the mean of what they return, and whether none has failed.
func (t *Trial) together(do func() (float64, error)) (mean float64, ok bool) {
	all, errs := make([]float64, max(1, t.Workers)), make([]error, max(1, t.Workers))
	var wait sync.WaitGroup
	for i := range all {
		wait.Go(func() { all[i], errs[i] = do() })
	}
	wait.Wait()
	for _, x := range all {
		mean += x / float64(len(all))
	}
	return mean, errors.Join(errs...) == nil
}

// pair returns the seconds that the pairs of a step take.
func (t *Trial) pair(fit experiments.Fit) (each float64, ok bool) {
	key := pairKey(fit.Recipe)
	if each, ok := t.pairs[key]; ok {
		return each, true
	}
	if !t.may() {
		return 0, false
	}
	more := 1.
	if batch := &fit.Recipe.Train.Batch; *batch > maxTriedBatch {
		more = math.Pow(float64(*batch)/maxTriedBatch, pairingPower)
		*batch = maxTriedBatch
	}
	each, ok = t.together(func() (float64, error) { return t.Try.Pair(fit) })
	if !ok {
		return 0, false
	}
	t.pairs[key] = more * each
	return more * each, true
}

// step returns the seconds until the first step of a net, and of each after it.
func (t *Trial) step(fit experiments.Fit, cores int) (took [2]float64, ok bool) {
	key := stepKey(fit.Recipe)
	if took, ok := t.steps[key]; ok {
		return took, true
	}
	if !t.may() || fit.Recipe.VelocityNet().StepFlops(fit.Recipe.Train.Batch) > maxTriedFlops {
		return took, false
	}
	try := t.Try
	try.Engine = job.EngineFor(try.Engine, fit, cores)
	starts := make(chan float64, max(1, t.Workers))
	each, ok := t.together(func() (float64, error) {
		start, each, err := try.Step(fit)
		starts <- start
		return each, err
	})
	if !ok {
		return took, false
	}
	t.steps[key] = [2]float64{<-starts, each}
	return t.steps[key], true
}

// call returns the seconds of a velocity call of one point.
func (t *Trial) call(fit experiments.Fit, points int) (each float64, ok bool) {
	key := netKey(fit.Recipe)
	if each, ok := t.calls[key]; ok {
		return each, true
	}
	points = max(1, min(points, 1000))
	if !t.may() || fit.Recipe.VelocityNet().StepFlops(points) > maxTriedFlops {
		return 0, false
	}
	each, ok = t.together(func() (float64, error) { return t.Try.Call(fit, points) })
	if !ok {
		return 0, false
	}
	t.calls[key] = each
	return each, true
}

// tried fills in what a training takes if it is not known, and its pairing in any case.
func (g *Training) tried(t *Trial, cores int) {
	fit := experiments.Fit{Recipe: g.recipe}
	pair, ok := t.pair(fit)
	g.PairSeconds = pair
	if g.From == Measured || !ok {
		return
	}
	took, ok := t.step(fit, cores)
	if !ok {
		return
	}
	g.StepSeconds, g.From = took[1]+pair, Tried
	if cores > 1 { // another core draws the batches
		g.StepSeconds = max(took[1], pair)
	}
	g.Seconds = g.StepSeconds*float64(g.Steps) + took[0]*float64(g.Fits)
}

// tried fills in what a sampling takes if it is not known.
func (s *Sampling) tried(t *Trial) {
	if s.From == Measured {
		return
	}
	if each, ok := t.call(experiments.Fit{Recipe: s.recipe}, s.points); ok {
		s.Seconds, s.From = each*s.Calls, Tried
	}
}

// usual is the number of multiplications a second that a guess starts from where nothing at all is known: that of one core with onnxruntime.
const usual = 1.5e10

// usualPairing is what the pairs of ot take for a batch of one; others that pair by cost are like it.
const usualPairing = 2e-9

// pairing guesses what the pairs of a step take, where they were not tried.
func (g *Training) pairing() {
	if g.PairSeconds == 0 && g.recipe.Coupling.Name != flow.Independent.Name && !g.recipe.Coupling.Taught {
		g.PairSeconds = usualPairing * math.Pow(float64(g.Batch), pairingPower)
	}
}

// guess fills in what is neither known nor tried, by the multiplications of what is.
func (e *Estimate) guess() {
	size := func(r experiments.Recipe) float64 { return float64(r.VelocityNet().Size()) }
	steps, calls := rate{}, rate{}
	for _, g := range e.Training {
		if g.From != "" {
			steps = steps.plus(max(g.StepSeconds-g.PairSeconds, 0), 3*size(g.recipe)*float64(g.Batch))
		}
	}
	for _, s := range e.Sampling {
		if s.From != "" {
			calls = calls.plus(s.Seconds, size(s.recipe)*s.Calls)
		}
	}
	each := func(r rate) float64 {
		if r.count == 0 || r.seconds == 0 {
			return 1 / usual
		}
		return r.each()
	}
	for i := range e.Training {
		if g := &e.Training[i]; g.From == "" {
			g.pairing()
			g.StepSeconds, g.From = each(steps)*3*size(g.recipe)*float64(g.Batch)+g.PairSeconds, Guessed
			g.Seconds = g.StepSeconds * float64(g.Steps)
		}
	}
	for i := range e.Sampling {
		if s := &e.Sampling[i]; s.From == "" {
			s.Seconds, s.From = each(calls)*size(s.recipe)*s.Calls, Guessed
		}
	}
}
