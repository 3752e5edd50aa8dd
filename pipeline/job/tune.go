package job

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
)

// judgedPoints is the number of fresh noise points that a tuned solver is judged on.
const judgedPoints = 1000

// The streams of the noise that solvers are tuned to, and that they are judged on.
const (
	tuningNoise = "tuning noise"
	judgeNoise  = "tuning judge"
)

// Tune fits the solver of a sampling to the net, and judges it on noise that the fit never saw beside every other solver that makes as
// many velocity calls on a uniform grid. Its noise depends on the seed of the fit alone.
func (f *Fitted) Tune(ctx context.Context, s experiments.Sampling, now func() time.Time) (t experiments.Tuning, err error) {
	began := now()
	params, ok := s.Solver.Params.(ode.TunedParams)
	if !ok {
		return t, fmt.Errorf("%s is not tuned", s.Solver.Name)
	}
	if t.Key, err = experiments.TuningKey(f.fit.Key, s); err != nil {
		return t, err
	}
	t.Fit, t.Of, t.Points = f.fit.Key, experiments.TuningForm(s), params.Points
	field := stopping(ctx, f.model.Field())
	if s.Path.Name != "" {
		field = flow.Reschedule(field, f.fit.Recipe.Path, s.Path)
	}
	ts := s.Times()
	paths, nfe, err := ode.Paths(field, ts, experiments.DenseSteps, noise(f.fit.Recipe, f.fit.Seed, tuningNoise, params.Points))
	if err != nil {
		return t, fmt.Errorf("solve densely to tune on: %w", err)
	}
	table, err := ode.Tune(field, ts, paths)
	if err != nil {
		return t, fmt.Errorf("tune a solver: %w", err)
	}
	t.NFE = nfe + len(table.Times)
	judged, err := f.judge(field, s, table)
	if err != nil {
		return t, fmt.Errorf("judge a tuned solver: %w", err)
	}
	points, err := json.Marshal(table.Points)
	if err != nil {
		return t, fmt.Errorf("the coefficients of a tuned solver: %w", err)
	}
	verdict, err := json.Marshal(judged)
	t.Table, t.Judged, t.Seconds = string(points), string(verdict), now().Sub(began).Seconds()
	return t, err
}

// TuningCalls returns about how many velocity calls of single points a tuning makes: the dense solves of the points that it is fitted to
// and judged on, and its own steps.
func TuningCalls(t experiments.ToTune) int {
	return (t.Points() + judgedPoints) * (experiments.DenseSteps*ode.RK4.Stages() + t.Sampling.Steps)
}

// judge compares a tuned solver with the best of the others, from fresh noise.
func (f *Fitted) judge(field flow.Field, s experiments.Sampling, table ode.Table) (experiments.Judged, error) {
	x0 := noise(f.fit.Recipe, f.fit.Seed, judgeNoise, judgedPoints)
	ends, err := f.judgeEnds(field, s, x0)
	if err != nil {
		return experiments.Judged{}, err
	}
	distances := func(solver ode.Solver, ts []float64) ([]float64, error) {
		x, _, err := ode.Solve(field, solver, ts, x0)
		if err != nil {
			return nil, err
		}
		return squares(x, ends), nil
	}
	tuned, err := distances(s.Solver.With(table), s.Times())
	if err != nil {
		return experiments.Judged{}, err
	}
	j := experiments.Judged{Points: judgedPoints, RMSE: rms(tuned), Median: rootMedian(tuned), Worst: math.Sqrt(slices.Max(tuned)), AgainstRMSE: math.Inf(1)}
	var best []float64
	for _, other := range f.untuned(s, len(table.Times)) {
		off, err := distances(other.Solver, other.Times())
		if err != nil {
			return j, err
		}
		if r := rms(off); r < j.AgainstRMSE {
			best, j.Against, j.AgainstRMSE = off, other.Words(), r
		}
	}
	j.P = metric.PairedP(tuned, best)
	j.Better = j.P < .05 && j.RMSE < j.AgainstRMSE
	return j, nil
}

// judgeEnds returns where a dense solve takes the noise that solvers are judged on. It is the same for all that follow one path.
func (f *Fitted) judgeEnds(field flow.Field, s experiments.Sampling, x0 flow.Batch) (flow.Batch, error) {
	path := s.Path.String()
	if x, ok := f.judged[path]; ok {
		return x, nil
	}
	paths, _, err := ode.Paths(field, []float64{0, 1}, experiments.DenseSteps, x0)
	if err != nil {
		return flow.Batch{}, err
	}
	f.judged[path] = paths[1]
	return paths[1], nil
}

// untuned returns the solvers with given steps that make as many velocity calls, on a uniform grid.
func (f *Fitted) untuned(s experiments.Sampling, calls int) (list []experiments.Sampling) {
	path := f.fit.Recipe.Path
	if s.Path.Name != "" {
		path = s.Path
	}
	for _, solver := range ode.Solvers {
		if solver.Adaptive() || solver.Along != nil && solver.Along.String() != path.String() {
			continue
		}
		for steps := 1; solver.Calls(steps) <= calls; steps++ {
			if solver.Calls(steps) == calls {
				list = append(list, experiments.Sampling{Solver: solver, Steps: steps, Grid: ode.UniformGrid, Path: s.Path, Count: s.Count})
			}
		}
	}
	return list
}

// squares returns the squared distances of the points of two batches.
func squares(a, b flow.Batch) []float64 {
	list := make([]float64, a.Len())
	for i := range list {
		for k, v := range a.Row(i) {
			d := v - b.Row(i)[k]
			list[i] += float64(d * d)
		}
	}
	return list
}

func rms(squares []float64) float64 {
	sum := 0.
	for _, v := range squares {
		sum += v / float64(len(squares))
	}
	return math.Sqrt(sum)
}

func rootMedian(squares []float64) float64 {
	return math.Sqrt(slices.Sorted(slices.Values(squares))[len(squares)/2])
}
