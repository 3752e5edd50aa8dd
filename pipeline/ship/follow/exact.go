package follow

import (
	"context"
	"errors"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/oracle"
)

// exact is the motion under the exact velocity. It has no trail where that is not known, or takes long.
type exact struct {
	velocity flow.RowField
	trail    trail // of points from the noise of the run, whose paths are shown
	crowd    trail // many points that are distributed as the flow is at every time
}

// How much the exact velocity may take. A law given a number is another one for every point, so that fewer can follow it.
const (
	exactWork    = 2e8 // logs of densities, one for each coordinate of each part: about a second
	exactNumbers = 300
	spare        = 2 // times as many points follow it as are shown, as the net may lose some
)

// late is the time at which a velocity is taken that has no limit at the end.
const late = .999

// exactly follows the exact velocity, with the guidance of the setting, from the first of the points. It is not known of data, of pairs
// that are not independent, and from other sources than noise. Data mixed with noise are its crowd; where they are not, that follows too.
func exactly(ctx context.Context, s experiments.Setting, x0 flow.Batch, mixed trail) (e exact, err error) {
	r := s.Recipe
	known := r.Target.Law != nil && r.Target.Rows.Len() == 0 && r.Source.Gaussian() && !r.Coupling.Taught && r.Coupling.Name == flow.Independent.Name
	if !known || !r.Target.Given.Empty() && r.Target.LawGiven == nil {
		return e, nil
	}
	n := min(x0.Len(), spare*shownPaths)
	if mixed == nil {
		n = x0.Len()
		if len(r.Target.Given.Numbers) > 0 {
			n = min(n, exactNumbers)
		}
	}
	work := len(oracle.PartShares(r.Target.Law)) * r.Target.Dim() * s.Sample.Guidance.Calls() * ode.RK4.Stages() * steps
	if n = min(n, exactWork/work); n < shownPaths {
		return e, nil
	}
	e.velocity = limited(oracle.Oracle{Law: r.Target.Law, Path: r.Path}.RowField())
	if !r.Target.Given.Empty() {
		e.velocity = limited(oracle.NewConditional(r.Target.LawGiven, r.Path).RowField()).Guide(s.Sample.Guidance)
	}
	if e.trail, err = followed(ctx, e.velocity, x0.Slice(0, n), steps); err != nil {
		return e, err
	}
	if e.crowd = mixed; mixed == nil {
		e.crowd = e.trail
	}
	return e, nil
}

// mixedWithNoise returns data mixed with noise along the path of a net: points as it is to have them at each time. It is nil where the net
// learns others, by its coupling or its guidance.
func mixedWithNoise(s experiments.Setting, data flow.Batch, seed uint64) (list trail) {
	g := s.Sample.Guidance
	guided := !g.IsZero() && g.Weight() != 1 && (g.Weight() != 0 || s.Sample.Label != "")
	if guided || s.Coupling.Taught || s.Coupling.Name != flow.Independent.Name {
		return nil
	}
	x0 := start(s, seed, data.Len())
	for _, t := range ode.Uniform(steps) {
		alpha, sigma := s.Recipe.Path.Alpha(t), s.Recipe.Path.Sigma(t)
		x := data.Clone()
		for i, v := range x0.Data {
			x.Data[i] = alpha*x.Data[i] + sigma*v
		}
		list = append(list, x)
	}
	return list
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
