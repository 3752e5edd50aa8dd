package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"flowsweep/experiments"
)

// The roles of runs that a sweep needs besides those of its plan.
const (
	roleDense = "dense" // of experiments.Fit.Dense
	roleTwin  = "twin"  // an adaptive run at fixed steps
)

// saveDense replaces the dense runs of a sweep.
func saveDense(ctx context.Context, tx *sql.Tx, plan experiments.Plan) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM sweep_extras WHERE sweep = ? AND role = ?`, plan.Spec.Name, roleDense); err != nil {
		return err
	}
	for _, fit := range plan.Fits {
		for _, run := range fit.Dense {
			if err := saveExtra(ctx, tx, plan.Spec.Name, roleDense, fit.Key, run); err != nil {
				return err
			}
		}
	}
	return nil
}

// saveExtra queues a run of a fit, unless it is known, and gives it a role in a sweep.
func saveExtra(ctx context.Context, tx *sql.Tx, sweep, role, fit string, run experiments.Run) error {
	config, err := json.Marshal(run.Sampling)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO runs (key, fit, config, state) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		run.Key, fit, string(config), experiments.Queued); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO sweep_extras (sweep, role, run, reference) VALUES (?, ?, ?, ?)`,
		sweep, role, run.Key, run.Reference)
	return err
}

// SaveTwin queues a run of a fit as the twin of a run of the sweep: the same solver at fixed steps.
func (db *DB) SaveTwin(ctx context.Context, sweep, fit string, run experiments.Run) (err error) {
	defer wrap(&err, "save the twin %s", run.Key)
	return db.write(ctx, func(tx *sql.Tx) error { return saveExtra(ctx, tx, sweep, roleTwin, fit, run) })
}

// Dense returns the metrics of the sweep's dense runs, by key of the fit and number of points.
func (db *DB) Dense(ctx context.Context, sweep string) (dense map[experiments.DensePlace][]experiments.Value, err error) {
	defer wrap(&err, "read the dense runs of sweep %q", sweep)
	dense = map[experiments.DensePlace][]experiments.Value{}
	return dense, db.read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT r.fit, r.config ->> '$.count', m.name, m.value, m.kind, m.se, m.p, m.version
			FROM sweep_extras e JOIN runs r ON r.key = e.run JOIN metrics m ON m.run = e.run AND m.reference = e.reference
			WHERE e.sweep = ? AND e.role = ? ORDER BY r.key, m.name`, sweep, roleDense)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var at experiments.DensePlace
			v, err := scanValue(rows.Scan, &at.Fit, &at.Count)
			if err != nil {
				return err
			}
			dense[at] = append(dense[at], v)
		}
		return rows.Err()
	})
}
