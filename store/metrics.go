package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"

	"flowsweep/experiments"
)

// States is a consistent view of what the store knows about a plan. Fits and runs that it does not know are not in the
// maps.
type States struct {
	Fits    map[string]experiments.State   // by key
	Runs    map[string]experiments.State   // by key
	Metrics map[string][]experiments.Value // by key of the run, for its reference in the plan, sorted by name
}

// States returns what the store knows about the fits and runs of the plan, in a fixed number of queries.
func (db *DB) States(ctx context.Context, plan experiments.Plan) (s States, err error) {
	defer wrap(&err, "read the states of sweep %q", plan.Spec.Name)
	var fits, runs []string
	var measured [][2]string
	for _, fit := range plan.Fits {
		fits = append(fits, fit.Key)
		for _, run := range slices.Concat(fit.Runs, fit.Dense) {
			runs = append(runs, run.Key)
			measured = append(measured, [2]string{run.Key, run.Reference})
		}
	}
	toLost := db.runningToLost()
	err = db.read(ctx, func(tx *sql.Tx) (err error) {
		if s.Fits, err = statesOf(ctx, tx, "fits", fits); err != nil {
			return err
		}
		if s.Runs, err = statesOf(ctx, tx, "runs", runs); err != nil {
			return err
		}
		s.Metrics, err = metricsOf(ctx, tx, measured)
		return err
	})
	for _, states := range []map[string]experiments.State{s.Fits, s.Runs} {
		for key, state := range states {
			err = errors.Join(err, toLost(&state))
			states[key] = state
		}
	}
	return s, err
}

// statesOf returns the states of the rows of a table that have these keys. It passes the keys as one JSON text, because
// SQLite limits the number of parameters.
func statesOf(ctx context.Context, tx *sql.Tx, table string, keys []string) (map[string]experiments.State, error) {
	text, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	if err := whole(ctx, tx, table, `key IN (SELECT value FROM json_each(?))`, string(text)); err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT t.key, t.state FROM json_each(?) j CROSS JOIN `+table+` t ON t.key = j.value`, string(text))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	states := make(map[string]experiments.State, len(keys))
	for rows.Next() {
		var key string
		var state experiments.State
		if err := rows.Scan(&key, &state); err != nil {
			return nil, err
		}
		states[key] = state
	}
	return states, rows.Err()
}

// metricsOf returns the values for pairs of a run and a reference, by run.
func metricsOf(ctx context.Context, tx *sql.Tx, pairs [][2]string) (map[string][]experiments.Value, error) {
	text, err := json.Marshal(pairs)
	if err != nil {
		return nil, err
	}
	if err := whole(ctx, tx, "metrics", `(run, reference) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))`, string(text)); err != nil {
		return nil, err
	}
	// A run that appears twice in a plan has the same reference.
	rows, err := tx.QueryContext(ctx, `WITH pairs AS (SELECT DISTINCT value ->> 0 AS run, value ->> 1 AS reference FROM json_each(?))
		SELECT m.run, m.name, m.value, m.kind, m.se, m.p, m.version FROM pairs p CROSS JOIN metrics m ON m.run = p.run AND m.reference = p.reference
		ORDER BY m.run, m.name`, string(text))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := map[string][]experiments.Value{}
	for rows.Next() {
		var run string
		v, err := scanValue(rows.Scan, &run)
		if err != nil {
			return nil, err
		}
		values[run] = append(values[run], v)
	}
	return values, rows.Err()
}

// SaveMetrics stores values of the run measured against the reference with the given key. A metric measured again
// replaces its earlier value.
func (db *DB) SaveMetrics(ctx context.Context, run, reference string, values []experiments.Value) (err error) {
	defer wrap(&err, "save metrics of run %s", run)
	return db.write(ctx, func(tx *sql.Tx) error {
		for _, v := range values {
			n := numberOf(v.Value)
			if _, err := tx.ExecContext(ctx, `INSERT INTO metrics (run, reference, name, value, kind, se, p, version) VALUES (?, ?, ?, ?, ?, ?, nullif(?, 0), ?)
				ON CONFLICT (run, reference, name) DO UPDATE SET value = excluded.value, kind = excluded.kind, se = excluded.se, p = excluded.p,
				version = excluded.version`,
				run, reference, v.Name, n.value, n.kind, v.SE, v.P, v.Version); err != nil { // SQLite stores NaN as NULL
				return err
			}
		}
		return nil
	})
}

// Metrics returns the values of the run measured against the reference with the given key, by name.
func (db *DB) Metrics(ctx context.Context, run, reference string) (values []experiments.Value, err error) {
	defer wrap(&err, "read metrics of run %s", run)
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "metrics", "run = ? AND reference = ?", run, reference); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx,
			`SELECT name, value, kind, se, p, version FROM metrics WHERE run = ? AND reference = ? ORDER BY name`, run, reference)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scanValue(rows.Scan)
			if err != nil {
				return err
			}
			values = append(values, v)
		}
		return rows.Err()
	})
	return values, err
}

// scanValue reads the columns name, value, kind, se, p and version, preceded by columns scanned into before.
func scanValue(scan func(...any) error, before ...any) (v experiments.Value, err error) {
	var n number
	var se, p sql.NullFloat64
	err = scan(append(before, &v.Name, &n.value, &n.kind, &se, &p, &v.Version)...)
	v.Value, v.SE, v.P = n.float(), orNaN(se), p.Float64
	return v, err
}

// number is a float64 stored in two columns, because SQLite stores NaN as NULL.
type number struct {
	value sql.NullFloat64
	kind  string
}

func numberOf(x float64) number {
	switch {
	case math.IsNaN(x):
		return number{kind: "nan"}
	case math.IsInf(x, 1):
		return number{kind: "inf"}
	case math.IsInf(x, -1):
		return number{kind: "-inf"}
	default:
		return number{sql.NullFloat64{Float64: x, Valid: true}, "finite"}
	}
}

func (n number) float() float64 {
	switch n.kind {
	case "nan":
		return math.NaN()
	case "inf":
		return math.Inf(1)
	case "-inf":
		return math.Inf(-1)
	default:
		return n.value.Float64
	}
}

// orNaN returns x, or NaN for NULL, as which SQLite stores NaN.
func orNaN(x sql.NullFloat64) float64 {
	if !x.Valid {
		return math.NaN()
	}
	return x.Float64
}
