package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments"
)

// The kinds of owner of an artifact.
const (
	ownerFit   = "fit"
	ownerRun   = "run"
	ownerSweep = "sweep"
)

// File is a file of a sweep's output folder.
type File struct {
	Name    string
	Content []byte
}

// Ship replaces the output files of a sweep and their checks, so that all the stored ones belong to the same choice.
func (db *DB) Ship(ctx context.Context, sweep string, files []File, checks []experiments.Check) (err error) {
	defer wrap(&err, "store the files of sweep %q", sweep)
	contents := make([]content, len(files))
	for i, f := range files {
		if contents[i], err = db.hold(f.Content); err != nil {
			return err
		}
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		var known bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sweeps WHERE name = ?)`, sweep).Scan(&known); err != nil {
			return err
		}
		if !known {
			return errors.New("no such sweep in the store")
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM artifacts WHERE owner_kind = ? AND owner = ? AND NOT `+isData, ownerSweep, sweep); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM checks WHERE sweep = ?`, sweep); err != nil {
			return err
		}
		for i, f := range files {
			if err := db.saveArtifact(ctx, tx, Owner{ownerSweep, sweep}, f.Name, contents[i]); err != nil {
				return err
			}
		}
		for _, c := range checks {
			text, err := json.Marshal(c)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO checks (sweep, file, json) VALUES (?, ?, ?)`, sweep, c.File, string(text)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Artifacts returns the output files of the sweep, by name, without its data.
func (db *DB) Artifacts(ctx context.Context, sweep string) (list []experiments.Artifact, err error) {
	defer wrap(&err, "list files of sweep %q", sweep)
	err = db.read(ctx, func(tx *sql.Tx) error {
		list, err = artifacts(ctx, tx, Owner{ownerSweep, sweep})
		list = slices.DeleteFunc(list, func(a experiments.Artifact) bool { return strings.HasPrefix(a.Name, dataPrefix) })
		return err
	})
	return list, err
}

// SpecFiles returns the data files that the spec of the sweep names, by path.
func (db *DB) SpecFiles(ctx context.Context, sweep string) (list []experiments.Artifact, err error) {
	defer wrap(&err, "list data files of sweep %q", sweep)
	err = db.read(ctx, func(tx *sql.Tx) error {
		all, err := artifacts(ctx, tx, Owner{ownerSweep, sweep})
		for _, a := range all {
			var is bool
			if a.Name, is = strings.CutPrefix(a.Name, dataPrefix); is {
				list = append(list, a)
			}
		}
		return err
	})
	return list, err
}

// ArtifactContent returns the content of a file of the sweep.
func (db *DB) ArtifactContent(ctx context.Context, sweep, name string) ([]byte, error) {
	return db.artifactContent(ctx, Owner{ownerSweep, sweep}, name)
}

// Holds reports whether the store has content with this sha256: files that were shipped stay, until gc, when others take their
// names.
func (db *DB) Holds(ctx context.Context, sum string) (holds bool, err error) {
	defer wrap(&err, "look for content %s", sum)
	err = db.read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM blobs WHERE sha256 = ?)`, sum).Scan(&holds)
	})
	return holds, err
}

// saveArtifact stores an artifact; artifacts with the same content share one blob. The blob of a replaced artifact stays.
func (db *DB) saveArtifact(ctx context.Context, tx *sql.Tx, o Owner, name string, c content) error {
	if err := db.saveBlob(ctx, tx, c); err != nil {
		return err
	}
	return nameBlob(ctx, tx, o, name, c.Artifact)
}

// saveBlob stores content without making it an artifact.
func (db *DB) saveBlob(ctx context.Context, tx *sql.Tx, c content) error {
	if err := db.secure(c); err != nil {
		return err
	}
	// An existing blob may be damaged, so it is overwritten if it differs.
	_, err := tx.ExecContext(ctx, `INSERT INTO blobs (sha256, bytes, size) VALUES (?, ?, ?) ON CONFLICT (sha256)
		DO UPDATE SET bytes = excluded.bytes, size = excluded.size WHERE bytes <> excluded.bytes OR size IS NOT excluded.size`, c.SHA256, c.bytes(), c.size())
	return err
}

// nameBlob makes a stored blob the artifact of that name.
func nameBlob(ctx context.Context, tx *sql.Tx, o Owner, name string, a experiments.Artifact) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO artifacts (owner_kind, owner, name, sha256, size) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (owner_kind, owner, name) DO UPDATE SET sha256 = excluded.sha256, size = excluded.size`,
		o.Kind, o.Key, name, a.SHA256, a.Size)
	return err
}

func artifacts(ctx context.Context, tx *sql.Tx, o Owner) ([]experiments.Artifact, error) {
	if err := whole(ctx, tx, "artifacts", "owner_kind = ? AND owner = ?", o.Kind, o.Key); err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx,
		`SELECT name, sha256, size FROM artifacts WHERE owner_kind = ? AND owner = ? ORDER BY name`, o.Kind, o.Key)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []experiments.Artifact
	for rows.Next() {
		var a experiments.Artifact
		if err := rows.Scan(&a.Name, &a.SHA256, &a.Size); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// artifactContent calls readArtifact in its own transaction.
func (db *DB) artifactContent(ctx context.Context, o Owner, name string) (content []byte, err error) {
	err = db.read(ctx, func(tx *sql.Tx) error {
		content, err = db.readArtifact(ctx, tx, o, name)
		return err
	})
	return content, err
}

// artifactReader reads artifacts as this version does, or as earlier ones did.
type artifactReader struct {
	read func(ctx context.Context, tx *sql.Tx, o Owner, name string) ([]byte, error)
	db   *DB // of large contents; nil for none
}

func (db *DB) artifactReader() artifactReader { return artifactReader{db.readArtifact, db} }

// readArtifact returns the content of an artifact, or an error if its sha256 is wrong.
func (db *DB) readArtifact(ctx context.Context, tx *sql.Tx, o Owner, name string) ([]byte, error) {
	return readArtifact(ctx, tx, o, name, "b.size", db.load)
}

// readSmallArtifact is readArtifact for a version without large contents.
func readSmallArtifact(ctx context.Context, tx *sql.Tx, o Owner, name string) ([]byte, error) {
	return readArtifact(ctx, tx, o, name, "NULL", func(sum string, bytes []byte, _ sql.NullInt64) ([]byte, error) { return bytes, checkSum(bytes, sum) })
}

func readArtifact(ctx context.Context, tx *sql.Tx, o Owner, name, sizeColumn string,
	load func(sum string, bytes []byte, size sql.NullInt64) ([]byte, error),
) (content []byte, err error) {
	defer wrap(&err, "read %s of %s %s", name, o.Kind, o.Key)
	if err := whole(ctx, tx, "artifacts", "owner_kind = ? AND owner = ? AND name = ?", o.Kind, o.Key, name); err != nil {
		return nil, err
	}
	var want string
	var present bool
	var size sql.NullInt64
	if err := tx.QueryRowContext(ctx, `SELECT a.sha256, b.bytes IS NOT NULL, b.bytes, `+sizeColumn+` FROM artifacts a LEFT JOIN blobs b USING (sha256)
		WHERE a.owner_kind = ? AND a.owner = ? AND a.name = ?`, o.Kind, o.Key, name).Scan(&want, &present, &content, &size); err != nil {
		return nil, notInStore(err)
	}
	if !present {
		return nil, &DamageError{fmt.Sprintf("its content, with sha256 %s, is missing", want), true}
	}
	return load(want, content, size)
}

// damaged ends the message of an error that only a damaged store can cause.
const damaged = "the store is damaged, restore a backup or use another --db"

// checkSum returns an error unless the content has this sha256.
func checkSum(content []byte, want string) error {
	sum := sha256.Sum256(content)
	if got := hex.EncodeToString(sum[:]); got != want {
		return &DamageError{fmt.Sprintf("its sha256 is %s, not %s", got, want), true}
	}
	return nil
}

// Checks returns the checks of the sweep, by file.
func (db *DB) Checks(ctx context.Context, sweep string) (checks []experiments.Check, err error) {
	defer wrap(&err, "list checks of sweep %q", sweep)
	var list []string
	err = db.read(ctx, func(tx *sql.Tx) error {
		if err := whole(ctx, tx, "checks", "sweep = ?", sweep); err != nil {
			return err
		}
		list, err = texts(ctx, tx, `SELECT json FROM checks WHERE sweep = ? ORDER BY file`, sweep)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, text := range list {
		var c experiments.Check
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			return nil, err
		}
		checks = append(checks, c)
	}
	return checks, nil
}
