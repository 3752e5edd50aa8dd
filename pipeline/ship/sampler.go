package ship

import (
	"fmt"
	"math"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
	"flowsweep/store"
)

// samplerPoints is the number of points at which a sampler is compared with Go. Each costs all the steps of a sample.
const samplerPoints = 512

// samplerGrid returns the time grid of a run's sampler file. Samplers that earlier versions wrote for an adaptive run name
// that run itself: their grid is uniform, with as many steps as the run's velocity calls allow.
func samplerGrid(r experiments.Result) []float64 {
	s := r.Setting.Sample
	if s.Solver.Adaptive() {
		return ode.Uniform(max(1, int(math.Ceil(float64(r.NFE)/float64(s.Solver.Stages()*s.Guidance.Calls())))))
	}
	return s.Times()
}

// hasSampler reports whether a run can be exported as a sampler.
func hasSampler(r experiments.Result) bool { return canSample(r.Setting) }

func canSample(s experiments.Setting) bool { return noSampler(s) == "" }

// noSampler says why a setting cannot be exported as a sampler, or nothing if it can. The reason goes on from "there is none: ".
func noSampler(s experiments.Setting) string {
	switch {
	case s.Target.Units.Curves != nil:
		return "it could not return samples in the units of data on the scale of their ranks (standardise: quantile); flowsweep sample can"
	case len(s.Target.Units.Coarse()) > 0:
		return "it could not return samples in the units of data so far from 0, since it computes in 32-bit floats; flowsweep sample can"
	default:
		return ""
	}
}

// along returns what leads from the path of the net to that of the samples, or nil if these are the same.
func along(s experiments.Setting) *flow.PathConversion {
	if s.Sample.Path.Name == "" {
		return nil
	}
	return &flow.PathConversion{From: s.Path, To: s.Sample.Path}
}

// sdeOf returns the noise that samples of a setting take on the way, or nil if they take none.
func sdeOf(s experiments.Setting) *export.SDE {
	if s.Sample.SDE.Noise == 0 {
		return nil
	}
	path := s.Path
	if s.Sample.Path.Name != "" {
		path = s.Sample.Path
	}
	return &export.SDE{SDE: s.Sample.SDE, Path: path}
}

// exportSampler returns the sampler file of a run at fixed steps.
func exportSampler(n net.Net, weights []float32, r experiments.Result, about export.About, o export.SamplerOptions) ([]byte, error) {
	solver, ts, about, o := samplerParts(r, about, o)
	return export.Sampler(n, weights, solver, ts, about, o)
}

// samplerParts returns what the sampler file of a run is made of.
func samplerParts(r experiments.Result, about export.About, o export.SamplerOptions) (ode.Solver, []float64, export.About, export.SamplerOptions) {
	solver, ts := r.Setting.Sample.Solver, samplerGrid(r)
	about.Doc = fmt.Sprintf("Sampler of a flow to %s: carries noise at t = 0 to samples at t = 1, %s, steps: %d", named(r.Setting.Target),
		solver.Name, len(ts)-1)
	o.Along, o.SDE = along(r.Setting), sdeOf(r.Setting)
	return solver, ts, about, o
}

// samplerFiles returns the sampler of a run at fixed steps, and, unless it is unrolled itself, an unrolled one beside it. If that
// would be too large, it says why it is absent.
func samplerFiles(n net.Net, weights []float32, r experiments.Result, about export.About, o export.SamplerOptions) (files []store.File, absent []export.Absent, err error) {
	onnx, err := exportSampler(n, weights, r, about, o)
	if err != nil {
		return nil, nil, err
	}
	files = []store.File{{Name: SamplerFile, Content: onnx}}
	if o.Portable {
		return files, nil, nil
	}
	solver, ts, about, o := samplerParts(r, about, o)
	onnx, why, err := export.Portable(n, weights, solver, ts, about, o)
	if err != nil {
		return nil, nil, err
	}
	if why != "" {
		why += fmt.Sprintf("; `flowsweep export --run %s --portable` writes it as sampler.onnx", r.Run)
		return files, []export.Absent{{File: portableFile, Why: why}}, nil
	}
	return append(files, store.File{Name: portableFile, Content: onnx}), nil, nil
}

// samplerSteps returns what a sampler file computes, with log densities or without. Close it after use.
func samplerSteps(p export.Parts, model *velocity.Model) (*export.Steps, func(), error) {
	s, by := &export.Steps{
		Solver: p.Solver, Times: p.Times, Units: p.About.Units, Code: p.About.Code, SDE: p.Options.SDE, Conditional: p.About.Conditional,
	}, p.Options.Along
	s.Guide = func(w flow.Guidance) flow.Field {
		field := model.RowField().Guide(w).Field()
		if by != nil {
			field = flow.Reschedule(field, by.From, by.To)
		}
		return field
	}
	s.Field = s.Guide(p.About.Conditional.Guidance)
	if !p.Options.LogProb {
		return s, func() {}, nil
	}
	d, err := velocity.CompileDivergence(engine.Go, model.Net, p.Weights)
	if err != nil {
		return nil, nil, err
	}
	s.Density = divergence(d, by)
	return s, func() { d.Close() }, nil
}

// divergence returns the net with its divergence, on the path of the steps.
func divergence(d *velocity.Divergence, by *flow.PathConversion) flow.DivField {
	if by == nil {
		return d.DivField()
	}
	return flow.RescheduleDiv(d.DivField(), by.From, by.To)
}

// verifySampler compares a sampler file in onnxruntime with Go.
func verifySampler(onnx []byte, p export.Parts, model *velocity.Model, watch export.Progress) experiments.Check {
	noise := export.Noise(model.Net.Dim(), pointsFor(model.Net, samplerPoints), 0)
	s, done, err := samplerSteps(p, model)
	if err != nil {
		return experiments.Check{Error: err.Error()}
	}
	defer done()
	if s.Density == nil {
		return export.VerifySteps(onnx, *s, noise, watch)
	}
	return export.VerifyDensity(onnx, s.Solver, s.Times, s.Density, s.Units, noise, watch)
}

// verifyNumbers bounds the numbers of the points at which files are compared: nets for images hold many times as many while they run.
const verifyNumbers = 1 << 19

// pointsFor returns at how many points files of a net are compared: count, or fewer where the points are large. Nets for images get an
// eighth: at 4,096 points of 64 numbers, a U-Net of width 24 took 41 s of processor time.
func pointsFor(n net.Net, count int) int {
	if n.Architecture.Images {
		count /= 8
	}
	return min(count, max(verifyNumbers/n.Dim(), 64))
}
