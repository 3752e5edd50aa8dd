package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
	"flowsweep/store"
)

// The files of the output folder.
const (
	velocityFile = "velocity.onnx"
	vectorsFile  = "vectors.json"
	cardFile     = "model-card.md"
	csvFile      = "runs.csv"
	reportFile   = "report.html"
	sumsFile     = "SHA256SUMS"
)

// verifyPoints is the number of points an exported file is compared with Go at.
const verifyPoints = 4096

// file is a file of the output folder.
type file struct {
	name    string
	content []byte
}

// finish chooses, exports, verifies and reports what the store holds of a sweep, and says how it ended.
func (a *app) finish(ctx context.Context, s *sweeper, out string) error {
	shipped, err := a.ship(ctx, s.db, s.plan.Spec.Name, out)
	if err != nil {
		return err
	}
	state := experiments.Finished
	if len(s.failures) > 0 {
		state = experiments.Failed
	}
	if err := s.db.FinishSweep(ctx, s.plan.Spec.Name, state, s.now()); err != nil {
		return err
	}
	a.printShipped(shipped, out)
	return shipped.outcome(s.failures)
}

// shipped is what came of a sweep.
type shipped struct {
	choice   experiments.Choice
	best     experiments.Summary
	noChoice error // why nothing could be chosen, if so
	check    *experiments.Check
}

// outcome is the error a sweep ends with, if it does: a file that must not be used first, then what failed.
func (s shipped) outcome(failures []string) error {
	if s.check != nil && !s.check.OK {
		return mismatch(*s.check)
	}
	if n := len(failures); n > 0 {
		return exitError{exitFailedRuns, fmt.Errorf("%d failed, the others are kept; the first: %s", n, failures[0])}
	}
	return s.noChoice
}

// ship writes the output folder of a sweep from what the store holds, and stores the files and the check. A file that
// was verified before is not verified again.
func (a *app) ship(ctx context.Context, db *store.DB, name, out string) (shipped, error) {
	sweep, err := db.Sweep(ctx, name)
	if err != nil {
		return shipped{}, err
	}
	summaries, err := experiments.Summaries(sweep.Results, sweep.Spec.Metrics)
	if err != nil {
		return shipped{}, err
	}
	var s shipped
	var files []file
	s.choice, s.noChoice = sweep.Spec.Choose.Choose(summaries)
	if s.noChoice == nil {
		s.best = summaries[s.choice.Best]
		var check experiments.Check
		if files, check, err = runFiles(ctx, db, s.choice.Run, name); err != nil {
			return s, err
		}
		s.check = &check
		if err := db.SaveCheck(ctx, name, check); err != nil {
			return s, err
		}
	}
	table, err := runsCSV(sweep.Results)
	if err != nil {
		return s, err
	}
	files = append(files, file{csvFile, table})
	for _, f := range files {
		if _, err := db.SaveArtifact(ctx, name, f.name, f.content); err != nil {
			return s, err
		}
	}
	page, err := renderReport(ctx, db, name)
	if err != nil {
		return s, err
	}
	return s, writeFolder(out, append(files, file{reportFile, page}))
}

// writeFolder writes the files, and their sums last.
func writeFolder(out string, files []file) error {
	var sums [][2]string
	for _, f := range files {
		sum := sha256.Sum256(f.content)
		sums = append(sums, [2]string{f.name, hex.EncodeToString(sum[:])})
	}
	for _, f := range append(files, file{sumsFile, export.Sums(sums)}) {
		if err := writeFile(filepath.Join(out, f.name), f.content); err != nil {
			return err
		}
	}
	return nil
}

// runFiles returns the ONNX files of a run and the outcome of their check: the stored one if the sweep holds one for
// the same bytes.
func runFiles(ctx context.Context, db *store.DB, r experiments.Result, sweep string) ([]file, experiments.Check, error) {
	model, weights, err := goModel(ctx, db, r)
	if err != nil {
		return nil, experiments.Check{}, err
	}
	defer model.Close()
	about := aboutRun(r)
	onnx, err := export.Velocity(model.Net, weights, about)
	if err != nil {
		return nil, experiments.Check{}, err
	}
	vectors, err := export.Vectors(model.Net.Dim, model.Velocity)
	if err != nil {
		return nil, experiments.Check{}, err
	}
	check, err := checked(ctx, db, sweep, onnx, model)
	files := []file{{velocityFile, onnx}, {vectorsFile, vectors}, {cardFile, export.Card(about, checkWords(check))}}
	return files, check, err
}

// checked returns the check of the file: the stored one of the same bytes, or a new one.
func checked(ctx context.Context, db *store.DB, sweep string, onnx []byte, model *velocity.Model) (experiments.Check, error) {
	sum := sha256.Sum256(onnx)
	stored, err := db.Checks(ctx, sweep)
	if err != nil {
		return experiments.Check{}, err
	}
	for _, c := range stored {
		if c.SHA256 == hex.EncodeToString(sum[:]) && c.OK {
			return c, nil
		}
	}
	return verify(onnx, model.Net.Dim, model.Velocity)
}

// verify compares a velocity file in onnxruntime with Go.
func verify(onnx []byte, dim int, reference func(t, x []float32) ([]float32, error)) (experiments.Check, error) {
	c, err := export.Verify(onnx, export.Points(dim, verifyPoints, 0), reference)
	return experiments.Check{
		File: velocityFile, SHA256: c.SHA256, Runtime: c.Runtime, Points: c.Points, Batches: c.Batches, Levels: c.Levels,
		MaxAbsDiff: experiments.Number(c.MaxAbsDiff), MaxAbs: experiments.Number(c.MaxAbs), Tolerance: experiments.Number(c.Tolerance), OK: c.OK,
	}, err
}

// checkWords is the check in the words of the export room, which does not know those of experiments.
func checkWords(c experiments.Check) export.Check {
	return export.Check{
		SHA256: c.SHA256, Runtime: c.Runtime, Points: c.Points, Batches: c.Batches, Levels: c.Levels,
		MaxAbsDiff: float64(c.MaxAbsDiff), MaxAbs: float64(c.MaxAbs), Tolerance: float64(c.Tolerance), OK: c.OK,
	}
}

func mismatch(c experiments.Check) error {
	return exitError{exitCheck, fmt.Errorf("%s does not compute what Go does: the largest difference is %g, allowed are %g: do not use it",
		c.File, c.MaxAbsDiff, c.Tolerance)}
}

// goModel returns the net of a run, compiled for Go's own backend, which files are compared with.
func goModel(ctx context.Context, db *store.DB, r experiments.Result) (*velocity.Model, []float32, error) {
	net, err := netOf(r.Setting.Recipe)
	if err != nil {
		return nil, nil, err
	}
	weights, err := loadWeights(ctx, db, net, r.Fit)
	if err != nil {
		return nil, nil, err
	}
	model, err := velocity.Compile(engine.Go, net, weights)
	return model, weights, err
}

// aboutRun says what a run's net is, for the metadata of its files. It holds what is stored and nothing else, so that
// the same run gives the same bytes.
func aboutRun(r experiments.Result) export.About {
	s := r.Setting
	plain := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			return fmt.Sprint(v)
		}
		return string(text)
	}
	properties := map[string]string{
		"target": plain(s.Target), "path": s.Path.Name, "coupling": s.Coupling.Name, "train": plain(s.Train),
		"seed": fmt.Sprint(r.Seed), "units": "the data's own; inputs and outputs are not rescaled",
		"recommended_solver": s.Sample.Solver.Name, "recommended_steps": fmt.Sprint(s.Sample.Steps), "nfe": fmt.Sprint(r.NFE),
		"sweep": r.Sweep, "fit": r.Fit, "run": r.Run, "commit": r.Commit, "engine": r.Engine,
	}
	for _, v := range r.Metrics {
		properties["metric."+v.Name] = experiments.Number(v.Value).String()
	}
	return export.About{
		Version: version(),
		Doc: fmt.Sprintf("Velocity u(t, x) of a flow from N(0, I) at t = 0 to %s at t = 1: solve dx/dt = u from noise, %s in %d steps",
			s.Target.Name, s.Sample.Solver.Name, s.Sample.Steps),
		Properties: properties,
	}
}

// printShipped says what came of a sweep and where it is.
func (a *app) printShipped(s shipped, out string) {
	if s.noChoice == nil {
		st, _ := s.best.Stat(s.best.Metrics[0].Name)
		sampling := s.best.Setting.Sample
		fmt.Fprintf(a.stdout, "best      width %d, depth %d, %s; %s, %d steps (NFE %d): %s %.4g ± %.2g, the %s\n",
			s.best.Setting.Net.Width, s.best.Setting.Net.Depth, s.best.Setting.Net.Activation, sampling.Solver.Name, sampling.Steps,
			s.best.NFE, st.Name, st.Mean, st.Half, s.choice.Reason)
	}
	if c := s.check; c != nil && c.OK {
		fmt.Fprintf(a.stdout, "verified  %s: %s and Go differ by at most %.2g (allowed %.2g) at %d points\n",
			filepath.Join(out, velocityFile), c.Runtime, c.MaxAbsDiff, c.Tolerance, c.Points)
	}
	fmt.Fprintf(a.stdout, "report    %s\n", filepath.Join(out, reportFile))
}

// resultOf returns the row of a run, of whichever sweep holds it.
func resultOf(ctx context.Context, db *store.DB, run string) (experiments.Result, error) {
	names, err := db.SweepNames(ctx)
	if err != nil {
		return experiments.Result{}, err
	}
	for _, name := range names {
		sweep, err := db.Sweep(ctx, name)
		if err != nil {
			return experiments.Result{}, err
		}
		for _, r := range sweep.Results {
			if r.Run == run {
				return r, nil
			}
		}
	}
	return experiments.Result{}, errors.New("no sweep holds run " + run)
}
