// Package remeasure measures runs again from what is stored, and compares with what was stored, to the last bit.
package remeasure

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/metric"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// Row is a stored value and the same value measured again from what is stored: a row of `flowsweep measure --run --json`.
type Row struct {
	Run       string     `json:"run"`
	Sweep     string     `json:"sweep"`
	Role      string     `json:"role,omitempty"` // of a run that the sweep needs beside its plan: dense or twin
	Reference string     `json:"reference"`
	Metric    string     `json:"metric"`
	Stored    exactValue `json:"stored"`
	Again     exactValue `json:"again"`
	Same      bool       `json:"same"`           // to the last bit
	Note      string     `json:"note,omitempty"` // why it was not measured again
}

// exactValue is a value as it was measured, before a null changes its standard error or gives it a p-value.
type exactValue struct {
	Value experiments.Number `json:"value"`
	SE    experiments.Number `json:"se"`
	P     experiments.Number `json:"p,omitzero"` // of the metric's own test
}

func exactly(v experiments.Value) exactValue {
	if math.IsNaN(v.P) { // the store does not tell it from none
		v.P = 0
	}
	return exactValue{experiments.Number(v.Value), experiments.Number(v.SE), experiments.Number(v.P)}
}

// same compares to the last bit. All NaN are the same.
func (v exactValue) same(o exactValue) bool {
	equal := func(a, b experiments.Number) bool { return a == b || a != a && b != b }
	return equal(v.Value, o.Value) && equal(v.SE, o.SE) && equal(v.P, o.P)
}

// Remeasurer measures runs of a sweep again. Close it after use.
type Remeasurer struct {
	db     *store.DB
	sweep  experiments.Sweep
	uses   []store.Use            // of the runs to measure
	names  []string               // of the metrics to measure; nil for all that are stored
	judges map[string]*job.Judges // by their engine and metrics
	engine engine.Engine          // of fitted
	opened string                 // fit and engine of fitted
	fitted *job.Fitted            // of the last run, whose net the next may share; nil before
}

// New returns what measures these runs of a sweep again, by the named metrics or, if names is nil, by all that are stored.
func New(db *store.DB, sweep experiments.Sweep, uses []store.Use, names []string) *Remeasurer {
	return &Remeasurer{db: db, sweep: sweep, uses: uses, names: names, judges: map[string]*job.Judges{}}
}

// Close frees the last net and the judges.
func (m *Remeasurer) Close() error {
	err := m.closeNet()
	for _, j := range m.judges {
		err = errors.Join(err, j.Close())
	}
	return err
}

func (m *Remeasurer) closeNet() error {
	if m.fitted == nil {
		return nil
	}
	f := m.fitted
	m.opened, m.fitted = "", nil
	return f.Close()
}

// Run measures a run again by all metrics of which values are stored. Metrics of a net are measured once for runs of one fit
// in a row.
func (m *Remeasurer) Run(ctx context.Context, use store.Use) ([]Row, error) {
	r, err := saved.RunAgainst(ctx, m.db, use.Run, use.Reference)
	if err != nil || r.State != experiments.Finished {
		return nil, err
	}
	stored, err := m.db.Metrics(ctx, use.Run, use.Reference)
	if err != nil {
		return nil, err
	}
	reference, err := m.sweep.ReferenceKey(r.Setting)
	if err != nil {
		return nil, err
	}
	var rows []Row
	var metrics []metric.Metric
	for _, v := range stored {
		if m.names != nil && !slices.Contains(m.names, metric.Whole(v.Name)) {
			continue
		}
		row := Row{Run: use.Run, Sweep: use.Sweep, Role: use.Role, Reference: use.Reference, Metric: v.Name, Stored: exactly(v)}
		by, known := metric.Named(v.Name)
		switch {
		case use.Reference != reference:
			row.Note = "it was measured against a reference of another version of the program"
		case !known || by.Version != v.Version:
			row.Note = "it is of another version of the metric"
		default:
			if by, _ = metric.Named(metric.Whole(v.Name)); !slices.ContainsFunc(metrics, func(m metric.Metric) bool { return m.Name == by.Name }) {
				metrics = append(metrics, by)
			}
		}
		rows = append(rows, row)
	}
	if len(metrics) == 0 {
		return rows, nil
	}
	again, err := m.measure(ctx, r, experiments.Run{Key: use.Run, Sampling: r.Setting.Sample, Reference: use.Reference}, metrics)
	return withAgain(rows, again, err), nil
}

// withAgain fills in the values measured again, or why there are none.
func withAgain(rows []Row, again []experiments.Value, err error) []Row {
	for i := range rows {
		row := &rows[i]
		at := slices.IndexFunc(again, func(v experiments.Value) bool { return v.Name == row.Metric })
		switch {
		case row.Note != "":
		case err != nil:
			row.Note = err.Error()
		case at < 0:
			row.Note = "it does not apply to this target"
		default:
			row.Again = exactly(again[at])
			row.Same = row.Stored.same(row.Again)
		}
	}
	return rows
}

// measure measures a run from its stored samples and weights, with the engine that it was sampled with.
func (m *Remeasurer) measure(ctx context.Context, r experiments.Result, run experiments.Run, metrics []metric.Metric) (values []experiments.Value, err error) {
	points, err := saved.Samples(ctx, m.db, run.Key)
	if err != nil {
		return nil, err
	}
	if err := m.open(ctx, r); err != nil {
		return nil, err
	}
	err = job.Guard(func() (err error) {
		values, err = m.judgesOf(metrics).Measure(m.fitted, run, points)
		return err
	})
	return values, err
}

// open opens the net of a run, unless it is open.
func (m *Remeasurer) open(ctx context.Context, r experiments.Result) error {
	if m.fitted != nil && m.opened == r.Fit+r.Engine {
		return nil
	}
	e, _, err := engine.Pick(r.Engine)
	if err != nil {
		return fmt.Errorf("it was sampled with the engine %s, which this machine lacks: %w", r.Engine, err)
	}
	weights, err := saved.Weights(ctx, m.db, r.Setting.Recipe, r.Fit)
	if err != nil {
		return err
	}
	fit := experiments.Fit{Key: r.Fit, Recipe: r.Setting.Recipe, Seed: r.Seed}
	for _, use := range m.uses {
		fit.Runs = append(fit.Runs, experiments.Run{Key: use.Run})
	}
	if err := m.closeNet(); err != nil {
		return err
	}
	m.engine = e
	m.fitted, err = job.Open(e, fit, weights, m.sweep.Spec.Reference.Seed)
	m.opened = r.Fit + r.Engine
	return err
}

// judgesOf returns judges for these metrics alone.
func (m *Remeasurer) judgesOf(metrics []metric.Metric) *job.Judges {
	key := m.engine.Name + experiments.Form(metrics)
	if m.judges[key] == nil {
		spec := m.sweep.Spec
		spec.Metrics = metrics
		m.judges[key] = job.NewJudges(m.engine, spec)
	}
	return m.judges[key]
}
