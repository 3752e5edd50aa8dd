package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
	"flowsweep/store"
)

// storeSpeed is how fast a store writes.
type storeSpeed struct {
	PointsPerSecond float64 `json:"points_per_second"`       // losses, one per call, until all are on disk, while a reader polls
	PointsLimit     float64 `json:"points_per_second_limit"` // losses of one fit, in one call, with no reader
	RunsPerSecond   float64 `json:"runs_per_second"`         // runs with 2,000 samples and 2 metrics, each on disk before the next
}

// measureStore measures a temporary store on the same disk as the one in the options.
func measureStore(ctx context.Context, o Options) (any, func(w io.Writer), error) {
	folder, err := disk.NewPartial(filepath.Dir(o.Store)) // removed by the next command if this one is killed
	if err != nil {
		return nil, nil, fmt.Errorf("make a folder to measure in: %w", err)
	}
	speed, err := timeStore(ctx, folder.Path(""), o.Time)
	if err != nil {
		err = fmt.Errorf("measure the store: %w", err)
	}
	return speed, func(w io.Writer) {
		fmt.Fprintln(w, "points/s\tlimit\tof limit\truns/s\t")
		fmt.Fprintf(w, "%.0f\t%.0f\t%.0f %%\t%.0f\t\n", speed.PointsPerSecond, speed.PointsLimit,
			100*speed.PointsPerSecond/speed.PointsLimit, speed.RunsPerSecond)
	}, errors.Join(err, folder.Close())
}

// benchSpec is the sweep that is stored, with 40 runs for each of a number of seeds.
const benchSpec = `name: bench
target: moons
seeds: %d
sample: {solver: [euler, midpoint, heun, rk4], steps: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}
`

// benchPlan returns a plan with more runs than any machine can store in the given time: 8,000 for a second, and 200 at least.
func benchPlan(d time.Duration) (plan experiments.Plan, err error) {
	spec, err := experiments.Parse("bench", fmt.Appendf(nil, benchSpec, max(5, int(200*d.Seconds()))))
	if err != nil {
		return plan, err
	}
	return spec.Plan()
}

// pollPause is the time between two reads of the polling reader.
const pollPause = 20 * time.Millisecond

// timeStore measures the speed of a new store in the folder, for about the given time per figure. It leaves the store there.
func timeStore(ctx context.Context, folder string, d time.Duration) (s storeSpeed, err error) {
	plan, err := benchPlan(d)
	if err != nil {
		return s, err
	}
	db, err := store.Open(ctx, filepath.Join(folder, "bench.db"))
	if err != nil {
		return s, err
	}
	if err := db.Lock(ctx, "bench", time.Now, nil); err != nil {
		return s, errors.Join(err, db.Close())
	}
	err = db.StartSweep(ctx, plan, experiments.Environment{}, time.Now())
	for _, measure := range []func() error{
		func() (err error) { s.PointsPerSecond, err = timeLosses(ctx, db, plan.Fits[:4], d); return err },
		func() (err error) {
			s.PointsLimit, err = timeBatch(ctx, db, plan.Fits[4].Key, int(s.PointsPerSecond*d.Seconds()))
			return err
		},
		func() (err error) { s.RunsPerSecond, err = timeRuns(ctx, db, plan, d); return err },
	} {
		if err == nil {
			err = measure()
		}
	}
	return s, errors.Join(err, db.Close())
}

// timeLosses logs losses, alternating between the fits.
func timeLosses(ctx context.Context, db *store.DB, fits []experiments.Fit, d time.Duration) (float64, error) {
	for _, fit := range fits {
		if _, err := db.StartFit(ctx, fit.Key, experiments.Environment{}, time.Now()); err != nil {
			return 0, err
		}
	}
	reading, stop := context.WithCancel(ctx)
	polled := make(chan error, 1)
	go func() { polled <- poll(reading, db, fits[0].Key) }()
	start, n := time.Now(), 0
	for ; n%1024 != 0 || time.Since(start) < d; n++ {
		db.LogLosses(fits[n%len(fits)].Key, experiments.Loss{Step: n, Value: 1 / float64(n+1)})
	}
	err := db.Flush(ctx)
	seconds := time.Since(start).Seconds()
	stop()
	return float64(n) / seconds, errors.Join(err, <-polled)
}

// poll repeatedly reads the record of a fit, as a progress view would, until the context ends.
func poll(ctx context.Context, db *store.DB, fit string) error {
	for reading := context.WithoutCancel(ctx); ctx.Err() == nil; time.Sleep(pollPause) {
		if _, err := db.Fit(reading, fit); err != nil {
			return err
		}
	}
	return nil
}

// timeBatch logs n losses of one fit at once.
func timeBatch(ctx context.Context, db *store.DB, fit string, n int) (float64, error) {
	list := make([]experiments.Loss, n)
	for step := range list {
		list[step] = experiments.Loss{Step: step, Value: 1 / float64(step+1)}
	}
	start := time.Now()
	db.LogLosses(fit, list...)
	err := db.Flush(ctx)
	return float64(n) / time.Since(start).Seconds(), err
}

// timeRuns stores runs one after the other.
func timeRuns(ctx context.Context, db *store.DB, plan experiments.Plan, d time.Duration) (float64, error) {
	samples := make([]byte, 2000*2*8)
	start, n := time.Now(), 0
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			if time.Since(start) > d {
				return float64(n) / time.Since(start).Seconds(), nil
			}
			n++
			copy(samples, fmt.Sprint(n)) // different samples for every run
			if err := db.FinishRun(ctx, run.Key, experiments.Environment{}, store.Sampled{NFE: 1, NFEMax: 1, Seconds: 1, Samples: samples}, time.Now()); err != nil {
				return 0, err
			}
			values := []experiments.Value{{Name: "mmd", Value: 1, SE: 1}, {Name: "sliced-w2", Value: 1, SE: 1}}
			if err := db.SaveMetrics(ctx, run.Key, run.Reference, values); err != nil {
				return 0, err
			}
		}
	}
	return float64(n) / time.Since(start).Seconds(), nil
}
