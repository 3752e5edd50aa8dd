package store_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
	"flowsweep/store/view"
)

// answer is what a query returns.
type answer struct {
	columns []string
	rows    []string // a row's values, joined by |
}

// query asks a store, with no figures of settings but these.
func query(ctx context.Context, db *store.DB, text string, figures ...view.Figures) (a answer, err error) {
	err = db.Query(ctx, text, func(*store.DB) ([]view.Figures, error) { return figures, nil }, view.Answer{
		Columns: func(names []string) error { a.columns = slices.Clone(names); return nil },
		Row: func(values []any) error {
			texts := make([]string, len(values))
			for i, v := range values {
				texts[i] = fmt.Sprint(v)
			}
			a.rows = append(a.rows, strings.Join(texts, "|"))
			return nil
		},
	})
	return a, err
}

// asked makes a store of known values: two seeds of one setting and one of another, in two sweeps.
func asked(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "runs.db")
	makeAsked(t, path)
	return path
}

func makeAsked(t *testing.T, path string) {
	t.Helper()
	must(t, open(t, path).Close())
	run(t, path, `INSERT INTO environments VALUES ('e', '{"version":"1.2","commit":"abc","engine":"go"}');
		INSERT INTO fits (key, config, state, seconds, params, environment) VALUES
			('f1', '{"net":{"width":8,"depth":2},"path":{"name":"polynomial","power":2},"seed":1}', 'finished', 2, 50, 'e'),
			('f2', '{"net":{"width":8,"depth":2},"path":{"name":"polynomial","power":2},"teacher":"f1","seed":18446744073709551615}', 'finished', 4, 50, 'e'),
			('f3', '{"net":{"width":9,"depth":2},"path":"vp","seed":1}', 'failed', 0, 0, 'e');
		INSERT INTO runs (key, fit, config, state, nfe, nfe_mean, seconds) VALUES
			('r1', 'f1', '{"solver":"heun","steps":4,"count":16}', 'finished', 8, 8, 1),
			('r2', 'f2', '{"solver":"heun","steps":4,"count":16}', 'finished', 8, 8, 3),
			('r3', 'f3', '{"solver":"heun","steps":4,"count":16}', 'queued', 0, 0, 0);
		INSERT INTO metrics (run, reference, name, value, kind, se) VALUES
			('r1', 'ref', 'mmd', 0.5, 'finite', 0.25), ('r2', 'ref', 'mmd', 1.5, 'finite', NULL), ('r1', 'other', 'mmd', 9, 'finite', NULL),
			('r1', 'ref', 'w2', NULL, 'nan', NULL), ('r2', 'ref', 'w2', 1, 'finite', NULL),
			('r1', 'ref', 'energy', NULL, 'inf', NULL), ('r2', 'ref', 'energy', 2, 'finite', NULL);
		INSERT INTO losses (fit, step, value, kind, held_out) VALUES ('f1', 1, 3, 'finite', NULL), ('f1', 2, NULL, 'nan', 0.5), ('f2', 7, 0.125, 'finite', NULL);
		INSERT INTO sweeps (name, spec, state, started, last_started, environment) VALUES ('a', '', 'finished', 't', 't', 'e'), ('b', '', 'finished', 't', 't', 'e');
		INSERT INTO sweep_runs (sweep, position, run, reference) VALUES ('a', 0, 'r1', 'ref'), ('a', 1, 'r3', 'ref'), ('a', 2, 'r2', 'ref'), ('b', 0, 'r3', 'ref');
		INSERT INTO tags (owner_kind, owner, tag) VALUES ('run', 'r1', 'good'), ('fit', 'f2', 'long'), ('sweep', 'a', 'good');
		INSERT INTO notes (owner_kind, owner, text) VALUES ('fit', 'f1', 'fine'), ('run', 'r2', 'mine'), ('sweep', 'b', 'whole')`)
}

// earlierViews returns statements that leave a store with the only view that there was at first.
func earlierViews(t *testing.T) (statements string) {
	t.Helper()
	for _, v := range store.Views() {
		statements += "DROP VIEW " + v.Name + ";\n"
	}
	_, view, ok := strings.Cut(string(try(os.ReadFile("migrations/002_work.sql"))(t)), "CREATE VIEW v_runs")
	if !ok {
		t.Fatal("version 2 has no view")
	}
	return statements + "CREATE VIEW v_runs" + view
}

// TestMigrateViews upgrades a store of the version before the views, whose only one has fewer columns.
func TestMigrateViews(t *testing.T) {
	t.Parallel()
	path := asked(t)
	scripts := try(filepath.Glob("migrations/*.sql"))(t)
	before := slices.IndexFunc(scripts, func(s string) bool { return strings.HasSuffix(s, "_views.sql") })
	run(t, path, earlierViews(t)+fmt.Sprint("PRAGMA user_version = ", before))
	must(t, open(t, path).Close())
	db := reader(t, path)
	if got := try(query(t.Context(), db, "select tags from v_runs where run = 'r1'"))(t).rows; !slices.Equal(got, []string{`["good"]`}) {
		t.Errorf("got %q", got)
	}
}

func TestQuery(t *testing.T) {
	t.Parallel()
	db := reader(t, asked(t))
	interval := view.Figures{Sweep: "a", Position: 0, Setting: "width 8", Choice: "chosen", Metrics: []view.Figure{
		{Metric: "mmd", Mean: 1, Low: 0.25, High: 1.75},
		{Metric: "w2", Mean: math.NaN(), Low: math.NaN(), High: math.NaN()},
		{Metric: "energy", Mean: math.Inf(1), Low: 2, High: math.Inf(1)},
	}}
	for text, want := range map[string]string{
		"select run, fit, state, seed, path, width, solver, nfe, mmd, w2 from v_runs where sweep = 'a' order by position": "r1|f1|finished|1|polynomial|8|heun|8|0.5|<nil> r3|f3|failed|1|vp|9|heun|0|<nil>|<nil> r2|f2|finished|18446744073709551615|polynomial|8|heun|8|1.5|1",
		"select metrics, metrics_se, version, \"commit\", engine from v_runs where run = 'r1'":                            `{"energy":"inf","mmd":0.5,"w2":"nan"}|{"mmd":0.25}|1.2|abc|go`,
		"select tags, note, fit_note, sweep_note from v_runs order by sweep, position":                                    `["good"]|<nil>|fine|<nil> ["good"]|<nil>|<nil>|<nil> ["good","long"]|mine|<nil>|<nil> []|<nil>|<nil>|whole`,
		"select sweep, fit, position, runs, last_step, last_loss, teacher, tags, note from v_fits order by 1, 3":          `a|f1|0|1|2|<nil>|<nil>|["good"]|fine a|f3|1|1|<nil>|<nil>|<nil>|["good"]|<nil> a|f2|2|1|7|0.125|f1|["good","long"]|<nil> b|f3|0|1|<nil>|<nil>|<nil>|[]|<nil>`,

		"select * from v_losses order by 1, 2":                     "f1|1|3|finite|<nil> f1|2|<nil>|nan|0.5 f2|7|0.125|finite|<nil>",
		"select * from v_metrics where run = 'r1' order by metric": "a|0|r1|energy|<nil>|inf|<nil>|<nil> a|0|r1|mmd|0.5|finite|0.25|<nil> a|0|r1|w2|<nil>|nan|<nil>|<nil>",
		"select sweep, position, width, seeds, planned, nfe, params, fit_seconds, seconds, mmd, w2, energy from main.v_settings order by 1, 2": "a|0|8|2|2|8|50|3|2|1|<nil>|<nil> " +
			"a|1|9|0|1|<nil>|<nil>|<nil>|<nil>|<nil>|<nil>|<nil> b|0|9|0|1|<nil>|<nil>|<nil>|<nil>|<nil>|<nil>|<nil>",
		"select metrics, metrics_n, metrics_seed_low, metrics_seed_high, tags from main.v_settings where position = 0 and sweep = 'a'": `{"energy":"inf","mmd":1.0,"w2":"nan"}|{"energy":2,"mmd":2,"w2":2}|{"energy":2.0,"mmd":0.5,"w2":"nan"}|{"energy":"inf","mmd":1.5,"w2":"nan"}|["good","long"]`,
		"select setting, choice, mmd, mmd_low, mmd_high, w2, w2_low, energy, metrics_low, metrics_high from v_settings where sweep = 'a' and position = 0": `width 8|chosen|1|0.25|1.75|<nil>|<nil>|<nil>|` +
			`{"energy":2.0,"mmd":0.25,"w2":null}|{"energy":"inf","mmd":1.75,"w2":null}`,
		"select setting, mmd_low, tags from v_settings where sweep = 'b'":                                     "<nil>|<nil>|[]",
		"values (9223372036854775807, -0.5, 'it''s; -- no', x'00ff', null) ; ; -- done":                       "9223372036854775807|-0.5|it's; -- no|[0 255]|<nil>",
		"with recursive n (i) as (values (1) union all select i + 1 from n where i < 3) select sum(i) from n": "6",
		"select count(*) from pragma_table_info('v_runs') where name = 'mmd'":                                 "1",
	} {
		got, err := query(t.Context(), db, text, interval)
		if got := strings.Join(got.rows, " "); err != nil || got != want {
			t.Errorf("%s\n got %s, %v\nwant %s", text, got, err, want)
		}
	}
	got := try(query(t.Context(), db, "SELECT 1 AS a, 2 AS a, count(*) FROM v_runs"))(t)
	if !slices.Equal(got.columns, []string{"a", "a", "count(*)"}) {
		t.Errorf("columns %q", got.columns)
	}
}

// TestViewsAreAsDescribed checks that every view has the columns that are said, in the file and for queries.
func TestViewsAreAsDescribed(t *testing.T) {
	t.Parallel()
	path := asked(t)
	db, file := reader(t, path), raw(t, path)
	for _, v := range store.Views() {
		var inFile, here []string
		for _, c := range v.Columns {
			if here = append(here, c.Name); !c.Added {
				inFile = append(inFile, c.Name)
			}
			if c.About == "" {
				t.Errorf("%s.%s: nothing is said of it", v.Name, c.Name)
			}
		}
		rows := try(file.Query(`SELECT * FROM ` + v.Name))(t)
		if got := try(rows.Columns())(t); v.About == "" || !reflect.DeepEqual(got, inFile) {
			t.Errorf("%s (%s)\n has %q\nsaid %q", v.Name, v.About, got, inFile)
		}
		must(t, rows.Close())
		got := try(query(t.Context(), db, "SELECT * FROM "+v.Name))(t).columns
		slices.Sort(got)
		slices.Sort(here)
		if !reflect.DeepEqual(got, here) {
			t.Errorf("%s in queries\n has %q\nsaid %q", v.Name, got, here)
		}
	}
	var views int
	must(t, file.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE type = 'view'`).Scan(&views))
	if views != len(store.Views()) {
		t.Errorf("the file has %d views, %d are described", views, len(store.Views()))
	}
}

// TestQueryOnly tries to write, to reach out of the store and to run more than one statement. All of it is refused with the place, and the
// files stay as they are.
func TestQueryOnly(t *testing.T) {
	t.Parallel()
	path := asked(t)
	folder := filepath.Dir(path)
	before := snapshot(t, folder)
	for text, want := range map[string]string{
		"":                                     "there is no statement",
		" ; -- nothing":                        "there is no statement",
		"delete from runs":                     "only reads",
		"DROP VIEW v_runs":                     "only reads",
		"insert into tags values (1, 2, 3, 4)": "only reads",
		"replace into notes values ('run', 'r1', 'x', 1)":         "only reads",
		"update runs set nfe = 0 returning *":                     "only reads",
		"create table x (y)":                                      "only reads",
		"create temp table x (y)":                                 "only reads",
		"vacuum":                                                  "only reads",
		"vacuum into '" + filepath.Join(folder, "copy.db") + "'":  "only reads",
		"attach '" + filepath.Join(folder, "other.db") + "' as o": "only reads",
		"begin immediate":                                         "only reads",
		"commit":                                                  "only reads",
		"savepoint x":                                             "only reads",
		"reindex":                                                 "only reads",
		"analyze":                                                 "only reads",
		"/* select */ delete from runs":                           "only reads",
		"slect 1":                                                 "did you mean SELECT?",
		"with x as (select 1) delete from runs":                   "this would delete from",
		"with x as (select 1) insert into tags select 1, 2, 3, 4 from x": "this would insert into",
		"with x as (select 1) update runs set nfe = 0":                   "this would update runs",
		"explain delete from runs":                                       "this would delete from",
		"explain attach 'x' as y":                                        "this would",
		"explain vacuum into 'x'":                                        "this would",
		"pragma query_only = 0":                                          "use the pragma query_only",
		"pragma writable_schema = 1":                                     "use the pragma writable_schema",
		"pragma journal_mode = delete":                                   "use the pragma journal_mode",
		"pragma user_version = 1":                                        "use the pragma user_version",
		"pragma wal_checkpoint(truncate)":                                "use the pragma wal_checkpoint",
		"pragma optimize":                                                "use the pragma optimize",
		"select * from pragma_journal_mode":                              "pragma",
		"select load_extension('x')":                                     "call load_extension",
		"select LOAD_EXTENSION('x', 'y')":                                "call load_extension",
		"select fts3_tokenizer('simple')":                                "fts3_tokenizer",
		"select writefile('x', 'y')":                                     "no such function: writefile",
		"select readfile('/etc/passwd')":                                 "no such function: readfile",
		"select row_seal('x')":                                           "no such function: row_seal",
		"select 1; delete from runs":                                     "a second one starts",
		"select 1;;select 2":                                             "a second one starts",
		"select ';' ; -- x\n select 2":                                   "a second one starts",
		"select * from v_runs where run = ?":                             "no value for ?",
		"select $x":                                                      "no value for $x",
		"select * form v_runs":                                           "syntax error at form",
		"select '* form' as form, form form v_runs":                      "syntax error at",
		"select (1":                            "not complete",
		"select 'x":                            "unrecognized token",
		"select mdm from v_runs":               `did you mean "mmd"`,
		"select r.mdm from v_runs r":           `did you mean "mmd"`,
		"select mmd from v_run":                `did you mean "v_runs"`,
		"select mmd":                           "read a view (v_runs, ",
		"select sweep from v_runs join v_fits": "ambiguous",
		"select nosuch(1)":                     "no such function: nosuch",
		"select 1 union select 1, 2":           "same number of result columns",
		"select * from (" + strings.Repeat("(", 2000) + "select 1" + strings.Repeat(")", 2000) + ") end": "query:1:",
		"select \x00 1": "query:1:",
		"select * from setting_figures where (insert)": "syntax error",
	} {
		db := reader(t, path)
		got, err := query(t.Context(), db, text)
		var own *view.Error
		if err == nil || !errors.As(err, &own) || !strings.Contains(err.Error(), want) || !strings.HasSuffix(err.Error(), "^") {
			t.Errorf("%.80q: got %q, %v, want an error with its place and %q", text, got.rows, err, want)
		}
		must(t, db.Close())
	}
	if !sameFiles(before, snapshot(t, folder)) {
		t.Errorf("the folder has changed: %q", names(t, folder))
	}
}

// TestQueryShowsThePlace checks the caret of every kind of error.
func TestQueryShowsThePlace(t *testing.T) {
	t.Parallel()
	db := reader(t, asked(t))
	for text, column := range map[string]int{
		"select sweep,\n  run,, fit from v_runs":            0,
		"select 'from', \"from\" from v_runs from v_fits":   35,
		"select run from v_runs where mdm < 1 and mmdd < 2": 30,
		"select run from v_runs order by":                   32,
		"select run from v_runz":                            17,
		"select 1; select 2":                                11,
		"with x as (select 1) delete from runs":             34,
		"select run, load_extension('x') from v_runs":       13,
	} {
		_, err := query(t.Context(), db, text)
		var own *view.Error
		switch {
		case !errors.As(err, &own):
			t.Errorf("%q: %v", text, err)
		case column == 0 && (own.Line != 2 || own.Column != 7):
			t.Errorf("%q: line %d, column %d, want 2, 7", text, own.Line, own.Column)
		case column > 0 && (own.Line != 1 || own.Column != column):
			t.Errorf("%q: line %d, column %d, want 1, %d", text, own.Line, own.Column, column)
		}
	}
}

// TestQueryIsOfOneMoment checks that a store is written while a query reads, which sees nothing of it, not even where figures are asked for.
func TestQueryIsOfOneMoment(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	plan := start(t, db, tiny)
	startFit(t, db, plan.Fits[0].Key)
	db.LogLosses(plan.Fits[0].Key, experiments.Loss{Step: 1, Value: 2}, experiments.Loss{Step: 2, Value: 2})
	must(t, db.Flush(t.Context()))
	owner := store.Owner{Kind: "sweep", Key: "tiny"}
	rows := 0
	figures := func(now *store.DB) ([]view.Figures, error) {
		must(t, db.Tag(t.Context(), owner, []string{"late"}, nil))
		if tags := try(now.Tags(t.Context(), owner))(t); len(tags) != 0 {
			t.Errorf("the moment has the tags %q", tags)
		}
		return nil, nil
	}
	must(t, reader(t, path).Query(t.Context(), "select l.step, s.tags from v_losses l, v_settings s where s.position = 0", figures, view.Answer{
		Columns: func([]string) error { return nil },
		Row: func(values []any) error {
			db.LogLosses(plan.Fits[0].Key, experiments.Loss{Step: 10 + rows, Value: 2})
			must(t, db.Flush(t.Context()))
			if rows++; values[1] != "[]" {
				t.Errorf("row %v", values)
			}
			return nil
		},
	}))
	if n := len(try(db.Losses(t.Context(), plan.Fits[0].Key))(t)); rows != 2 || n != 4 {
		t.Errorf("%d rows and then %d losses, want 2 and 4", rows, n)
	}
}

// TestCloseBesideAQuery checks that a writer does not wait for a query that goes on, and that what it wrote is there.
func TestCloseBesideAQuery(t *testing.T) {
	t.Parallel()
	path := asked(t)
	r := reader(t, path)
	must(t, r.Query(t.Context(), "select run from v_runs limit 1", nil, view.Answer{
		Columns: func([]string) error { return nil },
		Row: func([]any) error {
			db := open(t, path)
			must(t, db.Tag(t.Context(), store.Owner{Kind: "sweep", Key: "b"}, []string{"new"}, nil))
			start := time.Now()
			must(t, db.Close())
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("closing takes %s", took)
			}
			return nil
		},
	}))
	must(t, r.Close())
	if left := names(t, filepath.Dir(path)); !slices.Equal(left, []string{"runs.db"}) {
		t.Errorf("left are %q", left)
	}
	if tags := try(open(t, path).Tags(t.Context(), store.Owner{Kind: "sweep", Key: "b"}))(t); !slices.Equal(tags, []string{"new"}) {
		t.Errorf("tags %q", tags)
	}
}

func TestQueryIsInterrupted(t *testing.T) {
	t.Parallel()
	db := reader(t, asked(t))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := query(ctx, db, "with recursive n (i) as (values (1) union all select i + 1 from n) select max(i) from n")
	if err == nil || ctx.Err() == nil || time.Since(start) > 5*time.Second {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
}

// FuzzQuery runs any text: it must not end the program, and not change the store.
func FuzzQuery(f *testing.F) {
	for _, text := range []string{
		"select * from v_settings", "with x as (select 1) delete from runs", "select 1; select 2", "pragma query_only = 0", "values ('''', \"x\", [y], `z`) -- ;",
		"select 'x", "/* ", "select 1 /* ; */ ; vacuum into 'x'", "select ?1, :a, @b, $c", "explain query plan select 1", "\x00;", "select 1e5.5.5 from (select",
	} {
		f.Add(text)
	}
	path := filepath.Join(f.TempDir(), "runs.db")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := os.Stat(path); err != nil {
			makeAsked(t, path)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		before := snapshot(t, filepath.Dir(path))
		db := try(store.OpenReader(t.Context(), path))(t)
		_, err := query(ctx, db, text)
		must(t, db.Close())
		if !sameFiles(before, snapshot(t, filepath.Dir(path))) {
			t.Errorf("%q changes the store (%v)", text, err)
		}
	})
}
