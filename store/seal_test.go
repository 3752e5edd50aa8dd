package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// everything returns the path of a closed store with a row in each table, and its plan.
func everything(t *testing.T) (string, experiments.Plan) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, plan := finished(t, path)
	ctx, fit := t.Context(), plan.Fits[0]
	run := fit.Runs[0]
	must(t, db.SaveNull(ctx, experiments.Null{Key: "null", Reference: run.Reference, Metric: "mmd", N: 2, Values: []float64{1, 2}}))
	must(t, db.SaveTuning(ctx, tuning(fit.Key, 1)))
	must(t, db.SaveRung(ctx, fit.Key, experiments.RungMetric{Name: "excess-loss", Seed: 1}, 10, .5))
	must(t, db.SaveBaseline(ctx, experiments.BaselinePlace{Reference: run.Reference, Name: "kde", Count: 2}, 0, []experiments.Value{{Name: "mmd", Value: 1, P: 0.5}}))
	must(t, db.SaveFresh(ctx, "tiny", run.Reference, experiments.Fresh{}))
	must(t, db.Ship(ctx, "tiny", []store.File{{Name: "report.html", Content: []byte("page")}}, []experiments.Check{{File: "velocity.onnx", OK: true}}))
	must(t, db.Tag(ctx, store.Owner{Kind: "run", Key: run.Key}, []string{"good"}, nil))
	must(t, db.SetNote(ctx, store.Owner{Kind: "fit", Key: fit.Key}, "a note"))
	_ = try(db.Promote(ctx, "champion", store.AliasMove{Run: run.Key, Time: noon, User: "ann", Host: "box"}))(t)
	last := plan.Fits[len(plan.Fits)-1]
	must(t, db.EndRun(ctx, last.Runs[len(last.Runs)-1].Key, env, experiments.Failed, "an error", noon))
	must(t, db.EndFit(ctx, last.Key, experiments.Killed, "killed", noon))
	must(t, db.Close())
	alter(t, path, "UPDATE fits SET state = 'running' WHERE key = '"+last.Key+"'", "INSERT INTO checkpoints (fit, step, sha256, bytes) "+
		"VALUES ('"+last.Key+"', 1, '9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0', CAST('aaa' AS BLOB))")
	must(t, store.Seal(t.Context(), path))
	return path, plan
}

// alter changes the database at path behind the store's back.
func alter(t *testing.T, path string, queries ...string) {
	t.Helper()
	must(t, runOn(path, queries...))
}

// TestEveryValueIsSealed changes each column of each table, and wants Check to find it.
func TestEveryValueIsSealed(t *testing.T) {
	t.Parallel()
	path, _ := everything(t)
	whole := open(t, path)
	for _, f := range try(whole.Check(t.Context()))(t) {
		if f.Damage {
			t.Fatalf("before any damage: %+v", f)
		}
	}
	db := raw(t, path)
	rows := try(db.Query(`SELECT t.name, c.name, c.type FROM sqlite_schema t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND c.name <> 'bytes' AND c.type <> 'BLOB' ORDER BY t.name, c.cid`))(t)
	defer rows.Close()
	type column struct{ table, name, kind string }
	var columns []column
	for rows.Next() {
		var c column
		must(t, rows.Scan(&c.table, &c.name, &c.kind))
		columns = append(columns, c)
	}
	must(t, rows.Err())
	tables := map[string]bool{}
	for _, c := range columns {
		tables[c.table] = true
		t.Run(c.table+"."+c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "damaged.db")
			_ = try(whole.Backup(t.Context(), path))(t)
			change := map[string]string{
				"TEXT": "iif(length(%[1]s) = 64, upper(%[1]s) || 'x', coalesce(%[1]s, '') || ' ')", "REAL": "coalesce(%[1]s, 0) + 1e-9", "INTEGER": "coalesce(%[1]s, 0) + 1000",
			}[c.kind]
			change = fmt.Sprintf(change, c.name)
			switch c.name { // which constraints guard
			case "state":
				change = "iif(state = 'failed', 'queued', 'failed')"
			case "owner_kind":
				change = "iif(owner_kind = 'run', 'fit', 'run')"
			case "kind", "role":
				return // a CHECK ties it to another column
			}
			must(t, runOn(path, "PRAGMA ignore_check_constraints = ON", fmt.Sprintf(`UPDATE %s SET %s = %s`, c.table, c.name, change)))
			db := open(t, path)
			found := ""
			for _, f := range try(db.Check(t.Context()))(t) {
				if f.Damage {
					found += f.Kind + ": " + f.Text + "\n"
				}
			}
			if found == "" {
				t.Error("nothing is found")
			}
		})
	}
	for _, table := range []string{
		"alias_moves", "artifacts", "baselines", "checkpoints", "checks", "environments", "failures", "fits", "fresh", "losses", "metrics", "notes", "nulls", "runs", "sweep_extras",
		"sweep_runs", "sweeps", "tags", "tunings",
	} {
		if !tables[table] {
			t.Errorf("no column of %s was changed", table)
		}
	}
}

// TestMend damages what a sweep can make again, and wants the sweep after Mend to leave a whole store.
func TestMend(t *testing.T) {
	t.Parallel()
	path, plan := everything(t)
	whole := open(t, path)
	const firstRun, firstFit = `(SELECT run FROM sweep_runs WHERE position = 0)`, `(SELECT r.fit FROM runs r JOIN sweep_runs ON run = r.key WHERE position = 0)`
	for _, c := range []struct{ name, query, want string }{
		{"nothing", "SELECT 1", ""},
		{"metric", "UPDATE metrics SET value = -value WHERE run = " + firstRun, "mmd of run"},
		{"run", "UPDATE runs SET seconds = 9 WHERE key = " + firstRun, "run"},
		{"config of a run", "UPDATE runs SET config = replace(config, 'count', 'coumt') WHERE key = " + firstRun, "run"},
		{"fit", "UPDATE fits SET params = 9 WHERE key = " + firstFit, "fit"},
		{"config of a fit", "UPDATE fits SET config = replace(config, '4', '5') WHERE key = " + firstFit, "fit"},
		{"loss", "UPDATE losses SET value = 9 WHERE fit = " + firstFit, "the losses of fit"},
		{"missing loss", "DELETE FROM losses WHERE fit = " + firstFit, "the losses of fit"},
		{"weights", "UPDATE blobs SET bytes = zeroblob(3) WHERE sha256 = (SELECT sha256 FROM artifacts WHERE owner = " + firstFit + ")", "weights.safetensors of fit"},
		{"samples", "DELETE FROM blobs WHERE sha256 = (SELECT sha256 FROM artifacts WHERE owner = " + firstRun + ")", "samples.npy of run"},
		{"artifact", "UPDATE artifacts SET size = 9 WHERE owner = " + firstRun, "samples.npy of run"},
		{"spec", "UPDATE sweeps SET spec = replace(spec, '4', '5')", "sweep tiny"},
		{"environment", "UPDATE environments SET json = replace(json, 'abc', 'abd')", ""}, // the sweep stores the same again
		{"plan", "UPDATE sweep_runs SET reference = 'x' WHERE position = 0", "place 0 in the plan of sweep tiny"},
		{"null", "UPDATE nulls SET json = '[1,3]'", "the null distribution of mmd"},
		{"tuning", "UPDATE tunings SET judged = '{}'", "tuning 0000000000000001 of fit"},
		{"baseline", "UPDATE baselines SET value = 2", "mmd of the baseline kde"},
		{"fresh", "UPDATE fresh SET json = '{}'", "the fresh figures of sweep tiny"},
		{"check", "UPDATE checks SET json = '{}'", "the check of velocity.onnx"},
		{"checkpoint", "UPDATE checkpoints SET step = 2", "the checkpoint of fit"},
		{"failure", "UPDATE failures SET error = 'x'", "failure 1 of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "damaged.db")
			_ = try(whole.Backup(t.Context(), path))(t)
			must(t, runOn(path, c.query))
			db := open(t, path)
			lock(t, db)
			done := try(db.Mend(t.Context(), plan, env, noon))(t)
			if got := strings.Join(done, "\n"); !strings.HasPrefix(got, c.want) || (c.want == "") != (got == "") {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if c.name == "nothing" || c.name == "environment" {
				if !try(db.Resume(t.Context(), plan, noon))(t) {
					t.Error("the plan is not what was stored")
				}
			}
			_ = try(db.States(t.Context(), plan))(t)
			must(t, db.StartSweep(t.Context(), plan, env, noon))
			finish(t, db, plan)
			for _, f := range try(db.Check(t.Context()))(t) {
				if f.Damage {
					t.Errorf("after the repair: %+v", f)
				}
			}
			if s := try(db.Sweep(t.Context(), "tiny"))(t); len(s.Results) != plan.Runs() || s.Results[0].State != experiments.Finished {
				t.Errorf("got %d results, the first %+v", len(s.Results), s.Results[0])
			}
		})
	}
}

// TestMendNotABrokenFile checks that a file that SQLite itself finds broken is left as it is.
func TestMendNotABrokenFile(t *testing.T) {
	t.Parallel()
	path, plan := everything(t)
	must(t, runOn(path, "UPDATE runs SET seconds = 9", "PRAGMA writable_schema = ON",
		"UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'tags') WHERE name = 'runs_fit'"))
	db := open(t, path)
	lock(t, db)
	_, err := db.Mend(t.Context(), plan, env, noon)
	if !store.Damaged(err) {
		t.Errorf("got %v, want damage", err)
	}
}

// TestOldStoreIsSealed checks that an upgrade seals what is plausible, and nothing else.
func TestOldStoreIsSealed(t *testing.T) {
	t.Parallel()
	path, _ := everything(t)
	tables := []string{
		"sweeps", "fits", "runs", "sweep_runs", "sweep_extras", "metrics", "artifacts", "checks", "checkpoints", "failures", "tags", "notes", "nulls", "fresh", "baselines",
	}
	queries := []string{
		earlierViews(t), withoutRungs, dropAfter6,
		"UPDATE metrics SET name = 'sliced-w2', value = -value WHERE run = (SELECT run FROM sweep_runs WHERE position = 0)", "ALTER TABLE fits DROP COLUMN losses_seal",
		"DROP INDEX blobs_large", "ALTER TABLE blobs DROP COLUMN size", "ALTER TABLE checkpoints DROP COLUMN size",
	}
	for _, table := range tables {
		queries = append(queries, "ALTER TABLE "+table+" DROP COLUMN seal")
	}
	must(t, runOn(path, append(queries, "PRAGMA user_version = 4")...))
	db := open(t, path)
	var damage []string
	for _, f := range try(db.Check(t.Context()))(t) {
		if f.Damage {
			damage = append(damage, f.Kind+": "+f.Text)
		}
	}
	if len(damage) != 2 || !strings.Contains(damage[0], "row: sliced-w2 of run") || !strings.Contains(damage[1], "cannot have sliced-w2 -1") {
		t.Errorf("got %q, want the negative distance alone", damage)
	}
}
