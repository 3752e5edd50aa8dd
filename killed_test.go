package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestKilledWriters kills every command that writes files at random moments, and then lets it finish. It must leave the same
// files with the same content as if it had never been killed: no partial ones, and none but its own removed.
func TestKilledWriters(t *testing.T) {
	t.Parallel()
	kills := 6
	if testing.Short() {
		kills = 1
	}
	if n, err := strconv.Atoi(os.Getenv(soakVariable)); err == nil {
		kills = n
	}
	old, migrated := t.TempDir(), t.TempDir()
	made, err := zip.OpenReader(filepath.Join("testdata", "before-0.1.0", "made.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer made.Close()
	store, err := fs.ReadFile(made, "runs.db")
	if err == nil {
		err = errors.Join(os.WriteFile(filepath.Join(old, "runs.db"), store, 0o644), os.CopyFS(migrated, os.DirFS(old)))
	}
	if err != nil {
		t.Fatal(err)
	}
	var runs []struct{ Run string }
	if err := json.Unmarshal(flowsweep(t, migrated, "runs", "--sweep", "moons", "--json"), &runs); err != nil || len(runs) == 0 {
		t.Fatal(err, runs)
	}
	key := runs[0].Run
	for _, c := range []struct {
		name, from string
		args       []string
	}{
		{"a migration", old, []string{"runs"}},
		{"report", migrated, []string{"report", "--sweep", "moons", "--out", "out"}},
		{"export", migrated, []string{"export", "--run", key, "--out", "out"}},
		{"show --points", migrated, []string{"show", key, "--points", "out"}},
		{"sample", migrated, []string{"sample", "--run", key, "--count", "200000", "--out", "x.csv"}},
		{"target", migrated, []string{"target", "moons", "--count", "200000", "--out", "x.npy"}},
		{"db backup", migrated, []string{"db", "backup", "copy.db"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			whole, killed := t.TempDir(), t.TempDir()
			for _, dir := range []string{whole, killed} {
				if err := errors.Join(os.CopyFS(dir, os.DirFS(c.from)), os.WriteFile(filepath.Join(dir, ".partial-mine"), nil, 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			start := time.Now()
			flowsweep(t, whole, c.args...)
			took := time.Since(start)
			random, cut := rand.New(rand.NewPCG(3, 4)), 0
			for range kills {
				cmd := exec.Command("flowsweep", c.args...)
				cmd.Dir = killed
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				timer := time.AfterFunc(time.Duration(random.Float64()*float64(took)), func() { _ = cmd.Process.Kill() })
				if cmd.Wait() != nil {
					cut++
				}
				timer.Stop()
			}
			if _, err := os.Stat(filepath.Join(killed, "copy.db")); err == nil {
				flowsweep(t, killed, "db", "check", "--db", "copy.db") // it is there, so it is whole, and not written again
				flowsweep(t, killed, "runs")                           // whoever opens the store next clears its log away
			} else {
				flowsweep(t, killed, c.args...)
			}
			got, want := contentsOf(t, killed), contentsOf(t, whole)
			if !maps.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("after %d kills there are %q, want %q, with the same content", cut, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
		})
	}
}

// flowsweep runs the program in a folder and returns its output.
func flowsweep(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("flowsweep", args...)
	cmd.Dir, cmd.Stderr = dir, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v: %s", args, err, stderr.String())
	}
	return out
}

// contentsOf returns the content of each file in a folder by its path, without that of stores, which have dates.
func contentsOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	if err := fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && !strings.HasPrefix(d.Name(), ".flowsweep") {
			return err
		}
		if !strings.Contains(path, ".db") && !d.IsDir() {
			files[path], err = os.ReadFile(filepath.Join(dir, path))
			return err
		}
		files[path] = nil
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return files
}
