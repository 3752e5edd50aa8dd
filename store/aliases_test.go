package store_test

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"flowsweep/store"
)

// by is a move to a run, by ann at that many minutes past noon.
func by(run string, minutes int, note string) store.AliasMove {
	return store.AliasMove{Run: run, Time: noon.Add(time.Duration(minutes) * time.Minute), User: "ann", Host: "box", Note: note}
}

func TestAliases(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, plan := finished(t, filepath.Join(t.TempDir(), "runs.db"))
	first, second := plan.Fits[0].Runs[0].Key, plan.Fits[0].Runs[1].Key
	_, _, err := db.Find(ctx, "@champion")
	if wantError(t, err, "champion", "names no run", "flowsweep promote"); !errors.Is(err, store.ErrNoAlias) {
		t.Errorf("%v is no ErrNoAlias", err)
	}
	for _, m := range []struct {
		alias, from string
		move        store.AliasMove
	}{
		{"champion", "", by(first, 0, "the chosen run")},
		{"champion", first, by(first, 1, "already")},
		{"champion", first, by(second, 2, "cheaper")},
		{"canary", "", by(first, 3, "")},
	} {
		if from := try(db.Promote(ctx, m.alias, m.move))(t); from != m.from {
			t.Errorf("%s to %s: it named %q before, want %q", m.alias, m.move.Run, from, m.from)
		}
	}
	if from := try(db.Demote(ctx, "canary", by("", 4, "over")))(t); from != first {
		t.Errorf("the removed alias named %q, want %q", from, first)
	}
	_, err = db.Demote(ctx, "canary", by("", 5, ""))
	wantError(t, err, "canary", "names no run", "champion")
	removed := by("", 4, "over")
	removed.From = first
	cheaper := by(second, 2, "cheaper")
	cheaper.From = first
	want := []store.Alias{
		{Name: "champion", Run: second, Moves: []store.AliasMove{by(first, 0, "the chosen run"), cheaper}},
		{Name: "canary", Moves: []store.AliasMove{by(first, 3, ""), removed}},
	}
	if got := try(db.Aliases(ctx))(t); !reflect.DeepEqual(got, want) {
		t.Errorf("aliases:\n got %+v\nwant %+v", got, want)
	}
	if kind, key, err := db.Find(ctx, "@champion"); kind != "run" || key != second || err != nil {
		t.Errorf("@champion is %s %s (%v), want run %s", kind, key, err, second)
	}
	if got, want := try(db.AliasesOf(ctx, "tiny"))(t), map[string][]string{second: {"champion"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("of the sweep: got %v, want %v", got, want)
	}
	var run, who string
	var moves int
	must(t, raw(t, db.Path()).QueryRow(`SELECT run, moves, who FROM v_aliases`).Scan(&run, &moves, &who))
	if run != second || moves != 2 || who != "ann" {
		t.Errorf("v_aliases: run %s after %d moves by %s", run, moves, who)
	}
}

func TestAliasesRefused(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	run := start(t, db, tiny).Fits[0].Runs[0].Key
	for _, alias := range []string{"", "Champion", "1st", "a b", "@champion", "a\n", "é", strings.Repeat("a", 65)} {
		_, err := db.Promote(ctx, alias, by(run, 0, ""))
		wantError(t, err, "is no alias", "lower-case")
	}
	_, err := db.Promote(ctx, "champion", by(run, 0, ""))
	wantError(t, err, run, "queued", "promote a finished run")
	_, err = db.Promote(ctx, "champion", by("0000000000000000", 0, ""))
	wantError(t, err, "not in the store")
	if list := try(db.Aliases(ctx))(t); list != nil {
		t.Errorf("what was refused left %v", list)
	}
}

// TestAliasedRunStays: neither a deleted sweep nor a cleaned store loses the run that an alias names, until it names another.
func TestAliasedRunStays(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db, plan := finished(t, filepath.Join(t.TempDir(), "runs.db"))
	run := plan.Fits[0].Runs[0].Key
	_ = try(db.Promote(ctx, "champion", by(run, 0, "")))(t)
	would := try(db.WouldDelete(ctx, "tiny"))(t)
	gone := try(db.Delete(ctx, "tiny"))(t)
	if !reflect.DeepEqual(gone, would) {
		t.Errorf("deleted %+v, but %+v was announced", gone, would)
	}
	if all := int64(plan.Runs() + len(plan.Fits)); gone.Runs != all-1 || gone.KeptRuns != 1 || gone.KeptFits != 1 || !reflect.DeepEqual(gone.KeptAliases, []string{"champion"}) {
		t.Errorf("deleted %+v of %d runs, want all but that of the alias", gone, all) // with a dense one of each fit
	}
	if r := try(db.Clean(ctx, true))(t); r.Runs != 0 || r.Fits != 0 {
		t.Errorf("cleaned %+v, want nothing of the alias", r)
	}
	if _, key, err := db.Find(ctx, "@champion"); key != run || err != nil {
		t.Errorf("@champion is %q (%v)", key, err)
	}
	if len(try(db.Samples(ctx, run))(t)) == 0 || len(try(db.Weights(ctx, plan.Fits[0].Key))(t)) == 0 {
		t.Error("its contents are gone")
	}
	if list := try(db.Check(ctx))(t); len(list) != 0 {
		t.Errorf("check: %+v", list)
	}
	_ = try(db.Demote(ctx, "champion", by("", 1, "")))(t)
	if r := try(db.Clean(ctx, true))(t); r.Runs != 1 || r.Fits != 1 {
		t.Errorf("without the alias: cleaned %+v, want its run and fit", r)
	}
	if a := try(db.Aliases(ctx))(t); len(a) != 1 || len(a[0].Moves) != 2 || a[0].Moves[0].Run != run {
		t.Errorf("the history is %+v", a)
	}
	if list := try(db.Check(ctx))(t); len(list) != 0 {
		t.Errorf("check of a history whose run is gone: %+v", list)
	}
}

// TestCheckAlias: an alias of a run that is gone is damage.
func TestCheckAlias(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db, plan := finished(t, path)
	_ = try(db.Promote(t.Context(), "champion", by(plan.Fits[0].Runs[0].Key, 0, "")))(t)
	must(t, db.Close())
	alter(t, path, "UPDATE alias_moves SET run = '0000000000000000'")
	db = open(t, path)
	const changed = "move 1 of alias champion is not what was stored: its checksum differs"
	if list := try(db.Check(t.Context()))(t); len(list) == 0 || list[0].Text != changed || list[0].Repair {
		t.Errorf("got %+v, want that %s", list, changed)
	}
	_, _, err := db.Find(t.Context(), "@champion")
	if wantError(t, err, changed); !store.Damaged(err) {
		t.Errorf("%v is no damage", err)
	}
	must(t, db.Close())
	must(t, store.Seal(t.Context(), path))
	list := try(open(t, path).Check(t.Context()))(t)
	if len(list) != 1 || !list[0].Damage || list[0].Text != "champion names run 0000000000000000, which no longer exists: use flowsweep promote" {
		t.Errorf("got %+v", list)
	}
}

// TestTakeAliases: what an alias names here stays; one that is unknown here, or went on there, is taken with its history.
func TestTakeAliases(t *testing.T) {
	t.Parallel()
	ctx, folder := t.Context(), t.TempDir()
	db, plan := finished(t, filepath.Join(folder, "here.db"))
	other, _ := finished(t, filepath.Join(folder, "other.db"))
	runs := plan.Fits[0].Runs
	promote := func(db *store.DB, alias string, m store.AliasMove) {
		t.Helper()
		_ = try(db.Promote(ctx, alias, m))(t)
	}
	for _, db := range []*store.DB{db, other} {
		promote(db, "same", by(runs[0].Key, 0, ""))
		promote(db, "on", by(runs[0].Key, 1, ""))
		promote(db, "back", by(runs[0].Key, 1, ""))
	}
	promote(db, "clash", by(runs[0].Key, 2, ""))
	promote(other, "clash", by(runs[1].Key, 2, ""))
	promote(other, "clash", by(runs[2].Key, 3, ""))
	promote(other, "on", by(runs[1].Key, 3, ""))
	promote(db, "back", by(runs[1].Key, 3, ""))
	promote(other, "new", by(runs[0].Key, 4, ""))
	_ = try(other.Demote(ctx, "new", by("", 5, "")))(t)
	got := try(db.Take(ctx, other.Path()))(t)
	want := []string{"alias clash names run " + runs[0].Key + " here and run " + runs[2].Key + " there, or has another history: ours is kept, theirs left out"}
	if got.Aliases != 3 || !reflect.DeepEqual(got.Differ, want) {
		t.Errorf("took %d moves, differences %q, want 3 and %q", got.Aliases, got.Differ, want)
	}
	var names []string
	for _, a := range try(db.Aliases(ctx))(t) {
		names = append(names, a.Name+" "+a.Run)
	}
	if want := []string{"back " + runs[1].Key, "clash " + runs[0].Key, "on " + runs[1].Key, "same " + runs[0].Key, "new "}; !reflect.DeepEqual(names, want) {
		t.Errorf("aliases:\n got %q\nwant %q", names, want)
	}
	if again := try(db.Take(ctx, other.Path()))(t); again.Aliases != 0 {
		t.Errorf("again: took %d moves", again.Aliases)
	}
	if list := try(db.Check(ctx))(t); len(list) != 0 {
		t.Errorf("check: %+v", list)
	}
}
