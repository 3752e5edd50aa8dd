package job

import (
	"fmt"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
)

// RungValue measures what early_stop compares nets by, of the net of a fit with the weights at a rung. The points are those of the metric
// at the end of a training; of a target without held-out rows, held-out-loss takes fresh draws. It changes nothing of the training.
func RungValue(e engine.Engine, fit experiments.Fit, weights []float32, at experiments.RungMetric) (value float64, err error) {
	m, ok := metric.Named(at.Name)
	if !ok || m.OfNet == nil {
		return 0, fmt.Errorf("nothing here measures %q", at.Name)
	}
	err = Guard(func() error {
		f, err := Open(e, fit, weights, at.Seed)
		if err != nil {
			return err
		}
		defer f.Close()
		model := f.metricModel(f.whole(0))
		if fit.Recipe.Target.Held.Len() == 0 {
			model.Held = func(n int) flow.Batch { return model.Draw(n) }
		}
		got, err := m.OfNet(model)
		value = got.Value
		return err
	})
	if err == nil {
		err = fit.Recipe.DataErr()
	}
	return value, err
}
