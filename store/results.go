package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"flowsweep/experiments"
)

// Sweep returns the named sweep, or the most recently started one if name is empty, with one result for each run in the
// order of its plan.
func (db *DB) Sweep(ctx context.Context, name string) (experiments.Sweep, error) {
	return db.sweep(ctx, name, experiments.Plan{})
}

// PlannedSweep returns the sweep stored for the plan, like Sweep, without parsing its spec again.
func (db *DB) PlannedSweep(ctx context.Context, plan experiments.Plan) (experiments.Sweep, error) {
	return db.sweep(ctx, plan.Spec.Name, plan)
}

func (db *DB) sweep(ctx context.Context, name string, plan experiments.Plan) (s experiments.Sweep, err error) {
	toLost := db.runningToLost()
	err = db.read(ctx, func(tx *sql.Tx) error {
		if name, err = sweepName(ctx, tx, name); err != nil {
			return err
		}
		s, err = db.readSweep(ctx, tx, name, plan)
		wrap(&err, "read sweep %q", name)
		return err
	})
	if err != nil {
		return s, err
	}
	states := make([]*experiments.State, len(s.Results))
	for i := range s.Results {
		states[i] = &s.Results[i].State
	}
	return s, toLost(states...)
}

// sweepName returns name, or that of the most recent sweep if name is empty. Its error lists the existing sweeps.
func sweepName(ctx context.Context, tx *sql.Tx, name string) (string, error) {
	names, err := sweepNames(ctx, tx)
	switch {
	case err != nil:
		return "", err
	case len(names) == 0:
		return "", errors.New("the store holds no sweep: run `flowsweep sweep SPEC` first, or use another --db")
	case name == "":
		return names[0], nil
	}
	name = experiments.CanonicalName(name)
	for _, n := range names {
		if n == name {
			return name, nil
		}
	}
	return "", fmt.Errorf("no sweep %q in the store (have %s)", name, strings.Join(names, ", "))
}

// readSweep reads the named sweep. It parses the stored spec unless the plan already has the same text.
func (db *DB) readSweep(ctx context.Context, tx *sql.Tx, name string, plan experiments.Plan) (experiments.Sweep, error) {
	s := experiments.Sweep{Name: name}
	if err := wholeParts(ctx, tx, name, "sweeps", "sweep_runs", "fits", "checkpoints", "runs", "metrics", "environments"); err != nil {
		return s, err
	}
	var text string
	var started, environment sql.NullString
	if err := tx.QueryRowContext(ctx, `SELECT s.spec, s.started, e.json
		FROM sweeps s JOIN environments e ON e.hash = s.environment WHERE s.name = ?`, name).
		Scan(&text, &started, &environment); err != nil {
		return s, err
	}
	if err := errors.Join(parseTime(started, &s.Started), decode(environment, &s.Environment)); err != nil {
		return s, err
	}
	if plan.Spec.Text != text {
		var err error
		if plan, err = db.parsePlan(ctx, tx, name, text); err != nil {
			return s, err
		}
	}
	s.Spec, s.Results = plan.Spec, plannedResults(name, plan)
	if err := readResults(ctx, tx, s); err != nil {
		return s, err
	}
	if err := readMachines(ctx, tx, &s); err != nil {
		return s, err
	}
	return s, readMetrics(ctx, tx, s)
}

// parsePlan returns the plan of a stored spec.
func (db *DB) parsePlan(ctx context.Context, tx *sql.Tx, name, text string) (experiments.Plan, error) {
	spec, err := db.parseSpec(ctx, tx, name, text)
	if err != nil {
		return experiments.Plan{}, err
	}
	if base, _ := splitEdition(name); spec.Name != base {
		return experiments.Plan{}, fmt.Errorf("its stored spec has another name, %q: %s", spec.Name, damaged)
	}
	return spec.Plan()
}

// plannedResults returns one result for each run of the plan, in order, with only the sweep, seed and setting filled in.
func plannedResults(sweep string, plan experiments.Plan) []experiments.Result {
	results := make([]experiments.Result, 0, plan.Runs())
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			setting := experiments.Setting{Recipe: fit.Recipe, Sample: run.Sampling}
			results = append(results, experiments.Result{Sweep: sweep, Seed: fit.Seed, Setting: setting})
		}
	}
	return results
}

// errOtherPlan reports that the stored spec no longer means what it meant when it was swept.
var errOtherPlan = errors.New("it was stored by a flowsweep that read its spec differently: run `flowsweep sweep` on its spec again")

// readResults fills in what is known of each run. It joins by position, as keys change with the recipe's version.
func readResults(ctx context.Context, tx *sql.Tx, s experiments.Sweep) error {
	rows, err := tx.QueryContext(ctx, `SELECT f.key, r.key, p.reference, f.config, r.config,
			CASE f.state WHEN 'finished' THEN r.state ELSE f.state END, CASE f.state WHEN 'finished' THEN r.error ELSE f.error END,
			r.nfe_mean, r.nfe, f.seconds, r.seconds, f.params, coalesce(e.json ->> 'commit', ''), coalesce(e.json ->> 'engine', ''),
			coalesce(e.json ->> 'version', ''), coalesce(e.json ->> 'machine', ''), coalesce(e.json ->> 'rounding', ''),
			CASE f.state WHEN 'pruned' THEN coalesce((SELECT step FROM checkpoints WHERE fit = f.key), 0) ELSE 0 END
		FROM sweep_runs p JOIN runs r ON r.key = p.run JOIN fits f ON f.key = r.fit
			LEFT JOIN environments e ON e.hash = coalesce(r.environment, f.environment)
		WHERE p.sweep = ? ORDER BY p.position`, s.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		if n == len(s.Results) {
			return errOtherPlan
		}
		if err := scanResult(rows, &s.Results[n]); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if n < len(s.Results) {
		return errOtherPlan
	}
	return nil
}

// scanResult fills in a planned result from a row, or returns errOtherPlan if the row belongs to another setting.
func scanResult(rows *sql.Rows, r *experiments.Result) error {
	var fit, run []byte
	if err := rows.Scan(&r.Fit, &r.Run, &r.Reference, &fit, &run, &r.State, &r.Error, &r.NFE, &r.NFEMax, &r.FitSeconds, &r.SampleSeconds, &r.Params,
		&r.Commit, &r.Engine, &r.Version, &r.Machine, &r.Rounding, &r.Stopped); err != nil {
		return err
	}
	var stored struct{ Teacher string }
	if err := json.Unmarshal(fit, &stored); err != nil {
		return err
	}
	r.Teacher = stored.Teacher // its key changes with the recipe's version, too
	sameFit, err := includes(experiments.FitConfig{Recipe: r.Setting.Recipe, Teacher: r.Teacher, Seed: r.Seed}, fit)
	if err != nil {
		return err
	}
	sameRun, err := includes(r.Setting.Sample, run)
	if err != nil {
		return err
	}
	if !sameFit || !sameRun {
		return errOtherPlan
	}
	return nil
}

// readMetrics fills in the metrics of each run, in the order of the spec, and those of its classes.
func readMetrics(ctx context.Context, tx *sql.Tx, s experiments.Sweep) error {
	rows, err := tx.QueryContext(ctx, `SELECT p.position, m.name, m.value, m.kind, m.se, m.p, m.version
		FROM sweep_runs p JOIN metrics m ON m.run = p.run AND m.reference = p.reference WHERE p.sweep = ?`, s.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	measured := make([]map[string]experiments.Value, len(s.Results))
	for rows.Next() {
		var position int
		v, err := scanValue(rows.Scan, &position)
		if err != nil {
			return err
		}
		if measured[position] == nil {
			measured[position] = map[string]experiments.Value{}
		}
		measured[position][v.Name] = v
	}
	for i := range s.Results {
		r := &s.Results[i]
		for _, m := range s.Spec.Metrics {
			if v, ok := measured[i][m.Name]; ok {
				r.Metrics = append(r.Metrics, v)
			}
		}
		for _, m := range s.Spec.ClassMetrics(r.Setting) {
			if v, ok := measured[i][m.Name]; ok {
				r.OfClasses = append(r.OfClasses, v)
			}
		}
	}
	return rows.Err()
}

// includes reports whether config has every field of the stored JSON. It may have more, as fields are added over time.
func includes(config any, stored []byte) (bool, error) {
	text, err := json.Marshal(config)
	if err != nil || bytes.Equal(stored, text) {
		return err == nil, err
	}
	var old, now any
	if err := errors.Join(json.Unmarshal(stored, &old), json.Unmarshal(text, &now)); err != nil {
		return false, err
	}
	return includesJSON(now, old), nil
}

func includesJSON(now, old any) bool {
	fields, ok := old.(map[string]any)
	if !ok {
		return reflect.DeepEqual(old, now)
	}
	more, _ := now.(map[string]any)
	for name, value := range fields {
		if !includesJSON(more[name], value) {
			return false
		}
	}
	return true
}
