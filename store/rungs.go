package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"flowsweep/experiments"
	"flowsweep/store/losses"
)

// SaveRung stores what the net of a fit is worth at a step of its training, where early_stop compares it with others. A value that
// is there already is replaced.
func (db *DB) SaveRung(ctx context.Context, fit string, at experiments.RungMetric, step int, value float64) (err error) {
	defer wrap(&err, "save %s of fit %s at step %d", at.Name, fit, step)
	return db.write(ctx, func(tx *sql.Tx) error {
		n := numberOf(value)
		_, err := tx.ExecContext(ctx, `INSERT INTO rungs (fit, metric, seed, step, value, kind, version) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (fit, metric, seed, step) DO UPDATE SET value = excluded.value, kind = excluded.kind, version = excluded.version`,
			fit, at.Name, strconv.FormatUint(at.Seed, 10), step, n.value, n.kind, at.Version)
		return err
	})
}

// PauseFit ends a training at its checkpoint, before its end and without a failure: as queued, to go on with, or as pruned, which
// waits for another sweep. A fit that has finished or failed is left alone.
func (db *DB) PauseFit(ctx context.Context, key string, state experiments.State, now time.Time) (err error) {
	defer wrap(&err, "pause fit %s", key)
	if state != experiments.Queued && state != experiments.Pruned {
		panic("store: PauseFit of a fit that is then " + string(state))
	}
	if err := db.losses.Flush(ctx, key, losses.KeepFailure); err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE fits SET state = ?1, error = '', finished = iif(?1 = 'pruned', ?2, NULL)
			WHERE key = ?3 AND state NOT IN ('finished', 'failed', ?1)`, state, timeText(now), key)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); n == 0 || err != nil {
			return err
		}
		return sealLosses(ctx, tx, key)
	})
}

// Reached returns how far the fits of a plan are, as early_stop of its spec sees it. A nil store, or a fit that it does not know, is at
// its start.
func (db *DB) Reached(ctx context.Context, plan experiments.Plan) (reached map[string]experiments.Reached, err error) {
	defer wrap(&err, "read the values at rungs of sweep %q", plan.Spec.Name)
	reached = map[string]experiments.Reached{}
	if db == nil {
		return reached, nil
	}
	steps, keys := map[string]int{}, make([]string, len(plan.Fits))
	for i, fit := range plan.Fits {
		keys[i], steps[fit.Key] = fit.Key, fit.Recipe.Train.Steps
	}
	text, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	return reached, db.read(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"rungs", "checkpoints"} {
			if err := whole(ctx, tx, table, `fit IN (SELECT value FROM json_each(?))`, string(text)); err != nil {
				return err
			}
		}
		if err := whole(ctx, tx, "fits", `key IN (SELECT value FROM json_each(?))`, string(text)); err != nil {
			return err
		}
		if err := readSteps(ctx, tx, string(text), steps, reached); err != nil {
			return err
		}
		return readRungs(ctx, tx, string(text), plan.Spec.RungMetric(), reached)
	})
}

// readSteps fills in how far the fits are.
func readSteps(ctx context.Context, tx *sql.Tx, keys string, steps map[string]int, reached map[string]experiments.Reached) error {
	return eachRow(ctx, tx, func(scan func(...any) error) error {
		var key string
		var state experiments.State
		var r experiments.Reached
		if err := scan(&key, &state, &r.Step); err != nil {
			return err
		}
		r.Failed = state == experiments.Failed
		if state == experiments.Finished {
			r.Step = steps[key]
		}
		reached[key] = r
		return nil
	}, `SELECT f.key, f.state, coalesce(c.step, 0) FROM json_each(?) j JOIN fits f ON f.key = j.value LEFT JOIN checkpoints c ON c.fit = f.key`, keys)
}

// readRungs fills in the values of the metric.
func readRungs(ctx context.Context, tx *sql.Tx, keys string, at experiments.RungMetric, reached map[string]experiments.Reached) error {
	return eachRow(ctx, tx, func(scan func(...any) error) error {
		var key string
		var step int
		var n number
		if err := scan(&key, &step, &n.value, &n.kind); err != nil {
			return err
		}
		r := reached[key]
		if r.Values == nil {
			r.Values = map[int]float64{}
		}
		r.Values[step] = n.float()
		reached[key] = r
		return nil
	}, `SELECT r.fit, r.step, r.value, r.kind FROM json_each(?) j JOIN rungs r ON r.fit = j.value WHERE (r.metric, r.seed, r.version) = (?, ?, ?)`,
		keys, at.Name, fmt.Sprint(at.Seed), at.Version)
}
