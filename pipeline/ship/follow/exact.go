package follow

import (
	"context"
	"errors"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/oracle"
)

// exact is the motion under the exact velocity. It has no trail where that is not known, or takes long.
type exact struct {
	velocity flow.RowField
	trail    trail
}

// How many points follow the exact velocity: as many as take about a second, and fewer of numbers that each point is given, since the
// law given a number is another one for every point.
const (
	exactWork    = 2e8 // logs of densities, one for each coordinate of each part
	exactNumbers = 300
)

// late is the time at which a velocity is taken that has no limit at the end.
const late = .999

// exactly follows the exact velocity, with the guidance of the setting, from the first of the points. It is not known of data, of pairs
// that are not independent, and from other sources than noise.
func exactly(ctx context.Context, s experiments.Setting, x0 flow.Batch) (e exact, err error) {
	r := s.Recipe
	known := r.Target.Law != nil && r.Target.Rows.Len() == 0 && r.Source.Gaussian() && !r.Coupling.Taught && r.Coupling.Name == flow.Independent.Name
	if !known || !r.Target.Given.Empty() && r.Target.LawGiven == nil {
		return e, nil
	}
	calls := s.Sample.Guidance.Calls() * 4 * steps
	n := min(x0.Len(), int(exactWork)/(len(oracle.PartShares(r.Target.Law))*r.Target.Dim()*calls))
	if len(r.Target.Given.Numbers) > 0 {
		n = min(n, exactNumbers)
	}
	if n < fewestPoints {
		return e, nil
	}
	e.velocity = limited(oracle.Oracle{Law: r.Target.Law, Path: r.Path}.RowField())
	if !r.Target.Given.Empty() {
		e.velocity = limited(oracle.NewConditional(r.Target.LawGiven, r.Path).RowField()).Guide(s.Sample.Guidance)
	}
	e.trail, err = followed(ctx, e.velocity, x0.Slice(0, n), steps)
	return e, err
}

// limited returns a velocity that has no limit at t = 1 for some points as it is a little earlier.
func limited(velocity flow.RowField) flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		u, err := velocity(t, x)
		if !errors.Is(err, oracle.ErrNoLimit) {
			return u, err
		}
		earlier := make([]float64, len(t))
		for i, at := range t {
			earlier[i] = min(at, late)
		}
		return velocity(earlier, x)
	}
}
