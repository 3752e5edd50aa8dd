package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"

	"github.com/mattn/go-sqlite3"
)

// DamageError says that something in the store is not what was stored.
type DamageError struct {
	What   string // is damaged, and how it shows
	Repair bool   // a sweep of the spec that it belongs to repairs it
}

func (e *DamageError) Error() string {
	if e.Repair {
		return e.What + ": the store is damaged, run `flowsweep sweep` on its spec again, which repairs this, or restore a backup"
	}
	return e.What + ": " + damaged
}

// Damaged reports whether the cause of an error is a damaged store.
func Damaged(err error) bool {
	var d *DamageError
	var e sqlite3.Error
	// The program's own SQL is right, so an error in it comes from a damaged schema.
	return errors.As(err, &d) || errors.As(err, &e) && (e.Code == sqlite3.ErrCorrupt || e.Code == sqlite3.ErrNotADB ||
		e.Code == sqlite3.ErrFormat || e.Code == sqlite3.ErrError)
}

// kinds say of the rows of each table what they are, with values of columns in braces, and whether a sweep makes them again.
var kinds = map[string]struct {
	name   string
	repair bool
}{
	"sweeps":       {"sweep {name}", true},
	"fits":         {"fit {key}", true},
	"runs":         {"run {key}", true},
	"sweep_runs":   {"place {position} in the plan of sweep {sweep}", true},
	"sweep_extras": {"the {role} run {run} of sweep {sweep}", true},
	"metrics":      {"{name} of run {run}", true},
	"nulls":        {"the null distribution of {metric} against reference {reference}", true},
	"baselines":    {"{metric} of the baseline {name} against reference {reference}", true},
	"fresh":        {"the fresh figures of sweep {sweep}", true},
	"checks":       {"the check of {file} of sweep {sweep}", true},
	"artifacts":    {"{name} of {owner_kind} {owner}", true},
	"checkpoints":  {"the checkpoint of fit {fit}", true},
	"failures":     {"failure {try} of {owner_kind} {owner}", false},
	"tags":         {"tag {tag} of {owner_kind} {owner}", false},
	"notes":        {"the note on {owner_kind} {owner}", false},
	"environments": {"environment {hash}", true},
}

var place = regexp.MustCompile(`\{\w+\}`)

// row is a row of a table, by column.
type row map[string]any

// damage returns the error that a row of the table is damaged.
func (r row) damage(ctx context.Context, tx *sql.Tx, table string) (*DamageError, error) {
	name := place.ReplaceAllStringFunc(kinds[table].name, func(p string) string { return fmt.Sprint(r[p[1:len(p)-1]]) })
	d := &DamageError{name + " is not what was stored: its checksum differs", kinds[table].repair}
	planned, err := r.planned(ctx, tx, table)
	if err == nil && !planned {
		d.What, d.Repair = d.What+", and no sweep plans it (`flowsweep db gc --unplanned` removes it)", false
	}
	return d, err
}

// planned reports whether a sweep needs the fit or run that a row belongs to. Rows of anything else are planned.
func (r row) planned(ctx context.Context, tx *sql.Tx, table string) (planned bool, err error) {
	fit, run := r["fit"], r["run"]
	switch owner := r["owner_kind"]; {
	case table == "fits":
		fit = r["key"]
	case table == "runs":
		fit, run = nil, r["key"]
	case owner == ownerFit:
		fit = r["owner"]
	case owner == ownerRun:
		run = r["owner"]
	}
	if fit == nil && run == nil {
		return true, nil
	}
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM runs WHERE (key = ?1 OR fit = ?2) AND NOT (`+unplannedRuns+`))`, run, fit).Scan(&planned)
	return planned, err
}

// whole returns a *DamageError unless all rows of the table that meet the SQL condition are what was stored.
func whole(ctx context.Context, tx *sql.Tx, table, where string, args ...any) error {
	bad, err := broken(ctx, tx, table, where, args...)
	if err != nil || len(bad) == 0 {
		return err
	}
	d, err := bad[0].damage(ctx, tx, table)
	return errors.Join(err, d)
}

// parts are the SQL conditions for the rows of each table that belong to the sweep ?1.
var parts = map[string]string{
	"sweeps":       `name = ?1`,
	"sweep_runs":   `sweep = ?1`,
	"sweep_extras": `sweep = ?1`,
	"runs":         `key IN (` + runsOfSweep + `)`,
	"fits":         `key IN (SELECT fit FROM runs WHERE key IN (` + runsOfSweep + `))`,
	"metrics": `(run, reference) IN (SELECT run, reference FROM sweep_runs WHERE sweep = ?1
		UNION SELECT run, reference FROM sweep_extras WHERE sweep = ?1)`,
	"baselines": `reference IN (SELECT reference FROM sweep_runs WHERE sweep = ?1)`,
	"nulls":     `reference IN (SELECT reference FROM sweep_runs WHERE sweep = ?1)`,
	"tags":      `(owner_kind, owner) IN (` + ownersOfSweep + `)`,
	"notes":     `(owner_kind, owner) IN (` + ownersOfSweep + `)`,
	"fresh":     `sweep = ?1`,
	"checks":    `sweep = ?1`,
	"environments": `hash IN (SELECT environment FROM sweeps WHERE name = ?1 UNION SELECT environment FROM runs WHERE key IN (` + runsOfSweep + `)
		UNION SELECT f.environment FROM fits f JOIN runs r ON r.fit = f.key WHERE r.key IN (` + runsOfSweep + `))`,
}

const (
	runsOfSweep   = `SELECT run FROM sweep_runs WHERE sweep = ?1 UNION SELECT run FROM sweep_extras WHERE sweep = ?1`
	ownersOfSweep = `SELECT 'sweep', ?1 UNION SELECT 'run', run FROM sweep_runs WHERE sweep = ?1
		UNION SELECT 'fit', r.fit FROM sweep_runs p JOIN runs r ON r.key = p.run WHERE p.sweep = ?1`
)

// wholeParts returns a *DamageError unless the rows of these tables that belong to the sweep are what was stored.
func wholeParts(ctx context.Context, tx *sql.Tx, sweep string, tables ...string) error {
	for _, table := range tables {
		if err := whole(ctx, tx, table, parts[table], sweep); err != nil {
			return err
		}
	}
	return nil
}

// broken returns the rows of the table that meet the SQL condition and are not what was stored.
func broken(ctx context.Context, tx *sql.Tx, table, where string, args ...any) (bad []row, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT * FROM `+table+` WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		if isWhole(table, columns, values) {
			continue
		}
		r := row{}
		for i, c := range columns {
			r[c] = values[i]
		}
		bad = append(bad, r)
	}
	return bad, rows.Err()
}

// isWhole reports whether a row has its seal; an environment, its sha256.
func isWhole(table string, columns []string, values []any) bool {
	var seal any
	sealed := make([]any, 0, len(values))
	for i, c := range columns {
		switch c {
		case "seal":
			seal = values[i]
		case bytesColumn:
		default:
			sealed = append(sealed, values[i])
		}
	}
	if table == "environments" { // hash and json
		text, _ := values[1].(string)
		sum := sha256.Sum256([]byte(text))
		return values[0] == hex.EncodeToString(sum[:])
	}
	return seal == any(sealOf(table, sealed...))
}
