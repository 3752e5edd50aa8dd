package ship

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/export"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// A precision below 32-bit floats is measured like a run: the nets of all seeds are rounded, sampled in onnxruntime from the
// noise of their runs, and measured by the metrics of the sweep. The paired test of the choice says what was lost.

// reductions are what the precisions of a run add to its export.
type reductions struct {
	files   []store.File // .onnx of those that pay, and the figures of all
	checks  []experiments.Check
	figures []export.Figures
}

// calibrationPoints is the number of points whose paths fix the ranges of 8-bit values.
const calibrationPoints = 512

// reduce returns a run in the precisions of the worker. One that does not pay has no .onnx files, unless force is set.
func (w Worker) reduce(ctx context.Context, db *store.DB, r experiments.Result, of origin, o export.SamplerOptions, force bool) (all reductions, err error) {
	if len(w.Precisions) == 0 {
		return all, nil
	}
	beside, err := besideOf(ctx, db, r, of)
	if err != nil {
		return all, err
	}
	weights, err := saved.Weights(ctx, db, r.Setting.Recipe, r.Fit)
	if err != nil {
		return all, err
	}
	for _, p := range w.Precisions {
		f := export.Figures{Precision: p.Name, Doc: p.Doc, Sampling: r.Setting.Sample.Words(), By: beside.by, Unmeasured: beside.unmeasured}
		files, checks, err := reduceRun(ctx, r, weights, of, p, o, &f)
		if err == nil && beside.unmeasured == "" {
			err = w.lost(ctx, db, beside, p, &f)
		}
		switch {
		case errors.Is(err, export.ErrUnfit):
			f.Refused = err.Error()
		case err != nil:
			return all, fmt.Errorf("export run %s in %s: %w", r.Run, p.Name, err)
		default:
			f.Judge()
			f.Written = force || f.Refused == ""
		}
		if f.Written {
			all.files, all.checks = append(all.files, files...), append(all.checks, checks...)
		}
		all.figures = append(all.figures, f)
	}
	text, err := json.MarshalIndent(all.figures, "", "  ")
	all.files = append(all.files, store.File{Name: precisionFile, Content: append(text, '\n')})
	return all, err
}

// beside is the setting that a precision is compared with.
type beside struct {
	sweep      experiments.Sweep
	setting    experiments.Summary
	by         []string // the metrics that it was chosen by
	unmeasured string   // why there is no setting, if so
}

// besideOf returns the setting of a run with all its seeds: its origin's, or that of the latest sweep that plans the run.
func besideOf(ctx context.Context, db *store.DB, r experiments.Result, of origin) (b beside, err error) {
	if of.sweep.Name != "" {
		return beside{sweep: of.sweep, setting: of.setting, by: byOf(of.by, of.sweep)}, nil
	}
	uses, err := db.Uses(ctx, "", r.Run)
	if err != nil {
		return b, err
	}
	i := slices.IndexFunc(uses, func(u store.Use) bool { return u.Role == "" })
	if i < 0 {
		return beside{unmeasured: "no sweep plans the run, so it is not known what it was measured against"}, nil
	}
	o, err := Load(ctx, db, uses[i].Sweep)
	if err != nil {
		return b, err
	}
	for i, s := range o.Summaries {
		if slices.ContainsFunc(s.Runs, func(other experiments.Result) bool { return other.Run == r.Run }) {
			return beside{sweep: o.Sweep, setting: s, by: byOf(o.choiceOf(i).By, o.Sweep)}, nil
		}
	}
	return b, fmt.Errorf("%s does not hold run %s that it plans: run `flowsweep sweep` on its spec again", o.Sweep.Name, r.Run)
}

// byOf returns the metrics of a choice, or that of its spec if nothing could be chosen.
func byOf(by []string, sweep experiments.Sweep) []string {
	if len(by) == 0 {
		return []string{sweep.Spec.Choose.Metric}
	}
	return by
}

// reduced returns the net of a run in a precision, with the ranges of its own paths.
func reduced(p export.Precision, r experiments.Result, weights []float32) (*export.Reduced, error) {
	s := r.Setting
	noise := flow.NewBatch(calibrationPoints, s.Target.Dim())
	s.Source.Fill(noise, flow.NewStream(0, "calibration"), 0)
	return export.Reduce(p, s.VelocityNet(), weights, reducedSteps(r), noise)
}

// reducedSteps returns what the sampler of a run computes, but for its field.
func reducedSteps(r experiments.Result) export.Steps {
	s := r.Setting
	return export.Steps{Solver: s.Sample.Solver, Times: samplerGrid(r), Units: s.Target.Units, Code: s.Target.Code, Along: along(s), SDE: sdeOf(s)}
}

// reduceRun writes the files of a run in a precision and verifies them, and notes what they weigh and take.
func reduceRun(ctx context.Context, r experiments.Result, weights []float32, of origin, p export.Precision, o export.SamplerOptions, f *export.Figures) (files []store.File, checks []experiments.Check, err error) {
	add := func(name, kind string, run experiments.Result) error {
		full, err := writeKind(kind, r.Setting.VelocityNet(), weights, r, of, o)
		if err != nil {
			return err
		}
		with := of
		if with.in, err = reduced(p, run, weights); err != nil {
			return err
		}
		file, err := writeKind(kind, r.Setting.VelocityNet(), weights, r, with, o)
		if err != nil {
			return err
		}
		made := store.File{Name: p.Suffixed(name), Content: file}
		files, checks = append(files, made), append(checks, verifyReduced(made, run, with.in, nil, progress(ctx, made.Name)))
		return f.Compare(name, file, full)
	}
	if err = add(velocityFile, "velocity", r); err == nil {
		f.Observe(p, checks[0])
	}
	if err == nil && hasSampler(r) {
		err = add(SamplerFile, "sampler", of.sampled(r))
	}
	return files, checks, err
}

// verifyReduced compares a file of a run in a lower precision with Go, unless the run could not be prepared.
func verifyReduced(f store.File, r experiments.Result, in *export.Reduced, failed error, watch export.Progress) (c experiments.Check) {
	n := r.Setting.VelocityNet()
	kind, _, _ := export.Origin(f.Content)
	switch {
	case failed != nil:
		c.Error = failed.Error()
	case kind == "sampler":
		c = export.VerifyReducedSampler(f.Content, reducedSteps(r), export.Noise(n.Dim(), pointsFor(n, samplerPoints), 0), in, watch)
	default:
		c = export.VerifyReduced(f.Content, export.Points(n, pointsFor(n, verifyPoints), 0), in, watch)
	}
	c.File, c.Run = f.Name, r.Run
	return c
}

// lost measures the setting in a precision and compares it with itself by every metric.
func (w Worker) lost(ctx context.Context, db *store.DB, b beside, p export.Precision, f *export.Figures) (err error) {
	judges := job.NewJudges(w.Engine, b.sweep.Spec)
	defer func() { err = errors.Join(err, judges.Close()) }()
	reference, err := b.sweep.ReferenceKey(b.setting.Setting)
	if err != nil {
		return err
	}
	others := map[string][]float64{}
	for _, r := range b.setting.Runs {
		values, err := w.measureReduced(ctx, db, b.sweep.Spec, judges, r, reference, p)
		if err != nil {
			return fmt.Errorf("measure seed %d: %w", r.Seed, err)
		}
		for _, v := range values {
			others[v.Name] = append(others[v.Name], v.Value)
		}
	}
	for _, st := range b.setting.Metrics {
		if len(others[st.Name]) > 0 {
			f.Differences = append(f.Differences, b.sweep.Spec.Choose.Beside(b.setting, st.Name, others[st.Name]))
		}
	}
	return nil
}

// measureReduced samples a run in a precision, in onnxruntime from the run's own noise, and measures the samples.
func (w Worker) measureReduced(ctx context.Context, db *store.DB, spec experiments.Spec, judges *job.Judges, r experiments.Result, reference string, p export.Precision) (values []experiments.Value, err error) {
	weights, err := saved.Weights(ctx, db, r.Setting.Recipe, r.Fit)
	if err != nil {
		return nil, err
	}
	to, err := reduced(p, r, weights)
	if err != nil {
		return nil, err
	}
	points, err := sampleReduced(ctx, spec, r, weights, to)
	if err != nil {
		return nil, err
	}
	run := experiments.Run{Key: r.Run, Sampling: r.Setting.Sample, Reference: reference}
	fit := experiments.Fit{Key: r.Fit, Recipe: r.Setting.Recipe, Seed: r.Seed, Runs: []experiments.Run{run}}
	net, err := job.Open(w.Engine, fit, to.Weights(), spec.Reference.Seed)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, net.Close()) }()
	err = job.Guard(func() (err error) {
		values, err = judges.Measure(net, run, points)
		return err
	})
	return values, err
}

// sampleReduced draws the samples of a run with its net in a precision.
func sampleReduced(ctx context.Context, spec experiments.Spec, r experiments.Result, weights []float32, in *export.Reduced) (x flow.Batch, err error) {
	file, err := export.Velocity(r.Setting.VelocityNet(), weights, export.About{Reduced: in})
	if err != nil {
		return x, err
	}
	net, err := export.Open(file, export.OpenOptions{})
	if err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, net.Close()) }()
	field := net.Velocity.Guide(r.Setting.Sample.Guidance)
	v := job.Velocity{Path: r.Setting.Path, Field: field.Field(), Rows: field, Noise: job.StepNoise(spec.Reference.Seed, 0)}
	got, err := v.Sample(ctx, r.Setting.Sample, job.Noise(r.Setting, spec.Reference.Seed))
	return got.Points, err
}

// reducedIn returns the net of a run in the precision of a file, or nil for 32-bit floats.
func reducedIn(file []byte, r experiments.Result, weights []float32) (*export.Reduced, error) {
	p, ok := export.PrecisionOf(file)
	if !ok {
		return nil, nil
	}
	return reduced(p, r, weights)
}
