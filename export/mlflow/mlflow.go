// Package mlflow writes sweeps as a tracking store of MLflow: its SQLite file, and the files of runs and models beside it. A sweep is an
// experiment, a setting a run, and the seeds of the setting are runs below that.
//
//	err := mlflow.Write(ctx, db, folder, home, sweeps)
package mlflow

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"flowsweep/export/tracked"
)

//go:embed schema.sql
var schema string

// Write writes the sweeps into an empty SQLite file, and files of theirs into the folder, which is renamed to home afterwards. MLflow
// finds these by their whole paths, so home must be absolute.
func Write(ctx context.Context, db *sql.DB, folder, home string, sweeps []tracked.Sweep) (err error) {
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	w := &writer{ctx: ctx, tx: tx, folder: folder, home: home, prepared: map[string]*sql.Stmt{}}
	if err := w.all(sweeps); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// writer writes rows and files.
type writer struct {
	ctx          context.Context
	tx           *sql.Tx
	folder, home string
	prepared     map[string]*sql.Stmt // by the SQL
}

func (w *writer) all(sweeps []tracked.Sweep) error {
	named := false
	for i, s := range sweeps {
		if err := w.sweep(i+1, s); err != nil {
			return fmt.Errorf("sweep %q: %w", s.Name, err)
		}
		named = named || s.Name == defaultName
	}
	if named || len(sweeps) == 0 {
		return nil
	}
	return w.experiment(0, defaultName, sweeps[0].Started) // MLflow logs there unless it is told otherwise
}

// defaultName is the name of the experiment that every store has.
const defaultName = "Default"

// exec runs an SQL statement.
func (w *writer) exec(query string, args ...any) error {
	stmt, ok := w.prepared[query]
	if !ok {
		var err error
		if stmt, err = w.tx.PrepareContext(w.ctx, query); err != nil {
			return err
		}
		w.prepared[query] = stmt
	}
	_, err := stmt.ExecContext(w.ctx, args...)
	return err
}

func (w *writer) experiment(id int, name string, created time.Time) error {
	return w.exec(`INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)
		VALUES (?, ?, ?, 'active', ?, ?)`, id, name, w.location(experimentFolder(id)), millis(created), millis(created))
}

// sweep writes a sweep as the experiment with this number: a run that holds what is of the sweep, and its settings.
func (w *writer) sweep(id int, s tracked.Sweep) error {
	if err := w.experiment(id, s.Name, s.Started); err != nil {
		return err
	}
	// Without the kind, pages of MLflow open among what is for language models.
	tags := map[string]string{"flowsweep.metric": s.Metric, "mlflow.experimentKind": "custom_model_development"}
	if s.Note != "" {
		tags["mlflow.note.content"] = s.Note
	}
	for key, value := range tags {
		if err := w.exec(`INSERT INTO experiment_tags (key, value, experiment_id) VALUES (?, ?, ?)`, key, cut(value, maxExperimentTag), id); err != nil {
			return err
		}
	}
	if err := w.sweepRun(id, s); err != nil {
		return err
	}
	fits := map[string]tracked.Fit{}
	for _, f := range s.Fits {
		fits[f.Key] = f
	}
	for _, setting := range s.Settings {
		if err := w.setting(id, s, setting, fits); err != nil {
			return err
		}
	}
	return w.models(id, s)
}

// models writes the models of the runs that are written.
func (w *writer) models(id int, s tracked.Sweep) error {
	for _, m := range s.Models {
		for _, setting := range s.Settings {
			for _, r := range setting.Runs {
				if r.Key != m.Run {
					continue
				}
				if err := w.model(id, s, setting, r, m); err != nil {
					return fmt.Errorf("%s: %w", m.File.Name, err)
				}
			}
		}
	}
	return nil
}

// millis returns a time as MLflow has it, or nil for none.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}
