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

// Sweep returns the named sweep, or the most recently started one where name is empty, with a result for each run in
// the order of its plan.
func (db *DB) Sweep(ctx context.Context, name string) (experiments.Sweep, error) {
	return db.sweep(ctx, name, experiments.Plan{})
}

// Planned is Sweep of the sweep that a plan is stored as, whose spec is not parsed again.
func (db *DB) Planned(ctx context.Context, plan experiments.Plan) (experiments.Sweep, error) {
	return db.sweep(ctx, plan.Spec.Name, plan)
}

func (db *DB) sweep(ctx context.Context, name string, plan experiments.Plan) (s experiments.Sweep, err error) {
	truth := db.truth()
	err = db.read(ctx, func(tx *sql.Tx) error {
		if name, err = sweepName(ctx, tx, name); err != nil {
			return err
		}
		s, err = readSweep(ctx, tx, name, plan)
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
	return s, truth(states...)
}

// sweepName returns the name of the sweep that is meant, or an error that says which there are.
func sweepName(ctx context.Context, tx *sql.Tx, name string) (string, error) {
	names, err := sweepNames(ctx, tx)
	switch {
	case err != nil:
		return "", err
	case len(names) == 0:
		return "", errors.New("the store holds no sweep: run `flowsweep sweep SPEC` first, or give another --db")
	case name == "":
		return names[0], nil
	}
	for _, n := range names {
		if n == name {
			return name, nil
		}
	}
	return "", fmt.Errorf("no sweep %q in the store (have %s)", name, strings.Join(names, ", "))
}

// readSweep reads the named sweep. Its plan is parsed unless it is the one given.
func readSweep(ctx context.Context, tx *sql.Tx, name string, plan experiments.Plan) (experiments.Sweep, error) {
	s := experiments.Sweep{Name: name}
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
		if plan, err = parsePlan(ctx, tx, name, text); err != nil {
			return s, err
		}
	}
	s.Spec, s.Results = plan.Spec, plannedResults(plan)
	if err := readResults(ctx, tx, s); err != nil {
		return s, err
	}
	return s, readMetrics(ctx, tx, s)
}

// parsePlan returns the plan of a stored spec.
func parsePlan(ctx context.Context, tx *sql.Tx, name, text string) (experiments.Plan, error) {
	spec, err := parser(ctx, tx, name).Parse(name+".yaml", []byte(text))
	if err != nil {
		return experiments.Plan{}, err
	}
	if spec.Name != name {
		return experiments.Plan{}, fmt.Errorf("it is stored under another name than its spec has, %q: somebody changed the store: restore a backup", spec.Name)
	}
	return spec.Plan()
}

// plannedResults returns a result for each run of the plan, in its order, of which only the sweep, seed and setting are
// known.
func plannedResults(plan experiments.Plan) []experiments.Result {
	results := make([]experiments.Result, 0, plan.Runs())
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			setting := experiments.Setting{Recipe: fit.Recipe, Sample: run.Sampling}
			results = append(results, experiments.Result{Sweep: plan.Spec.Name, Seed: fit.Seed, Setting: setting})
		}
	}
	return results
}

// errOtherPlan says that a stored spec no longer stands for what it stood for when it was swept.
var errOtherPlan = errors.New("it was stored by a flowsweep that read its spec differently: run `flowsweep sweep` on it again")

// readResults fills in what is known of each run. It joins by position: keys change with the recipe's version.
func readResults(ctx context.Context, tx *sql.Tx, s experiments.Sweep) error {
	rows, err := tx.QueryContext(ctx, `SELECT f.key, r.key, f.config, r.config,
			CASE f.state WHEN 'finished' THEN r.state ELSE f.state END, CASE f.state WHEN 'finished' THEN r.error ELSE f.error END,
			r.nfe_mean, r.nfe, f.seconds, r.seconds, f.params, coalesce(e.json ->> 'commit', ''), coalesce(e.json ->> 'engine', ''),
			coalesce(e.json ->> 'version', '')
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
		r := &s.Results[n]
		var fit, run []byte
		if err := rows.Scan(&r.Fit, &r.Run, &fit, &run, &r.State, &r.Error, &r.NFE, &r.NFEMax, &r.FitSeconds, &r.SampleSeconds, &r.Params,
			&r.Commit, &r.Engine, &r.Version); err != nil {
			return err
		}
		sameFit, err := holds(fit, fitConfig{r.Setting.Recipe, r.Seed})
		if err != nil {
			return err
		}
		sameRun, err := holds(run, r.Setting.Sample)
		if err != nil {
			return err
		}
		if !sameFit || !sameRun {
			return errOtherPlan
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

// readMetrics fills in the metrics of each run, those of the spec in its order.
func readMetrics(ctx context.Context, tx *sql.Tx, s experiments.Sweep) error {
	rows, err := tx.QueryContext(ctx, `SELECT p.position, m.name, m.value, m.kind, m.se
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
		for _, m := range s.Spec.Metrics {
			if v, ok := measured[i][m.Name]; ok {
				s.Results[i].Metrics = append(s.Results[i].Metrics, v)
			}
		}
	}
	return rows.Err()
}

// holds reports whether config says all that the stored JSON says. It may say more: fields are added over time.
func holds(stored []byte, config any) (bool, error) {
	text, err := json.Marshal(config)
	if err != nil || bytes.Equal(stored, text) {
		return err == nil, err
	}
	var old, now any
	if err := errors.Join(json.Unmarshal(stored, &old), json.Unmarshal(text, &now)); err != nil {
		return false, err
	}
	return within(old, now), nil
}

func within(old, now any) bool {
	fields, ok := old.(map[string]any)
	if !ok {
		return reflect.DeepEqual(old, now)
	}
	more, _ := now.(map[string]any)
	for name, value := range fields {
		if !within(value, more[name]) {
			return false
		}
	}
	return true
}
