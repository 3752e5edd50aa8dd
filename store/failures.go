package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"flowsweep/experiments"
)

// lastLosses is how many of its losses tell how a fit came to its end.
const lastLosses = 5

// Failure is a fit or run whose latest try did not finish.
type Failure struct {
	Owner
	State  experiments.State // failed, killed or lost
	Error  string
	Tries  int                // that did not finish, this one among them
	Ended  time.Time          // or noticed; zero where that is not written down yet
	Losses []experiments.Loss // the last of a fit, by step
}

// Failures returns the fits and then the runs of the sweep whose latest try failed, was killed or got lost, each in the
// order of the plan. Those that were done again since are not among them.
func (db *DB) Failures(ctx context.Context, sweep string) (list []Failure, err error) {
	defer wrap(&err, "list what failed in sweep %q", sweep)
	truth := db.truth()
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := exists(ctx, tx, Owner{ownerSweep, sweep}); err != nil {
			return err
		}
		if list, err = readFailures(ctx, tx, sweep); err != nil {
			return err
		}
		for i, f := range list {
			if f.Kind != ownerFit {
				continue
			}
			if list[i].Losses, err = tail(ctx, tx, f.Key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := truth(&list[i].State); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(list, func(f Failure) bool { return f.State == experiments.Running }), nil
}

// readFailures returns what did not finish in the sweep, what is running among it.
func readFailures(ctx context.Context, tx *sql.Tx, sweep string) ([]Failure, error) {
	rows, err := tx.QueryContext(ctx, `WITH owners AS (
			SELECT 'fit' AS kind, f.key, f.state, f.error, min(p.position) AS position
			FROM sweep_runs p JOIN runs r ON r.key = p.run JOIN fits f ON f.key = r.fit WHERE p.sweep = ?1 GROUP BY f.key
			UNION ALL
			SELECT 'run', r.key, r.state, r.error, min(p.position) FROM sweep_runs p JOIN runs r ON r.key = p.run
			WHERE p.sweep = ?1 GROUP BY r.key)
		SELECT o.kind, o.key, o.state, o.error, (SELECT count(*) FROM failures x WHERE x.owner_kind = o.kind AND x.owner = o.key),
			(SELECT noticed FROM failures x WHERE x.owner_kind = o.kind AND x.owner = o.key ORDER BY try DESC LIMIT 1)
		FROM owners o WHERE o.state NOT IN ('queued', 'finished') ORDER BY o.kind, o.position`, sweep)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []Failure
	for rows.Next() {
		var f Failure
		var ended sql.NullString
		if err := errors.Join(rows.Scan(&f.Kind, &f.Key, &f.State, &f.Error, &f.Tries, &ended), parseTime(ended, &f.Ended)); err != nil {
			return nil, err
		}
		if f.State == experiments.Running { // its end, if it came, is not written down yet
			f.Tries, f.Ended = f.Tries+1, time.Time{}
		}
		list = append(list, f)
	}
	return list, rows.Err()
}

// tail returns the last losses of the fit, by step.
func tail(ctx context.Context, tx *sql.Tx, fit string) ([]experiments.Loss, error) {
	rows, err := tx.QueryContext(ctx, `SELECT step, coalesce(value, kind) FROM losses WHERE fit = ? ORDER BY step DESC LIMIT ?`, fit, lastLosses)
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

// saveFailure writes down a try that did not finish.
func saveFailure(ctx context.Context, tx *sql.Tx, o Owner, state experiments.State, message string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO failures (owner_kind, owner, try, state, error, started, noticed)
		SELECT ?1, ?2, 1 + count(*), ?3, ?4, (SELECT started FROM fits WHERE ?1 = 'fit' AND key = ?2), ?5
		FROM failures WHERE owner_kind = ?1 AND owner = ?2`, o.Kind, o.Key, state, message, timeText(now))
	return err
}
