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

// Tune fits the solver or the grid of a sampling to the net, and judges it on noise that the fit never saw: a solver beside every other
// that makes as many velocity calls on a uniform grid, and a grid beside the uniform one, which replaces it unless it is better. Its
// noise depends on the seed of the fit alone.
func (f *Fitted) Tune(ctx context.Context, s experiments.Sampling, now func() time.Time) (t experiments.Tuning, err error) {
	began := now()
	if !s.Fitted() {
		return t, fmt.Errorf("%s is not tuned", s.Words())
	}
	if t.Key, err = experiments.TuningKey(f.fit.Key, s); err != nil {
		return t, err
	}
	t.Fit, t.Of, t.Points = f.fit.Key, experiments.TuningForm(s), experiments.ToTune{Sampling: s}.Points()
	field := stopping(ctx, f.field(s).Field())
	if s.Path.Name != "" {
		field = flow.Reschedule(field, f.fit.Recipe.Path, s.Path)
	}
	how := f.tuneSolver
	if s.Grid.Fitted {
		how = f.tuneGrid
	}
	x0 := f.tuningStart(s, tuningNoise, t.Points)
	fitted, judged, nfe, err := how(field, s, x0)
	if err != nil {
		return t, fmt.Errorf("tune %s: %w", s.Words(), err)
	}
	table, err := json.Marshal(fitted)
	if err != nil {
		return t, fmt.Errorf("what was tuned for %s: %w", s.Words(), err)
	}
	verdict, err := json.Marshal(judged)
	t.NFE, t.Table, t.Judged, t.Seconds = nfe, string(table), string(verdict), now().Sub(began).Seconds()
	return t, err
}

// tuningStart returns noise to tune to, or to judge on, with what its points are given.
func (f *Fitted) tuningStart(s experiments.Sampling, stream string, count int) flow.Batch {
	x0 := noise(f.fit.Recipe, f.fit.Seed, stream, count)
	x0.Given = conditions(f.fit.Recipe, s.Label, f.fit.Seed, stream, count)
	return x0
}

// tuneSolver fits the coefficients of a solver on noise, and judges them. nfe are the velocity calls for each point of the noise.
func (f *Fitted) tuneSolver(field flow.Field, s experiments.Sampling, x0 flow.Batch) (points any, j experiments.Judged, nfe int, err error) {
	ts := s.Times()
	paths, nfe, err := ode.Paths(field, ts, experiments.DenseSteps, x0)
	if err != nil {
		return nil, j, nfe, fmt.Errorf("solve densely: %w", err)
	}
	table, err := ode.Tune(field, ts, paths)
	if err != nil {
		return nil, j, nfe, err
	}
	j, err = f.judge(field, s, table)
	return table.Points, j, nfe + len(table.Times), err
}

// tuneGrid searches the times of a grid on noise, and judges them. It returns those to take, which are even unless the others are
// better. nfe are the velocity calls for each point of the noise.
func (f *Fitted) tuneGrid(field flow.Field, s experiments.Sampling, x0 flow.Batch) (times any, j experiments.Judged, nfe int, err error) {
	paths, nfe, err := ode.Paths(field, []float64{0, 1}, experiments.DenseSteps, x0)
	if err != nil {
		return nil, j, nfe, fmt.Errorf("solve densely: %w", err)
	}
	ts, calls, err := ode.TuneGrid(field, s.Solver, s.Steps, x0, paths[1])
	nfe += calls
	if err != nil {
		return nil, j, nfe, err
	}
	x0 = f.tuningStart(s, judgeNoise, judgedPoints)
	ends, err := f.judgeEnds(field, s, x0)
	if err != nil {
		return nil, j, nfe, err
	}
	even := s
	even.Grid = ode.UniformGrid
	var off [2][]float64
	for i, times := range [][]float64{ts, even.Times()} {
		x, _, err := ode.Solve(field, s.Solver, times, x0)
		if err != nil {
			return nil, j, nfe, err
		}
		off[i] = squares(x, ends)
	}
	j = judged(off[0])
	j.Grid, j.Against, j.AgainstRMSE = true, even.Words()+" of equal size", rms(off[1])
	decide(&j, off[0], off[1])
	if !j.Better {
		ts = even.Times()
	}
	return ts, j, nfe, nil
}

// TuningCalls returns about how many velocity calls of single points a tuning makes, for a grid at most: the dense solves of the points
// that it is fitted to and judged on, its own steps and those of the search.
func TuningCalls(t experiments.ToTune) int {
	dense, steps := experiments.DenseSteps*ode.RK4.Stages(), t.Sampling.Steps
	if t.Sampling.Grid.Fitted {
		return t.Points()*(dense+ode.GridCalls(t.Sampling.Solver, steps)) + judgedPoints*(dense+2*t.Sampling.Solver.Calls(steps))
	}
	return (t.Points() + judgedPoints) * (dense + steps)
}

// judge compares a tuned solver with the best of the others, from fresh noise.
func (f *Fitted) judge(field flow.Field, s experiments.Sampling, table ode.Table) (experiments.Judged, error) {
	x0 := f.tuningStart(s, judgeNoise, judgedPoints)
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
	j := judged(tuned)
	j.AgainstRMSE = math.Inf(1)
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
	decide(&j, tuned, best)
	return j, nil
}

// judged returns how far points end from where they should, given the squares of their distances.
func judged(squares []float64) experiments.Judged {
	return experiments.Judged{Points: len(squares), RMSE: rms(squares), Median: rootMedian(squares), Worst: math.Sqrt(slices.Max(squares))}
}

// decide adds the paired test between the squared distances of what is judged and of the other.
func decide(j *experiments.Judged, tuned, other []float64) {
	j.P = metric.PairedP(tuned, other)
	j.Better = j.P < .05 && j.RMSE < j.AgainstRMSE
}

// judgeEnds returns where a dense solve takes the noise that solvers are judged on. It is the same for all that follow one path.
func (f *Fitted) judgeEnds(field flow.Field, s experiments.Sampling, x0 flow.Batch) (flow.Batch, error) {
	path := fmt.Sprintf("%s, label %q, guidance %s", s.Path, s.Label, s.Guidance)
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

// KeptEven says that even steps are taken in place of the times of a tuned grid, where these are no better.
func KeptEven(t experiments.Tuning) string {
	var j experiments.Judged
	if json.Unmarshal([]byte(t.Judged), &j) != nil || !j.Grid || j.Better {
		return ""
	}
	return fmt.Sprintf("the times found are %.3g from a dense solve on fresh noise, no better than %s, %.3g (p %.2g): uniform is used", j.RMSE, j.Against, j.AgainstRMSE, j.P)
}
