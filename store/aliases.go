package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"flowsweep/experiments"
)

// Alias is a name for a run, such as "champion", with the history of what it named.
type Alias struct {
	Name  string      `json:"alias"`
	Run   string      `json:"run"` // the key; empty if the alias is removed
	Moves []AliasMove `json:"moves" null:"never"`
}

// AliasMove is a move of an alias to another run.
type AliasMove struct {
	Run  string    `json:"run"`  // the key; empty where the alias is removed
	From string    `json:"from"` // what it named before, empty for nothing
	Time time.Time `json:"time"`
	User string    `json:"user"`
	Host string    `json:"host"`
	Note string    `json:"note"` // why, empty if nobody says
}

var aliasForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

// CheckAlias returns an error unless the text can be an alias.
func CheckAlias(text string) error {
	if !aliasForm.MatchString(text) {
		return fmt.Errorf("%q is no alias: use at most 64 lower-case letters, digits, - and _, the first a letter", text)
	}
	return nil
}

// currentAliases is the SQL for the latest move of each alias that names a run. The view of them is for others.
const currentAliases = `(SELECT alias, run FROM alias_moves m WHERE run IS NOT NULL AND move = (SELECT max(move) FROM alias_moves o WHERE o.alias = m.alias))`

// Promote makes the alias name the run that the move leads to, which must have finished. It returns what the alias named before;
// if that is the run itself, nothing changes.
func (db *DB) Promote(ctx context.Context, alias string, m AliasMove) (from string, err error) {
	defer wrap(&err, "promote run %s", m.Run)
	if err := CheckAlias(alias); err != nil {
		return "", err
	}
	err = db.write(ctx, func(tx *sql.Tx) error {
		var state experiments.State
		if err := tx.QueryRowContext(ctx, `SELECT state FROM runs WHERE key = ?`, m.Run).Scan(&state); err != nil {
			return notInStore(err)
		}
		if state != experiments.Finished {
			return fmt.Errorf("it is %s: promote a finished run", state)
		}
		from, err = moveAlias(ctx, tx, alias, m)
		return err
	})
	return from, err
}

// Demote makes the alias name no run. Its history stays. The error is ErrNoAlias if it names none.
func (db *DB) Demote(ctx context.Context, alias string, m AliasMove) (from string, err error) {
	defer wrap(&err, "remove alias %s", alias)
	m.Run = ""
	err = db.write(ctx, func(tx *sql.Tx) error {
		if from, err = moveAlias(ctx, tx, alias, m); err == nil && from == "" {
			return noAlias(ctx, tx)
		}
		return err
	})
	return from, err
}

// moveAlias adds a move, unless the alias names its run already.
func moveAlias(ctx context.Context, tx *sql.Tx, alias string, m AliasMove) (from string, err error) {
	if err := whole(ctx, tx, "alias_moves", "alias = ?", alias); err != nil {
		return "", err
	}
	var last sql.NullString
	err = tx.QueryRowContext(ctx, `SELECT run FROM alias_moves WHERE alias = ? ORDER BY move DESC LIMIT 1`, alias).Scan(&last)
	if err != nil && !errors.Is(err, sql.ErrNoRows) || last.String == m.Run {
		return last.String, ignoreNoRows(err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO alias_moves (alias, move, run, moved, who, host, note)
		VALUES (?1, (SELECT 1 + coalesce(max(move), 0) FROM alias_moves WHERE alias = ?1), nullif(?2, ''), ?3, ?4, ?5, ?6)`,
		alias, m.Run, timeText(m.Time), m.User, m.Host, m.Note)
	return last.String, err
}

func ignoreNoRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// ErrNoAlias is the error of an alias that names no run.
var ErrNoAlias = errors.New("it names no run")

// noAlias is ErrNoAlias with those that do.
func noAlias(ctx context.Context, tx *sql.Tx) error {
	names, err := texts(ctx, tx, `SELECT alias FROM `+currentAliases+` ORDER BY alias`)
	switch {
	case err != nil:
		return err
	case len(names) == 0:
		return fmt.Errorf("%w, and neither does any other: `flowsweep promote KEY --as ALIAS` makes one", ErrNoAlias)
	default:
		return fmt.Errorf("%w: use one of %s, see `flowsweep aliases`", ErrNoAlias, strings.Join(names, ", "))
	}
}

// Aliases returns all aliases by name, those that name a run first, with their moves in order.
func (db *DB) Aliases(ctx context.Context) (list []Alias, err error) {
	defer wrap(&err, "read the aliases")
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "alias_moves", "true"); err != nil {
			return err
		}
		return eachRow(ctx, tx, func(scan func(...any) error) error {
			var name string
			var run, moved sql.NullString
			var m AliasMove
			if err := errors.Join(scan(&name, &run, &moved, &m.User, &m.Host, &m.Note), parseTime(moved, &m.Time)); err != nil {
				return err
			}
			if n := len(list); n == 0 || list[n-1].Name != name {
				list = append(list, Alias{Name: name})
			}
			a := &list[len(list)-1]
			m.Run, m.From, a.Run = run.String, a.Run, run.String
			a.Moves = append(a.Moves, m)
			return nil
		}, `SELECT alias, run, moved, who, host, note FROM alias_moves ORDER BY alias, move`)
	})
	slices.SortStableFunc(list, func(a, b Alias) int {
		switch {
		case (a.Run == "") == (b.Run == ""):
			return 0
		case a.Run == "":
			return 1
		default:
			return -1
		}
	})
	return list, err
}

// aliasRun returns the key of the run that the alias names.
func (db *DB) aliasRun(ctx context.Context, alias string) (run string, err error) {
	defer wrap(&err, "find alias %s", alias)
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "alias_moves", "alias = ?", alias); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `SELECT run FROM `+currentAliases+` WHERE alias = ?`, alias).Scan(&run)
		if errors.Is(err, sql.ErrNoRows) {
			return noAlias(ctx, tx)
		}
		return err
	})
	return run, err
}

// AliasesOf returns the aliases of each run of the sweep that has any, by key, sorted.
func (db *DB) AliasesOf(ctx context.Context, sweep string) (of map[string][]string, err error) {
	defer wrap(&err, "read the aliases of sweep %q", sweep)
	of = map[string][]string{}
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := wholeParts(ctx, tx, sweep, "alias_moves"); err != nil {
			return err
		}
		return eachRow(ctx, tx, func(scan func(...any) error) error {
			var run, alias string
			err := scan(&run, &alias)
			of[run] = append(of[run], alias)
			return err
		}, `SELECT run, alias FROM `+currentAliases+` WHERE run IN (`+runsOfSweep+`) ORDER BY run, alias`, sweep)
	})
	return of, err
}
