package pipeline

import (
	"context"
	"fmt"
	"math"

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

// train trains the net of a fit and returns its weights. log gets the points of the loss curve as they come, step the
// number of steps taken since its last call. With ahead, another core draws the batches. A loss that is not finite ends
// the training with an error.
func train(ctx context.Context, e engine.Engine, fit experiments.Fit, ahead bool, log func(experiments.Loss), step func(n int)) ([]float32, error) {
	net, err := netOf(fit.Recipe)
	if err != nil {
		return nil, err
	}
	t := fit.Recipe.Train
	training := velocity.Training{Steps: t.Steps, Batch: t.Batch, Ahead: ahead, Optimizer: velocity.Optimizer{
		Rate: t.Rate, Cosine: t.Schedule == "cosine", Clip: t.Clip, Decay: t.Decay, EMA: t.EMA,
	}}
	every := (t.Steps + curvePoints - 1) / curvePoints
	sum, n := 0., 0
	return velocity.Train(ctx, e, net, training, fit.Seed, fit.Recipe.Path, pairs(fit), func(at int, loss float64) error {
		sum += loss
		n++
		broken := math.IsNaN(loss) || math.IsInf(loss, 0)
		if n == every || at == t.Steps || broken {
			log(experiments.Loss{Step: at, Value: sum / float64(n)})
			step(n)
			sum, n = 0, 0
		}
		if broken {
			return fmt.Errorf("the training loss is %g at step %d of %d: lower the rate, %g now", loss, at, t.Steps, t.Rate)
		}
		return nil
	})
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
