package sweep

import (
	"context"
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
