package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"flowsweep/experiments"
)

// fitConfig is the stored configuration of a fit. Together with the key it determines the weights.
type fitConfig struct {
	experiments.Recipe
	Seed uint64 `json:"seed"`
}

// StartSweep stores the plan under the name of its spec, marks it as running and queues its new fits and runs. It
// replaces a plan with the same name, but keeps its fits, its runs and the time of its first start. It panics unless
// this process has locked the store.
func (db *DB) StartSweep(ctx context.Context, plan experiments.Plan, env experiments.Environment, now time.Time) (err error) {
	db.mustLock("StartSweep")
	defer wrap(&err, "start sweep %q", plan.Spec.Name)
	return db.write(ctx, func(tx *sql.Tx) error {
		hash, err := saveEnvironment(ctx, tx, env)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO sweeps (name, spec, state, started, last_started, environment, turn)
			VALUES (?1, ?2, ?3, ?4, ?4, ?5, `+nextTurn+`) ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, state = excluded.state,
			last_started = excluded.last_started, finished = NULL, environment = excluded.environment, turn = excluded.turn`,
			plan.Spec.Name, plan.Spec.Text, experiments.Running, timeText(now), hash); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM sweep_runs WHERE sweep = ?`, plan.Spec.Name); err != nil {
			return err
		}
		if err := db.saveData(ctx, tx, plan.Spec); err != nil {
			return err
		}
		if err := db.savePlan(ctx, tx, plan); err != nil {
			return err
		}
		if err := dropStaleTwins(ctx, tx, plan.Spec.Name); err != nil {
			return err
		}
		return saveDense(ctx, tx, plan)
	})
}

// nextTurn is the SQL for a sweep's position in the order of starts. Times would not do, as clocks can jump.
const nextTurn = `(SELECT 1 + coalesce(max(turn), 0) FROM sweeps)`

func (db *DB) savePlan(ctx context.Context, tx *sql.Tx, plan experiments.Plan) error {
	insertRun, err := tx.PrepareContext(ctx, `INSERT INTO runs (key, fit, config, state) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`)
	if err != nil {
		return err
	}
	defer insertRun.Close()
	insertPosition, err := tx.PrepareContext(ctx, `INSERT INTO sweep_runs (sweep, position, run, reference) VALUES (?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insertPosition.Close()
	position, saved := 0, recipeContents{db, map[*byte]experiments.Artifact{}}
	for _, fit := range plan.Fits {
		config, err := json.Marshal(fitConfig{fit.Recipe, fit.Seed})
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO fits (key, config, state) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			fit.Key, string(config), experiments.Queued); err != nil {
			return err
		}
		if err := saved.save(ctx, tx, fit); err != nil {
			return err
		}
		for _, run := range fit.Runs {
			config, err := json.Marshal(run.Sampling)
			if err != nil {
				return err
			}
			if _, err := insertRun.ExecContext(ctx, run.Key, fit.Key, string(config), experiments.Queued); err != nil {
				return err
			}
			if _, err := insertPosition.ExecContext(ctx, plan.Spec.Name, position, run.Key, run.Reference); err != nil {
				return err
			}
			position++
		}
	}
	return nil
}

// Resume reports whether the store holds exactly this plan under the name of its spec. If so, it makes the sweep the most
// recent one and changes nothing else, so the environment stays the one in which the results were computed.
func (db *DB) Resume(ctx context.Context, plan experiments.Plan, now time.Time) (same bool, err error) {
	defer wrap(&err, "resume sweep %q", plan.Spec.Name)
	err = db.write(ctx, func(tx *sql.Tx) error {
		if same, err = holdsPlan(ctx, tx, plan); err != nil || !same {
			return err
		}
		return updateOne(ctx, tx, `UPDATE sweeps SET last_started = ?, turn = `+nextTurn+` WHERE name = ?`, timeText(now), plan.Spec.Name)
	})
	return same, err
}

// holdsPlan compares the spec's text, every run and its reference with the stored ones.
func holdsPlan(ctx context.Context, tx *sql.Tx, plan experiments.Plan) (bool, error) {
	var text string
	err := tx.QueryRowContext(ctx, `SELECT spec FROM sweeps WHERE name = ?`, plan.Spec.Name).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) || err == nil && text != plan.Spec.Text {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := wholeParts(ctx, tx, plan.Spec.Name, "sweeps", "sweep_runs"); err != nil {
		return false, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT run, reference FROM sweep_runs WHERE sweep = ? ORDER BY position`, plan.Spec.Name)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	var stored, planned [][2]string
	for rows.Next() {
		var pair [2]string
		if err := rows.Scan(&pair[0], &pair[1]); err != nil {
			return false, err
		}
		stored = append(stored, pair)
	}
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			planned = append(planned, [2]string{run.Key, run.Reference})
		}
	}
	return slices.Equal(stored, planned), rows.Err()
}

// FinishSweep marks the sweep as finished, failed or killed.
func (db *DB) FinishSweep(ctx context.Context, name string, state experiments.State, now time.Time) (err error) {
	defer wrap(&err, "finish sweep %q", name)
	return db.write(ctx, func(tx *sql.Tx) error {
		return updateOne(ctx, tx, `UPDATE sweeps SET state = ?, finished = ? WHERE name = ?`, state, timeText(now), name)
	})
}

// SweepNames returns the names of the stored sweeps, the most recently started first.
func (db *DB) SweepNames(ctx context.Context) (names []string, err error) {
	err = db.read(ctx, func(tx *sql.Tx) error {
		names, err = sweepNames(ctx, tx)
		return err
	})
	return names, err
}

func sweepNames(ctx context.Context, tx *sql.Tx) (names []string, err error) {
	defer wrap(&err, "list sweeps")
	if err := whole(ctx, tx, "sweeps", "true"); err != nil {
		return nil, err
	}
	return texts(ctx, tx, `SELECT name FROM sweeps ORDER BY turn DESC, name`)
}

// Find returns the kind, "fit" or "run", and the full key of the only fit or run whose key starts with prefix.
func (db *DB) Find(ctx context.Context, prefix string) (kind, key string, err error) {
	if prefix == "" {
		return "", "", errors.New("the key is empty: use one from `flowsweep runs`, or its beginning")
	}
	rows, err := db.readers.QueryContext(ctx, `SELECT kind, key FROM
		(SELECT 'fit' AS kind, key FROM fits UNION ALL SELECT 'run', key FROM runs)
		WHERE substr(key, 1, length(?1)) = ?1 ORDER BY kind, key LIMIT 5`, prefix)
	if err != nil {
		return "", "", fmt.Errorf("find key %q: %w", prefix, err)
	}
	defer rows.Close()
	var matches []string
	for rows.Next() {
		if err := rows.Scan(&kind, &key); err != nil {
			return "", "", fmt.Errorf("find key %q: %w", prefix, err)
		}
		matches = append(matches, kind+" "+key)
	}
	switch {
	case rows.Err() != nil:
		return "", "", fmt.Errorf("find key %q: %w", prefix, rows.Err())
	case len(matches) == 0:
		return "", "", fmt.Errorf("no fit or run has a key that starts with %q: see `flowsweep runs`", prefix)
	case len(matches) > 1:
		return "", "", fmt.Errorf("%q is the beginning of more than one key (%s): use a longer one", prefix, strings.Join(matches, ", "))
	}
	return kind, key, nil
}

// saveEnvironment stores the environment unless it is already there, and returns its hash.
func saveEnvironment(ctx context.Context, tx *sql.Tx, env experiments.Environment) (string, error) {
	text, err := json.Marshal(env)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	hash := hex.EncodeToString(sum[:])
	_, err = tx.ExecContext(ctx, `INSERT INTO environments (hash, json) VALUES (?, ?)
		ON CONFLICT (hash) DO UPDATE SET json = excluded.json WHERE json <> excluded.json`, hash, string(text)) // which is damaged
	return hash, err
}

// timeLayout has a fixed width, so that times sort as text.
const timeLayout = "2006-01-02T15:04:05.000000000Z"

func timeText(t time.Time) string { return t.UTC().Format(timeLayout) }

// parseTime sets t from a column, unless that is NULL.
func parseTime(text sql.NullString, t *time.Time) (err error) {
	if text.Valid {
		*t, err = time.Parse(timeLayout, text.String)
	}
	return err
}

// decode sets v from a JSON column, unless that is NULL.
func decode(text sql.NullString, v any) error {
	if !text.Valid {
		return nil
	}
	return json.Unmarshal([]byte(text.String), v)
}
