package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"flowsweep/store"
)

// TestTakeHostile: a part with anything that no store has is refused with the reason, and the store does not change.
func TestTakeHostile(t *testing.T) {
	t.Parallel()
	fit, other := planOf(t, tiny).Fits[0], planOf(t, tiny).Fits[1]
	good := try(os.ReadFile(partOf(t, fit)))(t)
	here := filepath.Join(t.TempDir(), "here.db")
	db := open(t, here)
	start(t, db, tiny)
	before := dump(t, here)
	sum := "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of "abc"
	for _, c := range []struct{ name, query, want string }{
		{"another program", "PRAGMA application_id = 7", "of another program"},
		{"a newer version", "PRAGMA user_version = 99", "it has version 99 of the store"},
		{"an older version", "PRAGMA user_version = 6", "it has version 6 of the store"},
		{"a trigger", "CREATE TRIGGER odd AFTER INSERT ON fits BEGIN DELETE FROM runs; END", `it has the trigger odd`},
		{"a view", "CREATE VIEW odd AS SELECT 1", `it has the view odd`},
		{"a table", "CREATE TABLE odd (a)", `it has the table odd`},
		{"an index", "CREATE INDEX odd ON fits (error)", `it has the index odd`},
		{"a virtual table", "PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES ('table', 'odd', 'odd', 0, 'CREATE VIRTUAL TABLE odd USING fts5(a)')", `it has the virtual table odd`},
		{"a view in place of a table", "DROP TABLE notes; CREATE VIEW notes AS SELECT 'fit' AS owner_kind, 'x' AS owner, 'y' AS text, 1 AS seal", `notes is a view there, and a table in a store`},
		{"another table", "ALTER TABLE notes ADD COLUMN odd TEXT", `its table notes is not that of a store`},
		{"a table less", "DROP TABLE notes", `it lacks the`},
		{"a state that is none", "PRAGMA ignore_check_constraints = ON; UPDATE runs SET state = 'odd'", "odd is no state"},
		{"an index of other rows", "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'artifacts_sha256') WHERE name = 'runs_fit'", "it is damaged: "},
		{"a metric of a kind that is none", "PRAGMA ignore_check_constraints = ON; UPDATE metrics SET kind = 'odd' WHERE value IS NULL", "it has what no store can have: CHECK constraint failed"},
		{"another content", "UPDATE blobs SET bytes = CAST('abc' AS BLOB)", "another size than it says"},
		{"a content of its size", "UPDATE blobs SET bytes = zeroblob(length(bytes))", "its sha256 differs"},
		{"a path as a sha256", "PRAGMA foreign_keys = OFF; UPDATE blobs SET sha256 = '../../x' WHERE sha256 = (SELECT sha256 FROM artifacts WHERE owner_kind = 'fit'); UPDATE artifacts SET sha256 = '../../x' WHERE owner_kind = 'fit'", `../../x is no sha256`},
		{"a content outside", "UPDATE blobs SET size = length(bytes), bytes = CAST('' AS BLOB)", "a part is one file"},
		{"a content nobody needs", "INSERT INTO blobs (sha256, bytes) VALUES ('" + sum + "', CAST('abc' AS BLOB))", "nothing in it needs the content"},
		{"a path as a name", "UPDATE artifacts SET name = '../../x' WHERE owner_kind = 'run'", `no store has the content ../../x of run`},
		{"data", "UPDATE artifacts SET name = 'target.npy' WHERE owner_kind = 'fit'", `which no part has`},
		{"no weights", "DELETE FROM artifacts WHERE owner_kind = 'fit'; DELETE FROM blobs WHERE sha256 NOT IN (SELECT sha256 FROM artifacts)", "has finished without a result"},
		{"a fit of another configuration", "UPDATE fits SET config = replace(config, '0.05', '0.06')", "has the configuration of another"},
		{"a run of another configuration", "UPDATE runs SET config = replace(config, 'euler', 'rk4')", "has another configuration than here"},
		{"a key in capitals", "PRAGMA foreign_keys = OFF; UPDATE runs SET key = upper(key)", "is no key of a fit or run"},
		{"a fit more", "INSERT INTO fits (key, config, state) VALUES ('" + other.Key + "', '{}', 'queued')", "it has the fit " + other.Key + ", which nobody asked for"},
		{"a sweep", "INSERT INTO sweeps (name, spec, state, started, last_started, environment) SELECT 'x', '', 'queued', noticed, noticed, hash FROM environments, (SELECT '2026-11-05T12:00:00.000000000Z' AS noticed)", "it has rows of the table sweeps"},
		{"an alias", moveTo("a", 1, "run"), "it has rows of the table alias_moves"},
		{"a note", "INSERT INTO notes (owner_kind, owner, text) VALUES ('fit', '" + fit.Key + "', 'x')", "it has rows of the table notes"},
		{"an impossible metric", "UPDATE metrics SET name = 'w2', value = -1, kind = 'finite' WHERE name = 'a'", "cannot have w2 -1"},
		{"a path as a reference", "UPDATE metrics SET reference = '../x'", "../x is no key of a reference"},
		{"impossible losses", "UPDATE losses SET value = -1 WHERE step = 1", "losses"},
		{"losses of another seal", "DELETE FROM losses WHERE step = 1 -- not sealed", "the losses of fit " + fit.Key + " are not what was stored"},
		{"a row of another seal", "UPDATE runs SET seconds = 2 -- not sealed", "its checksum differs"},
		{"an impossible tuning", "UPDATE tunings SET points = 0", "cannot be"},
		{"a time that is none", "UPDATE fits SET finished = 'yesterday'", `yesterday is no time`},
		{"another environment", "UPDATE environments SET json = '{}'", "environment"},
		{"an environment of another form", "PRAGMA foreign_keys = OFF; UPDATE environments SET json = '[]', hash = '4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945'; UPDATE fits SET environment = '4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945'; UPDATE runs SET environment = '4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945'", "it has an environment that is none"},
		{"a run of nobody", "DELETE FROM metrics; PRAGMA foreign_keys = OFF; UPDATE runs SET fit = '0123456789abcdef'", "refer to missing rows of fits"},
		{"a failure that is not counted", "INSERT INTO failures (owner_kind, owner, try, state, error, noticed) VALUES ('fit', '" + fit.Key + "', 5, 'lost', '', '2026-11-05T12:00:00.000000000Z')", "are not numbered from 1"},
		{"a text of 16.8 MB", "UPDATE runs SET error = hex(zeroblob(8400000)) WHERE key = (SELECT min(key) FROM runs)", "is longer than a part may have"},
		{"nothing", "DROP VIEW v_runs; PRAGMA writable_schema = ON; DELETE FROM sqlite_schema", "it lacks the"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "part.db")
			must(t, os.WriteFile(path, good, 0o644))
			run(t, path, c.query)
			if !strings.Contains(c.query, "not sealed") {
				_ = store.Seal(t.Context(), path) // as far as there are tables
			}
			refused(t, db, path, c.want, fit.Key)
			if dump(t, here) != before {
				t.Fatal("the store has changed")
			}
		})
	}
}

// refused checks that a part of a fit is refused with the reason.
func refused(t *testing.T, db *store.DB, path, want, fit string) {
	t.Helper()
	_, err := db.Take(t.Context(), path, fit)
	var r *store.RefusedError
	if wantError(t, err, want); !errors.As(err, &r) || r.Path != path {
		t.Errorf("got %v, want a refusal of %s", err, path)
	}
}

// TestTakeNoStore: what is not a SQLite file of its own is refused by its bytes.
func TestTakeNoStore(t *testing.T) {
	t.Parallel()
	fit := planOf(t, tiny).Fits[0]
	part, folder := partOf(t, fit), t.TempDir()
	good := try(os.ReadFile(part))(t)
	db := open(t, filepath.Join(folder, "here.db"))
	lock(t, db)
	link, long, path := filepath.Join(folder, "link.db"), filepath.Join(folder, "long.db"), filepath.Join(folder, "part.db")
	must(t, os.Symlink(part, link))
	must(t, os.WriteFile(long, good, 0o644))
	must(t, os.Truncate(long, 5<<30)) // sparse
	refused(t, db, link, "not a regular file", fit.Key)
	refused(t, db, folder, "not a regular file", fit.Key)
	refused(t, db, long, "more than a part may have", fit.Key)
	for name, content := range map[string][]byte{
		"nothing": nil, "a text": []byte("hello"), "a long text": []byte(strings.Repeat("hello ", 1000)), "half a file": good[:len(good)/2], "all but a page": good[:len(good)-4096],
		"a header": good[:100],
	} {
		must(t, os.WriteFile(path, content, 0o644))
		_, err := db.Take(t.Context(), path, fit.Key)
		var r, vetted *store.RefusedError
		if !errors.As(err, &r) || !errors.As(store.Vet(t.Context(), path, fit.Key), &vetted) {
			t.Errorf("%s: got %v, want a refusal", name, err)
		}
	}
	if _, err := db.Take(t.Context(), filepath.Join(folder, "gone.db"), fit.Key); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: got %v", err)
	}
	if counts := rowsOf(t, filepath.Join(folder, "here.db")); counts["fits"]+counts["blobs"]+counts["environments"] != 0 {
		t.Errorf("rows: %v", counts)
	}
}

// TestTakeHostileStore: a store that people have is looked at as closely, and all of it.
func TestTakeHostileStore(t *testing.T) {
	t.Parallel()
	from, _ := finished(t, filepath.Join(t.TempDir(), "from.db"))
	must(t, from.Ship(t.Context(), "tiny", []store.File{{Name: "velocity.onnx", Content: []byte("onnx")}}, nil))
	must(t, from.Close())
	good := try(os.ReadFile(from.Path()))(t)
	here := filepath.Join(t.TempDir(), "here.db")
	db := open(t, here)
	start(t, db, tiny)
	before := dump(t, here)
	for _, c := range []struct{ name, query, want string }{
		{"a path as a file name", "UPDATE artifacts SET name = '../../x' WHERE owner_kind = 'sweep'", "../../x is no name of an output file"},
		{"two dots as a file name", "UPDATE artifacts SET name = '..' WHERE owner_kind = 'sweep'", ".. is no name of an output file"},
		{"a path as a sweep", sweepTo("../x"), "../x is no name of a sweep"},
		{"an edition that is none", sweepTo("tiny@01"), "tiny@01 is no name of a sweep"},
		{"a trigger", "CREATE TRIGGER odd AFTER INSERT ON fits BEGIN DELETE FROM runs; END", "it has the trigger odd"},
		{"an old version with a trigger", "PRAGMA user_version = 6; CREATE TRIGGER odd AFTER INSERT ON fits BEGIN DELETE FROM runs; END; " + withoutRungs + dropAfter6, "it has the trigger odd"},
		{"an old version by name only", "PRAGMA user_version = 6", "it has the index tunings_fit, which no store has"},
		{"a newer version", "PRAGMA user_version = 99", "use a newer flowsweep"},
		{"no version", "PRAGMA user_version = 0", "version 0"},
		{"an artifact of nobody", "UPDATE artifacts SET owner = 'nobody' WHERE owner_kind = 'sweep'", "that no longer exist"},
		{"an alias that is none", moveTo("\x1b[31m", 1, "run"), `"\x1b[31m" is no alias`},
		{"an alias of a path", moveTo("a", 1, "'../x'"), "../x is no key of a run that an alias named"},
		{"an alias of no run", moveTo("a", 1, "'0123456789abcdef'"), "a names run 0123456789abcdef, which no longer exists"},
		{"moves that are not counted", moveTo("a", 2, "run"), "the moves of alias a are not numbered from 1"},
		{"a content outside that is not there", "UPDATE blobs SET size = length(bytes), bytes = CAST('' AS BLOB)", "its content is missing: there is no file "},
		{"a content in two places", "UPDATE blobs SET size = length(bytes)", "is said to be in a file, but is not"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "other.db")
			must(t, os.WriteFile(path, good, 0o644))
			run(t, path, c.query)
			_ = store.Seal(t.Context(), path)
			whole := try(os.ReadFile(path))(t)
			_, err := db.Take(t.Context(), path)
			wantError(t, err, c.want)
			wantError(t, store.Vet(t.Context(), path), c.want)
			if dump(t, here) != before {
				t.Fatal("the store has changed")
			}
			if !slices.Equal(whole, try(os.ReadFile(path))(t)) || len(names(t, filepath.Dir(path))) != 1 {
				t.Error("the other has changed")
			}
		})
	}
}

// moveTo returns the statement that adds a move of an alias to a run, an SQL expression in which run is the key of one.
func moveTo(alias string, move int, run string) string {
	return fmt.Sprintf(`INSERT INTO alias_moves (alias, move, run, moved, who, host, note)
		SELECT '%s', %d, %s, '2026-11-05T12:00:00.000000000Z', '', '', '' FROM (SELECT min(key) AS run FROM runs)`, alias, move, run)
}

// sweepTo returns the statements that rename the sweep tiny.
func sweepTo(name string) string {
	text := "PRAGMA foreign_keys = OFF; UPDATE sweeps SET name = 'NAME'; UPDATE sweep_runs SET sweep = 'NAME'; UPDATE sweep_extras SET sweep = 'NAME'; UPDATE artifacts SET owner = 'NAME' WHERE owner_kind = 'sweep'"
	return strings.ReplaceAll(text, "NAME", name)
}

// TestTakeExchanged: a part that is another one once it has been looked at is not taken in.
func TestTakeExchanged(t *testing.T) {
	t.Parallel()
	fit := planOf(t, tiny).Fits[0]
	path, here := partOf(t, fit), filepath.Join(t.TempDir(), "here.db")
	db := open(t, here)
	lock(t, db)
	before := dump(t, here)
	_, err := db.TakeLate(t.Context(), path, fit.Key, func() {
		must(t, os.Rename(path, path+".good"))
		content := try(os.ReadFile(path + ".good"))(t)
		must(t, os.WriteFile(path, content, 0o644))
	})
	if wantError(t, err, "another process wrote to it meanwhile"); dump(t, here) != before {
		t.Error("the store has changed")
	}
	if got := try(db.TakeLate(t.Context(), path, fit.Key, func() {}))(t); got.Fits != 1 {
		t.Errorf("then: got %+v", got)
	}
}
