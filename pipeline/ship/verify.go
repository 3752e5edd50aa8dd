package ship

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// Verify compares an exported file with Go and the weights in the store again, in onnxruntime, and its bytes with those that
// the program writes for the run. Without a store, or without the run in it, the file is checked against itself. The error is a
// MismatchError for what is no file of the program, and an UnknownRunError for one that cannot be checked without its run.
func Verify(ctx context.Context, db *store.DB, path string, onnx []byte, strict bool) (c experiments.Check, err error) {
	_, key, err := export.Origin(onnx)
	if err != nil {
		return c, &MismatchError{fmt.Errorf("verify %s: %w", path, err)}
	}
	f, watch := store.File{Name: filepath.Base(path), Content: onnx}, progress(ctx, path)
	if db == nil {
		return verifyAlone(f, key, watch)
	}
	r, err := runOf(ctx, db, key, onnx)
	if errors.Is(err, store.ErrNotFound) {
		// Where the store has the fit, the file is not from elsewhere: what it says of its run is wrong, or the run was removed.
		_, fitErr := db.Fit(ctx, export.FitOf(onnx))
		if strict || fitErr == nil {
			return c, &UnknownRunError{fmt.Errorf("verify %s: the store holds no run %s: give the store it was exported from with --db", path, key)}
		}
		return verifyAlone(f, key, watch)
	}
	if err != nil {
		return c, err
	}
	model, weights, err := goModel(ctx, db, r)
	if err != nil {
		return c, err
	}
	c = verify(f, r, model, weights, watch)
	if c.Error == "" && !(c.MaxAbsDiff > c.Tolerance) {
		err = compareBytes(ctx, db, &c, onnx, model.Net, weights)
		c.OK = c.OK && len(c.Edited) == 0
	}
	return c, errors.Join(err, model.Close())
}

// runOf returns the run with the key, which may be the twin of a run that no sweep plans, which is not stored.
func runOf(ctx context.Context, db *store.DB, key string, onnx []byte) (experiments.Result, error) {
	r, err := saved.Run(ctx, db, key)
	of, steps, ok := export.TwinOf(onnx)
	if err == nil || !ok {
		return r, err
	}
	if r, err = saved.Run(ctx, db, of); err == nil {
		r.Run, r.Setting.Sample = key, twinIn(r.Setting.Sample, steps)
	}
	return r, err
}

// verifyAlone checks a file without its run: it must be what the program writes for the parts that it names, compute what Go
// does with them, and say of itself only what fits them.
func verifyAlone(f store.File, key string, watch export.Progress) (c experiments.Check, err error) {
	if p, ok := export.PrecisionOf(f.Content); ok {
		return c, &UnknownRunError{fmt.Errorf("verify %s: run %s is not in the store, and the file has its net in %s alone: give the store it was exported from with --db", f.Name, key, p.Name)}
	}
	if export.Earlier(f.Content) {
		return c, &UnknownRunError{fmt.Errorf("verify %s: run %s is not in the store, and an earlier version wrote the file: give the store it was exported from with --db", f.Name, key)}
	}
	p, err := export.Dissect(f.Content)
	if err != nil {
		return c, &MismatchError{fmt.Errorf("verify %s: run %s is not in the store, and the file cannot be checked without: %w", f.Name, key, err)}
	}
	model, err := velocity.Compile(engine.Go, p.Net, p.Weights)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	c = verifyAs(f.Content, p, model, watch)
	c.File, c.Run = f.Name, key
	if c.Error != "" || c.MaxAbsDiff > c.Tolerance {
		return c, nil
	}
	if c.Edited, err = unfit(p, f.Content); err != nil {
		return c, err
	}
	c.OK = len(c.Edited) == 0
	numbers := "weights, units and times"
	if p.Solver.Fitted {
		numbers = "weights, units, times and coefficients"
	}
	c.Notes = append([]string{"run " + key + " is not in the store, so the file was compared with itself: the numbers of its " + numbers + ", and what it " +
		"says of its run, fit, data, metrics and licence, were taken as they are"}, c.Notes...)
	return c, nil
}

// unfit names what in a file does not fit its own parts.
func unfit(p export.Parts, file []byte) ([]string, error) {
	again, err := p.Write()
	if err != nil {
		return nil, err
	}
	list, err := export.Differences(file, again)
	if err == nil && len(list) == 0 && !bytes.Equal(file, again) {
		list = []string{"its bytes, such as its checksum"}
	}
	list = append(list, p.Misfits()...)
	have := p.About.Properties
	if fit, err := fitOf(p); err == nil && fit.Key != have["fit"] {
		list = append(list, fmt.Sprintf("metadata fit (the net, target, training and seed that it names are of fit %s)", fit.Key))
	} else if err == nil && fit.Teacher != have["teacher"] {
		list = append(list, fmt.Sprintf("metadata teacher (that of fit %s is %q)", fit.Key, fit.Teacher))
	}
	return list, err
}

// fitOf returns the fit that the properties of a file describe. It is an error if they do not describe one in full,
// as of data, whose rows are not in the file.
func fitOf(p export.Parts) (fit experiments.Fit, err error) {
	have, n := p.About.Properties, p.Net
	doc := map[string]any{"name": "file", "net": n.Spec, "path": have["path"], "coupling": have["coupling"], "seeds": []json.Number{json.Number(have["seed"])}}
	for _, key := range []string{"target", "train", "source", "coupling"} {
		if have[key] != "" && (key != "coupling" || strings.HasPrefix(have[key], "{")) {
			doc[key] = json.RawMessage(have[key])
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return fit, err
	}
	spec, err := experiments.Parse("file", text)
	if err != nil {
		return fit, err
	}
	plan, err := spec.Plan()
	if err != nil || len(spec.Settings) != 1 || len(spec.Seeds) != 1 {
		return fit, errors.New("the properties do not describe one fit")
	}
	return plan.Fits[0], nil // its teachers follow
}

// twinIn returns the twin of an adaptive sampling in a number of steps.
func twinIn(s experiments.Sampling, steps int) experiments.Sampling {
	twin, _ := s.Twin(experiments.Calls(steps * s.Solver.Stages()))
	return twin
}

// watchKey is the key of the function of WithProgress.
type watchKey struct{}

// WithProgress returns a context in which verifications tell watch how far they are with a file.
func WithProgress(ctx context.Context, watch func(file string, done, of int)) context.Context {
	return context.WithValue(ctx, watchKey{}, watch)
}

// progress returns what is told about a file, or nil.
func progress(ctx context.Context, file string) export.Progress {
	watch, ok := ctx.Value(watchKey{}).(func(file string, done, of int))
	if !ok {
		return nil
	}
	return func(done, of int) { watch(file, done, of) }
}
