package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"flowsweep/experiments"
)

// Owner is a sweep, a fit or a run.
type Owner struct {
	Kind string // "sweep", "fit" or "run"
	Key  string // the key, or the name of a sweep
}

// Owner returns the sweep with this name or, if there is none, the fit or run whose key starts with it.
func (db *DB) Owner(ctx context.Context, name string) (Owner, error) {
	var known bool
	sweep := experiments.CanonicalName(name)
	if err := db.source().QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sweeps WHERE name = ?)`, sweep).Scan(&known); err != nil {
		return Owner{}, fmt.Errorf("find %q: %w", name, err)
	}
	if known {
		return Owner{ownerSweep, sweep}, nil
	}
	kind, key, err := db.Find(ctx, name)
	return Owner{kind, key}, err
}

// Find returns the kind, "fit" or "run", and the full key of the only fit or run whose key starts with prefix, or of the run that
// an alias names, as in "@champion".
func (db *DB) Find(ctx context.Context, prefix string) (kind, key string, err error) {
	if prefix == "" {
		return "", "", errors.New("the key is empty: use one from `flowsweep runs`, or its beginning")
	}
	if alias, is := strings.CutPrefix(prefix, experiments.AliasMark); is {
		key, err := db.aliasRun(ctx, alias)
		return ownerRun, key, err
	}
	rows, err := db.source().QueryContext(ctx, `SELECT kind, key FROM
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

// Tag adds and removes tags of the owner. Adding an existing tag or removing a missing one has no effect.
func (db *DB) Tag(ctx context.Context, o Owner, add, remove []string) (err error) {
	defer wrap(&err, "tag %s %s", o.Kind, o.Key)
	return db.write(ctx, func(tx *sql.Tx) error {
		if err := checkExists(ctx, tx, o); err != nil {
			return err
		}
		for _, tag := range add {
			if _, err := tx.ExecContext(ctx, `INSERT INTO tags (owner_kind, owner, tag) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
				o.Kind, o.Key, tag); err != nil {
				return err
			}
		}
		for _, tag := range remove {
			if _, err := tx.ExecContext(ctx, `DELETE FROM tags WHERE owner_kind = ? AND owner = ? AND tag = ?`, o.Kind, o.Key, tag); err != nil {
				return err
			}
		}
		return nil
	})
}

// Tags returns the tags of the owner, sorted.
func (db *DB) Tags(ctx context.Context, o Owner) (tags []string, err error) {
	defer wrap(&err, "read the tags of %s %s", o.Kind, o.Key)
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "tags", "owner_kind = ? AND owner = ?", o.Kind, o.Key); err != nil {
			return err
		}
		tags, err = texts(ctx, tx, `SELECT tag FROM tags WHERE owner_kind = ? AND owner = ? ORDER BY tag`, o.Kind, o.Key)
		return err
	})
	return tags, err
}

// SetNote replaces the note on the owner; an empty text removes it.
func (db *DB) SetNote(ctx context.Context, o Owner, text string) (err error) {
	defer wrap(&err, "note on %s %s", o.Kind, o.Key)
	return db.write(ctx, func(tx *sql.Tx) error {
		if err := checkExists(ctx, tx, o); err != nil {
			return err
		}
		if text == "" {
			_, err := tx.ExecContext(ctx, `DELETE FROM notes WHERE owner_kind = ? AND owner = ?`, o.Kind, o.Key)
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO notes (owner_kind, owner, text) VALUES (?, ?, ?)`, o.Kind, o.Key, text)
		return err
	})
}

// Note returns the note on the owner, or "".
func (db *DB) Note(ctx context.Context, o Owner) (text string, err error) {
	defer wrap(&err, "read the note on %s %s", o.Kind, o.Key)
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "notes", "owner_kind = ? AND owner = ?", o.Kind, o.Key); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `SELECT text FROM notes WHERE owner_kind = ? AND owner = ?`, o.Kind, o.Key).Scan(&text)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return text, err
}

// Remarks returns all tags and notes of the sweep, of its fits and of its runs: one remark for each of them that has any, the
// sweep first, then its runs and its fits, by key.
func (db *DB) Remarks(ctx context.Context, sweep string) (list []experiments.Remark, err error) {
	defer wrap(&err, "read the tags and notes of sweep %q", sweep)
	add := func(scan func(...any) error) error {
		var r experiments.Remark
		var isNote bool
		var text string
		if err := scan(&r.Kind, &r.Key, &isNote, &text); err != nil {
			return err
		}
		if n := len(list); n == 0 || list[n-1].Kind != r.Kind || list[n-1].Key != r.Key {
			list = append(list, r)
		}
		if last := &list[len(list)-1]; isNote {
			last.Note = text
		} else {
			last.Tags = append(last.Tags, text)
		}
		return nil
	}
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := wholeParts(ctx, tx, sweep, "tags", "notes"); err != nil {
			return err
		}
		return eachRow(ctx, tx, add, `WITH owners (kind, key) AS (`+ownersOfSweep+`)
			SELECT o.kind, o.key, 0 AS note, t.tag AS text FROM owners o JOIN tags t ON (t.owner_kind, t.owner) = (o.kind, o.key)
			UNION ALL SELECT o.kind, o.key, 1, n.text FROM owners o JOIN notes n ON (n.owner_kind, n.owner) = (o.kind, o.key)
			ORDER BY 1 DESC, 2, 3, 4`, sweep)
	})
	return list, err
}

// checkExists returns an error unless the owner is in the store.
func checkExists(ctx context.Context, tx *sql.Tx, o Owner) error {
	query, ok := map[string]string{
		ownerSweep: `SELECT EXISTS (SELECT 1 FROM sweeps WHERE name = ?)`,
		ownerFit:   `SELECT EXISTS (SELECT 1 FROM fits WHERE key = ?)`,
		ownerRun:   `SELECT EXISTS (SELECT 1 FROM runs WHERE key = ?)`,
	}[o.Kind]
	if !ok {
		panic("store: an owner of kind " + o.Kind)
	}
	var known bool
	if err := tx.QueryRowContext(ctx, query, o.Key).Scan(&known); err != nil {
		return err
	}
	if !known {
		return errors.New("not in the store")
	}
	return nil
}
