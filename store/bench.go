package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"flowsweep/experiments"
)

// Speed is how fast a store writes.
type Speed struct {
	PointsPerSecond float64 `json:"points_per_second"`       // losses, one per call, until all are on disk, while a reader polls
	PointsLimit     float64 `json:"points_per_second_limit"` // losses of one fit, in one transaction, with no reader
	RunsPerSecond   float64 `json:"runs_per_second"`         // runs with 2,000 samples and 2 metrics, each on disk before the next
}

// benchSpec has more runs than any machine can store during the benchmark.
const benchSpec = `name: bench
target: moons
seeds: 200
sample: {solver: [euler, midpoint, heun, rk4], steps: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}
`

const (
	pollPause  = 20 * time.Millisecond // between two reads of the polling reader
	pollLosses = 5                     // read each time
)

// Bench measures the speed of a new store in the folder, for about the given time per figure. It leaves the store there.
func Bench(ctx context.Context, folder string, d time.Duration) (s Speed, err error) {
	defer wrap(&err, "measure the store")
	spec, err := experiments.Parse("bench", []byte(benchSpec))
	if err != nil {
		return s, err
	}
	plan, err := spec.Plan()
	if err != nil {
		return s, err
	}
	db, err := Open(ctx, filepath.Join(folder, "bench.db"))
	if err != nil {
		return s, err
	}
	if err := db.Lock(ctx, "bench", time.Now, nil); err != nil {
		return s, errors.Join(err, db.Close())
	}
	err = db.StartSweep(ctx, plan, experiments.Environment{}, time.Now())
	for _, measure := range []func() error{
		func() (err error) { s.PointsPerSecond, err = db.benchPoints(ctx, plan.Fits[:4], d); return err },
		func() (err error) {
			s.PointsLimit, err = db.benchLimit(plan.Fits[4].Key, int(s.PointsPerSecond*d.Seconds()))
			return err
		},
		func() (err error) { s.RunsPerSecond, err = db.benchRuns(ctx, plan, d); return err },
	} {
		if err == nil {
			err = measure()
		}
	}
	return s, errors.Join(err, db.Close())
}

// benchPoints logs losses, alternating between the fits.
func (db *DB) benchPoints(ctx context.Context, fits []experiments.Fit, d time.Duration) (float64, error) {
	for _, fit := range fits {
		if _, err := db.StartFit(ctx, fit.Key, experiments.Environment{}, time.Now()); err != nil {
			return 0, err
		}
	}
	reading, stop := context.WithCancel(ctx)
	polled := make(chan error, 1)
	go func() { polled <- db.poll(reading, fits[0].Key) }()
	start, n := time.Now(), 0
	for ; n%1024 != 0 || time.Since(start) < d; n++ {
		db.LogLosses(fits[n%len(fits)].Key, experiments.Loss{Step: n, Value: 1 / float64(n+1)})
	}
	err := db.Flush(ctx)
	seconds := time.Since(start).Seconds()
	stop()
	return float64(n) / seconds, errors.Join(err, <-polled)
}

// poll repeatedly reads what a progress view would, until the context ends.
func (db *DB) poll(ctx context.Context, fit string) error {
	for ctx.Err() == nil {
		err := db.read(context.WithoutCancel(ctx), func(tx *sql.Tx) error {
			if _, err := lastLosses(context.WithoutCancel(ctx), tx, fit); err != nil {
				return err
			}
			var running int
			return tx.QueryRow(`SELECT count(*) FROM fits WHERE state = 'running'`).Scan(&running)
		})
		if err != nil {
			return err
		}
		time.Sleep(pollPause)
	}
	return nil
}

// lastLosses returns the last losses of the fit, by step.
func lastLosses(ctx context.Context, tx *sql.Tx, fit string) ([]experiments.Loss, error) {
	rows, err := tx.QueryContext(ctx, `SELECT step, coalesce(value, kind), held_out FROM losses WHERE fit = ? ORDER BY step DESC LIMIT ?`, fit, pollLosses)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var losses []experiments.Loss
	for rows.Next() {
		l, err := scanLoss(rows)
		if err != nil {
			return nil, err
		}
		losses = append(losses, l)
	}
	slices.Reverse(losses)
	return losses, rows.Err()
}

// benchLimit writes n losses of one fit in one transaction.
func (db *DB) benchLimit(fit string, n int) (float64, error) {
	batch := make([]lossRow, n)
	for step := range batch {
		batch[step] = lossRow{fit, experiments.Loss{Step: step, Value: 1 / float64(step+1)}}
	}
	start := time.Now()
	err := db.writeLosses(batch)
	return float64(n) / time.Since(start).Seconds(), err
}

func (db *DB) benchRuns(ctx context.Context, plan experiments.Plan, d time.Duration) (float64, error) {
	samples := make([]byte, 2000*2*8)
	start, n := time.Now(), 0
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			if time.Since(start) > d {
				return float64(n) / time.Since(start).Seconds(), nil
			}
			n++
			copy(samples, fmt.Sprint(n)) // different samples for every run
			if err := db.FinishRun(ctx, run.Key, experiments.Environment{}, Sampled{NFE: 1, NFEMax: 1, Seconds: 1, Samples: samples}, time.Now()); err != nil {
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
