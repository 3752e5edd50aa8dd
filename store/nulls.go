package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"flowsweep/experiments"
)

// SaveNull stores the null distribution, replacing one with the same key.
func (db *DB) SaveNull(ctx context.Context, n experiments.Null) (err error) {
	defer wrap(&err, "save the null distribution of %s", n.Metric)
	values := make([]experiments.Number, len(n.Values))
	for i, x := range n.Values {
		values[i] = experiments.Number(x)
	}
	text, err := json.Marshal(values)
	if err != nil {
		return err
	}
	summary := n.Summary()
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO nulls (key, reference, metric, n, count, mean, q95, json)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, n.Key, n.Reference, n.Metric, n.N, summary.N, summary.Mean, summary.Q95, string(text))
		return err
	})
}

// Nulls returns the null distributions for the references of a sweep, by key.
func (db *DB) Nulls(ctx context.Context, sweep string) (nulls map[string]experiments.Null, err error) {
	defer wrap(&err, "read the null distributions of sweep %q", sweep)
	return db.nulls(ctx, `reference IN (SELECT reference FROM sweep_runs WHERE sweep = ?)`, sweep)
}

// NullsFor returns the null distributions for the reference with the given key, by key.
func (db *DB) NullsFor(ctx context.Context, reference string) (nulls map[string]experiments.Null, err error) {
	defer wrap(&err, "read the null distributions for reference %s", reference)
	return db.nulls(ctx, `reference = ?`, reference)
}

func (db *DB) nulls(ctx context.Context, where string, arg string) (nulls map[string]experiments.Null, err error) {
	nulls = map[string]experiments.Null{}
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "nulls", where, arg); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT key, reference, metric, n, json FROM nulls WHERE `+where, arg)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var n experiments.Null
			var text string
			if err := rows.Scan(&n.Key, &n.Reference, &n.Metric, &n.N, &text); err != nil {
				return err
			}
			var values []experiments.Number
			if err := json.Unmarshal([]byte(text), &values); err != nil {
				return err
			}
			for _, x := range values {
				n.Values = append(n.Values, float64(x))
			}
			nulls[n.Key] = n
		}
		return rows.Err()
	})
	return nulls, err
}

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
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := wholeParts(ctx, tx, sweep, "baselines"); err != nil {
			return err
		}
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
	return all, err
}

// SaveFresh replaces the fresh figures of a sweep: those of the setting chosen against the reference with the given key.
func (db *DB) SaveFresh(ctx context.Context, sweep, reference string, f experiments.Fresh) (err error) {
	defer wrap(&err, "save the fresh figures of sweep %q", sweep)
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO fresh (sweep, reference, json) VALUES (?, ?, ?)`, sweep, reference, string(text))
		return err
	})
}

// Fresh returns the fresh figures of a sweep and the key of the reference against which their setting was chosen. ok is
// false if there are none.
func (db *DB) Fresh(ctx context.Context, sweep string) (f experiments.Fresh, reference string, ok bool, err error) {
	defer wrap(&err, "read the fresh figures of sweep %q", sweep)
	var text string
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := wholeParts(ctx, tx, sweep, "fresh"); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT reference, json FROM fresh WHERE sweep = ?`, sweep).Scan(&reference, &text)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return f, "", false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &f)
	}
	return f, reference, err == nil, err
}

// SaveTuning stores the tuning of a fit, replacing one with the same key.
func (db *DB) SaveTuning(ctx context.Context, t experiments.Tuning) (err error) {
	defer wrap(&err, "save tuning %s", t.Key)
	if err := t.Valid(); err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO tunings (key, fit, tuned, found, judged, nfe, points, seconds)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, t.Key, t.Fit, t.Of, t.Table, t.Judged, t.NFE, t.Points, t.Seconds)
		return err
	})
}

// Tuning returns the tuning with the full key, or an error that wraps ErrNotFound.
func (db *DB) Tuning(ctx context.Context, key string) (t experiments.Tuning, err error) {
	defer wrap(&err, "read tuning %s", key)
	list, err := db.tunings(ctx, `key = ?`, key)
	if err != nil {
		return t, err
	}
	if len(list) == 0 {
		return t, ErrNotFound
	}
	return list[0], nil
}

// Tunings returns the tunings of the fit with the full key, ordered by what was tuned.
func (db *DB) Tunings(ctx context.Context, fit string) (list []experiments.Tuning, err error) {
	defer wrap(&err, "read the tunings of fit %s", fit)
	return db.tunings(ctx, `fit = ?`, fit)
}

func (db *DB) tunings(ctx context.Context, where, arg string) (list []experiments.Tuning, err error) {
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "tunings", where, arg); err != nil {
			return err
		}
		return eachTuning(ctx, tx, where, func(t experiments.Tuning) { list = append(list, t) }, arg)
	})
	for _, t := range list {
		if invalid := t.Valid(); err == nil && invalid != nil {
			err = &DamageError{impossibleTuning(t, invalid), kinds["tunings"].repair}
		}
	}
	return list, err
}

// eachTuning calls do with each tuning that meets the SQL condition.
func eachTuning(ctx context.Context, tx *sql.Tx, where string, do func(experiments.Tuning), args ...any) error {
	scan := func(scan func(...any) error) error {
		var t experiments.Tuning
		err := scan(&t.Key, &t.Fit, &t.Of, &t.Table, &t.Judged, &t.NFE, &t.Points, &t.Seconds)
		if err == nil {
			do(t)
		}
		return err
	}
	return eachRow(ctx, tx, scan, `SELECT key, fit, tuned, found, judged, nfe, points, seconds FROM tunings WHERE `+where+` ORDER BY tuned, key`, args...)
}

// impossibleTunings finds tunings that nothing could have stored.
func impossibleTunings(ctx context.Context, tx *sql.Tx) (list []suspect, err error) {
	err = eachTuning(ctx, tx, "true", func(t experiments.Tuning) {
		if err := t.Valid(); err != nil {
			list = append(list, suspect{"tunings", "key = ?", []any{t.Key}, impossibleTuning(t, err)})
		}
	})
	return list, err
}

func impossibleTuning(t experiments.Tuning, why error) string {
	return fmt.Sprintf("tuning %s of fit %s cannot be: %v", plain(t.Key), plain(t.Fit), why)
}
