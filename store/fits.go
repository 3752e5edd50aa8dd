package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"flowsweep/experiments"
	"flowsweep/store/losses"
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
	_ = db.losses.Flush(ctx, key, losses.ForgetFailure)
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
	if err := db.losses.Flush(ctx, key, losses.KeepFailure); err != nil {
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
	lost := db.losses.Flush(ctx, key, losses.ForgetFailure)
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

// SaveCheckpoint replaces the checkpoint of a running fit, given in parts, from which its training can resume after the step. It first
// writes the losses logged so far, so that the store holds everything up to the checkpoint.
func (db *DB) SaveCheckpoint(ctx context.Context, fit string, step int, parts ...[]byte) (err error) {
	defer wrap(&err, "save a checkpoint of fit %s", fit)
	if err := db.losses.Flush(ctx, fit, losses.KeepFailure); err != nil {
		return err
	}
	c, err := db.hold(parts...)
	if err != nil {
		return err
	}
	return db.replaceCheckpoint(ctx, fit, func(tx *sql.Tx) error {
		var state experiments.State
		err := tx.QueryRowContext(ctx, `SELECT state FROM fits WHERE key = ?`, fit).Scan(&state)
		if err != nil {
			return notInStore(err)
		}
		if state != experiments.Running {
			return fmt.Errorf("it is %s, not running", state)
		}
		if err := db.secure(c); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO checkpoints (fit, step, sha256, bytes, size) VALUES (?, ?, ?, ?, ?)`,
			fit, step, c.SHA256, c.bytes(), c.size())
		return err
	})
}

// Checkpoint returns the checkpoint of the fit and the step after which its training can resume; ok is false if there is
// none. If the sha256 is wrong it returns an error; after DropCheckpoint the fit can start from scratch.
func (db *DB) Checkpoint(ctx context.Context, fit string) (step int, content []byte, ok bool, err error) {
	defer wrap(&err, "read the checkpoint of fit %s", fit)
	var want string
	var size sql.NullInt64
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "checkpoints", "fit = ?", fit); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT step, sha256, bytes, size FROM checkpoints WHERE fit = ?`, fit).Scan(&step, &want, &content, &size)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, false, nil
	}
	if err == nil {
		content, err = db.load(want, content, size)
	}
	if err != nil {
		return 0, nil, false, err
	}
	return step, content, true, nil
}

// DropCheckpoint removes the checkpoint of the fit and all its losses, so that it starts from scratch.
func (db *DB) DropCheckpoint(ctx context.Context, fit string) (err error) {
	defer wrap(&err, "drop the checkpoint of fit %s", fit)
	_ = db.losses.Flush(ctx, fit, losses.ForgetFailure) // they are removed anyway
	return db.replaceCheckpoint(ctx, fit, func(tx *sql.Tx) error {
		if err := dropCheckpoint(ctx, tx, fit); err != nil {
			return err
		}
		return dropLosses(ctx, tx, fit)
	})
}

// replaceCheckpoint is write for what replaces or drops the checkpoint of the fit.
func (db *DB) replaceCheckpoint(ctx context.Context, fit string, do func(tx *sql.Tx) error) error {
	var old []string
	err := db.write(ctx, func(tx *sql.Tx) (err error) {
		if old, err = texts(ctx, tx, `SELECT sha256 FROM checkpoints WHERE fit = ? AND size IS NOT NULL`, fit); err != nil {
			return err
		}
		return do(tx)
	})
	if err == nil {
		db.release(ctx, old)
	}
	return err
}

func dropCheckpoint(ctx context.Context, tx *sql.Tx, fit string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM checkpoints WHERE fit = ?`, fit)
	return err
}

// dropLosses removes the losses of the fit after its checkpoint, or all of them if it has none.
func dropLosses(ctx context.Context, tx *sql.Tx, fit string) error {
	if _, err := tx.ExecContext(ctx, `UPDATE fits SET losses_seal = NULL WHERE key = ?`, fit); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM losses
		WHERE fit = ?1 AND step > coalesce((SELECT step FROM checkpoints WHERE fit = ?1), -9223372036854775808)`, fit)
	return err
}
