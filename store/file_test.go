package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"flowsweep/store"
)

// files are possible files at a path, with the errors of Open and CheckPath, or nil if the file opens.
var files = []struct {
	name string
	make func(t *testing.T, path string)
	want []string
}{
	{"missing", func(*testing.T, string) {}, nil},
	{"empty", func(t *testing.T, path string) { must(t, os.WriteFile(path, nil, 0o644)) }, nil},
	{"a store", func(t *testing.T, path string) { must(t, open(t, path).Close()) }, nil},
	{"an empty database", func(t *testing.T, path string) { run(t, path, "VACUUM") }, nil},
	{
		"short text", func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte("name: x\n"), 0o644)) },
		[]string{"runs.db", "not a SQLite database", "use another --db"},
	},
	{
		"long text", func(t *testing.T, path string) { must(t, os.WriteFile(path, make([]byte, 5000), 0o644)) },
		[]string{"not a SQLite database", "use another --db"},
	},
	{
		"a torn header", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("SQLite format 3\x00 and no more"), 0o644))
		},
		[]string{"not a SQLite database"},
	},
	{
		"tables of another program", func(t *testing.T, path string) { run(t, path, "CREATE TABLE books (title TEXT)") },
		[]string{"another program", "use another --db"},
	},
	{
		"many tables of another program", func(t *testing.T, path string) {
			for i := range 200 { // the schema table needs more than one page
				run(t, path, fmt.Sprintf("CREATE TABLE books%d (title TEXT, author TEXT, year INTEGER)", i))
			}
		},
		[]string{"another program"},
	},
	{
		"identity of another program", func(t *testing.T, path string) { run(t, path, "PRAGMA application_id = 7; VACUUM") },
		[]string{"another program"},
	},
	{
		"a newer store", func(t *testing.T, path string) {
			must(t, open(t, path).Close())
			run(t, path, "PRAGMA user_version = 99")
		},
		[]string{"version 99", fmt.Sprint("knows up to ", store.Version()), "use a newer flowsweep"},
	},
	{"a folder", func(t *testing.T, path string) { must(t, os.Mkdir(path, 0o755)) }, []string{"a folder", "--db"}},
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for _, f := range files {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "runs.db")
			f.make(t, path)
			before := snapshot(t, filepath.Dir(path))
			db, err := store.Open(t.Context(), path)
			if f.want == nil {
				must(t, err)
				must(t, db.Close())
				return
			}
			wantError(t, err, f.want...)
			if after := snapshot(t, filepath.Dir(path)); !reflect.DeepEqual(before, after) {
				t.Errorf("a refused file was changed: %d files before, %d after", len(before), len(after))
			}
		})
	}
}

func TestCheckPath(t *testing.T) {
	t.Parallel()
	for _, f := range files {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "runs.db")
			f.make(t, path)
			before := snapshot(t, filepath.Dir(path))
			err := store.CheckPath(path)
			if f.want == nil {
				must(t, err)
			} else {
				wantError(t, err, f.want...)
			}
			if after := snapshot(t, filepath.Dir(path)); !reflect.DeepEqual(before, after) {
				t.Errorf("CheckPath wrote something: %d files before, %d after", len(before), len(after))
			}
		})
	}
}

func TestFolderOfTheStore(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "file"), nil, 0o644))
	must(t, os.Mkdir(filepath.Join(folder, "locked"), 0o555))
	for _, c := range []struct{ name, path, want string }{
		{"missing", "none/runs.db", "create it"},
		{"a file", "file/runs.db", "not a"}, // "folder" or, in the error of the system, "directory"
		{"read-only", "locked/runs.db", "is not writable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "read-only" && os.Getuid() == 0 {
				t.Skip("root can write everywhere")
			}
			path := filepath.Join(folder, c.path)
			wantError(t, store.CheckPath(path), c.want)
			_, err := store.Open(context.Background(), path)
			wantError(t, err, c.want)
		})
	}
}

func TestOpenExisting(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "runs.db")
	_, err := store.OpenExisting(t.Context(), path)
	wantError(t, err, "runs.db", "run `flowsweep sweep SPEC` first, or use --db FILE")
	if got := names(t, folder); len(got) != 0 {
		t.Errorf("it created %q", got)
	}
	must(t, open(t, path).Close())
	db := try(store.OpenExisting(t.Context(), path))(t)
	must(t, db.Close())
}

// TestOpenAfterEarlyCrash checks a file without an owner, as a crash can leave it while the first migration is still in
// the log.
func TestOpenAfterEarlyCrash(t *testing.T) {
	t.Parallel()
	path, crashed := filepath.Join(t.TempDir(), "runs.db"), filepath.Join(t.TempDir(), "runs.db")
	other := raw(t, path)
	other.SetMaxOpenConns(1)
	for _, q := range []string{"PRAGMA journal_mode = WAL", "CREATE TABLE books (title TEXT)"} {
		_ = try(other.Exec(q))(t)
	}
	for _, suffix := range []string{"", "-wal"} { // while the other program has them open
		must(t, os.WriteFile(crashed+suffix, try(os.ReadFile(path+suffix))(t), 0o644))
	}
	must(t, store.CheckPath(crashed)) // does not see the log
	_, err := store.Open(t.Context(), crashed)
	wantError(t, err, "another program")
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	header := try(os.ReadFile(path))(t)[:100] // while the store is open, after the first checkpoint of the log
	if got, want := string(header[68:72]), "flow"; got != want {
		t.Errorf("application id: got %q, want %q", got, want)
	}
	must(t, db.Close())
	other := raw(t, path)
	for pragma, want := range map[string]string{
		"user_version": fmt.Sprint(store.Version()), "journal_mode": "wal", "integrity_check": "ok",
	} {
		var got string
		must(t, other.QueryRow("PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s: got %s, want %s", pragma, got, want)
		}
	}
	var loose int
	must(t, other.QueryRow("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND NOT strict").Scan(&loose))
	if loose != 0 {
		t.Errorf("%d tables are not STRICT", loose)
	}
}

// run runs a statement on the database at path, bypassing the store.
func run(t *testing.T, path, query string) {
	t.Helper()
	must(t, runOn(path, query))
}

// runOn runs statements on the database at path, over one connection.
func runOn(path string, queries ...string) error {
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	for _, q := range queries {
		if _, err := db.Exec(q); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	return db.Close()
}

// snapshot returns the content of each file in the folder.
func snapshot(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range names(t, folder) {
		path := filepath.Join(folder, name)
		info := try(os.Stat(path))(t)
		all[name] = info.Mode().String() + info.ModTime().String()
		if !info.IsDir() {
			all[name] += string(try(os.ReadFile(path))(t))
		}
	}
	return all
}
