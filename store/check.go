package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"flowsweep/experiments"
	"flowsweep/store/seal"
)

// Finding is one result of Check.
type Finding struct {
	Kind   string `json:"kind"` // integrity, schema, reference, row, value, content, unowned, running or unused
	Text   string `json:"text"`
	Damage bool   `json:"damage"` // something is lost or wrong; the program deals with everything else itself
	Repair bool   `json:"repair"` // the next sweep of its spec repairs it
}

// Check inspects a consistent view of the whole store. It finds a broken file or schema, rows with a wrong seal, values
// that cannot be, rows that refer to missing rows, contents with a wrong sha256, and finished fits and runs without
// content; then what was interrupted, and what nothing needs. Other processes may keep working meanwhile.
func (db *DB) Check(ctx context.Context) (list []Finding, err error) {
	defer wrap(&err, "check the store")
	state := experiments.Running
	if err := db.runningToLost()(&state); err != nil {
		return nil, err
	}
	err = db.read(ctx, func(tx *sql.Tx) error {
		for _, check := range []func(context.Context, *sql.Tx) ([]Finding, error){
			checkIntegrity, checkSchema, db.checkRows, checkReferences, db.checkContents, checkUnowned, checkAliases, checkUnused,
		} {
			found, err := check(ctx, tx)
			if err != nil && Damaged(err) && len(list) > 0 {
				return nil // what was found says why
			}
			if err != nil {
				return err
			}
			list = append(list, found...)
		}
		if state == experiments.Running {
			return nil
		}
		for _, check := range []func(context.Context, *sql.Tx) ([]Finding, error){db.checkFiles, checkRunning} {
			found, err := check(ctx, tx)
			if err != nil {
				return err
			}
			list = append(list, found...)
		}
		return nil
	})
	return list, err
}

func checkIntegrity(ctx context.Context, tx *sql.Tx) ([]Finding, error) {
	found, err := findings(ctx, tx, `SELECT 'integrity', integrity_check, true FROM pragma_integrity_check WHERE integrity_check <> 'ok'`)
	if err != nil { // the file is too broken to read
		return []Finding{{Kind: "integrity", Text: err.Error(), Damage: true}}, nil
	}
	return found, nil
}

// checkSchema compares the tables, indexes and views with those that the migrations make.
func checkSchema(ctx context.Context, tx *sql.Tx) (list []Finding, err error) {
	known, err := hasSchema(ctx, tx, len(migrations()))
	if err == nil && !known {
		list = append(list, Finding{Kind: "schema", Text: "the tables, indexes and views are not those of this version", Damage: true})
	}
	return list, err
}

// checkRows finds rows with a wrong seal, fits whose losses have one, and rows that cannot be right.
func (db *DB) checkRows(ctx context.Context, tx *sql.Tx) (list []Finding, err error) {
	add := func(kind, text string, repair bool) {
		list = append(list, Finding{Kind: kind, Text: text, Damage: true, Repair: repair})
	}
	for _, table := range slices.Sorted(maps.Keys(kinds)) {
		bad, err := seal.Broken(ctx, tx, table, "true")
		if err != nil {
			return nil, err
		}
		for _, r := range bad {
			d, err := damageOf(ctx, tx, table, r)
			if err != nil {
				return nil, err
			}
			add("row", d.What, d.Repair)
		}
	}
	fits, err := texts(ctx, tx, `SELECT key FROM fits ORDER BY key`)
	if err != nil {
		return nil, err
	}
	for _, fit := range fits {
		var d *DamageError
		if err := wholeLosses(ctx, tx, fit); errors.As(err, &d) {
			add("row", d.What, d.Repair)
		} else if err != nil {
			return nil, err
		}
	}
	odd, err := suspects(ctx, tx, db.artifactReader(), impossibleTunings)
	for _, s := range odd {
		add("value", s.text, kinds[s.table].repair)
	}
	return list, err
}

func checkReferences(ctx context.Context, tx *sql.Tx) ([]Finding, error) {
	return findings(ctx, tx, `SELECT 'reference', printf('%d rows of %s refer to missing rows of %s', count(*), "table", parent), true
		FROM pragma_foreign_key_check GROUP BY "table", parent`)
}

// checkContents compares artifacts and checkpoints with their sha256, one at a time because they are large.
func (db *DB) checkContents(ctx context.Context, tx *sql.Tx) ([]Finding, error) {
	list, err := findings(ctx, tx, `SELECT 'content', printf('%s of %s %s is missing', name, owner_kind, owner), true
			FROM artifacts a WHERE NOT EXISTS (SELECT 1 FROM blobs b WHERE b.sha256 = a.sha256)
		UNION ALL SELECT 'content', printf('fit %s is finished but has no weights', key), true FROM fits
			WHERE state = 'finished' AND NOT EXISTS (SELECT 1 FROM artifacts WHERE owner_kind = 'fit' AND owner = key)
		UNION ALL SELECT 'content', printf('run %s is finished but has no samples', key), true FROM runs
			WHERE state = 'finished' AND NOT EXISTS (SELECT 1 FROM artifacts WHERE owner_kind = 'run' AND owner = key)`)
	if err != nil {
		return nil, err
	}
	for _, query := range []string{
		`SELECT sha256, bytes, size, coalesce((SELECT group_concat(name || ' of ' || owner_kind || ' ' || owner, ', ')
			FROM artifacts a WHERE a.sha256 = b.sha256), 'a content that nothing needs') FROM blobs b`,
		`SELECT sha256, bytes, size, 'the checkpoint of fit ' || fit FROM checkpoints`,
	} {
		found, err := db.checkSums(ctx, tx, query)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

func (db *DB) checkSums(ctx context.Context, tx *sql.Tx, query string) (list []Finding, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var want, what string
		var content sql.RawBytes
		var size sql.NullInt64
		if err := rows.Scan(&want, &content, &size, &what); err != nil {
			return nil, err
		}
		wrong := db.intact(want, content, size)
		if wrong == nil {
			continue
		}
		f := Finding{Kind: "content", Text: what + " is not what was stored: its sha256 differs", Damage: true, Repair: true}
		if size.Valid && len(content) == 0 {
			if gone, err := db.gone(ctx, want); err != nil {
				return nil, err
			} else if gone {
				continue
			}
			var d *DamageError
			if f.Repair = errors.As(wrong, &d); f.Repair {
				wrong = errors.New(d.What)
			}
			f.Text = fmt.Sprintf("%s: %v", what, wrong)
		}
		list = append(list, f)
	}
	return list, rows.Err()
}

// checkUnowned finds rows whose owner no longer exists.
func checkUnowned(ctx context.Context, tx *sql.Tx) (list []Finding, err error) {
	for _, table := range ownedTables {
		found, err := findings(ctx, tx, fmt.Sprintf(`SELECT 'unowned', printf('%%d %s belong to fits, runs or sweeps that no longer exist: use flowsweep db gc', count(*)), true
			FROM %s WHERE %s HAVING count(*) > 0`, table, table, unowned))
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// checkAliases finds aliases whose run no longer exists.
func checkAliases(ctx context.Context, tx *sql.Tx) ([]Finding, error) {
	return findings(ctx, tx, `SELECT 'alias', printf('%s names run %s, which no longer exists: use flowsweep promote', alias, run), true
		FROM `+currentAliases+` WHERE run NOT IN (SELECT key FROM runs) ORDER BY alias`)
}

func checkUnused(ctx context.Context, tx *sql.Tx) ([]Finding, error) {
	return findings(ctx, tx, `SELECT 'unused', printf('%d contents, %d bytes, that nothing needs: use flowsweep db gc', count(*),
				sum(length(bytes)) + coalesce((SELECT sum(size) FROM blobs WHERE size IS NOT NULL AND `+unusedBlobs+`), 0)), false
			FROM blobs WHERE `+unusedBlobs+` HAVING count(*) > 0
		UNION ALL SELECT 'unused', printf('%d runs that no sweep plans any more: they are reused if one does, or removed by flowsweep db gc --unplanned',
			count(*)), false FROM runs WHERE `+unplannedRuns+` HAVING count(*) > 0`)
}

// checkFiles finds files of contents that nothing needs.
func (db *DB) checkFiles(ctx context.Context, tx *sql.Tx) (list []Finding, err error) {
	unused, err := db.unusedFiles(ctx, tx)
	total := int64(0)
	for size := range maps.Values(unused) {
		total += size
	}
	if len(unused) > 0 {
		list = append(list, Finding{Kind: "unused", Text: fmt.Sprintf("%d files, %d bytes, in %s that nothing needs: use flowsweep db gc", len(unused), total, db.large.Path)})
	}
	return list, err
}

func checkRunning(ctx context.Context, tx *sql.Tx) ([]Finding, error) {
	return findings(ctx, tx, `SELECT 'running', printf('%s %s was running when its process died: the next sweep repeats it', kind, key), false FROM
		(SELECT 'fit' AS kind, key FROM fits WHERE state = 'running' UNION ALL SELECT 'run', key FROM runs WHERE state = 'running'
		UNION ALL SELECT 'sweep', name FROM sweeps WHERE state = 'running') ORDER BY kind, key`)
}

func findings(ctx context.Context, tx *sql.Tx, query string) (list []Finding, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var f Finding
		if err := rows.Scan(&f.Kind, &f.Text, &f.Damage); err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, rows.Err()
}
