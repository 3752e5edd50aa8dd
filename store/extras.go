package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"

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
	if err := queueRun(ctx, tx, fit, run); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO sweep_extras (sweep, role, run, reference) VALUES (?, ?, ?, ?)`,
		sweep, role, run.Key, run.Reference)
	return err
}

// queueRun queues a run of a fit, unless it is known.
func queueRun(ctx context.Context, tx *sql.Tx, fit string, run experiments.Run) error {
	config, err := json.Marshal(run.Sampling)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO runs (key, fit, config, state) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		run.Key, fit, string(config), experiments.Queued)
	return err
}

// SaveTwin queues a run of a fit as the twin of a run of the sweep: the same solver at fixed steps.
func (db *DB) SaveTwin(ctx context.Context, sweep, fit string, run experiments.Run) (err error) {
	defer wrap(&err, "save the twin %s", run.Key)
	return db.write(ctx, func(tx *sql.Tx) error { return saveExtra(ctx, tx, sweep, roleTwin, fit, run) })
}

// Use says what a sweep needs a run for: as part of its plan or beside it, against which reference.
type Use struct {
	Sweep, Fit, Run string // name and keys
	Role            string // of the run: "" for one of the plan, "dense" or "twin"
	Reference       string // key
}

// Uses returns the uses of runs: those of a sweep unless its name is empty, and of a run unless its key is empty. The sweep
// started last comes first, then its plan in order, then what it needs besides.
func (db *DB) Uses(ctx context.Context, sweep, run string) (list []Use, err error) {
	defer wrap(&err, "read what sweeps need")
	err = db.read(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"sweep_runs", "sweep_extras"} {
			if err := whole(ctx, tx, table, "?1 IN ('', sweep) AND ?2 IN ('', run)", sweep, run); err != nil {
				return err
			}
		}
		rows, err := tx.QueryContext(ctx, `WITH uses AS (
				SELECT sweep, position, '' AS role, run, reference FROM sweep_runs
				UNION ALL SELECT sweep, NULL, role, run, reference FROM sweep_extras)
			SELECT u.sweep, r.fit, u.run, u.role, u.reference FROM uses u JOIN sweeps s ON s.name = u.sweep JOIN runs r ON r.key = u.run
			WHERE (?1 = '' OR u.sweep = ?1) AND (?2 = '' OR u.run = ?2) ORDER BY s.turn DESC, u.role, u.position, u.run`, sweep, run)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var u Use
			if err := rows.Scan(&u.Sweep, &u.Fit, &u.Run, &u.Role, &u.Reference); err != nil {
				return err
			}
			list = append(list, u)
		}
		return rows.Err()
	})
	return list, err
}

// dropStaleTwins removes the role of twins whose fit or reference the sweep no longer plans.
func dropStaleTwins(ctx context.Context, tx *sql.Tx, sweep string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM sweep_extras WHERE sweep = ?1 AND role = ?2 AND NOT EXISTS (
		SELECT 1 FROM sweep_runs p JOIN runs r ON r.key = p.run JOIN runs t ON t.fit = r.fit
		WHERE p.sweep = ?1 AND t.key = sweep_extras.run AND p.reference = sweep_extras.reference)`, sweep, roleTwin)
	return err
}

// Dense returns the metrics of the sweep's dense runs, by their place.
func (db *DB) Dense(ctx context.Context, sweep string) (dense map[experiments.DensePlace][]experiments.Value, err error) {
	defer wrap(&err, "read the dense runs of sweep %q", sweep)
	dense = map[experiments.DensePlace][]experiments.Value{}
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := wholeParts(ctx, tx, sweep, "sweep_extras", "runs", "metrics"); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT r.fit, r.config ->> '$.count', coalesce(r.config ->> '$.label', ''), r.config ->> '$.guidance', m.name, m.value, m.kind, m.se, m.p, m.version
			FROM sweep_extras e JOIN runs r ON r.key = e.run JOIN metrics m ON m.run = e.run AND m.reference = e.reference
			WHERE e.sweep = ? AND e.role = ? ORDER BY r.key, m.name`, sweep, roleDense)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var at experiments.DensePlace
			var guidance sql.NullFloat64
			v, err := scanValue(rows.Scan, &at.Fit, &at.Count, &at.Label, &guidance)
			if err != nil {
				return err
			}
			if guidance.Valid {
				at.Guidance = strconv.FormatFloat(guidance.Float64, 'g', -1, 64)
			}
			dense[at] = append(dense[at], v)
		}
		return rows.Err()
	})
	return dense, err
}
