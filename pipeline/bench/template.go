package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/sweep"
	"flowsweep/store"
)

// template is a part of one fit, from which those of others are made.
type template struct {
	empty   []byte // a store
	env     experiments.Environment
	params  int
	weights []byte
	losses  []experiments.Loss
	runs    []templateRun
}

type templateRun struct {
	sampled store.Sampled
	values  []experiments.Value
}

// makeTemplate does the first fit of a plan, as a worker does, and returns the bytes of its part.
func makeTemplate(ctx context.Context, plan experiments.Plan, e engine.Engine, path string) (size int64, err error) {
	units := sweep.NewUnits(sweep.Sweep{Plan: plan, Engine: e, Machine: "bench", Rounding: benchRounding, Now: time.Now, Log: io.Discard})
	failures, err := units.Do(ctx, sweep.Unit{Fit: plan.Fits[0].Key, Store: path, Cores: runtime.GOMAXPROCS(0), Log: io.Discard, Stepped: func(int) {}})
	if err = errors.Join(err, units.Close()); err == nil && len(failures) > 0 {
		err = errors.New(failures[0])
	}
	if err != nil {
		return 0, fmt.Errorf("do one fit: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// openTemplate reads a part of a fit. It makes an empty part on the way.
func openTemplate(ctx context.Context, path string, fit experiments.Fit, empty string) (t *template, err error) {
	db, err := store.OpenPart(ctx, empty)
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	t = &template{}
	if t.empty, err = os.ReadFile(empty); err != nil {
		return nil, err
	}
	if db, err = store.OpenExisting(ctx, path); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return t, t.read(ctx, db, fit)
}

// read reads the fit with its runs.
func (t *template) read(ctx context.Context, db *store.DB, fit experiments.Fit) error {
	record, err := db.Fit(ctx, fit.Key)
	if err != nil {
		return err
	}
	t.env, t.params = record.Environment, record.Params
	if t.weights, err = db.Weights(ctx, fit.Key); err != nil {
		return err
	}
	if t.losses, err = db.Losses(ctx, fit.Key); err != nil {
		return err
	}
	for _, run := range sampled(fit) {
		r := templateRun{sampled: store.Sampled{NFE: float64(run.Sampling.Steps), NFEMax: run.Sampling.Steps, Seconds: 1}}
		if r.sampled.Samples, err = db.Samples(ctx, run.Key); err != nil {
			return err
		}
		if r.values, err = db.Metrics(ctx, run.Key, run.Reference); err != nil {
			return err
		}
		t.runs = append(t.runs, r)
	}
	return nil
}

// sampled returns all runs of a fit, its dense solve among them.
func sampled(fit experiments.Fit) []experiments.Run { return slices.Concat(fit.Runs, fit.Dense) }

// write writes a part of another fit of the same plan, with contents of its own.
func (t *template) write(ctx context.Context, path string, fit experiments.Fit) (err error) {
	if err := os.WriteFile(path, t.empty, 0o600); err != nil {
		return err
	}
	db, err := store.OpenPart(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Lock(ctx, "bench", time.Now, nil); err != nil {
		return err
	}
	if err := db.QueueFit(ctx, fit); err != nil {
		return err
	}
	if _, err := db.StartFit(ctx, fit.Key, t.env, time.Now()); err != nil {
		return err
	}
	db.LogLosses(fit.Key, t.losses...)
	if err := db.FinishFit(ctx, fit.Key, 1, t.params, seeded(t.weights, fit.Seed, 0), time.Now()); err != nil {
		return err
	}
	for i, run := range sampled(fit) {
		r := t.runs[i]
		r.sampled.Samples = seeded(r.sampled.Samples, fit.Seed, i+1)
		if err := db.FinishRun(ctx, run.Key, t.env, r.sampled, time.Now()); err != nil {
			return err
		}
		if err := db.SaveMetrics(ctx, run.Key, run.Reference, r.values); err != nil {
			return err
		}
	}
	return nil
}

// seeded returns a content whose last number is another one for each fit and run, so that none is stored for two.
func seeded(content []byte, seed uint64, i int) []byte {
	own := append([]byte(nil), content...)
	binary.LittleEndian.PutUint64(own[len(own)-8:], math.Float64bits(float64(seed)+float64(i)/10))
	return own
}
