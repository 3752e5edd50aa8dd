//go:build unix

package store_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"flowsweep/store"
)

// seen is what a process saw of a store that it may only read.
type seen struct {
	Sweeps    []string
	States    [3]string // of the first fit, of the first run and of the last one
	Why       string    // it can only be read
	Works     bool      // another process
	Lock, Tag string    // errors
	Backup    []string  // the sweeps in a backup
	Scratch   []string  // the tags in a copy that was tagged
	Close     string    // its error
}

func init() { roles["read"] = roleRead } // only on systems with such permissions

// roleRead reads all that can be read, and prints it once stdin ends.
func roleRead(ctx context.Context, path string) error {
	db, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	s := seen{Why: fmt.Sprint(db.ReadOnly())}
	if s.Sweeps, err = db.SweepNames(ctx); err != nil {
		return err
	}
	owner := store.Owner{Kind: "sweep", Key: s.Sweeps[0]}
	if owner.Key == "tiny" {
		sweep, err := db.Sweep(ctx, "tiny")
		if err != nil {
			return err
		}
		fit, err := db.Fit(ctx, sweep.Results[0].Fit)
		if err != nil {
			return err
		}
		s.States = [3]string{string(fit.State), string(sweep.Results[0].State), string(sweep.Results[len(sweep.Results)-1].State)}
	}
	if _, s.Works, err = db.Worker(); err != nil {
		return err
	}
	s.Lock = fmt.Sprint(db.Lock(ctx, "test", time.Now, nil))
	s.Tag = fmt.Sprint(db.Tag(ctx, owner, []string{"x"}, nil))
	if err := s.copies(ctx, db, owner); err != nil {
		return err
	}
	fmt.Println("read")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	s.Close = fmt.Sprint(db.Close())
	return json.NewEncoder(os.Stdout).Encode(s)
}

// copies fills in what is seen of a backup and of a copy that is tagged.
func (s *seen) copies(ctx context.Context, db *store.DB, owner store.Owner) error {
	path := filepath.Join(os.TempDir(), "backup.db")
	if _, err := db.Backup(ctx, path); err != nil {
		return err
	}
	backup, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	s.Backup, err = backup.SweepNames(ctx)
	if err := errors.Join(err, backup.Close(), os.Remove(path)); err != nil {
		return err
	}
	scratch, err := db.Scratch(ctx)
	if err != nil {
		return err
	}
	err = scratch.Tag(ctx, owner, []string{"x"}, nil)
	var tagsErr error
	s.Scratch, tagsErr = scratch.Tags(ctx, owner)
	return errors.Join(err, tagsErr, scratch.Close())
}

// stranger is a user who may read a folder and not write to it.
type stranger struct {
	*testing.T
	program, temporary string
	id                 *syscall.Credential // nil for this user, without permission
}

// newStranger returns a folder and somebody who may only read it.
func newStranger(t *testing.T) (folder string, s stranger) {
	t.Helper()
	base := try(os.MkdirTemp("", "flowsweep-readonly-"))(t)
	t.Cleanup(func() {
		_ = os.Chmod(filepath.Join(base, "store"), 0o755)
		must(t, os.RemoveAll(base))
	})
	s = stranger{T: t, program: filepath.Join(base, "program"), temporary: filepath.Join(base, "tmp")}
	must(t, os.Chmod(base, 0o755))
	must(t, os.Mkdir(s.temporary, 0o777))
	must(t, os.Chmod(s.temporary, 0o777))
	must(t, os.WriteFile(s.program, try(os.ReadFile(os.Args[0]))(t), 0o755))
	must(t, os.Chmod(s.program, 0o755))
	if os.Getuid() == 0 { // whom no permission binds
		s.id = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	folder = filepath.Join(base, "store")
	must(t, os.Mkdir(folder, 0o755))
	return folder, s
}

// read starts to read the store. The result ends that, and returns what was seen.
func (s stranger) read(path string) func() seen {
	s.Helper()
	if s.id == nil {
		must(s.T, os.Chmod(filepath.Dir(path), 0o555))
	}
	cmd := exec.Command(s.program, path)
	cmd.Env = append(os.Environ(), roleVariable+"=read", "TMPDIR="+s.temporary)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.id}
	p := beginAs(s.T, cmd)
	p.wantLine(s.T, "read")
	return func() (got seen) {
		s.Helper()
		must(s.T, p.stdin.Close())
		if !p.stdout.Scan() {
			s.Fatal("nothing was seen")
		}
		must(s.T, json.Unmarshal(p.stdout.Bytes(), &got))
		must(s.T, p.cmd.Wait())
		if s.id == nil {
			must(s.T, os.Chmod(filepath.Dir(path), 0o755))
		}
		if left := names(s.T, s.temporary); len(left) != 0 {
			s.Errorf("temporary files: %q", left)
		}
		return got
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	const why = "it is not writable (permission denied)"
	for _, c := range []struct {
		name   string
		make   func(t *testing.T, path string)
		sweeps []string
		states [3]string
		works  bool
	}{
		{"at rest", func(t *testing.T, path string) {
			db := open(t, path)
			start(t, db, tiny)
			must(t, db.Close())
		}, []string{"tiny"}, [3]string{"queued", "queued", "queued"}, false},
		{
			"while a process works on it", func(t *testing.T, path string) { begin(t, "hold", path).wantLine(t, "working") },
			[]string{"tiny"},
			[3]string{"running", "running", "queued"},
			true,
		},
		{
			"after its process was killed", func(t *testing.T, path string) { killed(t, path) },
			[]string{"tiny"},
			[3]string{"lost", "lost", "queued"},
			false,
		},
		{"after that, without the index of its log", func(t *testing.T, path string) {
			killed(t, path)
			must(t, os.Remove(path+"-shm"))
		}, []string{"tiny"}, [3]string{"lost", "lost", "queued"}, false},
		{"an earlier version", func(t *testing.T, path string) { version1(t, path, "b", "a") }, []string{"a", "b"}, [3]string{}, false},
		{"through a symbolic link", func(t *testing.T, path string) {
			killed(t, path+"-real")
			must(t, os.Remove(path+"-real-shm"))
			must(t, os.Symlink(path+"-real", path))
		}, []string{"tiny"}, [3]string{"lost", "lost", "queued"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder, s := newStranger(t)
			path := filepath.Join(folder, "runs.db")
			c.make(t, path)
			before := snapshot(t, folder)
			got := s.read(path)()
			if after := snapshot(t, folder); !sameFiles(before, after) {
				t.Errorf("the folder has changed")
			}
			if !reflect.DeepEqual(got.Sweeps, c.sweeps) || got.States != c.states || got.Works != c.works {
				t.Errorf("saw %+v, want %v, %v, %v", got, c.sweeps, c.states, c.works)
			}
			for _, err := range []string{got.Why, got.Lock, got.Tag} {
				if !strings.Contains(err, path+" can only be read: "+why) {
					t.Errorf("error %q lacks the reason", err)
				}
			}
			if got.Close != "<nil>" || !slices.Equal(got.Backup, c.sweeps) || !slices.Equal(got.Scratch, []string{"x"}) {
				t.Errorf("close: %s; a backup holds %q, a copy has the tags %q", got.Close, got.Backup, got.Scratch)
			}
		})
	}
}

// killed leaves a store as a process leaves it that is killed while it works: what it stored is in the log beside.
func killed(t *testing.T, path string) {
	t.Helper()
	p := begin(t, "hold", path)
	p.wantLine(t, "working")
	p.kill(t)
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
		t.Fatal("there is no log: ", err)
	}
}

// sameFiles compares all files but the index of the log, in which readers note what they read.
func sameFiles(a, b map[string]string) bool {
	for _, files := range []map[string]string{a, b} {
		for name := range files {
			if strings.HasSuffix(name, "-shm") {
				delete(files, name)
			}
		}
	}
	return reflect.DeepEqual(a, b)
}

// TestReadOnlyChanges checks that a reader without locks does not miss that another process wrote meanwhile.
func TestReadOnlyChanges(t *testing.T) {
	t.Parallel()
	folder, s := newStranger(t)
	path := filepath.Join(folder, "runs.db")
	db := open(t, path)
	start(t, db, tiny)
	must(t, db.Close())
	done := s.read(path)
	if s.id == nil {
		must(t, os.Chmod(folder, 0o755))
	}
	db = open(t, path)
	must(t, db.Tag(t.Context(), store.Owner{Kind: "sweep", Key: "tiny"}, []string{"new"}, nil))
	must(t, db.Close())
	if got := done(); !strings.Contains(got.Close, "another process wrote to it meanwhile") {
		t.Errorf("Close: %s", got.Close)
	}
}
