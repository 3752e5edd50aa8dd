package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"flowsweep/experiments"
)

// The files of data that a sweep's spec names are artifacts of the sweep, as they were read, with the path in the spec as
// their name behind this prefix. They are needed to read the spec again, wherever the files are by then. The rows of a fit
// are artifacts of the fit: it may outlive the sweep.
const dataPrefix = "data/"

// isData is the condition on artifacts of a sweep that are its data.
const isData = `substr(name, 1, length('` + dataPrefix + `')) = '` + dataPrefix + `'`

// saveData stores the files of data that a spec names in place of those it named before.
func saveData(ctx context.Context, tx *sql.Tx, spec experiments.Spec) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM artifacts WHERE owner_kind = ? AND owner = ? AND `+isData, ownerSweep, spec.Name); err != nil {
		return err
	}
	for _, f := range spec.Files {
		if _, err := saveArtifact(ctx, tx, ownerSweep, spec.Name, dataPrefix+f.Name, f.Content); err != nil {
			return err
		}
	}
	return nil
}

// contents stores what recipes name by sha256, each content once a transaction however many fits have it.
type contents map[*byte]experiments.Artifact

func (saved contents) save(ctx context.Context, tx *sql.Tx, fit experiments.Fit) error {
	for _, c := range fit.Recipe.Contents() {
		a, ok := saved[&c.Content[0]]
		if !ok {
			var err error
			if a, err = saveBlob(ctx, tx, c.Content); err != nil {
				return err
			}
			saved[&c.Content[0]] = a
		}
		if err := nameBlob(ctx, tx, ownerFit, fit.Key, c.Name, a); err != nil {
			return err
		}
	}
	return nil
}

// parser returns what reads the stored spec of a sweep, with its data from the store.
func parser(ctx context.Context, tx *sql.Tx, sweep string) experiments.Parser {
	return experiments.Parser{Open: func(path string) ([]byte, error) {
		content, err := readArtifact(ctx, tx, ownerSweep, sweep, dataPrefix+path)
		if err != nil {
			return nil, fmt.Errorf("%w: run `flowsweep sweep` on it again", err)
		}
		return content, nil
	}}
}

// Content returns the content of this sha256, in full: data that a stored recipe names so.
func (db *DB) Content(ctx context.Context, sha256 string) (content []byte, err error) {
	defer wrap(&err, "read the content %s", sha256)
	err = db.readers.QueryRowContext(ctx, `SELECT bytes FROM blobs WHERE sha256 = ?`, sha256).Scan(&content)
	if errors.Is(err, sql.ErrNoRows) {
		err = errors.New("it is missing: the store is damaged, restore a copy of it or give another --db")
	}
	if err != nil {
		return nil, err
	}
	return content, sameSum(content, sha256)
}
