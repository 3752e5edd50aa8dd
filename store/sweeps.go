package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"flowsweep/experiments"
)

// StartSweep stores the plan under the name of its spec, marks it as running and queues its new fits and runs. If the store
// holds another spec of that name, it keeps that one as EditionFor says; if it holds the same one, only its text and its
// latest start are replaced. It panics unless this process has locked the store.
func (db *DB) StartSweep(ctx context.Context, plan experiments.Plan, env experiments.Environment, now time.Time) (err error) {
	db.mustLock("StartSweep")
	defer wrap(&err, "start sweep %q", plan.Spec.Name)
	return db.write(ctx, func(tx *sql.Tx) error {
		if err := db.keepEdition(ctx, tx, plan); err != nil {
			return err
		}
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
	position, saved := 0, recipeContents{db, map[any]experiments.Artifact{}}
	for _, fit := range plan.Fits {
		if err := queueFit(ctx, tx, fit); err != nil {
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

// queueFit queues a fit without its runs, unless it is known.
func queueFit(ctx context.Context, tx *sql.Tx, fit experiments.Fit) error {
	config, err := json.Marshal(fit.Config())
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO fits (key, config, state) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, fit.Key, string(config), experiments.Queued)
	return err
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

// SweepName returns the name of a stored sweep, that of the latest if name is empty. Its error lists the existing sweeps.
func (db *DB) SweepName(ctx context.Context, name string) (found string, err error) {
	err = db.read(ctx, func(tx *sql.Tx) error {
		found, err = sweepName(ctx, tx, name)
		return err
	})
	return found, err
}

func sweepNames(ctx context.Context, tx *sql.Tx) (names []string, err error) {
	defer wrap(&err, "list sweeps")
	if err := whole(ctx, tx, "sweeps", "true"); err != nil {
		return nil, err
	}
	return texts(ctx, tx, `SELECT name FROM sweeps ORDER BY turn DESC, name`)
}

// Listed is a sweep as a list of them shows it.
type Listed struct {
	Name        string
	State       experiments.State
	Started     time.Time // for the first time
	LastStarted time.Time
	Fits, Runs  int // of the plan
	FitsDone    int // finished
	FitsPruned  int // stopped early
	RunsDone    int
	RunsFailed  int      // themselves, or their fits
	Targets     []string // what to call them, sorted
	Files       []string // names of the output files
	Tags        []string
}

// Sweeps lists the stored sweeps, the most recently started first. It reads no spec, so one that cannot be read is listed, too.
func (db *DB) Sweeps(ctx context.Context) (list []Listed, err error) {
	defer wrap(&err, "list sweeps")
	toLost := db.runningToLost()
	err = db.read(ctx, func(tx *sql.Tx) error {
		list, err = listSweeps(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	states := make([]*experiments.State, len(list))
	for i := range list {
		states[i] = &list[i].State
	}
	return list, toLost(states...)
}

// listQuery selects the columns of Listed. Teachers have dense runs alone.
const listQuery = `WITH
	planned AS (SELECT DISTINCT p.sweep, r.fit, r.key, f.state = 'finished' AS trained, f.state = 'pruned' AS pruned, f.state = 'finished' AND r.state = 'finished' AS done,
		f.state = 'failed' OR r.state = 'failed' AS failed,
		coalesce('data of ' || (SELECT group_concat(value, ', ') FROM json_each(f.config, '$.target.columns')), f.config ->> '$.target.name') AS target
		FROM sweep_runs p JOIN runs r ON r.key = p.run JOIN fits f ON f.key = r.fit),
	counts AS (SELECT sweep, count(*) AS runs, sum(done) AS done, sum(failed) AS failed, json_group_array(DISTINCT target) AS targets FROM planned GROUP BY sweep),
	needed AS (SELECT sweep, fit, trained, pruned FROM planned UNION SELECT e.sweep, r.fit, f.state = 'finished', f.state = 'pruned'
		FROM sweep_extras e JOIN runs r ON r.key = e.run JOIN fits f ON f.key = r.fit),
	nets AS (SELECT sweep, count(*) AS fits, sum(trained) AS trained, sum(pruned) AS pruned FROM needed GROUP BY sweep)
	SELECT s.name, s.state, s.started, s.last_started, coalesce(n.fits, 0), coalesce(n.trained, 0), coalesce(n.pruned, 0), coalesce(c.runs, 0), coalesce(c.done, 0), coalesce(c.failed, 0),
		c.targets, (SELECT json_group_array(tag) FROM tags WHERE owner_kind = 'sweep' AND owner = s.name),
		(SELECT json_group_array(name) FROM artifacts WHERE owner_kind = 'sweep' AND owner = s.name AND NOT ` + isData + `)
	FROM sweeps s LEFT JOIN counts c ON c.sweep = s.name LEFT JOIN nets n ON n.sweep = s.name ORDER BY s.turn DESC, s.name`

func listSweeps(ctx context.Context, tx *sql.Tx) (list []Listed, err error) {
	for _, t := range [][2]string{
		{"sweeps", "true"},
		{"sweep_runs", "true"},
		{"sweep_extras", "true"},
		{"runs", "true"},
		{"fits", "true"},
		{"tags", "owner_kind = 'sweep'"},
	} {
		if err := whole(ctx, tx, t[0], t[1]); err != nil {
			return nil, err
		}
	}
	add := func(scan func(...any) error) error {
		var l Listed
		var started, latest, targets, tags, files sql.NullString
		if err := scan(&l.Name, &l.State, &started, &latest, &l.Fits, &l.FitsDone, &l.FitsPruned, &l.Runs, &l.RunsDone, &l.RunsFailed, &targets, &tags, &files); err != nil {
			return err
		}
		err := errors.Join(parseTime(started, &l.Started), parseTime(latest, &l.LastStarted),
			decode(targets, &l.Targets), decode(tags, &l.Tags), decode(files, &l.Files))
		slices.Sort(l.Targets)
		slices.Sort(l.Tags)
		list = append(list, l)
		return err
	}
	err = eachRow(ctx, tx, add, listQuery)
	return list, err
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
