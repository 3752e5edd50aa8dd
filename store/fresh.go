package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"flowsweep/experiments"
)

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
