package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"flowsweep/experiments"
)

// weightsName is the name of the artifact that holds a fit's weights.
const weightsName = "weights.safetensors"

// FitRecord is everything the store knows about a fit except its losses.
type FitRecord struct {
	Key         string
	Config      json.RawMessage // recipe and seed
	State       experiments.State
	Seconds     float64
	Params      int
	Error       string
	Environment experiments.Environment // of the latest start; zero before the first
	Started     time.Time               // latest start; zero before the first
	Finished    time.Time               // when it finished, failed or was killed; zero before
	Checkpoint  int                     // step to resume after; 0 if there is no checkpoint
	Files       []experiments.Artifact
}

// StartFit marks the fit as running in the environment and removes the losses after its checkpoint, from which training
// resumes. If the fit has finished, it reports false and changes nothing. It panics unless this process has locked the
// store.
func (db *DB) StartFit(ctx context.Context, key string, env experiments.Environment, now time.Time) (started bool, err error) {
	db.mustLock("StartFit")
	defer wrap(&err, "start fit %s", key)
	// Write pending losses of an earlier attempt before removing them. Their failure no longer matters.
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

// FinishFit stores the weights of a fit, a safetensors file, with its training time and number of parameters, marks it as
// finished and removes its checkpoint. It writes pending losses first. If any loss since the start of the fit could not
// be written, it returns an error and the fit stays unfinished.
func (db *DB) FinishFit(ctx context.Context, key string, seconds float64, params int, weights []byte, now time.Time) (err error) {
	defer wrap(&err, "finish fit %s", key)
	if err := db.losses.flush(ctx, key, keepFailure); err != nil {
		return err
	}
	c, err := db.hold(weights)
	if err != nil {
		return err
	}
	return db.replaceCheckpoint(ctx, key, func(tx *sql.Tx) error {
		if err := db.saveArtifact(ctx, tx, Owner{ownerFit, key}, weightsName, c); err != nil {
			return err
		}
		if err := dropCheckpoint(ctx, tx, key); err != nil {
			return err
		}
		if err := sealLosses(ctx, tx, key); err != nil {
			return err
		}
		return updateOne(ctx, tx, `UPDATE fits SET state = ?, seconds = ?, params = ?, error = '', finished = ? WHERE key = ?`,
			experiments.Finished, seconds, params, timeText(now), key)
	})
}

// EndFit writes the losses of a fit and marks it as failed, killed or lost, for the reason in the message. Its runs keep
// their states. A failed fit loses its checkpoint and starts from scratch the next time.
func (db *DB) EndFit(ctx context.Context, key string, state experiments.State, message string, now time.Time) (err error) {
	defer wrap(&err, "end fit %s", key)
	if state == experiments.Finished {
		panic("store: EndFit of a finished fit: use FinishFit")
	}
	lost := db.losses.flush(ctx, key, forgetFailure)
	return errors.Join(lost, db.replaceCheckpoint(ctx, key, func(tx *sql.Tx) error {
		if err := saveFailure(ctx, tx, Owner{ownerFit, key}, state, message, now); err != nil {
			return err
		}
		if state == experiments.Failed {
			if err := dropCheckpoint(ctx, tx, key); err != nil {
				return err
			}
		}
		if err := sealLosses(ctx, tx, key); err != nil {
			return err
		}
		return updateOne(ctx, tx, `UPDATE fits SET state = ?, error = ?, finished = ? WHERE key = ?`,
			state, message, timeText(now), key)
	}))
}

// saveFailure records an attempt that did not finish.
func saveFailure(ctx context.Context, tx *sql.Tx, o Owner, state experiments.State, message string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO failures (owner_kind, owner, try, state, error, started, noticed)
		SELECT ?1, ?2, 1 + count(*), ?3, ?4, (SELECT started FROM fits WHERE ?1 = 'fit' AND key = ?2), ?5
		FROM failures WHERE owner_kind = ?1 AND owner = ?2`, o.Kind, o.Key, state, message, timeText(now))
	return err
}

// Weights returns the weights of a finished fit, a safetensors file.
func (db *DB) Weights(ctx context.Context, fit string) ([]byte, error) {
	return db.artifactContent(ctx, Owner{ownerFit, fit}, weightsName)
}

// Fit returns the record of the fit with the full key.
func (db *DB) Fit(ctx context.Context, key string) (f FitRecord, err error) {
	defer wrap(&err, "read fit %s", key)
	toLost := db.runningToLost()
	err = db.read(ctx, func(tx *sql.Tx) error {
		var config string
		var environment, started, finished sql.NullString
		for _, t := range [][2]string{
			{"fits", "key = ?"},
			{"checkpoints", "fit = ?"},
			{"environments", "hash = (SELECT environment FROM fits WHERE key = ?)"},
		} {
			if err := whole(ctx, tx, t[0], t[1], key); err != nil {
				return err
			}
		}
		if err := tx.QueryRowContext(ctx, `SELECT f.key, f.config, f.state, f.seconds, f.params, f.error, e.json, f.started, f.finished,
			coalesce((SELECT step FROM checkpoints WHERE fit = f.key), 0)
			FROM fits f LEFT JOIN environments e ON e.hash = f.environment WHERE f.key = ?`, key).
			Scan(&f.Key, &config, &f.State, &f.Seconds, &f.Params, &f.Error, &environment, &started, &finished, &f.Checkpoint); err != nil {
			return notInStore(err)
		}
		f.Config = json.RawMessage(config)
		var err error
		f.Files, err = artifacts(ctx, tx, Owner{ownerFit, key})
		return errors.Join(err, decode(environment, &f.Environment), parseTime(started, &f.Started), parseTime(finished, &f.Finished))
	})
	return f, errors.Join(err, toLost(&f.State))
}

// FitTime is the training time of one fit.
type FitTime struct {
	Config  json.RawMessage // recipe and seed
	Seconds float64
}

// FitTimes returns the training times of all finished fits.
func (db *DB) FitTimes(ctx context.Context) (times []FitTime, err error) {
	defer wrap(&err, "read the times of fits")
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "fits", "true"); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT config, seconds FROM fits WHERE state = ? AND seconds > 0 ORDER BY key`, experiments.Finished)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var t FitTime
			var config string
			if err := rows.Scan(&config, &t.Seconds); err != nil {
				return err
			}
			t.Config = json.RawMessage(config)
			times = append(times, t)
		}
		return rows.Err()
	})
	return times, err
}
