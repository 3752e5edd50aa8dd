package ship

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/target"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// verifyPoints is the number of points at which velocity.onnx is compared with Go.
const verifyPoints = 4096

// runFiles returns the files of a run and the checks of the ONNX files among them. A check that the store holds for the same
// bytes is not repeated.
func runFiles(ctx context.Context, db *store.DB, r experiments.Result, of origin, o export.SamplerOptions) (files []store.File, checks []experiments.Check, err error) {
	model, weights, err := goModel(ctx, db, r)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	onnx, err := export.Velocity(model.Net, weights, aboutRun(r, of))
	if err != nil {
		return nil, nil, err
	}
	sampled, about := of.sampled(r), aboutSampled(r, of)
	files, runs := []store.File{{Name: velocityFile, Content: onnx}}, []experiments.Result{r}
	if hasSampler(r) {
		if onnx, about, err = writeSampler(model.Net, weights, r, of, o); err != nil {
			return nil, nil, err
		}
		files, runs = append(files, store.File{Name: SamplerFile, Content: onnx}), append(runs, sampled)
	}
	if o.LogProb {
		if onnx, err = exportDensity(model.Net, weights, r, of); err != nil {
			return nil, nil, err
		}
		files, runs = append(files, store.File{Name: densityFile, Content: onnx}), append(runs, r)
	}
	stored, err := db.Checks(ctx, of.sweep.Name)
	if err != nil {
		return nil, nil, err
	}
	for i, f := range files {
		checks = append(checks, checked(stored, f, runs[i], model, weights, progress(ctx, f.Name)))
	}
	files, checks, about.Figures = append(files, of.reduced.files...), append(checks, of.reduced.checks...), of.reduced.figures
	files = append(files, store.File{Name: cardFile, Content: export.Card(about, model.Net.Dim(), checks...)})
	if checks[0].Error == "" {
		var steps *export.Steps
		if hasSampler(r) && checks[1].Error == "" {
			steps = &export.Steps{Field: model.Field(), Solver: sampled.Setting.Sample.Solver, Times: samplerGrid(sampled), Units: about.Units}
		}
		vectors, err := export.Vectors(model.Net, model.RowField(), steps)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, store.File{Name: vectorsFile, Content: vectors})
	}
	return files, checks, nil
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
	p := export.Parts{
		Kind: kind, Net: model.Net, Weights: weights, Solver: r.Setting.Sample.Solver, Options: export.OptionsOf(f.Content),
		About: export.About{Units: r.Setting.Target.Units},
	}
	switch kind {
	case "sampler":
		p.Times = samplerGrid(r)
	case "density":
		p.Solver, p.Times = job.LikelihoodSolver()
	}
	c := verifyAs(f.Content, p, model, watch)
	c.File, c.Run = f.Name, r.Run
	return c
}

// verifyAs compares a file in onnxruntime with what Go makes of the parts.
func verifyAs(onnx []byte, p export.Parts, model *velocity.Model, watch export.Progress) experiments.Check {
	switch p.Kind {
	case "sampler":
		return verifySampler(onnx, p, model, watch)
	case "density":
		return verifyDensity(onnx, p, model, watch)
	default:
		return export.Verify(onnx, export.Points(model.Net, verifyPoints, 0), model.RowField(), watch)
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
		"seed":               fmt.Sprint(r.Seed),
		"recommended_solver": s.Sample.Solver.Name, "nfe": fmt.Sprint(r.NFE),
		"fit": r.Fit, "run": r.Run, "commit": r.Commit, "engine": r.Engine,
		"licence": licence,
	}
	maps.Copy(properties, of.properties())
	for key, law := range map[string]any{"data_sha256": s.Target, "source_sha256": s.Source} {
		if sum := dataHash(law); sum != "" {
			properties[key] = sum
		}
	}
	effort := "tolerance: " + experiments.Form(s.Sample.Tolerance)
	if s.Sample.Solver.Adaptive() {
		properties["recommended_tolerance"] = experiments.Form(s.Sample.Tolerance)
	} else {
		effort = fmt.Sprintf("steps: %d", s.Sample.Steps)
		properties["recommended_steps"], properties["recommended_grid"] = fmt.Sprint(s.Sample.Steps), experiments.Form(s.Sample.Grid)
	}
	if s.Sample.Path.Name != "" {
		properties["recommended_path"] = s.Sample.Path.String()
	}
	for _, v := range r.Metrics {
		properties["metric."+v.Name] = experiments.Number(v.Value).String()
	}
	if s.Target.Units.Identity() {
		properties["units"] = "the data's own; inputs and outputs are not rescaled"
	}
	about := export.About{Version: r.Version, Properties: properties, Units: s.Target.Units, Columns: s.Target.Columns, Reduced: of.in}
	source := "N(0, I)"
	if !s.Source.Gaussian() {
		source = experiments.Form(s.Source)
		about.Source, properties["source"] = source, source
	}
	about.Doc = fmt.Sprintf("Velocity u(t, x) of a flow from %s at t = 0 to %s at t = 1: solve dx/dt = u from noise, %s, %s",
		source, named(s.Target), s.Sample.Solver.Name, effort)
	return about
}

// named returns what to call a target in a sentence.
func named(t target.Target) string {
	if t.Content == nil {
		return t.Name
	}
	return "data of " + strings.Join(t.Columns, ", ")
}
