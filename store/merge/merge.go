// Package merge copies rows into a store from another one that is attached to its connection as `other`.
//
//	taken, err := merge.Into(ctx, tx, merge.Options{Move: move, LargeAbove: 64 << 20})
//
// Rows go by key, and the first one wins: what has finished here is never changed. Both stores have the same tables, and what the
// other one says must have been checked before, see vet.
package merge

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"flowsweep/store/vet"
)

// Taken counts what a store took from another one.
type Taken struct {
	Sweeps      int      `json:"sweeps"`
	Fits        int      `json:"fits"` // finished or failed
	Runs        int      `json:"runs"` // finished or failed
	Metrics     int      `json:"metrics"`
	Tunings     int      `json:"tunings"`
	Nulls       int      `json:"nulls"`
	Baselines   int      `json:"baselines"`
	Checkpoints int      `json:"checkpoints"`
	Aliases     int      `json:"aliases"`             // their moves
	Same        int      `json:"same"`                // fits and runs that have finished in both, and are alike
	Differ      []string `json:"differ" null:"never"` // a sentence for each thing that has finished in both and is not alike
	Notes       []string `json:"notes" null:"never"`  // what else people should know
}

// Options say what is taken, and how contents are.
type Options struct {
	Part  bool     // fits, and what belongs to them, but for their data; nothing of sweeps
	Fits  []string // keys of those to take; nil is all
	Large int64    // bytes above which a content is not copied as it is, but by Move

	// Move returns how the store keeps a content: the columns `bytes` and `size`, given those that the other one has.
	Move func(sum string, bytes []byte, size sql.NullInt64) ([]byte, any, error)
}

// taking is one merge, in a transaction.
type taking struct {
	Options
	ctx   context.Context
	tx    *sql.Tx
	taken Taken
}

// Into takes what the options say, within a transaction of a connection whose `other` is the other store.
func Into(ctx context.Context, tx *sql.Tx, o Options) (Taken, error) {
	t := &taking{Options: o, ctx: ctx, tx: tx, taken: Taken{Differ: []string{}, Notes: []string{}}}
	steps := []func() error{t.agree, t.prepare, t.decideFits, t.decideRuns}
	if !o.Part {
		steps = append(steps, t.decideSweeps)
	}
	steps = append(steps, t.environments, t.fits, t.runs)
	if !o.Part {
		steps = append(steps, t.sweeps, t.data)
	}
	steps = append(steps, t.contents, t.metrics, t.tunings, t.rungs, t.failures)
	if !o.Part {
		steps = append(steps, t.nulls, t.baselines, t.remarks, t.aliases)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return t.taken, err
		}
	}
	return t.taken, nil
}

// agree refuses a store in which a key that is known here stands for something else.
func (t *taking) agree() error {
	var odd []string
	if err := t.texts(&odd, `SELECT 'fit ' || o.key FROM other.fits o JOIN main.fits m USING (key) WHERE m.config <> o.config
		UNION ALL SELECT 'run ' || o.key FROM other.runs o JOIN main.runs m USING (key) WHERE (m.fit, m.config) <> (o.fit, o.config) LIMIT 1`); err != nil || len(odd) == 0 {
		return err
	}
	return vet.Refuse("its %s has another configuration than here", odd[0])
}

// prepare makes the tables that say what is done with each fit, run, sweep and artifact of the other store.
func (t *taking) prepare() error {
	return t.each(
		`CREATE TEMP TABLE IF NOT EXISTS taken_fits (key TEXT PRIMARY KEY, act TEXT NOT NULL, alike INTEGER NOT NULL) STRICT`,
		`CREATE TEMP TABLE IF NOT EXISTS taken_runs (key TEXT PRIMARY KEY, act TEXT NOT NULL, alike INTEGER NOT NULL) STRICT`,
		`CREATE TEMP TABLE IF NOT EXISTS taken_sweeps (theirs TEXT PRIMARY KEY, ours TEXT NOT NULL, act TEXT NOT NULL, turn INTEGER NOT NULL) STRICT`,
		`CREATE TEMP TABLE IF NOT EXISTS taken_files (owner_kind TEXT, owner TEXT, name TEXT, sha256 TEXT, size INTEGER, PRIMARY KEY (owner_kind, owner, name)) STRICT`,
		`DELETE FROM taken_fits`, `DELETE FROM taken_runs`, `DELETE FROM taken_sweeps`, `DELETE FROM taken_files`)
}

// each executes queries.
func (t *taking) each(queries ...string) error {
	for _, q := range queries {
		if _, err := t.exec(q); err != nil {
			return err
		}
	}
	return nil
}

// exec executes a query and returns the number of rows that it changed.
func (t *taking) exec(query string, args ...any) (int, error) {
	result, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// rows calls do with the scanner of each row of a query.
func (t *taking) rows(do func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// texts adds the only column of a query to a list.
func (t *taking) texts(list *[]string, query string, args ...any) error {
	return t.rows(func(scan func(...any) error) error {
		var text string
		err := scan(&text)
		*list = append(*list, text)
		return err
	}, query, args...)
}

// number returns the only value of a query.
func (t *taking) number(query string, args ...any) (n int, err error) {
	err = t.tx.QueryRowContext(t.ctx, query, args...).Scan(&n)
	return n, err
}

// keys returns the fits to take as a JSON list, or NULL for all.
func (t *taking) keys() (any, error) {
	if t.Fits == nil {
		return nil, nil
	}
	text, err := json.Marshal(t.Fits)
	return string(text), err
}

func (t *taking) differ(format string, args ...any) {
	t.taken.Differ = append(t.taken.Differ, fmt.Sprintf(format, args...))
}

func (t *taking) note(format string, args ...any) {
	t.taken.Notes = append(t.taken.Notes, fmt.Sprintf(format, args...))
}
