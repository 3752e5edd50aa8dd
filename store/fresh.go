package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"flowsweep/experiments"
)

// SaveFresh stores the fresh figures of the setting that a sweep chose by the reference of the given key, in place of those
// of an earlier choice.
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

// Fresh returns the fresh figures of a sweep, and the key of the reference that their setting was chosen by. It is not ok
// where there are none.
func (db *DB) Fresh(ctx context.Context, sweep string) (f experiments.Fresh, reference string, ok bool, err error) {
	defer wrap(&err, "read the fresh figures of sweep %q", sweep)
	var text string
	err = db.readers.QueryRowContext(ctx, `SELECT reference, json FROM fresh WHERE sweep = ?`, sweep).Scan(&reference, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return f, "", false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &f)
	}
	return f, reference, err == nil, err
}
