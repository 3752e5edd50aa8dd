package store

import (
	"context"
	"database/sql"

	"flowsweep/experiments"
)

// SaveBaseline stores values of a draw of a baseline. A metric measured again replaces its earlier value.
func (db *DB) SaveBaseline(ctx context.Context, at experiments.BaselinePlace, draw int, values []experiments.Value) (err error) {
	defer wrap(&err, "save the baseline %s", at.Name)
	return db.write(ctx, func(tx *sql.Tx) error {
		for _, v := range values {
			n := numberOf(v.Value)
			if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO baselines (reference, name, n, draw, metric, version, value, kind, se, p)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0))`,
				at.Reference, at.Name, at.Count, draw, v.Name, v.Version, n.value, n.kind, v.SE, v.P); err != nil { // SQLite stores NaN as NULL
				return err
			}
		}
		return nil
	})
}

// Baselines returns the measured baselines for the references of a sweep.
func (db *DB) Baselines(ctx context.Context, sweep string) (all map[experiments.BaselinePlace]experiments.BaselineDraws, err error) {
	defer wrap(&err, "read the baselines of sweep %q", sweep)
	all = map[experiments.BaselinePlace]experiments.BaselineDraws{}
	return all, db.read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT reference, name, n, draw, metric, value, kind, se, p, version FROM baselines
			WHERE reference IN (SELECT reference FROM sweep_runs WHERE sweep = ?) ORDER BY metric`, sweep)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var at experiments.BaselinePlace
			var draw int
			v, err := scanValue(rows.Scan, &at.Reference, &at.Name, &at.Count, &draw)
			if err != nil {
				return err
			}
			if all[at] == nil {
				all[at] = experiments.BaselineDraws{}
			}
			all[at][draw] = append(all[at][draw], v)
		}
		return rows.Err()
	})
}
