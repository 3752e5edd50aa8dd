package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
	"flowsweep/experiments/velocity"
)

// Try tells what parts of a sweep take on this machine, by doing each for a moment. What it learns is thrown away.
type Try struct {
	Engine engine.Engine
	Limit  time.Duration // of each part, apart from what it needs to start, and its first time is done to the end
	Now    func() time.Time
}

// errEnough ends a training.
var errEnough = errors.New("enough")

// Step returns the seconds until a training takes its first step, and those of each step after it, without making the pairs.
func (t Try) Step(fit experiments.Fit) (start, each float64, err error) {
	r := fit.Recipe.Train
	tr := velocity.Training{
		Steps: 1 << 30, Batch: r.Batch,
		Optimizer: velocity.Optimizer{Rate: r.Rate, Clip: r.Clip, Decay: r.Decay, EMA: r.EMA},
	}
	drawn := false
	pairs := func(_ int, times []float64, x0, x1 flow.Batch) error {
		if drawn { // the batch that is there will do
			return nil
		}
		drawn = true
		flow.NewStream(0, "a moment").Normal(x0, 0)
		copy(x1.Data, x0.Data)
		for i := range times {
			times[i] = float64(i) / float64(len(times))
		}
		return nil
	}
	began := t.Now()
	last, took := began, []float64(nil)
	err = Guard(func() error {
		_, err := velocity.Train(context.Background(), t.Engine, fit.Recipe.VelocityNet(), tr, fit.Seed, fit.Recipe.Path, pairs, func(step int, _ float64) error {
			now := t.Now()
			took = append(took, now.Sub(last).Seconds())
			if last = now; step > 1 && now.Sub(began).Seconds()-took[0] >= t.Limit.Seconds() {
				return errEnough
			}
			return nil
		})
		return err
	})
	if errors.Is(err, errEnough) {
		return took[0], median(took[1:]), nil
	}
	return 0, 0, err
}

// Pair returns the seconds that it takes to draw and pair the batch of a step. Pairs of a teacher are only looked up.
func (t Try) Pair(fit experiments.Fit) (each float64, err error) {
	if fit.Recipe.Coupling.Taught {
		return 0, nil
	}
	n := fit.Recipe.VelocityNet()
	times := make([]float64, fit.Recipe.Train.Batch)
	x0, x1 := flow.NewBatch(len(times), n.Dim()), flow.NewBatch(len(times), n.Dim())
	if n.Given > 0 {
		x1.Given = make([]float64, len(times)*n.Given)
	}
	pairs := Pairs(fit)
	return t.repeat(func(k int) error { return pairs(k+1, times, x0, x1) })
}

// Call returns the seconds that a velocity call takes for each of so many points.
func (t Try) Call(fit experiments.Fit, count int) (each float64, err error) {
	n := fit.Recipe.VelocityNet()
	err = Guard(func() (err error) {
		m, err := velocity.Compile(t.Engine, n, velocity.Init(n, fit.Seed))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, m.Close()) }()
		x := flow.NewBatch(count, n.Dim())
		flow.NewStream(0, "a moment").Normal(x, 0)
		if n.Given > 0 {
			x.Given = make([]float64, count*n.Given)
		}
		each, err = t.repeat(func(int) error {
			_, err := m.Field()(.5, x)
			return err
		})
		return err
	})
	return each / float64(count), err
}

// Measure returns the seconds that a metric takes to compare so many points with a reference of a target. It is an error if a metric
// does not do that.
func (t Try) Measure(m metric.Metric, of target.Target, points, reference int) (each float64, err error) {
	classifier := velocity.NewClassifier(t.Engine)
	defer func() { err = errors.Join(err, classifier.Close()) }()
	err = Guard(func() error {
		truth := of.Truth(reference, flow.NewStream(0, "a moment"))
		judge, err := judgeOf(NeedsOf(of, classifier.LogOdds)(m), of, truth)
		if err == nil && judge == nil {
			err = fmt.Errorf("%s does not compare samples", m.Name)
		}
		if err != nil {
			return err
		}
		samples := of.Truth(points, flow.NewStream(1, "a moment"))
		each, err = t.repeat(func(int) error {
			_, err := judge(samples)
			return err
		})
		return err
	})
	return each, err
}

// repeat does something until the limit, and returns the median of the seconds it takes after the first time, or those of the first if
// that alone took long. A median leaves out what else the machine does now and then.
func (t Try) repeat(do func(k int) error) (each float64, err error) {
	var took []float64
	began := t.Now()
	for last, k := began, 0; ; k++ {
		if err := do(k); err != nil {
			return 0, err
		}
		now := t.Now()
		took = append(took, now.Sub(last).Seconds())
		if last = now; now.Sub(began) >= t.Limit {
			return median(took[min(1, len(took)-1):]), nil
		}
	}
}

// median returns the middle one of some numbers, the lower of two. It sorts them.
func median(list []float64) float64 {
	slices.Sort(list)
	return list[(len(list)-1)/2]
}
