package store

import (
	"context"
	"database/sql"
	"fmt"

	"flowsweep/experiments"
)

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
