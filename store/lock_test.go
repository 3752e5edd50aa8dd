package store_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/disk"
	"flowsweep/store"
)

func TestOneProcessWorksAtATime(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	first, second := open(t, path), open(t, path) // stand for two processes
	if w, works, err := first.Worker(); works || err != nil {
		t.Errorf("without a worker: got %v, %v, %v", w, works, err)
	}
	must(t, first.Lock(t.Context(), "flowsweep sweep a.yaml", func() time.Time { return noon }, nil))
	host := try(os.Hostname())(t)
	want := store.Worker{PID: os.Getpid(), Host: host, Command: "flowsweep sweep a.yaml", Since: noon}
	for _, db := range []*store.DB{first, second} {
		if w, works, err := db.Worker(); w != want || !works || err != nil {
			t.Errorf("worker: got %v, %v, %v, want %v", w, works, err, want)
		}
	}

	err := second.Lock(t.Context(), "late", time.Now, nil)
	wantError(t, err, "flowsweep sweep a.yaml", host, path, "try again when it is done")
	var busy *store.BusyError
	if !errors.As(err, &busy) || busy.Worker != want {
		t.Errorf("without waiting: got %v, want a BusyError with %v", err, want)
	}

	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	told := 0
	if err := second.Lock(ctx, "late", time.Now, func(store.Worker) { told++ }); !errors.Is(err, context.DeadlineExceeded) || told != 1 {
		t.Errorf("a Lock that waits until the context ends: got %v and %d calls, want the context's error and 1", err, told)
	}

	must(t, second.Lock(t.Context(), "late", time.Now, func(w store.Worker) {
		if w != want {
			t.Errorf("waits for %v, want %v", w, want)
		}
		must(t, first.Unlock())
		must(t, first.Unlock()) // no effect
	}))
	if w, _, err := first.Worker(); w.Command != "late" || err != nil {
		t.Errorf("the next worker: got %v, %v, want the second", w, err)
	}
	must(t, second.Close())
	if _, works, err := first.Worker(); works || err != nil {
		t.Errorf("after Close there is a worker (%v)", err)
	}
	must(t, first.Close())
	if got := names(t, filepath.Dir(path)); !reflect.DeepEqual(got, []string{"runs.db"}) {
		t.Errorf("files in the end: got %q, want only the store", got)
	}
}

// TestWorkerLocksOutNobody checks that a call of Worker, which holds the lock for a moment, is not taken for a worker.
func TestWorkerLocksOutNobody(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, _, err := db.Worker(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	other := open(t, path)
	for range 100 {
		must(t, other.Lock(t.Context(), "test", time.Now, nil))
		must(t, other.Unlock())
	}
	cancel()
	wg.Wait()
}

func TestLinkToTheStore(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, link := filepath.Join(folder, "runs.db"), filepath.Join(folder, "link.db")
	db := open(t, path)
	if err := os.Symlink(path, link); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	lock(t, db)
	var busy *store.BusyError
	if err := open(t, link).Lock(t.Context(), "test", time.Now, nil); !errors.As(err, &busy) {
		t.Errorf("through a link: got %v, want a BusyError", err)
	}
}

// TestHardLink checks that a store with two names is not written under either, as each has a log of its own, and that it is read.
func TestHardLink(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, link := filepath.Join(folder, "runs.db"), filepath.Join(folder, "link.db")
	must(t, open(t, path).Close())
	if err := os.Link(path, link); err != nil {
		t.Skip("no hard links: ", err)
	}
	for _, name := range []string{path, link} {
		wantError(t, store.CheckPath(name), name, "2 names", "remove the others")
		db := open(t, name)
		if why := db.ReadOnly(); why == nil || !why.Names {
			t.Errorf("read-only because of %v, want its names", why)
		}
		wantError(t, db.Lock(t.Context(), "test", time.Now, nil), name, "can only be read", "2 names")
		if got := try(db.SweepNames(t.Context()))(t); len(got) != 0 {
			t.Errorf("sweeps: %q", got)
		}
		must(t, db.Close())
	}
	if got := names(t, folder); len(got) != 2 {
		t.Errorf("readers leave %q", got)
	}
	must(t, os.Remove(link))
	must(t, open(t, path).Close())
}

// TestOtherNameOfAWorker checks that a store which is moved or linked while a process works on it is neither read nor written
// under its new name until that process is done, and then holds all that it did.
func TestOtherNameOfAWorker(t *testing.T) {
	t.Parallel()
	if !disk.OwnLocks {
		t.Skip("locks of this system would meet those of SQLite")
	}
	path := filepath.Join(t.TempDir(), "runs.db")
	moved := filepath.Join(filepath.Dir(path), "moved.db")
	early := filepath.Join(filepath.Dir(path), "early.db")
	must(t, open(t, path).Close())
	if err := os.Link(path, early); err != nil {
		t.Skip("no hard links: ", err)
	}
	must(t, os.Remove(path))
	before := open(t, early) // under its third name before it is moved
	must(t, os.Rename(early, path))
	p := begin(t, "hold", path)
	p.wantLine(t, "working")
	wantError(t, before.Lock(t.Context(), "test", time.Now, nil), "under another name")
	must(t, os.Rename(path, moved))
	_, err := store.Open(t.Context(), moved)
	wantError(t, err, moved, "under another name")
	if got := names(t, filepath.Dir(path)); slices.Contains(got, "moved.db-wal") {
		t.Errorf("files: %q", got)
	}
	must(t, p.stdin.Close())
	must(t, p.cmd.Wait())
	db := open(t, moved)
	if f := try(db.Fit(t.Context(), planOf(t, tiny).Fits[0].Key))(t); f.State != "lost" {
		t.Errorf("the fit that was running: got %s", f.State)
	}
	lock(t, db)
}

// TestFileMountedAlone checks that a store that is mounted without its folder is refused, as its log would not be.
func TestFileMountedAlone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path, mounted := filepath.Join(folder, "runs.db"), filepath.Join(folder, "mounted.db")
	must(t, open(t, path).Close())
	must(t, os.WriteFile(mounted, nil, 0o644))
	script := `mount --bind "$1" "$2" && echo mounted && exec "$3" "$2"`
	cmd := exec.Command("unshare", "--mount", "sh", "-c", script, "sh", path, mounted, os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"=turns")
	out, err := cmd.CombinedOutput()
	said, ok := strings.CutPrefix(string(out), "mounted\n")
	if !ok {
		t.Skipf("cannot mount here: %v: %s", err, out)
	}
	wantError(t, errors.New(said), "mounted without its folder", "mount the folder")
}

// TestLost checks that what was running when its process died is lost: readers see it at once, and the next worker
// records it.
func TestLost(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	p := begin(t, "hold", path)
	p.wantLine(t, "working")
	db := open(t, path)
	plan := planOf(t, tiny)
	fit := plan.Fits[0]
	states := func() [3]experiments.State {
		return [3]experiments.State{
			try(db.Fit(t.Context(), fit.Key))(t).State,
			try(db.Sweep(t.Context(), "tiny"))(t).Results[0].State, try(db.Sweep(t.Context(), "tiny"))(t).Results[15].State,
		}
	}
	if got, want := states(), [3]experiments.State{"running", "running", "queued"}; got != want {
		t.Errorf("while it works: got %q, want %q", got, want)
	}
	if w, works, err := db.Worker(); !works || err != nil || w.PID != p.cmd.Process.Pid {
		t.Errorf("worker: got %v, %v, %v, want process %d", w, works, err, p.cmd.Process.Pid)
	}
	p.kill(t)
	if _, err := os.Stat(path + ".lock"); err != nil {
		t.Error("the dead process left no lock: ", err)
	}
	if got, want := states(), [3]experiments.State{"lost", "lost", "queued"}; got != want {
		t.Errorf("after its death: got %q, want %q", got, want)
	}
	if got := names(t, filepath.Dir(path)); slices.Contains(got, "runs.db.lock") {
		t.Errorf("readers leave its lock: %q", got)
	}
	lock(t, db)
	if got, want := states(), [3]experiments.State{"lost", "lost", "queued"}; got != want {
		t.Errorf("as recorded: got %q, want %q", got, want)
	}
	if f := try(db.Fit(t.Context(), fit.Key))(t); f.Error != "its process died" || !f.Finished.IsZero() {
		t.Errorf("the fit: got error %q and end %v", f.Error, f.Finished)
	}
	var state string
	must(t, raw(t, path).QueryRow("SELECT state FROM sweeps").Scan(&state))
	if state != "lost" {
		t.Errorf("state of the sweep: got %q, want lost", state)
	}
	startFit(t, db, fit.Key) // it can start again
}

func TestPanicsWithoutLock(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := planOf(t, tiny)
	for name, do := range map[string]func(){
		"StartSweep": func() { _ = db.StartSweep(t.Context(), plan, env, noon) },
		"StartFit":   func() { _, _ = db.StartFit(t.Context(), plan.Fits[0].Key, env, noon) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			do()
		}()
	}
}
