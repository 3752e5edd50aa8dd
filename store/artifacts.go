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

// The kinds of owner an artifact may have.
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

// Ship stores the files that were made of a sweep and their checks, in place of all that it had: what a reader finds is
// of one choice.
func (db *DB) Ship(ctx context.Context, sweep string, files []File, checks []experiments.Check) (err error) {
	defer wrap(&err, "store the files of sweep %q", sweep)
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
		for _, f := range files {
			if _, err := saveArtifact(ctx, tx, ownerSweep, sweep, f.Name, f.Content); err != nil {
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

// Artifacts returns the files of the sweep, by name, but for the data it was made of.
func (db *DB) Artifacts(ctx context.Context, sweep string) (list []experiments.Artifact, err error) {
	defer wrap(&err, "list files of sweep %q", sweep)
	err = db.read(ctx, func(tx *sql.Tx) error {
		list, err = artifacts(ctx, tx, ownerSweep, sweep)
		list = slices.DeleteFunc(list, func(a experiments.Artifact) bool { return strings.HasPrefix(a.Name, dataPrefix) })
		return err
	})
	return list, err
}

// ArtifactContent returns the content of a file of the sweep.
func (db *DB) ArtifactContent(ctx context.Context, sweep, name string) ([]byte, error) {
	return db.artifactContent(ctx, ownerSweep, sweep, name)
}

// saveArtifact stores content once, however many artifacts have it. That of a replaced artifact stays.
func saveArtifact(ctx context.Context, tx *sql.Tx, kind, owner, name string, content []byte) (experiments.Artifact, error) {
	a, err := saveBlob(ctx, tx, content)
	if err == nil {
		err = nameBlob(ctx, tx, kind, owner, name, a)
	}
	a.Name = name
	return a, err
}

// saveBlob stores content that is no artifact yet.
func saveBlob(ctx context.Context, tx *sql.Tx, content []byte) (experiments.Artifact, error) {
	sum := sha256.Sum256(content)
	a := experiments.Artifact{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(content))}
	if content == nil {
		content = []byte{} // the driver stores nil as NULL
	}
	// A blob that is there may be damaged: what is at hand is known to be whole.
	_, err := tx.ExecContext(ctx, `INSERT INTO blobs (sha256, bytes) VALUES (?, ?)
		ON CONFLICT (sha256) DO UPDATE SET bytes = excluded.bytes WHERE bytes <> excluded.bytes`, a.SHA256, content)
	return a, err
}

// nameBlob makes a stored content the artifact of that name.
func nameBlob(ctx context.Context, tx *sql.Tx, kind, owner, name string, a experiments.Artifact) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO artifacts (owner_kind, owner, name, sha256, size) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (owner_kind, owner, name) DO UPDATE SET sha256 = excluded.sha256, size = excluded.size`,
		kind, owner, name, a.SHA256, a.Size)
	return err
}

func artifacts(ctx context.Context, tx *sql.Tx, kind, owner string) ([]experiments.Artifact, error) {
	rows, err := tx.QueryContext(ctx,
		`SELECT name, sha256, size FROM artifacts WHERE owner_kind = ? AND owner = ? ORDER BY name`, kind, owner)
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

// artifactContent is readArtifact in a transaction of its own.
func (db *DB) artifactContent(ctx context.Context, kind, owner, name string) (content []byte, err error) {
	err = db.read(ctx, func(tx *sql.Tx) error {
		content, err = readArtifact(ctx, tx, kind, owner, name)
		return err
	})
	return content, err
}

// readArtifact returns the content of an artifact after comparing it with its sha256: what is damaged is never returned.
func readArtifact(ctx context.Context, tx *sql.Tx, kind, owner, name string) (content []byte, err error) {
	defer wrap(&err, "read %s of %s %s", name, kind, owner)
	var want string
	var there bool
	if err := tx.QueryRowContext(ctx, `SELECT a.sha256, b.bytes IS NOT NULL, b.bytes FROM artifacts a LEFT JOIN blobs b USING (sha256)
		WHERE a.owner_kind = ? AND a.owner = ? AND a.name = ?`, kind, owner, name).Scan(&want, &there, &content); err != nil {
		return nil, found(err)
	}
	if !there {
		return nil, fmt.Errorf("its content, of sha256 %s, is missing: the store is damaged, restore a copy of it or give another --db", want)
	}
	if err := sameSum(content, want); err != nil {
		return nil, err
	}
	return content, nil
}

// sameSum returns an error unless the content has this sha256.
func sameSum(content []byte, want string) error {
	sum := sha256.Sum256(content)
	if got := hex.EncodeToString(sum[:]); got != want {
		return fmt.Errorf("its sha256 is %s and not %s: the store is damaged, restore a copy of it or give another --db", got, want)
	}
	return nil
}

// Checks returns the checks of the sweep, by file.
func (db *DB) Checks(ctx context.Context, sweep string) (checks []experiments.Check, err error) {
	defer wrap(&err, "list checks of sweep %q", sweep)
	rows, err := db.readers.QueryContext(ctx, `SELECT json FROM checks WHERE sweep = ? ORDER BY file`, sweep)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text []byte
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		var c experiments.Check
		if err := json.Unmarshal(text, &c); err != nil {
			return nil, err
		}
		checks = append(checks, c)
	}
	return checks, rows.Err()
}
