package pipeline

import (
	"context"
	"fmt"
	"math"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/velocity"
)

// curvePoints is about how many points of a loss curve are kept. Each is the mean of the steps since the one before.
const curvePoints = 500

// netOf returns the velocity net of a recipe.
func netOf(r experiments.Recipe) (velocity.Net, error) {
	activation, err := velocity.ActivationByName(r.Net.Activation)
	if err != nil {
		return velocity.Net{}, err
	}
	architecture, err := velocity.ArchitectureByName(r.Net.Name)
	if err != nil {
		return velocity.Net{}, err
	}
	return velocity.Net{
		Architecture: architecture, Dim: r.Target.Dim, Width: r.Net.Width, Depth: r.Net.Depth, Heads: r.Net.Heads, Activation: activation,
	}, nil
}

// curveSteps returns how many steps of a fit a point of its loss curve is the mean of.
func curveSteps(fit experiments.Fit) int {
	return (fit.Recipe.Train.Steps + curvePoints - 1) / curvePoints
}

// training is the training of the net of one fit. What comes of it depends on the fit and the engine alone, wherever it
// was interrupted and went on.
type training struct {
	fit     experiments.Fit
	engine  engine.Engine
	ahead   bool                   // another core draws the batches
	from    *checkpoint            // to go on from; nil: from the start
	pace    *pace                  // of checkpoints
	resumed func(step int)         // gets the step it goes on from, once it does
	log     func(experiments.Loss) // gets the points of the loss curve as they come
	steps   func(n int)            // gets the number of steps taken since its last call, or since resumed
	save    func(c checkpoint)     // gets checkpoints when they are due, and when the context ends the training

	start time.Time
	at    int // step
	sum   float64
	count int // losses in sum: those since the last point of the curve
}

// run trains the net and returns its weights. A loss that is not finite ends the training with an error.
func (t *training) run(ctx context.Context) ([]float32, error) {
	net, err := netOf(t.fit.Recipe)
	if err != nil {
		return nil, err
	}
	r := t.fit.Recipe.Train
	tr := velocity.Training{
		Steps: r.Steps, Batch: r.Batch, Ahead: t.ahead,
		Optimizer: velocity.Optimizer{Rate: r.Rate, Cosine: r.Schedule == "cosine", Clip: r.Clip, Decay: r.Decay, EMA: r.EMA},
		Every:     1, Due: func(step int) bool { return step < r.Steps && t.pace.due() }, Save: t.saveNet,
	}
	t.start, t.at, t.sum, t.count = t.pace.now(), 0, 0, 0
	if t.from != nil {
		t.at, t.sum, t.count, tr.From = t.from.step, t.from.Sum, t.from.Count, t.from.net
	}
	return velocity.Train(ctx, t.engine, net, tr, t.fit.Seed, t.fit.Recipe.Path, pairs(t.fit), t.loss)
}

// loss adds the loss of a step to the curve.
func (t *training) loss(at int, loss float64) error {
	if t.from != nil && at == t.from.step+1 {
		t.resumed(t.from.step)
	}
	t.sum += loss
	t.count++
	r := t.fit.Recipe.Train
	broken := math.IsNaN(loss) || math.IsInf(loss, 0)
	if at%curveSteps(t.fit) == 0 || at == r.Steps || broken {
		t.log(experiments.Loss{Step: at, Value: t.sum / float64(t.count)})
		t.steps(at - t.at)
		t.at, t.sum, t.count = at, 0, 0
	}
	if broken {
		return fmt.Errorf("the training loss is %g at step %d of %d: lower the rate, %g now", loss, at, r.Steps, r.Rate)
	}
	return nil
}

// saveNet makes a checkpoint of velocity's one.
func (t *training) saveNet(step int, net []byte) error {
	t.save(checkpoint{
		Fit: t.fit.Key, Engine: t.engine.Name, Sum: t.sum, Count: t.count, Seconds: t.seconds(), step: step, net: net,
	})
	t.pace.saved()
	return nil
}

// seconds returns how long the training has taken, the attempts it goes on from included.
func (t *training) seconds() float64 {
	s := t.pace.now().Sub(t.start).Seconds()
	if t.from != nil {
		s += t.from.Seconds
	}
	return s
}

// pairs returns the batches of a fit. Row i of step k is the point of id (k - 1) batch + i of its streams, so no point
// is drawn twice and none depends on the batch it falls into; which noise goes with which data may, by the coupling.
func pairs(fit experiments.Fit) velocity.Pairs {
	noise := flow.NewStream(fit.Seed, "training noise")
	data := flow.NewStream(fit.Seed, "training data")
	times := flow.NewStream(fit.Seed, "training times")
	coupled := flow.NewStream(fit.Seed, "training pairs")
	return func(step int, t []float64, x0, x1 flow.Batch) error {
		first := uint64(step-1) * uint64(len(t))
		fit.Recipe.Source.Fill(x0, noise, first)
		fit.Recipe.Target.Fill(x1, data, first)
		fit.Recipe.Train.Times.Fill(t, times, first)
		return fit.Recipe.Coupling.Pair(coupled.At(uint64(step)), x0, x1)
	}
}
