package ship

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/metric"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// calibration is the form of the file of that name: how calibrated the chosen net is.
type calibration struct {
	Fit     string `json:"fit"`
	Version int    `json:"version"` // of how it is measured
	metric.Calibrated
}

// calibrationVersion is raised with the version of either metric.
var calibrationVersion = 1 + metric.Calibration.Version + metric.Coverage.Version

// showsCalibration reports whether a metric of the sweep is of nets that are conditional on something.
func (o Outcome) showsCalibration() bool {
	return slices.ContainsFunc(o.Sweep.Spec.Metrics, func(m metric.Metric) bool { return m.Conditional })
}

// calibrated returns the file of the calibration of the chosen net, which is measured unless that is stored; none if no metric asks for it.
func (o Outcome) calibrated(ctx context.Context, db *store.DB, e engine.Engine) (files []store.File, err error) {
	if !o.showsCalibration() {
		return nil, nil
	}
	c, err := o.storedCalibration(ctx, db)
	if err == nil && c == nil {
		c, err = o.measureCalibration(ctx, db, e)
	}
	if err != nil {
		return nil, fmt.Errorf("calibration of the chosen net: %w", err)
	}
	text, err := json.Marshal(c)
	return []store.File{{Name: calibrationFile, Content: append(text, '\n')}}, err
}

func (o Outcome) measureCalibration(ctx context.Context, db *store.DB, e engine.Engine) (c *calibration, err error) {
	r := o.Choice.Run
	weights, err := saved.Weights(ctx, db, r.Setting.Recipe, r.Fit)
	if err != nil {
		return nil, err
	}
	f, err := job.Open(e, experiments.Fit{Key: r.Fit, Recipe: r.Setting.Recipe, Seed: r.Seed}, weights, o.Sweep.Spec.Reference.Seed)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	c = &calibration{Fit: r.Fit, Version: calibrationVersion}
	if c.Calibrated, err = f.Calibrated(); err != nil {
		return nil, err
	}
	return c, r.Setting.Target.Err()
}

// storedCalibration returns the stored calibration of the chosen net; nil if there is none, or only that of another.
func (o Outcome) storedCalibration(ctx context.Context, db *store.DB) (*calibration, error) {
	if !o.showsCalibration() {
		return nil, nil
	}
	text, err := o.storedFile(ctx, db, calibrationFile)
	if err != nil || text == nil {
		return nil, err
	}
	c := new(calibration)
	if err := json.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("read the stored %s: %w", calibrationFile, err)
	}
	if c.Fit != o.Choice.Run.Fit || c.Version != calibrationVersion {
		return nil, nil
	}
	return c, nil
}
