// Package follow follows points from noise to data along the velocity of a net and along the exact one, for a report to show.
//
//	f, err := follow.Flow(ctx, fitted.Velocity(run.Setting.Sample), run, spec.Reference.Seed)
package follow

import (
	"context"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/target"
	"flowsweep/pipeline/job"
	"flowsweep/reports/motion"
)

// How the flow is followed: so many points, in so many steps of rk4, of which the first have their paths shown. The error of the
// steps is far below what a drawing shows.
const (
	mostPoints   = 2000
	fewestPoints = 200
	steps        = 32
	shownPaths   = 64
	netWork      = 2e10 // floating-point operations of a net, about a second
)

// maxDim is the largest number of coordinates of which principal axes are worked out: that takes time with its third power.
const maxDim = 512

// Flow returns how a velocity, that of the net of a run with its guidance, carries the noise of the run to data, given the seed of the
// reference. It is nil for points that cannot be shown, which have too many coordinates or have all diverged.
func Flow(ctx context.Context, net flow.RowField, r experiments.Result, seed uint64) (*motion.Flow, error) {
	to := r.Setting.Measured()
	switch {
	case len(to.Shape) == 3:
		return images(ctx, net, r, seed)
	case to.Dim() > maxDim:
		return nil, nil
	}
	data, _ := to.Whole(mostPoints, flow.NewStream(seed, "data of the flow"))
	x0 := start(r.Setting, seed, pointsFor(r.Setting))
	own, err := followed(ctx, net, x0, steps)
	if err != nil {
		return nil, err
	}
	mixed := mixedWithNoise(r.Setting, data, seed)
	exact, err := exactly(ctx, r.Setting, x0, mixed)
	if err != nil {
		return nil, err
	}
	p, ok := planeOf(to, data, own, exact.crowd)
	if err := to.Err(); err != nil || !ok {
		return nil, err
	}
	f := &motion.Flow{Version: motion.Version, Run: r.Run, View: p.view, Times: rounded(ode.Uniform(steps))}
	shown := both(own.whole(), exact.trail.whole())
	shown = shown[:min(len(shown), shownPaths)]
	if f.Net, err = p.motion(own, own, net, shown); err != nil {
		return nil, err
	}
	f.Label, f.Classes, f.Class = to.Given.Label, to.Given.Classes, classesOf(to, x0, shown)
	if err := p.addTruth(f, net, exact, shown); err != nil {
		return nil, err
	}
	if exact.trail == nil && mixed != nil {
		f.Mixed = &motion.Motion{Points: mixed[0].Len(), Counts: p.counts(mixed)}
	}
	f.Steps, err = p.steps(ctx, net, r.Setting, x0.Take(flow.Batch{}, shown))
	return f, err
}

// addTruth adds the motion under the exact velocity, where that is known, and how far the net is from it.
func (p plane) addTruth(f *motion.Flow, net flow.RowField, exact exact, shown []int) error {
	if exact.trail == nil {
		return nil
	}
	of, err := p.motion(exact.trail, exact.crowd, exact.velocity, shown)
	if err != nil {
		return err
	}
	f.Exact = &of
	f.Apart, err = apart(net, exact)
	return err
}

// pointsFor returns the number of points that a net is to follow.
func pointsFor(s experiments.Setting) int {
	const training = 3 // a step of training does the work of so many velocities
	perPoint := s.VelocityNet().StepFlops(1) / training * steps * float64(ode.RK4.Stages()*s.Sample.Guidance.Calls())
	return min(max(int(netWork/max(perPoint, 1)), fewestPoints), mostPoints)
}

// start returns n points of the noise that the run starts from, of which there may be more than it has samples.
func start(s experiments.Setting, seed uint64, n int) flow.Batch {
	s.Sample.Count = n
	return job.Noise(s, seed)
}

// trail is where points are at every time of a solve.
type trail []flow.Batch

// followed returns the trail of points along a velocity, in n steps.
func followed(ctx context.Context, velocity flow.RowField, x0 flow.Batch, n int) (trail, error) {
	field := velocity.Field()
	stopping := func(t float64, x flow.Batch) (flow.Batch, error) {
		if err := ctx.Err(); err != nil {
			return x, err
		}
		return field(t, x)
	}
	xs, _, err := ode.Trajectory(stopping, ode.RK4, ode.Uniform(n), x0)
	return xs, err
}

// whole returns the points that have numbers at all times: a diverged velocity may carry some to where there are none.
func (l trail) whole() (list []int) {
	if l == nil {
		return nil
	}
	for i := range l[0].Len() {
		if flow.Finite(l[len(l)-1].Row(i)...) { // what is lost does not come back
			list = append(list, i)
		}
	}
	return list
}

// both returns the numbers that are in both rising lists, the second of which may be nil for any.
func both(a, b []int) (list []int) {
	if b == nil {
		return a
	}
	for _, i := range a {
		for len(b) > 0 && b[0] < i {
			b = b[1:]
		}
		if len(b) > 0 && b[0] == i {
			list = append(list, i)
		}
	}
	return list
}

// moments returns the indices of motion.Moments among the times of a solve of n steps.
func moments(n int) (list []int) {
	for _, t := range motion.Moments {
		list = append(list, int(t*float64(n)))
	}
	return list
}

// classesOf returns the class that each of the shown points is given; none without classes.
func classesOf(to target.Target, x0 flow.Batch, shown []int) (of []int) {
	if len(to.Given.Classes) == 0 {
		return nil
	}
	for _, i := range shown {
		of = append(of, given.ClassOf(x0.GivenTo(i)))
	}
	return of
}
