package ship

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/stage"
	"flowsweep/store"
)

// verifyPoints is the number of points at which velocity.onnx is compared with Go.
const verifyPoints = 4096

// runFiles is the export of a run without its folder. A check that the store holds for the same bytes is not repeated.
func runFiles(ctx context.Context, db *store.DB, r experiments.Result, of origin, o export.SamplerOptions) (e Exported, err error) {
	defer stage.Enter(ctx, stage.Export)()
	model, weights, err := goModel(ctx, db, r)
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	onnx, err := export.Velocity(model.Net, weights, aboutRun(r, of))
	if err != nil {
		return e, err
	}
	sampled, about := of.sampled(r), aboutSampled(r, of)
	e.files = []store.File{{Name: velocityFile, Content: onnx}}
	runs := []experiments.Result{r}
	if why := noSampler(r.Setting); why != "" {
		e.Absent = []export.Absent{{File: SamplerFile, Why: why}}
	} else {
		if about, err = withLogProbError(about, model.Net, weights, sampled, o); err != nil {
			return e, err
		}
		var own []store.File
		if own, e.Absent, err = samplerFiles(model.Net, weights, sampled, about, o); err != nil {
			return e, err
		}
		e.files, runs = append(e.files, own...), append(runs, slices.Repeat([]experiments.Result{sampled}, len(own))...)
	}
	if o.LogProb {
		if onnx, err = exportDensity(model.Net, weights, r, of); err != nil {
			return e, err
		}
		e.files, runs = append(e.files, store.File{Name: densityFile, Content: onnx}), append(runs, r)
	}
	if err := e.check(ctx, db, of.sweep.Name, runs, model, weights); err != nil {
		return e, err
	}
	e.files, e.Checks, e.Figures = append(e.files, of.reduced.files...), append(e.Checks, of.reduced.checks...), of.reduced.figures
	about.Absent, about.Figures = e.Absent, e.Figures
	if about.Lineage, err = lineageOf(ctx, db, r, sampled); err != nil {
		return e, err
	}
	e.files = append(e.files, store.File{Name: cardFile, Content: export.Card(about, model.Net.Shape, e.Checks...)})
	vectors, err := vectorFiles(e.Checks, r, sampled, model, weights, o)
	e.files = append(e.files, vectors...)
	return e, err
}

// check compares the files, each of a run, with Go, unless the sweep has checked the same bytes before.
func (e *Exported) check(ctx context.Context, db *store.DB, sweep string, runs []experiments.Result, model *velocity.Model, weights []float32) error {
	stored, err := db.Checks(ctx, sweep)
	if err != nil {
		return err
	}
	for i, f := range e.files {
		e.Checks = append(e.Checks, checked(stored, f, runs[i], model, weights, progress(ctx, f.Name)))
	}
	return nil
}

// vectorFiles returns vectors.json, for those of the files that could be compared with Go.
func vectorFiles(checks []experiments.Check, r, sampled experiments.Result, model *velocity.Model, weights []float32, o export.SamplerOptions) ([]store.File, error) {
	compared := func(name string) bool {
		return slices.ContainsFunc(checks, func(c experiments.Check) bool { return c.File == name && c.Error == "" })
	}
	if !compared(velocityFile) {
		return nil, nil
	}
	var sampler, density *export.Steps
	if compared(SamplerFile) {
		steps, done, err := samplerSteps(partsOf(sampled, "sampler", weights, o), model)
		if err != nil {
			return nil, err
		}
		defer done()
		steps.Trajectory = o.Trajectory
		sampler = steps
	}
	if compared(densityFile) {
		steps, done, err := densitySteps(r, model, weights)
		if err != nil {
			return nil, err
		}
		defer done()
		density = steps
	}
	vectors, err := export.Vectors(model.Net, conditionalOf(r.Setting), model.RowField(), sampler, density)
	return []store.File{{Name: vectorsFile, Content: vectors}}, err
}

// checked returns the stored check of the same bytes, or a new one.
func checked(stored []experiments.Check, f store.File, r experiments.Result, model *velocity.Model, weights []float32, watch export.Progress) experiments.Check {
	sum := sha256.Sum256(f.Content)
	for _, c := range stored {
		if c.SHA256 == hex.EncodeToString(sum[:]) && c.OK {
			return c
		}
	}
	return verify(f, r, model, weights, watch)
}

// verify compares a file of a run in onnxruntime with Go.
func verify(f store.File, r experiments.Result, model *velocity.Model, weights []float32, watch export.Progress) experiments.Check {
	if in, err := reducedIn(f.Content, r, weights); err != nil || in != nil {
		return verifyReduced(f, r, in, err, watch)
	}
	kind, _, _ := export.Origin(f.Content)
	p := partsOf(r, kind, weights, export.OptionsOf(f.Content))
	c := verifyAs(f.Content, p, model, watch)
	c.File, c.Run = f.Name, r.Run
	return c
}

// partsOf returns what a file of a run is made of.
func partsOf(r experiments.Result, kind string, weights []float32, o export.SamplerOptions) export.Parts {
	p := export.Parts{
		Kind: kind, Net: r.Setting.VelocityNet(), Weights: weights, Solver: r.Setting.Sample.Solver, Options: o,
		About: export.About{Units: r.Setting.Target.Units, Code: r.Setting.Target.Code, Conditional: conditionalOf(r.Setting)},
	}
	switch kind {
	case "sampler":
		p.Times, p.Options.Along, p.Options.SDE = samplerGrid(r), along(r.Setting), sdeOf(r.Setting)
	case "density":
		p.Solver, p.Times = job.LikelihoodSolver()
	}
	return p
}

// verifyAs compares a file in onnxruntime with what Go makes of the parts.
func verifyAs(onnx []byte, p export.Parts, model *velocity.Model, watch export.Progress) experiments.Check {
	switch p.Kind {
	case "sampler":
		return verifySampler(onnx, p, model, watch)
	case "density":
		return verifyDensity(onnx, p, model, watch)
	default:
		return export.Verify(onnx, export.Points(model.Net, pointsFor(model.Net, verifyPoints), 0).Under(p.About.Conditional), model.RowField(), watch)
	}
}

// goModel returns the net of a run, compiled for Go's own backend, which files are compared with, and its weights.
func goModel(ctx context.Context, db *store.DB, r experiments.Result) (*velocity.Model, []float32, error) {
	weights, err := saved.Weights(ctx, db, r.Setting.Recipe, r.Fit)
	if err != nil {
		return nil, nil, err
	}
	model, err := velocity.Compile(engine.Go, r.Setting.VelocityNet(), weights)
	return model, weights, err
}

// aboutRun describes a run's net for the metadata of its files. It depends only on what is stored of the run, so that the
// same run and reference give the same bytes.
func aboutRun(r experiments.Result, of origin) export.About {
	s := r.Setting
	properties := map[string]string{
		"target": experiments.Form(s.Target), "path": s.Path.String(), "coupling": s.Coupling.String(), "train": experiments.Form(s.Train),
		"seed": fmt.Sprint(r.Seed), "nfe": fmt.Sprint(r.NFE), "fit": r.Fit, "run": r.Run, "commit": r.Commit, "engine": r.Engine, "licence": licence,
	}
	if r.Teacher != "" {
		properties["teacher"] = r.Teacher
	}
	maps.Copy(properties, of.properties())
	for key, law := range map[string]any{"data_sha256": s.Target, "source_sha256": s.Source} {
		if sum := dataHash(law); sum != "" {
			properties[key] = sum
		}
	}
	recommended, effort := recommendation(s.Sample)
	maps.Copy(properties, recommended)
	if r.Judged != nil {
		properties["tuned"] = experiments.Form(r.Judged)
	}
	if s.Sample.Solver.Fitted && r.Judged != nil {
		properties["recommended_coefficients"] = experiments.Form(s.Sample.Solver.Table(s.Sample.Times()).Points)
	}
	if s.Sample.Grid.Fitted && r.Judged != nil { // anyone can follow times
		properties["recommended_grid"] = explicit(s.Sample.Times())
	}
	for _, v := range r.Metrics {
		properties["metric."+v.Name] = experiments.Number(v.Value).String()
	}
	if s.Target.Units.Identity() && s.Target.Code.Identity() {
		properties["units"] = "the data's own; inputs and outputs are not rescaled"
	}
	about := export.About{Version: r.Version, Properties: properties, Units: s.Target.Units, Code: s.Target.Code, Columns: s.Target.Columns, Reduced: of.in, Conditional: conditionalOf(s)}
	source := "N(0, I)"
	if !s.Source.Gaussian() {
		source = experiments.Form(s.Source)
		about.Source, properties["source"] = source, source
	}
	about.Doc = fmt.Sprintf("Velocity u(t, x) of a flow from %s at t = 0 to %s at t = 1: solve dx/dt = u from noise, %s, %s",
		source, named(s.Target), s.Sample.Solver.Name, effort)
	return about
}

// explicit returns the grid with the given times, as in a spec.
func explicit(ts []float64) string {
	g, err := ode.ExplicitGrid{Times: ts}.Make()
	if err != nil {
		panic("ship: the times of a grid: " + err.Error())
	}
	return experiments.Form(g)
}

// recommendation returns the metadata on how to sample a net as a run was, and how in a few words.
func recommendation(s experiments.Sampling) (properties map[string]string, effort string) {
	properties = map[string]string{"recommended_solver": s.Solver.Name}
	if s.Solver.Adaptive() {
		properties["recommended_tolerance"] = experiments.Form(s.Tolerance)
		effort = "tolerance: " + experiments.Form(s.Tolerance)
	} else {
		properties["recommended_steps"], properties["recommended_grid"] = fmt.Sprint(s.Steps), experiments.Form(s.Grid)
		effort = fmt.Sprintf("steps: %d", s.Steps)
	}
	if noise := s.SDE.Noise; noise > 0 {
		properties["recommended_sde_noise"] = fmt.Sprint(noise)
		effort += fmt.Sprintf(", with noise %g sigma(t) on the way", noise)
	}
	if s.Path.Name != "" {
		properties["recommended_path"] = s.Path.String()
	}
	return properties, effort
}
