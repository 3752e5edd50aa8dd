package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"flowsweep/experiments"
)

// weightsName is the artifact that holds a fit's weights.
const weightsName = "weights.safetensors"

// FitRecord is all the store knows of a fit, but for its losses.
type FitRecord struct {
	Key         string
	Config      json.RawMessage // recipe and seed
	State       experiments.State
	Seconds     float64
	Params      int
	Error       string
	Environment experiments.Environment // of its latest start; zero before
	Started     time.Time               // latest; zero before
	Finished    time.Time               // or failed, or killed; zero before
	Checkpoint  int                     // the step it can go on from; 0 where it would start from nothing
	Files       []experiments.Artifact
}

// StartFit marks the fit as running in the environment, and removes the losses of an earlier try but for those up to its
// checkpoint, from which it is to go on. It reports false, and changes nothing, where the fit has finished. It panics
// unless this process works on the store.
func (db *DB) StartFit(ctx context.Context, key string, env experiments.Environment, now time.Time) (started bool, err error) {
	db.mustLock("StartFit")
	defer wrap(&err, "start fit %s", key)
	// Losses of the earlier try must not be written after they are removed; what went wrong with them no longer matters.
	_ = db.losses.flush(ctx, key, forgetFailure)
	err = db.write(ctx, func(tx *sql.Tx) error {
		var finished bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM fits WHERE key = ? AND state = ?)`, key, experiments.Finished).
			Scan(&finished); err != nil || finished {
			return err
		}
		started = true
		hash, err := saveEnvironment(ctx, tx, env)
		if err != nil {
			return err
		}
		if err := updateOne(ctx, tx, `UPDATE fits SET state = ?, seconds = 0, params = 0, error = '', environment = ?,
			started = ?, finished = NULL WHERE key = ?`, experiments.Running, hash, timeText(now), key); err != nil {
			return err
		}
		return dropLosses(ctx, tx, key)
	})
	return started && err == nil, err
}

// FinishFit stores the weights of a fit, a safetensors file, marks it as finished after the given seconds of training,
// with params trained numbers, and removes its checkpoint. It writes the fit's losses first; where some could not be
// written, at any time since its start, it returns an error and the fit stays unfinished.
func (db *DB) FinishFit(ctx context.Context, key string, seconds float64, params int, weights []byte, now time.Time) (err error) {
	defer wrap(&err, "finish fit %s", key)
	if err := db.losses.flush(ctx, key, keepFailure); err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		if _, err := saveArtifact(ctx, tx, ownerFit, key, weightsName, weights); err != nil {
			return err
		}
		if err := dropCheckpoint(ctx, tx, key); err != nil {
			return err
		}
		return updateOne(ctx, tx, `UPDATE fits SET state = ?, seconds = ?, params = ?, error = '', finished = ? WHERE key = ?`,
			experiments.Finished, seconds, params, timeText(now), key)
	})
}

// EndFit writes the losses of a fit and marks it as failed, killed or lost; the message says why. Its runs stay as they
// are. One that failed starts from nothing the next time, the others from their checkpoint.
func (db *DB) EndFit(ctx context.Context, key string, state experiments.State, message string, now time.Time) (err error) {
	defer wrap(&err, "end fit %s", key)
	if state == experiments.Finished {
		panic("store: EndFit of a fit that finished: FinishFit stores its weights")
	}
	lost := db.losses.flush(ctx, key, forgetFailure)
	return errors.Join(lost, db.write(ctx, func(tx *sql.Tx) error {
		if err := saveFailure(ctx, tx, Owner{ownerFit, key}, state, message, now); err != nil {
			return err
		}
		if state == experiments.Failed {
			if err := dropCheckpoint(ctx, tx, key); err != nil {
				return err
			}
		}
		return updateOne(ctx, tx, `UPDATE fits SET state = ?, error = ?, finished = ? WHERE key = ?`,
			state, message, timeText(now), key)
	}))
}

// Weights returns the weights of a finished fit, a safetensors file.
func (db *DB) Weights(ctx context.Context, fit string) ([]byte, error) {
	return db.artifactContent(ctx, ownerFit, fit, weightsName)
}

// Fit returns what the store knows of the fit with the full key.
func (db *DB) Fit(ctx context.Context, key string) (f FitRecord, err error) {
	defer wrap(&err, "read fit %s", key)
	truth := db.truth()
	err = db.read(ctx, func(tx *sql.Tx) error {
		var config string
		var environment, started, finished sql.NullString
		if err := tx.QueryRowContext(ctx, `SELECT f.key, f.config, f.state, f.seconds, f.params, f.error, e.json, f.started, f.finished,
			coalesce((SELECT step FROM checkpoints WHERE fit = f.key), 0)
			FROM fits f LEFT JOIN environments e ON e.hash = f.environment WHERE f.key = ?`, key).
			Scan(&f.Key, &config, &f.State, &f.Seconds, &f.Params, &f.Error, &environment, &started, &finished, &f.Checkpoint); err != nil {
			return found(err)
		}
		f.Config = json.RawMessage(config)
		var err error
		f.Files, err = artifacts(ctx, tx, ownerFit, key)
		return errors.Join(err, decode(environment, &f.Environment), parseTime(started, &f.Started), parseTime(finished, &f.Finished))
	})
	return f, errors.Join(err, truth(&f.State))
}

// FitTime is what one training took.
type FitTime struct {
	Config  json.RawMessage // recipe and seed
	Seconds float64
}

// FitTimes returns what every finished fit took.
func (db *DB) FitTimes(ctx context.Context) (times []FitTime, err error) {
	defer wrap(&err, "read the times of fits")
	rows, err := db.readers.QueryContext(ctx, `SELECT config, seconds FROM fits WHERE state = ? AND seconds > 0 ORDER BY key`, experiments.Finished)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t FitTime
		var config string
		if err := rows.Scan(&config, &t.Seconds); err != nil {
			return nil, err
		}
		t.Config = json.RawMessage(config)
		times = append(times, t)
	}
	return times, rows.Err()
}
