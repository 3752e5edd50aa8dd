package ship

import (
	"math"

	"flowsweep/experiments"
)

// verdict judges the chosen setting by its fresh figures.
func (o Outcome) verdict(fresh experiments.Fresh) experiments.Verdict {
	bounds := map[string]experiments.Bound{}
	if floor := o.known.of(o.Chosen().Setting.Recipe); !math.IsNaN(floor.Entropy) {
		for _, m := range o.Sweep.Spec.Metrics {
			if m.Entropy {
				bounds[m.Name] = experiments.Bound{Value: floor.Entropy, SE: floor.EntropySE}
			}
		}
	}
	return o.Sweep.Verdict(o.Choice.Chosen, o.Summaries, fresh, bounds)
}

// memory says what is known of whether the chosen nets copy their rows, given the loss curves by fit.
func (o Outcome) memory(losses map[string][]experiments.Loss) experiments.Memory {
	chosen := o.Chosen()
	var curves [][]experiments.Loss
	for _, r := range chosen.Runs {
		curves = append(curves, losses[r.Fit])
	}
	return experiments.MemoryOf(chosen, curves)
}
