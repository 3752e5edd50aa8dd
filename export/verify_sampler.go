package export

import (
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// VerifySampler is Verify for a sampler file with any SamplerOptions except LogProb. It compares with ode.Solve from the same
// noise, (n, d), along Go's field, at every time of the grid if the file returns the trajectory, and over two other grids if
// it takes one. The flow spreads rounding errors as it spreads points, so the tolerance grows by that factor, which is
// measured by solving from noise moved a little. The file must return points in the given units, which map from the scale of
// the field. Differences are measured on that scale, so that all coordinates count equally.
func VerifySampler(file []byte, solver ode.Solver, ts []float64, field flow.Field, units flow.Units, noise flow.Batch, watch ...Progress) experiments.Check {
	return verifySampler(file, Steps{Field: field, Solver: solver, Times: ts, Units: units}, nil, noise, first(watch))
}

// VerifyDensity is VerifySampler for a file that also returns log_prob, which is compared with ode.Push. Its tolerance is
// measured in the same way, relative to the largest log density or divergence on the path.
func VerifyDensity(file []byte, solver ode.Solver, ts []float64, field flow.DivField, units flow.Units, noise flow.Batch, watch ...Progress) experiments.Check {
	velocity := func(t float64, x flow.Batch) (flow.Batch, error) {
		v, _, err := field(t, x)
		return v, err
	}
	return verifySampler(file, Steps{Field: velocity, Solver: solver, Times: ts, Units: units}, field, noise, first(watch))
}

func verifySampler(file []byte, s Steps, div flow.DivField, noise flow.Batch, watch Progress) experiments.Check {
	return newCheck(file, noise.Len(), func(c *experiments.Check) error {
		m, err := readAny(file)
		if err == nil {
			err = checkSampler(m, noise.Dim, s.Solver, s.Times, div != nil)
		}
		if err != nil {
			return err
		}
		near, err := solve(s, div, noise)
		if err == nil {
			err = checkSize("the net carries noise to points", near.size())
		}
		if err != nil {
			return err
		}
		c.MaxAbs, c.Tolerance = experiments.Number(near.maxAbs), experiments.Number(near.tolerance())
		c.Reason = fmt.Sprintf("the flow spreads rounding to 32 bits by a factor of up to %.2g: 1e-5 (1 + max |x|) times that factor, if above 1, is allowed", near.growth)
		by := campaign{settings, batches, []trial{near.trial("")}, watch}
		if len(m.Inputs) > 1 {
			by.trials[0].times = flow.Narrow(nil, s.Times)
		} else {
			by.settings, by.batches, by.trials[0].maxRuns = unrolledSettings, unrolledBatches, 1
			c.Notes = append(c.Notes, "its steps are unrolled, so that it was opened in 2 settings of onnxruntime and not in 4, at batches of up to 256")
		}
		if div != nil {
			c.Notes = append(c.Notes, logProbNote(m)...)
		}
		others, err := s.others(div, noise, len(m.Inputs) > 1)
		if err != nil {
			return err
		}
		by.trials = append(by.trials, others...)
		return compare(c, m, file, by)
	})
}

// The properties that hold the error of a sampler's log_prob against a dense solve, in nats: the mean and the largest over
// samples.
const (
	LogProbError    = "log_prob_error"
	LogProbErrorMax = "log_prob_error_max"
)

// maxLogProbError is the mean error of log_prob, in nats, above which there is a caution: 5 % of a density.
const maxLogProbError = .05

// logProbNote says how far log_prob is from a dense solve, if the file does.
func logProbNote(m onnx.Model) []string {
	mean, most := m.Metadata[LogProbError], m.Metadata[LogProbErrorMax]
	if mean == "" {
		return nil
	}
	note := fmt.Sprintf("its log_prob is that of its own steps, which is %s nats from that of a dense solve on average, and at most %s", mean, most)
	if amount(mean) > maxLogProbError {
		note = "caution: " + note + ": take more steps, or the densities of logp.onnx"
	}
	return []string{note}
}

// otherGrids are time grids other than a file's own, exact in 32-bit floats: uneven, and of other lengths.
var otherGrids = [][]float64{
	{0, .375, 1},
	{0, 1. / 64, 4. / 64, 9. / 64, 16. / 64, 25. / 64, 36. / 64, 49. / 64, 1},
}

// others returns the trials of a sampler besides that of the noise: from noise farther out, and, if it takes a time grid,
// over other grids. Where Go's values are not finite there is nothing to compare.
func (s Steps) others(div flow.DivField, noise flow.Batch, grids bool) (list []trial, err error) {
	add := func(where string, of Steps, noise flow.Batch) error {
		got, err := solve(of, div, noise)
		if err != nil || !got.finite() {
			return err
		}
		tr := got.trial(where)
		if grids {
			tr.times = flow.Narrow(nil, of.Times)
		}
		list = append(list, tr)
		return nil
	}
	far := noise.Clone()
	for i := range far.Data {
		far.Data[i] *= 10
	}
	if err := add("far outside the data", s, far); err != nil || !grids {
		return list, err
	}
	for _, ts := range otherGrids {
		other := s
		other.Times = ts
		if err := add(fmt.Sprintf("over another time grid, of %d uneven steps,", len(ts)-1), other, noise.Slice(0, min(noise.Len(), 64))); err != nil {
			return list, err
		}
	}
	return list, nil
}

// checkSampler returns an error unless the model is a sampler of dim coordinates with that solver and that grid, and with
// log densities if density is set.
func checkSampler(m onnx.Model, dim int, solver ode.Solver, ts []float64, density bool) error {
	points := []int{onnx.Batch, dim}
	inputs, times := []onnx.ValueInfo{{Name: "noise", Dims: points}}, len(ts)
	if len(m.Inputs) > 1 { // not unrolled
		times = onnx.Times
		inputs = append(inputs, onnx.ValueInfo{Name: "ts", Dims: []int{onnx.Times}})
	}
	outputs := []onnx.ValueInfo{{Name: "samples", Dims: points}}
	if density {
		outputs = append(outputs, onnx.ValueInfo{Name: "log_prob", Dims: []int{onnx.Batch}})
	}
	if len(m.Outputs) > len(outputs) {
		outputs = append(outputs, onnx.ValueInfo{Name: "trajectory", Dims: []int{times, onnx.Batch, dim}})
	}
	grid, err := narrowed(ts)
	if err == nil {
		err = declares(m, inputs, outputs)
	}
	if have := m.Metadata["solver"]; err == nil && have != solver.Name { // solvers of the same order may differ by less than the tolerance
		err = fmt.Errorf("the solver of the file is %q, not %q", have, solver.Name)
	}
	if err == nil && len(inputs) > 1 && !hasDefault(m, "ts", grid) {
		err = fmt.Errorf("the default time grid of the file is not the run's, which has %d steps", len(ts)-1)
	}
	return err
}

// solution is the result of ode.Solve, and of ode.Push if there is a divergence.
type solution struct {
	noise      flow.Batch
	units      flow.Units
	trajectory []flow.Batch
	maxAbs     float64 // the largest coordinate
	growth     float64 // of distances between points

	logp              []float64
	maxLog, growthLog float64 // the largest log density or divergence, and the change of log densities with the noise
}

// nudge is how far the noise is moved to measure the growth of errors: much farther than the rounding of the net, about 1e-6,
// but not so far that the flow is no longer linear.
const nudge = 1e-2

func solve(by Steps, div flow.DivField, noise flow.Batch) (s solution, err error) {
	s.noise, s.units = noise, by.Units
	if s.trajectory, _, err = ode.Trajectory(by.Field, by.Solver, by.Times, noise); err != nil {
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
	carried, _, err := ode.Solve(by.Field, by.Solver, by.Times, moved)
	if err != nil {
		return s, fmt.Errorf("solve in Go: %w", err)
	}
	end := s.trajectory[len(by.Times)-1]
	for i := range noise.Len() {
		before, after := distance(moved.Row(i), noise.Row(i)), distance(carried.Row(i), end.Row(i))
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

func (s solution) tolerance() float64 { return tolerance * (1 + s.maxAbs) * max(1, s.growth) }

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

// trial returns the noise, for the first trial repeated to fill the largest batch. It limits the runs at each batch size, as each costs all
// velocity calls of a sample.
func (s solution) trial(where string) trial {
	dim, copies := s.noise.Dim, 1
	if where == "" { // at every batch size
		copies = max(1, slices.Max(batches)/max(1, s.noise.Len()))
	}
	noise, logp := slices.Repeat(flow.Narrow(nil, s.noise.Data), copies), slices.Repeat(s.logp, copies)
	steps := make([][]float64, len(s.trajectory))
	for i, x := range s.trajectory {
		steps[i] = slices.Repeat(s.units.Apply(x).Data, copies)
	}
	tr := trial{
		where: where, rows: s.noise.Len() * copies, maxRuns: 4, unit: s.unit(), tolerance: s.tolerance(),
		inputs: func(from, to int) []ort.Tensor {
			return []ort.Tensor{{Dims: []int{to - from, dim}, Data: noise[from*dim : to*dim]}}
		},
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
		tr.density, tr.logTolerance = 1, tolerance*(1+s.maxLog)*max(1, s.growthLog)
	}
	return tr
}
