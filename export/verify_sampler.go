package export

import (
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/engine/onnx"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/export/guided"
)

// VerifySampler is Verify for a sampler file with any SamplerOptions except LogProb. It compares with ode.Solve from the same
// noise, (n, d), along Go's field, at every time of the grid if the file returns the trajectory, and over two other grids if
// it takes one. Rounding errors add up over the steps, and the flow spreads them as it spreads points, so the tolerance grows with
// both: the steps are counted, and the factor is measured by solving from noise moved a little. The file must return points in the given units, which map from the scale of
// the field. Differences are measured on that scale, so that all coordinates count equally.
func VerifySampler(file []byte, solver ode.Solver, ts []float64, field flow.Field, units flow.Units, noise flow.Batch, watch ...Progress) experiments.Check {
	return verifySampler(file, Steps{Field: field, Solver: solver, Times: ts, Units: units}, nil, noise, first(watch))
}

// VerifySteps is VerifySampler for any steps without log densities, such as those that add noise on the way.
func VerifySteps(file []byte, s Steps, noise flow.Batch, watch ...Progress) experiments.Check {
	return verifySampler(file, s, nil, noise, first(watch))
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
			err = checkSampler(m, noise.Dim, s, div != nil)
		}
		if err != nil {
			return err
		}
		noise := s.under(noise)
		near, err := solve(s, div, noise)
		if err == nil {
			err = checkSize("the net carries noise to points", near.size())
		}
		if err != nil {
			return err
		}
		c.MaxAbs, c.Tolerance = experiments.Number(near.maxAbs), experiments.Number(near.tolerance())
		c.Reason = near.reason()
		if !s.Code.Identity() {
			c.Reason += "; a value of a row counts by how far Go's point is from the nearest one with that value, so that whole numbers and categories may differ where a point is as near to the next"
		}
		by := campaign{settings: settings, batches: batches, trials: []trial{near.trial("")}, watch: watch}
		if takesTimes(m) {
			by.trials[0].times = flow.Narrow(nil, s.Times)
		}
		if len(shapeIn(m, noise.Dim)) > 1 { // samples of images take a hundred times as long
			by.trials[0].maxRuns = 1
		}
		if unrolled(m) {
			by.settings, by.batches, by.trials[0].maxRuns = unrolledSettings, unrolledBatches, 1
			c.Notes = append(c.Notes, "its steps are unrolled, so that it was opened in 2 settings of onnxruntime and not in 4, at batches of up to 256")
		}
		if div != nil {
			c.Notes = append(c.Notes, logProbNote(m)...)
		}
		others, err := s.others(div, noise, takesTimes(m))
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
	if err := add("far outside the data", s, far); err != nil {
		return list, err
	}
	for _, w := range s.Conditional.Weights() {
		if err := add(fmt.Sprintf("with guidance %s", w), s.guidedBy(w), noise.Slice(0, min(noise.Len(), 64))); err != nil {
			return list, err
		}
	}
	if !grids {
		return list, nil
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

// takesTimes reports whether a file takes a time grid.
func takesTimes(m onnx.Model) bool {
	return slices.ContainsFunc(m.Inputs, func(v onnx.ValueInfo) bool { return v.Name == "ts" })
}

// checkSampler returns an error unless the model is a sampler of dim coordinates with that solver and that grid, and with
// log densities if density is set.
func checkSampler(m onnx.Model, dim int, s Steps, density bool) error {
	solver, ts := s.Solver, s.Times
	shape := shapeIn(m, dim)
	points := pointsOf(shape)
	inputs, times := []onnx.ValueInfo{{Name: "noise", Dims: points}}, len(ts)
	if s.SDE != nil {
		inputs = append(inputs, s.SDE.input(len(ts)-1, shape))
	}
	inputs = append(inputs, s.Conditional.Inputs()...)
	if takesTimes(m) { // neither unrolled nor along another path nor with noise on the way
		times = onnx.Times
		inputs = append(inputs, onnx.ValueInfo{Name: "ts", Dims: []int{onnx.Times}})
	}
	weight, _ := s.Conditional.Weight()
	inputs = append(inputs, weight...)
	samples := pointsOf(returned(s.Code, shape))
	outputs := []onnx.ValueInfo{{Name: "samples", Dims: samples}}
	if density {
		outputs = append(outputs, onnx.ValueInfo{Name: "log_prob", Dims: []int{onnx.Batch}})
	}
	if len(m.Outputs) > len(outputs) {
		outputs = append(outputs, onnx.ValueInfo{Name: "trajectory", Dims: slices.Concat([]int{times}, samples)})
	}
	grid, err := narrowed(ts)
	if err == nil {
		err = declares(m, inputs, outputs)
	}
	if have := m.Metadata["solver"]; err == nil && have != solver.Name { // solvers of the same order may differ by less than the tolerance
		err = fmt.Errorf("the solver of the file is %q, not %q", have, solver.Name)
	}
	if err == nil {
		err = checkGuidance(m, s.Conditional)
	}
	if err == nil && takesTimes(m) && !hasDefault(m, "ts", grid) {
		err = fmt.Errorf("the default time grid of the file is not the run's, which has %d steps", len(ts)-1)
	}
	return err
}

// checkGuidance returns an error unless the default guidance of a file is that of the run, if it takes one.
func checkGuidance(m onnx.Model, g guided.Model) error {
	_, defaults := g.Weight()
	for _, d := range defaults {
		if want, ok := d.Data.([]float32); ok && !hasDefault(m, d.Name, want) {
			return fmt.Errorf("the default guidance of the file is not the run's, %g", want[0])
		}
	}
	return nil
}
