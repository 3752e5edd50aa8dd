package export

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// VerifyLikelihood is Verify for a file of Density. It compares with ode.LogLikelihood from the same points, (n, d), on the
// scale of the field, which the file gets in the given units. As in VerifySampler, the tolerances grow with the spread of
// rounding errors on the way back, which is measured from points moved a little.
func VerifyLikelihood(file []byte, solver ode.Solver, ts []float64, field flow.DivField, units flow.Units, points flow.Batch, watch ...Progress) experiments.Check {
	return newCheck(file, points.Len(), func(c *experiments.Check) error {
		m, err := readAny(file)
		if err == nil {
			err = checkDensity(m, points.Dim, solver, ts)
		}
		if err != nil {
			return err
		}
		near, err := score(field, solver, ts, units, points)
		if err == nil {
			err = checkSize("the net carries data to noise", near.size())
		}
		if err != nil {
			return err
		}
		c.MaxAbs, c.Tolerance = experiments.Number(near.maxAbs), experiments.Number(near.tolerance())
		c.Reason = fmt.Sprintf("the way back spreads rounding to 32 bits by a factor of up to %.2g: 1e-5 (1 + max |x|) times that factor, if above 1, is allowed", near.growth)
		trials := []trial{near.trial("", ts)}
		add := func(where string, ts []float64, points flow.Batch) error {
			got, err := score(field, solver, ts, units, points)
			if err == nil && got.finite() { // otherwise there is nothing to compare
				trials = append(trials, got.trial(where, ts))
			}
			return err
		}
		farther := points.Clone()
		for i := range farther.Data {
			farther.Data[i] *= 10
		}
		err = add("far outside the data", ts, farther)
		for _, ts := range otherGrids {
			err = errors.Join(err, add(fmt.Sprintf("over another time grid, of %d uneven steps,", len(ts)-1), ts, points.Slice(0, min(points.Len(), 64))))
		}
		if err != nil {
			return err
		}
		return compare(c, m, file, campaign{settings: settings, batches: densityBatches, trials: trials, watch: first(watch)})
	})
}

// checkDensity returns an error unless the model is the way back of dim coordinates with that solver and the reverse of that
// grid.
func checkDensity(m onnx.Model, dim int, solver ode.Solver, ts []float64) error {
	points := pointsOf(shapeIn(m, dim))
	inputs := []onnx.ValueInfo{{Name: "data", Dims: points}, {Name: "ts", Dims: []int{onnx.Times}}}
	grid, err := narrowed(ts)
	if err == nil {
		err = declares(m, inputs, []onnx.ValueInfo{{Name: "noise", Dims: points}, {Name: "log_prob", Dims: []int{onnx.Batch}}})
	}
	if have := m.Metadata["solver"]; err == nil && have != solver.Name {
		err = fmt.Errorf("the solver of the file is %q, not %q", have, solver.Name)
	}
	slices.Reverse(grid)
	if err == nil && !hasDefault(m, "ts", grid) {
		err = fmt.Errorf("the default time grid of the file is not the reverse of %d steps", len(ts)-1)
	}
	return err
}

// densityBatches are the batch sizes that the way back is checked at. It takes many steps, and so not the largest of the others.
var densityBatches = []int{0, 1, 2, 7, 256}

// scored is what Density computes of given points.
type scored struct {
	data   flow.Batch // in the user's units, rounded to 32 bits
	noise  flow.Batch
	logp   []float64
	maxAbs float64 // the largest coordinate at the ends of the way
	growth float64 // of distances between points

	maxLog, growthLog float64 // the largest log density or divergence, and the change of log densities with the points
	rounding          float64 // the largest error of a point on the scale of the field by the change of units
}

func score(field flow.DivField, solver ode.Solver, ts []float64, units flow.Units, points flow.Batch) (s scored, err error) {
	s.data = units.Apply(points)
	for i, v := range s.data.Data {
		s.data.Data[i] = float64(float32(v))
	}
	x := units.Undo(s.data)
	watched := func(t float64, x flow.Batch) (flow.Batch, []float64, error) {
		v, rates, err := field(t, x)
		for _, r := range rates {
			s.maxLog = max(s.maxLog, math.Abs(r))
		}
		return v, rates, err
	}
	if s.logp, s.noise, _, err = ode.LogLikelihood(watched, solver, ts, x, ode.StandardNormal); err != nil {
		return s, fmt.Errorf("solve in Go: %w", err)
	}
	moved := x.Like(x.Dim)
	flow.NewStream(0, "verify nudge").Normal(moved, 0)
	for i, v := range moved.Data {
		moved.Data[i] = x.Data[i] + nudge*v
	}
	after, carried, _, err := ode.LogLikelihood(field, solver, ts, moved, ode.StandardNormal)
	if err != nil {
		return s, fmt.Errorf("solve in Go: %w", err)
	}
	volumes := units.LogVolumes(x)
	for i := range s.logp {
		before := distance(moved.Row(i), x.Row(i))
		s.growth = max(s.growth, distance(carried.Row(i), s.noise.Row(i))/before)
		s.growthLog = max(s.growthLog, math.Abs(after[i]-s.logp[i])/before)
		s.logp[i] -= volumes[i]
		s.maxLog = max(s.maxLog, math.Abs(s.logp[i]))
		for j, v := range x.Row(i) {
			s.maxAbs = max(s.maxAbs, math.Abs(v), math.Abs(s.noise.Row(i)[j]))
		}
	}
	for j, scale := range units.Scale {
		s.rounding = max(s.rounding, shiftRounding*math.Abs(units.Shift[j]/scale))
	}
	return s, nil
}

func (s scored) finite() bool { return flow.Finite(s.maxAbs + s.growth + s.maxLog + s.growthLog) }

// size returns the largest coordinate, or a number that is not finite if anything measured is not.
func (s scored) size() float64 {
	if !s.finite() {
		return math.Inf(1)
	}
	return s.maxAbs
}

func (s scored) tolerance() float64 {
	return (tolerance*(1+s.maxAbs) + s.rounding) * max(1, s.growth)
}

// trial returns the points, for the first trial repeated to fill the largest batch, with the times of the way back.
func (s scored) trial(where string, ts []float64) trial {
	dim, copies, back := s.data.Dim, 1, flow.Narrow(nil, ts)
	slices.Reverse(back)
	if where == "" { // at every batch size
		copies = max(1, slices.Max(densityBatches)/max(1, s.data.Len()))
	}
	data, noise, logp := slices.Repeat(flow.Narrow(nil, s.data.Data), copies), slices.Repeat(s.noise.Data, copies), slices.Repeat(s.logp, copies)
	return trial{
		where: where, rows: s.data.Len() * copies, maxRuns: 1, density: 1, times: back, tolerance: s.tolerance(),
		logTolerance: (tolerance*(1+s.maxLog) + s.rounding) * max(1, s.growthLog),
		inputs: func(from, to int) []ort.Tensor {
			return []ort.Tensor{{Dims: []int{to - from, dim}, Data: data[from*dim : to*dim]}}
		},
		want: func(output, from, to int) []float64 {
			if output == 1 {
				return logp[from:to]
			}
			return noise[from*dim : to*dim]
		},
	}
}
