package export

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// VerifySampler is Verify for a sampler file, of any SamplerOptions: it compares with what ode.Solve makes of the same
// noise, (n, d), along Go's field; where the file returns the trajectory, at every time of the grid. The tolerance grows
// with the flow: errors that rounding makes are carried apart as points are, by a factor that is measured by solving from
// noise moved a little. The units are those that the file is to return points in, from the scale of the field; differences
// are measured on that scale, so that each coordinate counts alike.
func VerifySampler(file []byte, solver ode.Solver, ts []float64, field flow.Field, units flow.Affine, noise flow.Batch) Check {
	return newCheck(file, noise.Len(), func(c *Check) error {
		m, err := read(file)
		if err == nil {
			err = isSampler(m, noise.Dim, solver, ts)
		}
		if err != nil {
			return err
		}
		near, err := solve(solver, ts, field, units, noise)
		if err != nil {
			return err
		}
		if !near.finite() {
			return errors.New("the net carries noise to points that are not finite, and is of no use")
		}
		c.MaxAbs, c.Tolerance = near.most, near.tolerance()
		c.Reason = fmt.Sprintf("rounding to 32 bits, which the flow carries apart by a factor of up to %.2g: 1e-5 (1 + max |x|) times the factor, if above 1, is allowed", near.growth)
		if err := c.compare(file, near.trial()); err != nil {
			return err
		}
		away := noise.Clone()
		for i := range away.Data {
			away.Data[i] *= 10
		}
		far, err := solve(solver, ts, field, units, away)
		if err != nil || !far.finite() {
			return err // where Go has no numbers there is nothing to compare
		}
		return errors.Join(outside(file, far.trial(), far.tolerance()), sealed(m))
	})
}

// isSampler returns an error unless the model is a sampler of points of that many coordinates by that solver over that grid.
func isSampler(m onnx.Model, dim int, solver ode.Solver, ts []float64) error {
	points := []int{onnx.Batch, dim}
	inputs, times := []onnx.ValueInfo{{Name: "noise", Dims: points}}, len(ts)
	if len(m.Inputs) > 1 { // not unrolled
		times = onnx.Times
		inputs = append(inputs, onnx.ValueInfo{Name: "ts", Dims: []int{onnx.Times}})
	}
	outputs := []onnx.ValueInfo{{Name: "samples", Dims: points}}
	if len(m.Outputs) > 1 {
		outputs = append(outputs, onnx.ValueInfo{Name: "trajectory", Dims: []int{times, onnx.Batch, dim}})
	}
	grid, err := narrowed(ts)
	if err == nil {
		err = declares(m, inputs, outputs)
	}
	if have := m.Metadata["solver"]; err == nil && have != solver.Name { // two of one order may differ by less than is allowed
		err = fmt.Errorf("the solver of the file is %q, not %q", have, solver.Name)
	}
	if err == nil && len(inputs) > 1 && !hasDefault(m, "ts", grid) {
		err = fmt.Errorf("the default time grid of the file is not that of the run, of %d steps", len(ts)-1)
	}
	return err
}

// solution is what ode.Solve makes of noise.
type solution struct {
	noise        flow.Batch
	units        flow.Affine
	trajectory   []flow.Batch
	most, growth float64
}

// nudge is how far the noise is moved to measure the growth of errors: far enough that the rounding of the net, about
// 1e-6, is lost in it, and near enough for the flow to be linear.
const nudge = 1e-2

func solve(solver ode.Solver, ts []float64, field flow.Field, units flow.Affine, noise flow.Batch) (s solution, err error) {
	s.noise, s.units = noise, units
	if s.trajectory, _, err = ode.Trajectory(field, solver, ts, noise); err != nil {
		return s, fmt.Errorf("solve in Go: %w", err)
	}
	for _, x := range s.trajectory {
		for _, v := range x.Data {
			s.most = max(s.most, math.Abs(v))
		}
	}
	moved := flow.NewBatch(noise.Len(), noise.Dim)
	flow.NewStream(0, "verify nudge").Normal(moved, 0)
	for i, v := range moved.Data {
		moved.Data[i] = noise.Data[i] + nudge*v
	}
	carried, _, err := ode.Solve(field, solver, ts, moved)
	if err != nil {
		return s, fmt.Errorf("solve in Go: %w", err)
	}
	end := s.trajectory[len(ts)-1]
	for i := range noise.Len() {
		before, after := distance(moved.Row(i), noise.Row(i)), distance(carried.Row(i), end.Row(i))
		s.growth = max(s.growth, after/before)
	}
	return s, nil
}

func (s solution) finite() bool {
	return !math.IsNaN(s.most+s.growth) && !math.IsInf(s.most+s.growth, 0)
}

func (s solution) tolerance() float64 { return tolerance * (1 + s.most) * max(1, s.growth) }

// rounding is what a shifted number may be off by, relative to the shift: it, the sum and the scale are rounded to 32 bits,
// each by 2^-24 at most.
const rounding = 0x1p-22

// unit returns what differences in each coordinate are counted in: its scale and, beside the tolerance, the rounding that
// comes of its shift.
func (s solution) unit() []float64 {
	if s.units.Identity() {
		return nil
	}
	unit := make([]float64, s.noise.Dim)
	for j := range unit {
		unit[j] = math.Abs(s.units.Scale[j]) + rounding*math.Abs(s.units.Shift[j])/s.tolerance()
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

// trial gives the noise as often as the largest batch takes, and no more than some runs of a batch size: each is as dear as
// all velocity calls of a sample.
func (s solution) trial() trial {
	dim := s.noise.Dim
	times := max(1, slices.Max(batches)/max(1, s.noise.Len()))
	noise := slices.Repeat(narrow(s.noise.Data), times)
	steps := make([][]float64, len(s.trajectory))
	for i, x := range s.trajectory {
		steps[i] = slices.Repeat(s.units.Apply(x).Data, times)
	}
	return trial{
		settings: settings, batches: batches, rows: s.noise.Len() * times, runs: 4, unit: s.unit(),
		give: func(from, to int) []ort.Tensor {
			return []ort.Tensor{{Dims: []int{to - from, dim}, Data: noise[from*dim : to*dim]}}
		},
		want: func(output, from, to int) (want []float64) {
			if output == 0 {
				return steps[len(steps)-1][from*dim : to*dim]
			}
			for _, x := range steps {
				want = append(want, x[from*dim:to*dim]...)
			}
			return want
		},
	}
}
