package export

import (
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/ode"
	"flowsweep/export/guided"
)

// solution is the result of ode.Solve, and of ode.Push if there is a divergence.
type solution struct {
	noise      flow.Batch
	units      flow.Units
	code       kinds.Code
	by         guided.Model
	steps      []flow.Batch // the noise of every step, if it adds any
	trajectory []flow.Batch
	maxAbs     float64 // the largest coordinate
	growth     float64 // of distances between points
	roundings  int     // of every point on the way

	logp              []float64
	maxLog, growthLog float64 // the largest log density or divergence, and the change of log densities with the noise
}

// nudge is how far the noise is moved to measure the growth of errors: much farther than the rounding of the net, about 1e-6,
// but not so far that the flow is no longer linear.
const nudge = 1e-2

func solve(by Steps, div flow.DivField, noise flow.Batch) (s solution, err error) {
	s.noise, s.units, s.code, s.by, s.roundings = noise, by.Units, by.Code, by.Conditional, by.roundings()
	s.steps = by.stepNoise(noise.Len(), noise.Dim)
	if s.trajectory, err = by.carry(noise); err != nil {
		return s, fmt.Errorf("solve in Go: %w", err)
	}
	for _, x := range s.trajectory {
		for _, v := range x.Data {
			s.maxAbs = max(s.maxAbs, math.Abs(v))
		}
	}
	moved := noise.Like(noise.Dim)
	flow.NewStream(0, "verify nudge").Normal(moved, 0)
	for i, v := range moved.Data {
		moved.Data[i] = noise.Data[i] + nudge*v
	}
	carried, err := by.carry(moved)
	if err != nil {
		return s, fmt.Errorf("solve in Go: %w", err)
	}
	last := len(by.Times) - 1
	for i := range noise.Len() {
		before, after := distance(moved.Row(i), noise.Row(i)), distance(carried[last].Row(i), s.trajectory[last].Row(i))
		s.growth = max(s.growth, after/before)
	}
	if div == nil {
		return s, nil
	}
	return s, s.density(by, div, moved)
}

// density adds the log densities and their growth.
func (s *solution) density(by Steps, div flow.DivField, moved flow.Batch) (err error) {
	watched := func(t float64, x flow.Batch) (flow.Batch, []float64, error) {
		v, rates, err := div(t, x)
		for _, r := range rates {
			s.maxLog = max(s.maxLog, math.Abs(r))
		}
		return v, rates, err
	}
	if _, s.logp, _, err = ode.Push(watched, by.Solver, by.Times, s.noise, ode.StandardNormal); err != nil {
		return fmt.Errorf("solve in Go: %w", err)
	}
	_, after, _, err := ode.Push(div, by.Solver, by.Times, moved, ode.StandardNormal)
	if err != nil {
		return fmt.Errorf("solve in Go: %w", err)
	}
	volumes := by.Units.LogVolumes(s.trajectory[len(by.Times)-1])
	for i, l := range s.logp {
		s.growthLog = max(s.growthLog, math.Abs(after[i]-l)/distance(moved.Row(i), s.noise.Row(i)))
		s.logp[i] -= volumes[i]
		s.maxLog = max(s.maxLog, math.Abs(l), math.Abs(s.logp[i]))
	}
	return nil
}

// size returns the largest coordinate, or a number that is not finite if anything measured is not.
func (s solution) size() float64 {
	if !s.finite() {
		return math.Inf(1)
	}
	return s.maxAbs
}

func (s solution) finite() bool {
	return flow.Finite(s.maxAbs + s.growth + s.maxLog + s.growthLog)
}

// rounding is the largest error of a number that is rounded to 32 bits, relative to its size, and fewRoundings how many roundings of a point
// are within the 1e-5 that are allowed for the net, which is 168 times as much: so many that files of few steps are judged as sharply as
// their net.
const (
	rounding     = 0x1p-24
	fewRoundings = 100
)

// roundings returns how often the steps round every point at its own size: where the move of a step is added to it, where noise is, and
// in a table for every state of a row, which is added and, unless its weight is 1, multiplied before. All else that is
// rounded is of the size of a move, and the moves of all steps together are of that of the points, however many there are.
func (s Steps) roundings() (n int) {
	if s.Solver.Table == nil {
		n = len(s.Times) - 1
	} else {
		for _, row := range s.Solver.Table(s.Times).Points {
			for _, weight := range row.X {
				switch weight {
				case 0:
				case 1:
					n++
				default:
					n += 2
				}
			}
		}
	}
	if s.SDE != nil {
		n += len(s.Times) - 1
	}
	return n
}

// tolerance is the largest difference allowed, in units of the points on the scale of the field:
//
//	(1e-5 + max(0, n - 100) 2^-24) (1 + max |x|) max(1, growth)
//
// for n roundings. Each is of up to 2^-24 of the size of the point, and they add up rather than cancel: a point stays between the same
// powers of 2 for many steps, 32-bit floats are evenly spaced there, and moves that are nearly equal are rounded in the same direction.
func (s solution) tolerance() float64 { return s.allowed(s.maxAbs, s.growth) }

// allowed is what is allowed for numbers of a size, which the flow spreads by a factor.
func (s solution) allowed(size, growth float64) float64 {
	return (tolerance + float64(max(0, s.roundings-fewRoundings))*rounding) * (1 + size) * max(1, growth)
}

// reason explains the tolerance.
func (s solution) reason() string {
	relative := "1e-5"
	if more := s.roundings - fewRoundings; more > 0 {
		relative = fmt.Sprintf("(1e-5 + %d 2^-24, as the steps round points more than %d times)", more, fewRoundings)
	}
	return fmt.Sprintf("the flow spreads rounding to 32 bits by a factor of up to %.2g: %s (1 + max |x|) times that factor, if above 1, is allowed", s.growth, relative)
}

// shiftRounding is the largest error of a shifted number, relative to the shift: the shift, the sum and the scale are each
// rounded to 32 bits, by 2^-24 at most.
const shiftRounding = 0x1p-22

// unit returns the unit of differences in each coordinate: its scale, enlarged so that the tolerance also covers the
// rounding of its shift.
func (s solution) unit() []float64 {
	if s.units.Identity() {
		return nil
	}
	unit := make([]float64, s.noise.Dim)
	for j := range unit {
		unit[j] = math.Abs(s.units.Scale[j]) + shiftRounding*math.Abs(s.units.Shift[j])/s.tolerance()
	}
	return unit
}

func distance(a, b []float64) float64 {
	sum := 0.
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(sum)
}

// inputs returns the inputs of a file, for noise that is repeated so often: noise, that of the steps, and what points are given.
func (s solution) inputs(copies int) func(from, to int) []ort.Tensor {
	dim, m := s.noise.Dim, s.by.Given.Width()
	noise, rows := slices.Repeat(flow.Narrow(nil, s.noise.Data), copies), slices.Repeat(s.noise.Given, copies)
	return func(from, to int) []ort.Tensor {
		list := []ort.Tensor{{Dims: []int{to - from, dim}, Data: noise[from*dim : to*dim]}}
		if len(s.steps) > 0 {
			second := ort.Tensor{Dims: []int{len(s.steps), to - from, dim}, Data: []float32{}}
			for _, z := range s.steps {
				second.Data = append(second.Data, flow.Narrow(nil, slices.Repeat(z.Data, copies)[from*dim:to*dim])...)
			}
			list = append(list, second)
		}
		if m > 0 {
			list = append(list, s.by.Tensor(rows[from*m:to*m]))
		}
		return list
	}
}

// trial returns the noise, for the first trial repeated to fill the largest batch. It limits the runs at each batch size, as each costs all
// velocity calls of a sample.
func (s solution) trial(where string) trial {
	dim, copies := s.noise.Dim, 1
	if where == "" { // at every batch size
		copies = max(1, slices.Max(batches)/max(1, s.noise.Len()))
	}
	logp := slices.Repeat(s.logp, copies)
	steps := make([][]float64, len(s.trajectory))
	for i, x := range s.trajectory {
		steps[i] = slices.Repeat(s.units.Apply(x).Data, copies)
	}
	tr := trial{
		where: where, guidance: s.by.Default(s.by.Guidance), rows: s.noise.Len() * copies, maxRuns: 4, unit: s.unit(), code: s.code, tolerance: s.tolerance(),
		inputs: s.inputs(copies),
		want: func(output, from, to int) (want []float64) {
			if output == 0 {
				return steps[len(steps)-1][from*dim : to*dim]
			}
			if output == 1 && s.logp != nil {
				return logp[from:to]
			}
			for _, x := range steps {
				want = append(want, x[from*dim:to*dim]...)
			}
			return want
		},
	}
	if s.logp != nil {
		tr.density, tr.logTolerance = 1, s.allowed(s.maxLog, s.growthLog)
	}
	return tr
}
