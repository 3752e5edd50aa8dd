package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/velocity"
)

// CurvePoints is the approximate number of points in a loss curve. Each is the mean over the steps since the one before.
const CurvePoints = 500

// curveSteps returns over how many steps each point of a fit's loss curve is averaged.
func curveSteps(fit experiments.Fit) int {
	return (fit.Recipe.Train.Steps + CurvePoints - 1) / CurvePoints
}

// training is one attempt at a job.
type training struct {
	Job
	from   *checkpoint // to go on from; nil: from the start
	events Events
	pace   *pace

	start time.Time
	at    int // step
	held  *heldOut
	lost  float64 // held-out loss at the last point of the curve; 0 if no rows are held out
	sum   float64
	count int // losses in sum: those since the last point of the curve
	blast blast
}

// train makes one attempt.
func train(ctx context.Context, j Job, from *checkpoint, events Events) (got Trained, err error) {
	t := &training{Job: j, from: from, events: events, pace: newPace(j.Every, j.Now)}
	err = Guard(func() (err error) {
		got.Weights, err = t.run(ctx)
		return err
	})
	got.Seconds = t.seconds()
	return got, err
}

// run trains the net and returns its weights.
func (t *training) run(ctx context.Context) ([]float32, error) {
	t.start = t.Now()
	taught, err := t.lessons(ctx)
	if err != nil {
		return nil, err
	}
	return t.learn(ctx, taught)
}

// learn trains the net from what a teacher taught, or from data and noise if that is nil.
func (t *training) learn(ctx context.Context, taught *lessons) (weights []float32, err error) {
	net := t.Fit.Recipe.VelocityNet()
	r := t.Fit.Recipe.Train
	tr := velocity.Training{
		Steps: r.Steps, Batch: r.Batch, Ahead: t.Ahead, Stop: t.Stop,
		Optimizer: velocity.Optimizer{Rate: r.Rate, Cosine: r.Schedule == "cosine", Clip: r.Clip, Decay: r.Decay, EMA: r.EMA},
		Watch:     t.watch,
		Every:     1, Due: func(step int) bool { return step < r.Steps && t.pace.due() }, Save: t.save,
	}
	t.at, t.sum, t.count, t.blast = 0, 0, 0, newBlast(r.Batch)
	if t.from != nil {
		t.at, t.sum, t.count, tr.From, t.blast.start = t.from.step, t.from.Sum, t.from.Count, t.from.net, t.from.Start
	}
	if t.held, err = newHeldOut(t.Engine, t.Fit, taught); err != nil {
		return nil, err
	}
	weights, err = velocity.Train(ctx, t.Engine, net, tr, t.Fit.Seed, t.Fit.Recipe.Path, t.pairs(taught), t.loss)
	if err == nil && t.Stop > t.at {
		t.events.Stepped(t.Stop - t.at)
	}
	return weights, errors.Join(err, t.held.close())
}

// curvePoint reports whether the curve has a point at a step.
func (t *training) curvePoint(step int) bool {
	return step%curveSteps(t.Fit) == 0 || step == t.Fit.Recipe.Train.Steps
}

// watch computes the held-out loss at the points of the curve.
func (t *training) watch(step int, weights func() ([]float32, error)) error {
	if t.held == nil || !t.curvePoint(step) {
		return nil
	}
	w, err := weights()
	if err == nil {
		t.lost, err = t.held.loss(w)
	}
	return err
}

// loss adds the loss of a step to the curve.
func (t *training) loss(at int, loss float64) error {
	if t.from != nil && at == t.from.step+1 {
		t.events.Resumed(t.from.step)
	}
	t.sum += loss
	t.count++
	r := t.Fit.Recipe.Train
	broken := t.blast.check(at, loss)
	if t.curvePoint(at) || broken != "" {
		t.events.Loss(experiments.Loss{Step: at, Value: t.sum / float64(t.count), HeldOut: t.lost})
		t.events.Stepped(at - t.at)
		t.at, t.sum, t.count = at, 0, 0
	}
	if broken != "" {
		return fmt.Errorf("the training loss is %s at step %d of %d: lower the rate, %g now", broken, at, r.Steps, r.Rate)
	}
	return nil
}

// save wraps the net's checkpoint and passes it on.
func (t *training) save(step int, net []byte) error {
	c := checkpoint{
		Fit: t.Fit.Key, Engine: t.Engine.Name, Sum: t.sum, Count: t.count, Start: t.blast.start, Seconds: t.seconds(), step: step, net: net,
	}
	head, err := c.head()
	if err != nil {
		return err
	}
	t.events.Save(step, head, net)
	t.pace.saved()
	return nil
}

// seconds returns the time spent training, including the attempts it resumed from.
func (t *training) seconds() float64 {
	s := t.Now().Sub(t.start).Seconds()
	if t.from != nil {
		s += t.from.Seconds
	}
	return s
}

// Pairs returns the batches of a fit. Row i of step k has id (k - 1) batch + i in its streams, so no point is drawn twice
// and none depends on the batch size. The coupling decides which noise goes with which data; it must not be taught.
func Pairs(fit experiments.Fit) velocity.Pairs {
	noise := flow.NewStream(fit.Seed, "training noise")
	data := flow.NewStream(fit.Seed, "training data")
	times := flow.NewStream(fit.Seed, "training times")
	coupled := flow.NewStream(fit.Seed, "training pairs")
	return func(step int, t []float64, x0, x1 flow.Batch) error {
		first := uint64(step-1) * uint64(len(t))
		fit.Recipe.Source.Fill(x0, noise, first)
		fit.Recipe.Target.Fill(x1, data, first)
		fit.Recipe.Train.Times.Fill(t, times, first)
		if err := fit.Recipe.DataErr(); err != nil {
			return err
		}
		if err := fit.Recipe.Coupling.Within(coupled.At(uint64(step)), x0, x1); err != nil {
			return err
		}
		drop(fit, x1, first)
		return nil
	}
}
