package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"flowsweep/experiments"
)

// States is a consistent view of what the store knows about a plan. Fits and runs that it does not know are not in the
// maps.
type States struct {
	Fits    map[string]experiments.State   // by key
	Runs    map[string]experiments.State   // by key
	Metrics map[string][]experiments.Value // by key of the run, for its reference in the plan, sorted by name
}

// States returns what the store knows about the fits and runs of the plan, in a fixed number of queries.
func (db *DB) States(ctx context.Context, plan experiments.Plan) (s States, err error) {
	defer wrap(&err, "read the states of sweep %q", plan.Spec.Name)
	var fits, runs []string
	var measured [][2]string
	for _, fit := range plan.Fits {
		fits = append(fits, fit.Key)
		for _, run := range slices.Concat(fit.Runs, fit.Dense) {
			runs = append(runs, run.Key)
			measured = append(measured, [2]string{run.Key, run.Reference})
		}
	}
	toLost := db.runningToLost()
	err = db.read(ctx, func(tx *sql.Tx) (err error) {
		if s.Fits, err = statesOf(ctx, tx, "fits", fits); err != nil {
			return err
		}
		if s.Runs, err = statesOf(ctx, tx, "runs", runs); err != nil {
			return err
		}
		s.Metrics, err = metricsOf(ctx, tx, measured)
		return err
	})
	for _, states := range []map[string]experiments.State{s.Fits, s.Runs} {
		for key, state := range states {
			err = errors.Join(err, toLost(&state))
			states[key] = state
		}
	}
	return s, err
}

// statesOf returns the states of the rows of a table that have these keys. It passes the keys as one JSON text, because
// SQLite limits the number of parameters.
func statesOf(ctx context.Context, tx *sql.Tx, table string, keys []string) (map[string]experiments.State, error) {
	text, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	if err := whole(ctx, tx, table, `key IN (SELECT value FROM json_each(?))`, string(text)); err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, `SELECT t.key, t.state FROM json_each(?) j CROSS JOIN `+table+` t ON t.key = j.value`, string(text))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	states := make(map[string]experiments.State, len(keys))
	for rows.Next() {
		var key string
		var state experiments.State
		if err := rows.Scan(&key, &state); err != nil {
			return nil, err
		}
		states[key] = state
	}
	return states, rows.Err()
}

// metricsOf returns the values for pairs of a run and a reference, by run.
func metricsOf(ctx context.Context, tx *sql.Tx, pairs [][2]string) (map[string][]experiments.Value, error) {
	text, err := json.Marshal(pairs)
	if err != nil {
		return nil, err
	}
	if err := whole(ctx, tx, "metrics", `(run, reference) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))`, string(text)); err != nil {
		return nil, err
	}
	// A run that appears twice in a plan has the same reference.
	rows, err := tx.QueryContext(ctx, `WITH pairs AS (SELECT DISTINCT value ->> 0 AS run, value ->> 1 AS reference FROM json_each(?))
		SELECT m.run, m.name, m.value, m.kind, m.se, m.p, m.version FROM pairs p CROSS JOIN metrics m ON m.run = p.run AND m.reference = p.reference
		ORDER BY m.run, m.name`, string(text))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	values := map[string][]experiments.Value{}
	for rows.Next() {
		var run string
		v, err := scanValue(rows.Scan, &run)
		if err != nil {
			return nil, err
		}
		values[run] = append(values[run], v)
	}
	return values, rows.Err()
}

// markLost marks as lost everything that still counts as running.
func markLost(ctx context.Context, tx *sql.Tx, now time.Time) error {
	const why = "its process died"
	for _, table := range []struct{ name, kind, started string }{{"fits", ownerFit, "started"}, {"runs", ownerRun, "NULL"}} {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`INSERT INTO failures (owner_kind, owner, try, state, error, started, noticed)
			SELECT ?1, key, 1 + (SELECT count(*) FROM failures WHERE owner_kind = ?1 AND owner = key), ?2, ?3, %s, ?4
			FROM %s WHERE state = ?5`, table.started, table.name),
			table.kind, experiments.Lost, why, timeText(now), experiments.Running); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET state = ?, error = ? WHERE state = ?`, table.name),
			experiments.Lost, why, experiments.Running); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, `UPDATE sweeps SET state = ? WHERE state = ?`, experiments.Lost, experiments.Running)
	return err
}

// runningToLost returns a function that changes states from running to lost, unless a process works on the store. Call
// runningToLost before reading the states, and the function afterwards.
func (db *DB) runningToLost() func(states ...*experiments.State) error {
	hasWorker := func() (bool, error) {
		if db.lock.Load() != nil {
			return true, nil
		}
		_, ok, err := db.Worker()
		return ok, err
	}
	before, err := hasWorker()
	return func(states ...*experiments.State) error {
		running := func(s *experiments.State) bool { return *s == experiments.Running }
		if err != nil || before || !slices.ContainsFunc(states, running) {
			return err
		}
		// A process may have begun to work after the first check and before the reading.
		after, err := hasWorker()
		if err != nil || after {
			return err
		}
		for _, s := range states {
			if running(s) {
				*s = experiments.Lost
			}
		}
		return nil
	}
}

// FitTime is the training time of one fit.
type FitTime struct {
	Config  json.RawMessage // recipe and seed
	Seconds float64
	On      experiments.Environment
}

// RunTime is the time of the runs of one fit.
type RunTime struct {
	FitTime         // of the fit, with the seconds that sampling took
	Points  float64 // velocity calls, counted for each point
}

// FitTimes returns the training times of all finished fits.
func (db *DB) FitTimes(ctx context.Context) (times []FitTime, err error) {
	defer wrap(&err, "read the times of fits")
	err = db.timesOf(ctx, "fits", `SELECT f.config, f.seconds, coalesce(e.json, '{}'), 0 FROM fits f LEFT JOIN environments e ON e.hash = f.environment
		WHERE f.state = ? AND f.seconds > 0 ORDER BY f.key`, func(r RunTime) { times = append(times, r.FitTime) })
	return times, err
}

// RunTimes returns the times of all finished runs, in sums for each fit and environment.
func (db *DB) RunTimes(ctx context.Context) (times []RunTime, err error) {
	defer wrap(&err, "read the times of runs")
	err = db.timesOf(ctx, "runs", `WITH sums AS (SELECT fit, environment, sum(seconds) AS seconds, sum(nfe_mean * (config ->> '$.count')) AS points
			FROM runs WHERE state = ? AND seconds > 0 GROUP BY fit, environment)
		SELECT f.config, s.seconds, coalesce(e.json, '{}'), s.points
		FROM sums s JOIN fits f ON f.key = s.fit LEFT JOIN environments e ON e.hash = s.environment ORDER BY f.key, e.hash`,
		func(r RunTime) { times = append(times, r) })
	return times, err
}

// Calls returns the mean velocity calls of the finished runs of each sampling, by its JSON, that chooses its own steps.
func (db *DB) Calls(ctx context.Context) (calls map[string]float64, err error) {
	defer wrap(&err, "read the velocity calls of runs")
	calls = map[string]float64{}
	err = db.read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT config, avg(nfe_mean) FROM runs WHERE state = ? AND config ->> '$.tolerance' IS NOT NULL GROUP BY config`, experiments.Finished)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var config string
			var nfe float64
			if err := rows.Scan(&config, &nfe); err != nil {
				return err
			}
			calls[config] = nfe
		}
		return rows.Err()
	})
	return calls, err
}

// timesOf passes on the times that a query selects, which takes the state of what is finished.
func (db *DB) timesOf(ctx context.Context, table, query string, add func(RunTime)) error {
	return db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, table, "true"); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, query, experiments.Finished)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r RunTime
			var config, on string
			if err := rows.Scan(&config, &r.Seconds, &on, &r.Points); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(on), &r.On); err != nil {
				return fmt.Errorf("an environment: %w", err)
			}
			r.Config = json.RawMessage(config)
			add(r)
		}
		return rows.Err()
	})
}

// Try is a try of a fit or run that did not finish.
type Try struct {
	State   experiments.State `json:"state"` // failed, killed or lost
	Error   string            `json:"error"`
	Noticed time.Time         `json:"noticed"`
}

// Tries returns the tries of the owner that did not finish, the first one first.
func (db *DB) Tries(ctx context.Context, o Owner) (list []Try, err error) {
	defer wrap(&err, "read the tries of %s %s", o.Kind, o.Key)
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "failures", "owner_kind = ? AND owner = ?", o.Kind, o.Key); err != nil {
			return err
		}
		return eachRow(ctx, tx, func(scan func(...any) error) error {
			var t Try
			var noticed sql.NullString
			err := errors.Join(scan(&t.State, &t.Error, &noticed), parseTime(noticed, &t.Noticed))
			list = append(list, t)
			return err
		}, `SELECT state, error, noticed FROM failures WHERE owner_kind = ? AND owner = ? ORDER BY try`, o.Kind, o.Key)
	})
	return list, err
}
