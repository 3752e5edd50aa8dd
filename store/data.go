package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"flowsweep/experiments"
)

// dataPrefix, followed by the path in the spec, names the artifact of a sweep that holds a data file of its spec. The
// spec can thus be read again even if the file has moved. The rows of a fit are artifacts of the fit, which may outlive
// the sweep.
const dataPrefix = "data/"

// isData is the SQL condition that an artifact of a sweep is one of its data files.
const isData = `substr(name, 1, length('` + dataPrefix + `')) = '` + dataPrefix + `'`

// saveData replaces the data files of a sweep by those its spec names now.
func saveData(ctx context.Context, tx *sql.Tx, spec experiments.Spec) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM artifacts WHERE owner_kind = ? AND owner = ? AND `+isData, ownerSweep, spec.Name); err != nil {
		return err
	}
	for _, f := range spec.Files {
		if err := saveArtifact(ctx, tx, Owner{ownerSweep, spec.Name}, dataPrefix+f.Name, f.Content); err != nil {
			return err
		}
	}
	return nil
}

// contents stores the contents of recipes, each once per transaction however many fits share it.
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
		if err := nameBlob(ctx, tx, Owner{ownerFit, fit.Key}, c.Name, a); err != nil {
			return err
		}
	}
	return nil
}

// parser returns a parser of the sweep's stored spec that reads its data files from the store.
func parser(ctx context.Context, tx *sql.Tx, sweep string) experiments.Parser {
	return experiments.Parser{Stored: true, Open: func(path string) ([]byte, error) {
		content, err := readArtifact(ctx, tx, Owner{ownerSweep, sweep}, dataPrefix+path)
		if err != nil && !Damaged(err) {
			err = fmt.Errorf("%w: run `flowsweep sweep` on its spec again", err)
		}
		return content, err
	}}
}

// Content returns the content with this sha256, such as the data of a stored recipe.
func (db *DB) Content(ctx context.Context, sha256 string) (content []byte, err error) {
	defer wrap(&err, "read the content %s", sha256)
	err = db.readers.QueryRowContext(ctx, `SELECT bytes FROM blobs WHERE sha256 = ?`, sha256).Scan(&content)
	if errors.Is(err, sql.ErrNoRows) {
		err = &DamageError{"it is missing", true}
	}
	if err != nil {
		return nil, err
	}
	return content, checkSum(content, sha256)
}
