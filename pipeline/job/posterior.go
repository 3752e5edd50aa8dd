package job

import (
	"slices"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
)

// posteriorSteps are the steps of rk4 in which draws of conditional laws are solved. They are part of what a value means.
const posteriorSteps = 16

// posterior returns draws of the net given what each of the points is given, (n draws, d), those of one point after those of another.
func (f *Fitted) posterior(points flow.Batch, draws int) (flow.Batch, error) {
	if f.drawn.Len() == points.Len()*draws && slices.Equal(f.drawnFor, points.Given) {
		return f.drawn, nil // calibration and coverage take the same
	}
	x0 := flow.NewBatch(points.Len()*draws, points.Dim)
	f.fit.Recipe.Source.Fill(x0, flow.NewStream(f.seed, "posterior noise"), 0)
	for i := range points.Len() {
		x0.Given = append(x0.Given, slices.Repeat(points.GivenTo(i), draws)...)
	}
	x, _, err := ode.Solve(f.model.RowField().Field(), ode.RK4, ode.Uniform(posteriorSteps), x0)
	if err == nil {
		f.drawn, f.drawnFor = x, points.Given
	}
	return x, err
}

// Calibrated returns how the ranks of held-out points among draws of the net are distributed, as calibration and coverage measure them. The
// coordinates have the names of columns.
func (f *Fitted) Calibrated() (metric.Calibrated, error) {
	r, err := metric.RanksOf(f.metricModel(f.whole(0)))
	c := r.Calibrated()
	for j, name := range f.fit.Recipe.Target.CoordinateNames() {
		if j < len(c.Coordinates) {
			c.Coordinates[j].Name = name
		}
	}
	return c, err
}
