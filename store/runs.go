package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"time"

	"flowsweep/experiments"
)

// samplesName is the name of the artifact that holds a run's samples.
const samplesName = "samples.npy"

// RunRecord is everything the store knows about a run except its metrics.
type RunRecord struct {
	Key         string
	Fit         string          // key
	Config      json.RawMessage // sampling
	State       experiments.State
	NFE         experiments.Calls
	NFEMax      int
	Seconds     float64
	Error       string
	Environment experiments.Environment // in which it was sampled; zero before
	Finished    time.Time               // when it finished, failed or was killed; zero before
	References  []string                // keys of the references it was measured against, sorted
	Files       []experiments.Artifact
}

// Sampled is the outcome of sampling a run.
type Sampled struct {
	Samples []byte  // an npy file
	NFE     float64 // mean velocity calls per sample
	NFEMax  int     // most velocity calls of any sample
	Seconds float64
}

// FinishRun stores the outcome of a run and marks it as finished in the environment.
func (db *DB) FinishRun(ctx context.Context, key string, env experiments.Environment, s Sampled, now time.Time) (err error) {
	defer wrap(&err, "finish run %s", key)
	samples, err := db.hold(s.Samples)
	if err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		hash, err := saveEnvironment(ctx, tx, env)
		if err != nil {
			return err
		}
		if err := db.saveArtifact(ctx, tx, Owner{ownerRun, key}, samplesName, samples); err != nil {
			return err
		}
		return updateOne(ctx, tx, `UPDATE runs SET state = ?, nfe_mean = ?, nfe = ?, seconds = ?, error = '', environment = ?, finished = ?
			WHERE key = ?`, experiments.Finished, s.NFE, s.NFEMax, s.Seconds, hash, timeText(now), key)
	})
}

// EndRun marks a run as failed, killed or lost in the environment, for the reason in the message.
func (db *DB) EndRun(ctx context.Context, key string, env experiments.Environment, state experiments.State, message string,
	now time.Time,
) (err error) {
	defer wrap(&err, "end run %s", key)
	if state == experiments.Finished {
		panic("store: EndRun of a finished run: use FinishRun")
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		hash, err := saveEnvironment(ctx, tx, env)
		if err != nil {
			return err
		}
		if err := saveFailure(ctx, tx, Owner{ownerRun, key}, state, message, now); err != nil {
			return err
		}
		return updateOne(ctx, tx, `UPDATE runs SET state = ?, error = ?, environment = ?, finished = ? WHERE key = ?`,
			state, message, hash, timeText(now), key)
	})
}

// Samples returns the samples of a finished run, an npy file.
func (db *DB) Samples(ctx context.Context, run string) ([]byte, error) {
	return db.artifactContent(ctx, Owner{ownerRun, run}, samplesName)
}

// Run returns the record of the run with the full key.
func (db *DB) Run(ctx context.Context, key string) (r RunRecord, err error) {
	defer wrap(&err, "read run %s", key)
	toLost := db.runningToLost()
	err = db.read(ctx, func(tx *sql.Tx) error {
		var config, references string
		var environment, finished sql.NullString
		for _, t := range [][2]string{
			{"runs", "key = ?"},
			{"metrics", "run = ?"},
			{"environments", "hash = (SELECT environment FROM runs WHERE key = ?)"},
		} {
			if err := whole(ctx, tx, t[0], t[1], key); err != nil {
				return err
			}
		}
		if err := tx.QueryRowContext(ctx, `SELECT r.key, r.fit, r.config, r.state, r.nfe_mean, r.nfe, r.seconds, r.error, e.json, r.finished,
			(SELECT json_group_array(reference ORDER BY reference) FROM (SELECT DISTINCT reference FROM metrics WHERE run = r.key))
			FROM runs r LEFT JOIN environments e ON e.hash = r.environment WHERE r.key = ?`, key).
			Scan(&r.Key, &r.Fit, &config, &r.State, &r.NFE, &r.NFEMax, &r.Seconds, &r.Error, &environment, &finished, &references); err != nil {
			return notInStore(err)
		}
		r.Config = json.RawMessage(config)
		var err error
		r.Files, err = artifacts(ctx, tx, Owner{ownerRun, key})
		return errors.Join(err, decode(environment, &r.Environment), parseTime(finished, &r.Finished),
			json.Unmarshal([]byte(references), &r.References))
	})
	return r, errors.Join(err, toLost(&r.State))
}

// SaveMetrics stores values of the run measured against the reference with the given key. A metric measured again
// replaces its earlier value.
func (db *DB) SaveMetrics(ctx context.Context, run, reference string, values []experiments.Value) (err error) {
	defer wrap(&err, "save metrics of run %s", run)
	return db.write(ctx, func(tx *sql.Tx) error {
		for _, v := range values {
			n := numberOf(v.Value)
			if _, err := tx.ExecContext(ctx, `INSERT INTO metrics (run, reference, name, value, kind, se, p, version) VALUES (?, ?, ?, ?, ?, ?, nullif(?, 0), ?)
				ON CONFLICT (run, reference, name) DO UPDATE SET value = excluded.value, kind = excluded.kind, se = excluded.se, p = excluded.p,
				version = excluded.version`,
				run, reference, v.Name, n.value, n.kind, v.SE, v.P, v.Version); err != nil { // SQLite stores NaN as NULL
				return err
			}
		}
		return nil
	})
}

// Metrics returns the values of the run measured against the reference with the given key, by name.
func (db *DB) Metrics(ctx context.Context, run, reference string) (values []experiments.Value, err error) {
	defer wrap(&err, "read metrics of run %s", run)
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "metrics", "run = ? AND reference = ?", run, reference); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx,
			`SELECT name, value, kind, se, p, version FROM metrics WHERE run = ? AND reference = ? ORDER BY name`, run, reference)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scanValue(rows.Scan)
			if err != nil {
				return err
			}
			values = append(values, v)
		}
		return rows.Err()
	})
	return values, err
}

// scanValue reads the columns name, value, kind, se, p and version, preceded by columns scanned into before.
func scanValue(scan func(...any) error, before ...any) (v experiments.Value, err error) {
	var n number
	var se, p sql.NullFloat64
	err = scan(append(before, &v.Name, &n.value, &n.kind, &se, &p, &v.Version)...)
	v.Value, v.SE, v.P = n.float(), orNaN(se), p.Float64
	return v, err
}

// number is a float64 stored in two columns, because SQLite stores NaN as NULL.
type number struct {
	value sql.NullFloat64
	kind  string
}

func numberOf(x float64) number {
	switch {
	case math.IsNaN(x):
		return number{kind: "nan"}
	case math.IsInf(x, 1):
		return number{kind: "inf"}
	case math.IsInf(x, -1):
		return number{kind: "-inf"}
	default:
		return number{sql.NullFloat64{Float64: x, Valid: true}, "finite"}
	}
}

func (n number) float() float64 {
	switch n.kind {
	case "nan":
		return math.NaN()
	case "inf":
		return math.Inf(1)
	case "-inf":
		return math.Inf(-1)
	default:
		return n.value.Float64
	}
}

// orNaN returns x, or NaN for NULL, as which SQLite stores NaN.
func orNaN(x sql.NullFloat64) float64 {
	if !x.Valid {
		return math.NaN()
	}
	return x.Float64
}

// ErrNotFound is the error of a fit, run or tuning that the store does not hold.
var ErrNotFound = errors.New("not in the store")

// notInStore replaces sql.ErrNoRows by an error for the user.
func notInStore(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}
