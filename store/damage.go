package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"unicode"

	"flowsweep/store/seal"

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
	"tunings":      {"tuning {key} of fit {fit}", true},
	"rungs":        {"{metric} of fit {fit} at step {step}", true},
	"nulls":        {"the null distribution of {metric} against reference {reference}", true},
	"baselines":    {"{metric} of the baseline {name} against reference {reference}", true},
	"fresh":        {"the fresh figures of sweep {sweep}", true},
	"checks":       {"the check of {file} of sweep {sweep}", true},
	"artifacts":    {"{name} of {owner_kind} {owner}", true},
	"checkpoints":  {"the checkpoint of fit {fit}", true},
	"failures":     {"failure {try} of {owner_kind} {owner}", false},
	"tags":         {"tag {tag} of {owner_kind} {owner}", false},
	"notes":        {"the note on {owner_kind} {owner}", false},
	"alias_moves":  {"move {move} of alias {alias}", false},
	"environments": {"environment {hash}", true},
}

var column = regexp.MustCompile(`\{\w+\}`)

// row is a row of a table, by column.
type row = seal.Row

// damageOf returns the error that a row of the table is damaged.
func damageOf(ctx context.Context, tx *sql.Tx, table string, r row) (*DamageError, error) {
	name := column.ReplaceAllStringFunc(kinds[table].name, func(p string) string { return plain(r[p[1:len(p)-1]]) })
	d := &DamageError{name + " is not what was stored: its checksum differs", kinds[table].repair}
	needed, err := planned(ctx, tx, table, r)
	if err == nil && !needed {
		d.What, d.Repair = d.What+", and no sweep plans it (`flowsweep db gc --unplanned` removes it)", false
	}
	return d, err
}

// plain returns a value, which may be what damage made of it, as a text for one line.
func plain(value any) string {
	text := []rune(fmt.Sprint(value))
	if len(text) > 100 {
		text = append(text[:100], '…')
	}
	if slices.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(string(text))
	}
	return string(text)
}

// planned reports whether a sweep needs the fit or run that a row belongs to. Rows of anything else are planned.
func planned(ctx context.Context, tx *sql.Tx, table string, r row) (needed bool, err error) {
	fit, run := r["fit"], r["run"]
	switch owner := r["owner_kind"]; {
	case table == "alias_moves":
		return true, nil // also of a run that is deleted by now
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
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM runs WHERE (key = ?1 OR fit = ?2) AND NOT (`+unplannedRuns+`))`, run, fit).Scan(&needed)
	return needed, err
}

// whole returns a *DamageError unless all rows of the table that meet the SQL condition are what was stored.
func whole(ctx context.Context, tx *sql.Tx, table, where string, args ...any) error {
	bad, err := seal.Broken(ctx, tx, table, where, args...)
	if err != nil || len(bad) == 0 {
		return err
	}
	d, err := damageOf(ctx, tx, table, bad[0])
	return errors.Join(err, d)
}

// parts are the SQL conditions for the rows of each table that belong to the sweep ?1.
var parts = map[string]string{
	"checkpoints":  `fit IN (SELECT fit FROM runs WHERE key IN (` + runsOfSweep + `))`,
	"sweeps":       `name = ?1`,
	"sweep_runs":   `sweep = ?1`,
	"sweep_extras": `sweep = ?1`,
	"runs":         `key IN (` + runsOfSweep + `)`,
	"fits":         `key IN (SELECT fit FROM runs WHERE key IN (` + runsOfSweep + `))`,
	"metrics": `(run, reference) IN (SELECT run, reference FROM sweep_runs WHERE sweep = ?1
		UNION SELECT run, reference FROM sweep_extras WHERE sweep = ?1)`,
	"baselines":   `reference IN (SELECT reference FROM sweep_runs WHERE sweep = ?1)`,
	"nulls":       `reference IN (SELECT reference FROM sweep_runs WHERE sweep = ?1)`,
	"tags":        `(owner_kind, owner) IN (` + ownersOfSweep + `)`,
	"notes":       `(owner_kind, owner) IN (` + ownersOfSweep + `)`,
	"alias_moves": `alias IN (SELECT alias FROM alias_moves WHERE run IN (` + runsOfSweep + `))`,
	"fresh":       `sweep = ?1`,
	"checks":      `sweep = ?1`,
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

// sealLosses seals the losses of a fit whose training has ended.
func sealLosses(ctx context.Context, tx *sql.Tx, fit string) error {
	sum, err := lossesSeal(ctx, tx, fit)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE fits SET losses_seal = ? WHERE key = ?`, sum.Int64(), fit)
	return err
}

// wholeLosses returns a *DamageError if the losses of the fit are not what was stored.
func wholeLosses(ctx context.Context, tx *sql.Tx, fit string) error {
	var want sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT losses_seal FROM fits WHERE key = ?`, fit).Scan(&want)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !want.Valid {
		return nil
	}
	if err != nil {
		return err
	}
	s, err := lossesSeal(ctx, tx, fit)
	if err != nil {
		return err
	}
	return checkLosses(s, fit, want)
}

// checkLosses returns a *DamageError if the seal is not the stored one, if there is one.
func checkLosses(s seal.Sum, fit string, stored sql.NullInt64) error {
	if !stored.Valid || stored.Int64 == s.Int64() {
		return nil
	}
	return &DamageError{fmt.Sprintf("the losses of fit %s are not what was stored: their checksum differs", fit), true}
}

func lossesSeal(ctx context.Context, tx *sql.Tx, fit string) (s seal.Sum, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT step, coalesce(value, kind), held_out FROM losses WHERE fit = ? ORDER BY step`, fit)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	for rows.Next() {
		var step, value, heldOut any
		if err := rows.Scan(&step, &value, &heldOut); err != nil {
			return s, err
		}
		s.Add(step, value, heldOut)
	}
	return s, rows.Err()
}

// sealAll seals the rows and losses of a store of a version without seals, within a transaction.
func sealAll(ctx context.Context, tx *sql.Tx) error {
	fits, err := texts(ctx, tx, `SELECT key FROM fits WHERE state <> 'running'`)
	if err != nil {
		return err
	}
	for _, fit := range fits {
		if err := sealLosses(ctx, tx, fit); err != nil {
			return err
		}
	}
	return seal.All(ctx, tx)
}
