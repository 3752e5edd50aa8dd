package ship

import (
	"fmt"
	"math"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
)

// samplerPoints is the number of points at which a sampler is compared with Go. Each costs all the steps of a sample.
const samplerPoints = 512

// samplerGrid returns the time grid of a run's sampler file. Samplers that earlier versions wrote for an adaptive run name
// that run itself: their grid is uniform, with as many steps as the run's velocity calls allow.
func samplerGrid(r experiments.Result) []float64 {
	s := r.Setting.Sample
	if s.Solver.Adaptive() {
		return ode.Uniform(max(1, int(math.Ceil(float64(r.NFE)/float64(s.Solver.Stages())))))
	}
	return s.Times()
}

// hasSampler reports whether a run can be exported as a sampler, which needs the path it was trained on and
// affine units.
func hasSampler(r experiments.Result) bool { return canSample(r.Setting) }

func canSample(s experiments.Setting) bool {
	return s.Sample.Path.Name == "" && s.Target.Units.Curves == nil
}

// exportSampler returns the sampler file of a run at fixed steps.
func exportSampler(n net.Net, weights []float32, r experiments.Result, about export.About, o export.SamplerOptions) ([]byte, error) {
	solver, ts := r.Setting.Sample.Solver, samplerGrid(r)
	about.Doc = fmt.Sprintf("Sampler of a flow to %s: carries noise at t = 0 to samples at t = 1, %s, steps: %d", named(r.Setting.Target),
		solver.Name, len(ts)-1)
	return export.Sampler(n, weights, solver, ts, about, o)
}

// verifySampler compares a sampler file in onnxruntime with Go.
func verifySampler(onnx []byte, p export.Parts, model *velocity.Model, watch export.Progress) experiments.Check {
	noise := export.Noise(model.Net.Dim(), samplerPoints, 0)
	if !p.Options.LogProb {
		return export.VerifySampler(onnx, p.Solver, p.Times, model.Field(), p.About.Units, noise, watch)
	}
	d, err := velocity.CompileDivergence(engine.Go, model.Net, p.Weights)
	if err != nil {
		return experiments.Check{Error: err.Error()}
	}
	defer d.Close()
	return export.VerifyDensity(onnx, p.Solver, p.Times, d.DivField(), p.About.Units, noise, watch)
}
