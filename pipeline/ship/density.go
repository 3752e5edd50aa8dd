package ship

import (
	"fmt"
	"maps"
	"math"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
	"flowsweep/pipeline/job"
)

// exportDensity returns the file of log densities of given points under the net of a run. It takes the dense steps that the
// log densities of the program take, not those of the run.
func exportDensity(n net.Net, weights []float32, r experiments.Result, of origin) ([]byte, error) {
	solver, ts := job.LikelihoodSolver()
	about := aboutRun(r, of)
	about.Doc = fmt.Sprintf("Log densities of given points under a flow to %s: carries them back from t = 1 to noise at t = 0, %s, steps: %d",
		named(r.Setting.Target), solver.Name, len(ts)-1)
	return export.Density(n, weights, solver, ts, about)
}

// verifyDensity compares a file of log densities in onnxruntime with Go, at samples of the net.
func verifyDensity(onnx []byte, p export.Parts, model *velocity.Model, watch export.Progress) experiments.Check {
	d, err := velocity.CompileDivergence(engine.Go, model.Net, p.Weights)
	if err != nil {
		return experiments.Check{Error: err.Error()}
	}
	defer d.Close()
	points, _, err := ode.Solve(model.Field(), p.Solver, p.Times, export.Noise(model.Net.Dim(), densityPoints, 0))
	if err != nil {
		return experiments.Check{Error: err.Error()}
	}
	return export.VerifyLikelihood(onnx, p.Solver, p.Times, d.DivField(), p.About.Units, points, watch)
}

// densitySteps returns what the file of log densities computes. Close it after use.
func densitySteps(r experiments.Result, model *velocity.Model, weights []float32) (*export.Steps, func(), error) {
	d, err := velocity.CompileDivergence(engine.Go, model.Net, weights)
	if err != nil {
		return nil, nil, err
	}
	solver, ts := job.LikelihoodSolver()
	return &export.Steps{
		Field: model.Field(), Solver: solver, Times: ts, Units: r.Setting.Target.Units, Density: d.DivField(),
	}, func() { d.Close() }, nil
}

// densityPoints is the number of points at which log densities are compared with Go. Each costs as much as a sample by 4
// dense steps for each dimension.
const densityPoints = 128

// withLogProbError adds the error of the log densities that a sampler file returns to its properties: the mean and the largest
// absolute difference, in nats, between the log density of a sample by the file's own steps and by the dense solve from that
// sample back to noise. With few steps it can be more than a nat. The digits are few, so that rounding does not show.
func withLogProbError(about export.About, n net.Net, weights []float32, r experiments.Result, o export.SamplerOptions) (export.About, error) {
	if !o.LogProb || n.Activation.Kinked || about.Source != "" || sdeOf(r.Setting) != nil { // the last three are refused
		return about, nil
	}
	d, err := velocity.CompileDivergence(engine.Go, n, weights)
	if err != nil {
		return about, err
	}
	defer d.Close()
	mean, largest, err := logProbError(d, r)
	if err != nil {
		return about, fmt.Errorf("measure the error of log_prob: %w", err)
	}
	if !flow.Finite(mean) {
		return about, nil // the check says that the net has diverged
	}
	about.Properties = maps.Clone(about.Properties)
	about.Properties[export.LogProbError], about.Properties[export.LogProbErrorMax] = fmt.Sprintf("%.3f", mean), fmt.Sprintf("%.3f", largest)
	return about, nil
}

func logProbError(d *velocity.Divergence, r experiments.Result) (mean, largest float64, err error) {
	noise := export.Noise(r.Setting.Target.Dim(), densityPoints, 0)
	x, logp, _, err := ode.Push(divergence(d, along(r.Setting)), r.Setting.Sample.Solver, samplerGrid(r), noise, ode.StandardNormal)
	if err != nil {
		return 0, 0, err
	}
	solver, ts := job.LikelihoodSolver()
	dense, _, _, err := ode.LogLikelihood(d.DivField(), solver, ts, x, ode.StandardNormal)
	if err != nil {
		return 0, 0, err
	}
	for i, l := range dense {
		off := math.Abs(l - logp[i])
		mean, largest = mean+off/float64(len(dense)), max(largest, off)
	}
	return mean, largest, nil
}
