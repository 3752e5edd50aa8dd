package store

import (
	"context"
	"database/sql"
	"time"

	"flowsweep/experiments"
)

// saveFailure writes down a try that did not finish.
func saveFailure(ctx context.Context, tx *sql.Tx, o Owner, state experiments.State, message string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO failures (owner_kind, owner, try, state, error, started, noticed)
		SELECT ?1, ?2, 1 + count(*), ?3, ?4, (SELECT started FROM fits WHERE ?1 = 'fit' AND key = ?2), ?5
		FROM failures WHERE owner_kind = ?1 AND owner = ?2`, o.Kind, o.Key, state, message, timeText(now))
	return err
}
