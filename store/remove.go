package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ownedTables are the tables whose rows name the kind and key of their owner, which no foreign key can check.
var ownedTables = []string{artifactTable, "tags", "notes", "failures"}

const artifactTable = "artifacts"

// SQL conditions for rows that nothing needs.
const (
	unowned = `NOT CASE owner_kind WHEN 'sweep' THEN EXISTS (SELECT 1 FROM sweeps WHERE name = owner)
		WHEN 'fit' THEN EXISTS (SELECT 1 FROM fits WHERE key = owner) ELSE EXISTS (SELECT 1 FROM runs WHERE key = owner) END`
	unusedBlobs   = `NOT EXISTS (SELECT 1 FROM artifacts a WHERE a.sha256 = blobs.sha256)`
	unplannedRuns = `NOT EXISTS (SELECT 1 FROM sweep_runs p WHERE p.run = runs.key) AND NOT EXISTS (SELECT 1 FROM sweep_extras e WHERE e.run = runs.key)
		AND runs.key NOT IN (SELECT run FROM ` + currentAliases + `)`
)

// Removed counts what Delete or Clean removes from a store.
type Removed struct {
	Runs         int64    `json:"runs"`
	Fits         int64    `json:"fits"`
	Losses       int64    `json:"losses"`
	Checkpoints  int64    `json:"checkpoints"`
	Tunings      int64    `json:"tunings"`
	Files        int64    `json:"files"`         // artifacts of sweeps, fits and runs
	Contents     int64    `json:"contents"`      // of artifacts, which several may share
	ContentBytes int64    `json:"content_bytes"` // in contents and checkpoints
	KeptRuns     int64    `json:"kept_runs"`     // of a deleted sweep, because others or aliases need them
	KeptFits     int64    `json:"kept_fits"`
	KeptAliases  []string `json:"kept_aliases,omitempty"` // that name some of those
	Bytes        int64    `json:"bytes"`                  // by which the file shrank; 0 after Delete, which leaves that to Clean
	LargeFiles   int64    `json:"large_files"`            // of large contents, beside the store
	LargeBytes   int64    `json:"large_bytes"`
}

// errDry rolls back a removal of which only the counts are wanted.
var errDry = errors.New("only counted")

// counts returns the counts of a removal and its error, or nil for one that was only counted.
func counts(r Removed, err error) (Removed, error) {
	if errors.Is(err, errDry) {
		err = nil
	}
	return r, err
}

// Delete removes a sweep and everything that belongs only to it. It keeps fits and runs that other sweeps need, runs that an alias
// names, and runs that no sweep plans any more, which Clean can remove. It panics unless this process has locked the store.
func (db *DB) Delete(ctx context.Context, sweep string) (Removed, error) {
	return db.delete(ctx, sweep, nil)
}

// WouldDelete returns what Delete would: it does the same and rolls it back. It panics unless this process has locked the
// store.
func (db *DB) WouldDelete(ctx context.Context, sweep string) (Removed, error) {
	return counts(db.delete(ctx, sweep, errDry))
}

// delete deletes a sweep, unless the error to end with is not nil.
func (db *DB) delete(ctx context.Context, sweep string, end error) (r Removed, err error) {
	db.mustLock("Delete")
	defer wrap(&err, "delete sweep %q", sweep)
	err = db.write(ctx, func(tx *sql.Tx) error {
		if name, err := sweepName(ctx, tx, sweep); err != nil {
			return err
		} else if sweep == "" {
			return errors.New("a name is required")
		} else {
			sweep = name
		}
		if err := mark(ctx, tx, `SELECT run FROM sweep_runs WHERE sweep = ?1 UNION SELECT run FROM sweep_extras WHERE sweep = ?1
			EXCEPT SELECT run FROM sweep_runs WHERE sweep <> ?1 EXCEPT SELECT run FROM sweep_extras WHERE sweep <> ?1
			EXCEPT SELECT run FROM `+currentAliases, sweep); err != nil {
			return err
		}
		kept, err := keptOf(ctx, tx, sweep)
		if err != nil {
			return err
		}
		for _, query := range []string{
			`DELETE FROM sweep_runs WHERE sweep = ?`, `DELETE FROM sweep_extras WHERE sweep = ?`, `DELETE FROM checks WHERE sweep = ?`, `DELETE FROM fresh WHERE sweep = ?`,
			`DELETE FROM sweeps WHERE name = ?`,
		} {
			if _, err := tx.ExecContext(ctx, query, sweep); err != nil {
				return err
			}
		}
		if r, err = removeMarked(ctx, tx); err != nil {
			return err
		}
		r.KeptRuns, r.KeptFits, r.KeptAliases = kept.KeptRuns, kept.KeptFits, kept.KeptAliases
		return errors.Join(db.countLarge(ctx, tx, &r), end)
	})
	if err == nil {
		err = db.dropUnused(ctx)
	}
	return r, err
}

// keptOf counts the runs of a sweep that are not marked, and the fits, and lists the aliases of the runs.
func keptOf(ctx context.Context, tx *sql.Tx, sweep string) (r Removed, err error) {
	err = tx.QueryRowContext(ctx, `WITH own AS (SELECT run FROM sweep_runs WHERE sweep = ?1 UNION SELECT run FROM sweep_extras WHERE sweep = ?1)
		SELECT (SELECT count(*) FROM own WHERE run NOT IN (SELECT key FROM marked_runs)),
			(SELECT count(DISTINCT r.fit) FROM own o JOIN runs r ON r.key = o.run WHERE r.fit NOT IN (SELECT key FROM marked_fits))`, sweep).
		Scan(&r.KeptRuns, &r.KeptFits)
	if err == nil {
		r.KeptAliases, err = texts(ctx, tx, `SELECT alias FROM `+currentAliases+` WHERE run IN (`+runsOfSweep+`) ORDER BY alias`, sweep)
	}
	return r, err
}

// Clean removes what nothing needs (contents without an artifact, rows whose owner no longer exists, checkpoints of
// finished fits) and shrinks the file. With unplanned it also removes runs that no sweep plans any more and no alias names, and the
// fits that have no other runs. It panics unless this process has locked the store.
func (db *DB) Clean(ctx context.Context, unplanned bool) (r Removed, err error) {
	db.mustLock("Clean")
	defer wrap(&err, "clean the store")
	before, err := db.foldLog(ctx)
	if err != nil {
		return r, err
	}
	if r, err = db.clean(ctx, unplanned, nil); err != nil {
		return r, err
	}
	if _, err := db.writer.ExecContext(ctx, "VACUUM"); err != nil {
		return r, err
	}
	after, err := db.foldLog(ctx)
	r.Bytes = max(0, before-after)
	return r, err
}

// WouldClean returns what Clean would, except for Bytes: it does the same and rolls it back. It panics unless this process
// has locked the store.
func (db *DB) WouldClean(ctx context.Context, unplanned bool) (r Removed, err error) {
	db.mustLock("WouldClean")
	defer wrap(&err, "count what to clean")
	return counts(db.clean(ctx, unplanned, errDry))
}

// clean removes what nothing needs, unless the error to end with is not nil.
func (db *DB) clean(ctx context.Context, unplanned bool, end error) (r Removed, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		runs := `SELECT key FROM runs WHERE false`
		if unplanned {
			runs = `SELECT key FROM runs WHERE ` + unplannedRuns
		}
		if err := mark(ctx, tx, runs); err != nil {
			return err
		}
		if r, err = removeMarked(ctx, tx); err != nil {
			return err
		}
		return errors.Join(db.countLarge(ctx, tx, &r), end)
	})
	if err == nil {
		err = db.dropUnused(ctx)
	}
	return r, err
}

// mark marks for removal the runs that a query returns, and the fits that have no other runs.
func mark(ctx context.Context, tx *sql.Tx, runs string, args ...any) error {
	for _, query := range []string{
		`CREATE TEMP TABLE IF NOT EXISTS marked_runs (key TEXT PRIMARY KEY) STRICT`,
		`CREATE TEMP TABLE IF NOT EXISTS marked_fits (key TEXT PRIMARY KEY) STRICT`,
		`DELETE FROM marked_runs`,
		`DELETE FROM marked_fits`,
	} {
		if _, err := tx.ExecContext(ctx, query); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO marked_runs `+runs, args...); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO marked_fits SELECT DISTINCT r.fit FROM marked_runs m JOIN runs r ON r.key = m.key
		WHERE NOT EXISTS (SELECT 1 FROM runs o WHERE o.fit = r.fit AND o.key NOT IN (SELECT key FROM marked_runs))`)
	return err
}

// removal is a statement that removes rows, and where to count them.
type removal struct {
	count *int64
	query string
}

// removals remove the marked rows and then everything that nothing needs, children before parents.
func (r *Removed) removals() []removal {
	var other int64
	list := []removal{
		{&other, `DELETE FROM metrics WHERE run IN (SELECT key FROM marked_runs)`},
		{&r.Runs, `DELETE FROM runs WHERE key IN (SELECT key FROM marked_runs)`},
		{&r.Losses, `DELETE FROM losses WHERE fit IN (SELECT key FROM marked_fits)`},
		{&r.Checkpoints, `DELETE FROM checkpoints WHERE fit IN (SELECT key FROM marked_fits)
			OR fit IN (SELECT key FROM fits WHERE state = 'finished')`},
		{&r.Tunings, `DELETE FROM tunings WHERE fit IN (SELECT key FROM marked_fits)`},
		{&other, `DELETE FROM rungs WHERE fit IN (SELECT key FROM marked_fits)`},
		{&r.Fits, `DELETE FROM fits WHERE key IN (SELECT key FROM marked_fits)`},
	}
	for _, table := range ownedTables {
		count := &other
		if table == artifactTable {
			count = &r.Files
		}
		list = append(list, removal{count, fmt.Sprintf(`DELETE FROM %s WHERE %s`, table, unowned)})
	}
	return append(list,
		removal{&r.Contents, `DELETE FROM blobs WHERE ` + unusedBlobs},
		removal{&other, `DELETE FROM nulls WHERE NOT EXISTS (SELECT 1 FROM sweep_runs p WHERE p.reference = nulls.reference)`},
		removal{&other, `DELETE FROM baselines WHERE NOT EXISTS (SELECT 1 FROM sweep_runs p WHERE p.reference = baselines.reference)`},
		removal{&other, `DELETE FROM environments WHERE NOT EXISTS (SELECT 1 FROM fits WHERE environment = hash)
			AND NOT EXISTS (SELECT 1 FROM runs WHERE environment = hash) AND NOT EXISTS (SELECT 1 FROM sweeps WHERE environment = hash)`})
}

// removeMarked removes what is marked and what nothing needs.
func removeMarked(ctx context.Context, tx *sql.Tx) (r Removed, err error) {
	before, err := contentBytes(ctx, tx)
	if err != nil {
		return r, err
	}
	for _, remove := range r.removals() {
		result, err := tx.ExecContext(ctx, remove.query)
		if err != nil {
			return r, err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return r, err
		}
		*remove.count += n
	}
	after, err := contentBytes(ctx, tx)
	r.ContentBytes = before - after
	return r, err
}
