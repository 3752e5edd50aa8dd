package sweep

import (
	"context"
	"fmt"
	"slices"

	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// Seconds estimates how long the fits to train will take, from the stored fits' time per multiplication. It is nil if none
// is stored.
func (w Work) Seconds(ctx context.Context, db *store.DB, workers int) (*float64, error) {
	if db == nil {
		return nil, nil
	}
	times, err := db.FitTimes(ctx)
	if err != nil {
		return nil, err
	}
	seconds, done := 0., 0.
	stored := saved.Parser(ctx, db)
	for _, t := range times {
		// A config of another version may be unreadable.
		if setting, err := stored.Setting(t.Config, nil); err == nil {
			seconds += t.Seconds
			done += job.Multiplications(setting.Recipe)
		}
	}
	if done == 0 {
		return nil, nil
	}
	left := 0.
	for _, t := range w.fits {
		if t.train {
			left += job.Multiplications(t.fit.Recipe)
		}
	}
	total := left / done * seconds / float64(max(1, min(workers, w.ToTrain)))
	return &total, nil
}

// Bytes returns how much the results will take on disk: weights, samples, and for each worker a checkpoint, which stays until the
// next one is written.
func (w Work) Bytes(workers int) float64 {
	total := 0.
	var checkpoints []float64
	for _, t := range w.fits {
		if t.train {
			weights, checkpoint, _ := job.Stored(t.fit.Recipe, 0)
			total += weights
			checkpoints = append(checkpoints, 2*checkpoint)
		}
		for _, run := range slices.Concat(t.dense.sample, t.runs.sample) {
			_, _, samples := job.Stored(t.fit.Recipe, run.Sampling.Count)
			total += samples
		}
	}
	slices.Sort(checkpoints)
	for _, c := range checkpoints[max(0, len(checkpoints)-workers):] {
		total += c
	}
	return total
}

// CheckSpace returns an error if the results need more than the bytes that are free, of which 0 means unknown. A fit that cannot be
// stored is lost after hours of training. Fits that are too large for the memory fail without a trace on the disk.
func (w Work) CheckSpace(workers int, free float64) error {
	var fits []*todo
	for _, t := range w.fits {
		if !t.train || job.CheckMemory(t.fit.Recipe.VelocityNet(), machineMemory()) == nil {
			fits = append(fits, t)
		}
	}
	if need := newWork(fits).Bytes(workers); free > 0 && need > free {
		return fmt.Errorf("weights, checkpoints and samples need %.1f GB beside the store, where %.1f GB are free: make room, or use --db on another disk",
			need/1e9, free/1e9)
	}
	return nil
}

// Megabytes estimates the memory of the largest fits that run at once.
func (w Work) Megabytes(workers int) float64 {
	var sizes []float64
	for _, t := range w.fits {
		samples := 0
		for _, run := range slices.Concat(t.dense.sample, t.runs.sample) {
			samples = max(samples, run.Sampling.Count)
		}
		sizes = append(sizes, job.Megabytes(t.fit.Recipe, samples))
	}
	slices.Sort(sizes)
	total := 100. // onnxruntime, and the program itself
	for _, s := range sizes[max(0, len(sizes)-workers):] {
		total += s
	}
	return total
}
