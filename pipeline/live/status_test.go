package live

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flowsweep/store/lock"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// hold takes the lock of a new store as a process with this number, until the test ends or the lock is let go.
func hold(t *testing.T, pid int) (db string, held *lock.Lock) {
	t.Helper()
	db = filepath.Join(t.TempDir(), "runs.db")
	file, err := os.Create(db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if held, err = lock.Try(db, file); err != nil || held == nil {
		t.Fatalf("lock: %v, %v", held, err)
	}
	if err := held.Sign(lock.Worker{PID: pid, Since: noon}); err != nil {
		t.Fatal(err)
	}
	return db, held
}

// TestRead: what the holder of the lock wrote is read, and nothing else is.
func TestRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(t *testing.T, db string, held *lock.Lock) // changes what is there
		want bool
	}{
		{"a sweep", nil, true},
		{"another process wrote it", func(t *testing.T, db string, _ *lock.Lock) { write(Path(db), Status{PID: 8, Started: noon}) }, false},
		{"one of the same number, before", func(t *testing.T, db string, _ *lock.Lock) {
			write(Path(db), Status{PID: 7, Started: noon.Add(-time.Hour)})
		}, false},
		{"not written yet", func(t *testing.T, db string, _ *lock.Lock) { must(t, os.Remove(Path(db))) }, false},
		{"the process is gone", func(t *testing.T, _ string, held *lock.Lock) { must(t, held.Release()) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db, held := hold(t, 7)
			write(Path(db), Status{Sweep: "a", PID: 7, Started: noon.Add(time.Second)})
			if c.do != nil {
				c.do(t, db, held)
			}
			s, running, err := Read(db)
			if running != c.want || err != nil || running && s.Sweep != "a" {
				t.Errorf("got %+v, %v, %v", s, running, err)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestReadThroughLink: a store has one file, whatever leads to it.
func TestReadThroughLink(t *testing.T) {
	t.Parallel()
	db, _ := hold(t, 7)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(db, link); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	write(Path(db), Status{Sweep: "a", PID: 7, Started: noon})
	if s, running, err := Read(link); s.Sweep != "a" || !running || err != nil {
		t.Errorf("got %+v, %v, %v", s, running, err)
	}
}

func TestReadDamaged(t *testing.T) {
	t.Parallel()
	db, _ := hold(t, 7)
	must(t, os.WriteFile(Path(db), []byte("{"), 0o644))
	if _, running, err := Read(db); running || err == nil || !strings.Contains(err.Error(), Path(db)) {
		t.Errorf("got %v, %v, want an error that names the file", running, err)
	}
}

// TestWrite: the file is there until the end, and a folder that cannot be written to is no harm.
func TestWrite(t *testing.T) {
	t.Parallel()
	db, _ := hold(t, os.Getpid())
	stop := Write(db, func() Status { return Status{Sweep: "a", PID: os.Getpid(), Started: time.Now()} })
	for start := time.Now(); ; time.Sleep(time.Millisecond) {
		if s, running, err := Read(db); running && err == nil && s.Sweep == "a" {
			break
		} else if time.Since(start) > 10*time.Second {
			t.Fatalf("after 10 s: %+v, %v, %v", s, running, err)
		}
	}
	stop()
	for _, path := range []string{Path(db), Path(db) + ".new"} {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", filepath.Base(path), err)
		}
	}
	Write(filepath.Join(db, "no", "folder"), func() Status { return Status{} })()
}

func TestETA(t *testing.T) {
	t.Parallel()
	s := Status{At: noon, Steps: 12_000, StepsTotal: 60_000, Runs: 10, RunsTotal: 30, StepSeconds: .0005, RunSeconds: .1}
	for _, c := range []struct {
		name string
		do   func(s *Status)
		want time.Duration
		ok   bool
	}{
		{"steps and runs", func(*Status) {}, 26 * time.Second, true}, // 48,000 * 0.5 ms + 20 * 0.1 s
		{"two seconds old", func(s *Status) { s.At = noon.Add(-2 * time.Second) }, 24 * time.Second, true},
		{"late", func(s *Status) { s.At = noon.Add(-time.Minute) }, 0, true},
		{"no step is done", func(s *Status) { s.StepSeconds = 0 }, 0, false},
		{"no run is done", func(s *Status) { s.RunSeconds = 0 }, 24 * time.Second, true},
		{"runs alone", func(s *Status) { s.Steps = s.StepsTotal }, 2 * time.Second, true},
		{"all is done", func(s *Status) { s.Steps, s.Runs = s.StepsTotal, s.RunsTotal }, 0, false},
		{"no end in sight", func(s *Status) { s.StepSeconds = 1e300 }, 0, false},
	} {
		at := s
		c.do(&at)
		if got, ok := at.ETA(noon); got != c.want || ok != c.ok {
			t.Errorf("%s: %v, %v, want %v, %v", c.name, got, ok, c.want, c.ok)
		}
	}
	f := Fit{Step: 1000, Steps: 6000, Rate: 500}
	if got, ok := f.ETA(); got != 10*time.Second || !ok {
		t.Errorf("a fit: %v, %v, want 10 s", got, ok)
	}
	for _, f := range []Fit{{Steps: 9}, {Step: 9, Steps: 9, Rate: 1}, {Steps: 9, Rate: 1e-300}} {
		if got, ok := f.ETA(); ok {
			t.Errorf("%+v: %v", f, got)
		}
	}
}
