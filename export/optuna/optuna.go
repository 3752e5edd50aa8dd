// Package optuna writes sweeps as studies of Optuna, in the tables of its SQLite storage.
//
//	err := optuna.Write(ctx, db, folder, folder, sweeps)
//
// A setting is a trial, and its seeds are what people average in an objective: the value of the trial is the mean of the metric that the
// sweep chooses by. Swept fields are parameters, and a setting has only those that apply to it.
package optuna

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"

	"flowsweep/export/tracked"
)

//go:embed schema.sql
var schema string

// The versions in a storage: of the schema, which Optuna has not changed since 3.2.0, and of the Optuna that it was checked with.
const (
	schemaVersion = 12
	revision      = "v3.2.0.a"
	release       = "5.0.0"
)

// Write writes sweeps into an empty SQLite file, a study each, in one transaction.
func Write(ctx context.Context, db *sql.DB, _, _ string, sweeps []tracked.Sweep) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write studies: %w", err)
	}
	defer tx.Rollback()
	w := &writer{ctx: ctx, tx: tx}
	w.exec(schema)
	w.exec(`INSERT INTO version_info VALUES (1, ?, ?)`, schemaVersion, release)
	w.exec(`INSERT INTO alembic_version VALUES (?)`, revision)
	for _, s := range sweeps {
		w.study(s)
	}
	if w.err != nil {
		return fmt.Errorf("write studies: %w", w.err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write studies: %w", err)
	}
	return nil
}

// writer inserts rows until the first error.
type writer struct {
	ctx context.Context
	tx  *sql.Tx
	err error
}

// exec runs a statement, and returns the id of the row that it inserts.
func (w *writer) exec(statement string, values ...any) (id int64) {
	if w.err != nil {
		return 0
	}
	result, err := w.tx.ExecContext(w.ctx, statement, values...)
	if err != nil {
		w.err = err
		return 0
	}
	id, w.err = result.LastInsertId()
	return id
}
