package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// TestTakeLog: what a process that was killed has left in the log of its store is taken, too.
func TestTakeLog(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	from, plan := finished(t, filepath.Join(folder, "from.db"))
	copied := filepath.Join(folder, "copied.db")
	for _, suffix := range []string{"", "-wal"} {
		must(t, os.WriteFile(copied+suffix, try(os.ReadFile(from.Path()+suffix))(t), 0o444))
	}
	before := names(t, folder)
	to := open(t, filepath.Join(t.TempDir(), "to.db"))
	lock(t, to)
	if got := try(to.Take(t.Context(), copied))(t); got.Fits != len(plan.Fits) {
		t.Errorf("got %+v, want %d fits", got, len(plan.Fits))
	}
	if got := names(t, folder); !slices.Equal(got, before) {
		t.Errorf("files beside it: got %q, want %q", got, before)
	}
}

// TestTakeCancelled: a merge that is interrupted changes nothing, and does not stand in the way of the next.
func TestTakeCancelled(t *testing.T) {
	t.Parallel()
	from, plan := finished(t, filepath.Join(t.TempDir(), "from.db"))
	must(t, from.Close())
	here := filepath.Join(t.TempDir(), "here.db")
	db := open(t, here)
	lock(t, db)
	before := dump(t, here)
	for after := range 12 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(after)*5*time.Millisecond)
		_, err := db.Take(ctx, from.Path())
		if cancel(); err == nil {
			break
		}
		if dump(t, here) != before {
			t.Fatalf("after %v it changed something", err)
		}
	}
	_ = try(db.Take(t.Context(), from.Path()))(t)
	if f := try(db.Fit(t.Context(), plan.Fits[0].Key))(t); f.State != experiments.Finished {
		t.Errorf("the fit is %s", f.State)
	}
}

// TestTakeLarge: a large content is a file beside each store, and inside a part.
func TestTakeLarge(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ctx := t.Context()
	from := open(t, filepath.Join(folder, "from.db"))
	from.LargeAbove(10)
	plan := start(t, from, tiny)
	long, point := strings.Repeat("w", 100), strings.Repeat("c", 100)
	trainFit(t, from, plan.Fits[0].Key, []byte(long))
	startFit(t, from, plan.Fits[1].Key)
	must(t, from.SaveCheckpoint(ctx, plan.Fits[1].Key, 3, []byte(point)))
	whole := func(db *store.DB) {
		t.Helper()
		if got := try(db.Weights(ctx, plan.Fits[0].Key))(t); string(got) != long {
			t.Errorf("weights: got %q", got)
		}
		if _, got, _, err := db.Checkpoint(ctx, plan.Fits[1].Key); string(got) != point || err != nil {
			t.Errorf("checkpoint: got %q, %v", got, err)
		}
	}
	part := filepath.Join(folder, "part.db")
	_ = try(from.Part(ctx, part, plan.Fits[0].Key, plan.Fits[1].Key))(t)
	whole(open(t, part))
	if slices.Contains(names(t, folder), "part.db.contents") {
		t.Error("a part has contents beside it")
	}
	for above, want := range map[int64]map[string]int{10: {"store": 2, "part": 2}, 1000: {"store": 2, "part": 0}} {
		for name, take := range map[string]func(db *store.DB) (store.Taken, error){
			"store": func(db *store.DB) (store.Taken, error) { return db.Take(ctx, from.Path()) },
			"part":  func(db *store.DB) (store.Taken, error) { return db.Take(ctx, part, plan.Fits[0].Key, plan.Fits[1].Key) },
		} {
			to := open(t, filepath.Join(t.TempDir(), "to.db"))
			to.LargeAbove(above)
			lock(t, to)
			if got := try(take(to))(t); got.Fits != 1 || got.Checkpoints != 1 {
				t.Errorf("%s: got %+v", name, got)
			}
			whole(to)
			if list := try(to.Check(ctx))(t); slices.ContainsFunc(list, func(f store.Finding) bool { return f.Damage }) {
				t.Errorf("%s: check: got %+v", name, list)
			}
			files, _ := filepath.Glob(to.Path() + ".contents/*/*")
			if len(files) != want[name] {
				t.Errorf("%s above %d: files %q, want %d", name, above, files, want[name])
			}
		}
	}
	files := try(filepath.Glob(from.Path() + ".contents/*/*"))(t)
	must(t, os.WriteFile(files[0], []byte(strings.Repeat("x", 100)), 0o644))
	to := open(t, filepath.Join(t.TempDir(), "to.db"))
	lock(t, to)
	_, err := to.Take(ctx, from.Path())
	var r *store.RefusedError
	if !errors.As(err, &r) {
		t.Errorf("with a damaged content: got %v, want a refusal", err)
	}
	_, err = from.Part(ctx, filepath.Join(folder, "broken.db"), plan.Fits[0].Key, plan.Fits[1].Key)
	if !store.Damaged(err) || slices.Contains(names(t, folder), "broken.db") {
		t.Errorf("a part with a damaged content: got %v, files %q", err, names(t, folder))
	}
	small := openPart(t, filepath.Join(folder, "small.db"))
	small.LargeAbove(10)
	must(t, small.QueueFit(ctx, plan.Fits[0]))
	startFit(t, small, plan.Fits[0].Key)
	wantError(t, small.FinishFit(ctx, plan.Fits[0].Key, 1, 1, []byte(long), noon), "a content of 100 bytes does not fit into a store of one file, which holds up to 10")
}

// TestTakeData: a sweep can be read, and its fits trained, from the store that took it in, and its parts have none of its data.
func TestTakeData(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(db *store.DB) experiments.Plan{
		"table": func(db *store.DB) experiments.Plan { return startData(t, db, rows("1,2,p19")) },
		"array": func(db *store.DB) experiments.Plan { return startArray(t, db, arrayFile(0)) },
	} {
		folder := t.TempDir()
		from, here := open(t, filepath.Join(folder, "from.db")), filepath.Join(folder, "here.db")
		lock(t, from)
		plan := begin(from)
		trainFit(t, from, plan.Fits[0].Key, []byte("weights"))
		db := open(t, here)
		lock(t, db)
		_ = try(db.Take(t.Context(), from.Path()))(t)
		if s := try(db.Sweep(t.Context(), "own"))(t); len(s.Results) != plan.Runs() || len(s.Spec.Files) == 0 {
			t.Errorf("%s: got %d results of %d files", name, len(s.Results), len(s.Spec.Files))
		}
		if list := try(db.Check(t.Context()))(t); len(list) != 0 {
			t.Errorf("%s: check: got %+v", name, list)
		}
		fit := try(db.Fit(t.Context(), plan.Fits[1].Key))(t)
		p := stored(t, db)
		p.Large = db.DataFiles(t.Context())
		if s := try(p.Setting(fit.Config, nil))(t); s.Target.Name != plan.Fits[1].Recipe.Target.Name {
			t.Errorf("%s: the target is %q", name, s.Target.Name)
		}
		part := filepath.Join(folder, "part.db")
		_ = try(from.Part(t.Context(), part, plan.Fits[0].Key))(t)
		if n := rowsOf(t, part)["blobs"]; n != 1 {
			t.Errorf("%s: %d contents in a part, want only the weights", name, n)
		}
		if again := try(db.Take(t.Context(), part, plan.Fits[0].Key))(t); again.Same != 1 {
			t.Errorf("%s: the part: got %+v", name, again)
		}
	}
}
