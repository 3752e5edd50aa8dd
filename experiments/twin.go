package experiments

import (
	"fmt"
	"math"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
)

// Twin returns how the sampler file of an adaptive run draws samples, which cannot adapt its steps: by the same method, in as
// many even steps as nfe velocity calls of the run allow. ok is false for a run at fixed steps, which its file takes as they
// are.
func (s Sampling) Twin(nfe Calls) (twin Sampling, ok bool) {
	if !s.Solver.Adaptive() {
		return s, false
	}
	const rounding = 1e-9 // of a mean of whole numbers
	steps := math.Ceil(float64(nfe)/float64(s.Solver.Stages()*s.Guidance.Calls()) - rounding)
	return Sampling{
		Solver: s.Solver.AtFixedSteps(), Steps: max(1, int(steps)), Grid: ode.UniformGrid, Path: s.Path, Guidance: s.Guidance, Label: s.Label, Count: s.Count,
	}, true
}

// Words returns the solver and its effort for people: "heun, 4 steps" or "bosh3, tolerance 0.01".
func (s Sampling) Words() string {
	if noise := s.SDE.Noise; noise > 0 {
		s.SDE = ode.SDE{}
		return fmt.Sprintf("%s, SDE noise %g", s.Words(), noise)
	}
	switch {
	case s.Solver.Adaptive() && s.Tolerance.Atol == s.Tolerance.Rtol:
		return fmt.Sprintf("%s, tolerance %g", s.Solver.Name, s.Tolerance.Atol)
	case s.Solver.Adaptive():
		return fmt.Sprintf("%s, tolerance %g + %g |x|", s.Solver.Name, s.Tolerance.Atol, s.Tolerance.Rtol)
	case s.Steps == 1:
		return s.Solver.Name + ", 1 step"
	default:
		return fmt.Sprintf("%s, %d steps", s.Solver.Name, s.Steps)
	}
}

// Twins returns the twins of the runs of an adaptive setting, in their order, each as the only run of its fit. All take the
// same steps, as many as the mean of their velocity calls allows. There are none for a setting at fixed steps.
func (s Spec) Twins(of Summary) (fits []Fit, err error) {
	sampling, ok := of.Setting.Sample.Twin(of.NFE)
	if !ok {
		return nil, nil
	}
	setting := Setting{Recipe: of.Setting.Recipe, Sample: sampling}
	for _, r := range of.Runs {
		run, err := s.run(r.Fit, setting)
		if err != nil {
			return nil, err
		}
		fits = append(fits, Fit{Key: r.Fit, Recipe: setting.Recipe, Seed: r.Seed, Runs: []Run{run}})
	}
	return fits, nil
}

// Difference compares the mean of a metric over the seeds of a setting in another form, such as a lower precision, with the
// setting's own.
type Difference struct {
	Metric     string   `json:"metric"`
	Seeds      int      `json:"seeds"`
	Own        Number   `json:"own"`        // mean of the setting
	Other      Number   `json:"other"`      // mean in its other form
	Difference Interval `json:"difference"` // Other - Own, at the confidence of the choice; without ends below 3 seeds
	Share      Number   `json:"share"`      // the difference as a share of Own; NaN where that may be 0
	Verdict    string   `json:"verdict"`
	Worse      bool     `json:"worse"` // the test finds Other higher
}

// Beside compares a setting in another form, whose runs of the same seeds have these values, with itself. The test is that of
// the choice, seed by seed.
func (c Choose) Beside(own Summary, metricName string, other []float64) Difference {
	values, unknown := own.values(metricName), Number(math.NaN())
	st, _ := own.Stat(metricName)
	mean := metric.Mean(other).Value
	d := Difference{
		Metric: metricName, Seeds: len(values), Own: Number(st.Mean), Other: Number(mean),
		Difference: Interval{Number(mean - st.Mean), unknown, unknown}, Share: unknown,
	}
	if m, ok := metricNamed(metricName); ok && st.Mean > 0 && (!m.Signed && !m.Unbiased || st.Low > 0) {
		d.Share = Number((mean - st.Mean) / st.Mean)
	}
	switch finite := len(values) == len(other) && flow.Finite(values...); {
	case !finite:
		d.Verdict = "cannot say: the setting itself has a value that is not finite"
	case !flow.Finite(other...):
		d.Verdict, d.Worse = "worse: a value is not finite", true
	case len(values) < minSeeds:
		d.Verdict = fmt.Sprintf("cannot say: telling them apart takes at least %d seeds", minSeeds)
	default:
		d.test(values, other, st.Scale, c.Confidence)
	}
	return d
}

// test adds the interval and the verdict of the paired test.
func (d *Difference) test(own, other []float64, scale metric.Scale, confidence float64) {
	best, margins := metric.Margins([][]float64{own, other}, scale, confidence)
	m, sign := margins[1-best], 1.
	if best == 1 {
		m, sign = metric.Margin{Mean: m.Mean, Low: m.High, High: m.Low}, -1.
	}
	d.Difference.Low, d.Difference.High = Number(sign*m.Low), Number(sign*m.High)
	size := fmt.Sprintf("by %.2g", math.Abs(float64(d.Difference.Mean)))
	if flow.Finite(float64(d.Share)) {
		size += fmt.Sprintf(" (%.2g %%)", 100*math.Abs(float64(d.Share)))
	}
	switch {
	case margins[1-best].Tied():
		d.Verdict = "no difference found"
	case best == 0:
		d.Verdict, d.Worse = "worse "+size, true
	default:
		d.Verdict = "better " + size
	}
}
