package ship

import (
	"context"
	"fmt"
	"path/filepath"

	"flowsweep/experiments"
	"flowsweep/export"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// RunOf returns the key of the run that an exported file names. Anything else is a MismatchError.
func RunOf(path string, onnx []byte) (string, error) {
	_, key, err := export.Origin(onnx)
	if err != nil {
		return "", &MismatchError{fmt.Errorf("verify %s: %w", path, err)}
	}
	return key, nil
}

// Verify compares an exported file of a run again, in onnxruntime, with Go and the weights in the store. It returns an
// UnknownRunError if the store does not hold the run.
func Verify(ctx context.Context, db *store.DB, key, path string, onnx []byte) (experiments.Check, error) {
	r, err := saved.Run(ctx, db, key)
	if of, steps, ok := export.TwinOf(onnx); err != nil && ok {
		// The twin of a run that no sweep plans is not stored.
		if r, err = saved.Run(ctx, db, of); err == nil {
			r.Run, r.Setting.Sample = key, twinIn(r.Setting.Sample, steps)
		}
	}
	if err != nil {
		return experiments.Check{}, &UnknownRunError{fmt.Errorf("verify %s: %w: give the store it was exported from with --db", path, err)}
	}
	model, weights, err := goModel(ctx, db, r)
	if err != nil {
		return experiments.Check{}, err
	}
	check := verify(store.File{Name: filepath.Base(path), Content: onnx}, r, model, weights)
	return check, model.Close()
}

// twinIn returns the twin of an adaptive sampling in a number of steps.
func twinIn(s experiments.Sampling, steps int) experiments.Sampling {
	twin, _ := s.Twin(experiments.Calls(steps * s.Solver.Stages()))
	return twin
}
