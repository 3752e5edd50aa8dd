package store_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// TestSweepsBeforeKinds: a sweep that was stored when there were no kinds of columns is read as it was meant, with all columns real, even
// where its metrics would be refused now; and the same spec is another sweep now, beside which that one is kept.
func TestSweepsBeforeKinds(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString("age,group\n")
	for i := range 80 {
		fmt.Fprintf(&file, "%d,%s\n", 20+i*7%40, []string{"a", "b"}[i%2])
	}
	open1 := func(string) ([]byte, error) { return []byte(file.String()), nil }
	for _, metrics := range []string{"[energy]", "[energy, excess-loss]"} {
		text := "name: own\ntarget: {file: data.csv}\nmetrics: " + metrics + "\n"
		db := open(t, filepath.Join(t.TempDir(), "runs.db"))
		lock(t, db)
		before := try(try(experiments.Parser{Open: open1, Real: true}.Parse("own.yaml", []byte(text)))(t).Plan())(t)
		must(t, db.StartSweep(t.Context(), before, env, noon))
		checkKinds(t, db, "own", before, true)
		if metrics != "[energy]" {
			continue
		}
		now := try(try(experiments.Parser{Open: open1}.Parse("own.yaml", []byte(text)))(t).Plan())(t)
		if before.Fits[0].Key == now.Fits[0].Key {
			t.Error("other kinds have the same key")
		}
		if e := try(db.EditionFor(t.Context(), now))(t); e.Kept != "own@1" {
			t.Errorf("the earlier sweep is kept as %q, want own@1", e.Kept)
		}
		must(t, db.StartSweep(t.Context(), now, env, noon))
		checkKinds(t, db, "own", now, false)
		checkKinds(t, db, "own@1", before, true)
	}
}

func checkKinds(t *testing.T, db *store.DB, name string, want experiments.Plan, real bool) {
	t.Helper()
	sweep := try(db.Sweep(t.Context(), name))(t)
	if r := sweep.Results[0]; r.Fit != want.Fits[0].Key || r.Setting.Target.Code.Identity() != real {
		t.Errorf("%s: fit %s with kinds %v, want %s", name, r.Fit, r.Setting.Target.Code.Columns(), want.Fits[0].Key)
	}
}
