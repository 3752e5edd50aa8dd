package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// phase is a command that is killed while it writes files, once all training is done.
type phase struct {
	name string
	args []string
	// undo takes back what the command has done, so that there is something to kill again, and leaves what it should have
	// removed.
	undo func(s *soak) error
}

// output undoes a command by removing these files of the folder.
func output(folder string) func(s *soak) error {
	return func(s *soak) (err error) {
		for _, name := range []string{
			"velocity.onnx", "sampler.onnx", "logp.onnx", "vectors.json", "model-card.md", "choice.json", "flow.json", "runs.csv", "report.html", "SHA256SUMS",
		} {
			if gone := os.Remove(filepath.Join(s.dir, folder, name)); !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
		return err
	}
}

// TestSoakOutput kills commands at random moments while they write: the output of a sweep whose results are all stored, a
// page, an export, a backup, and the upgrade of a store of an earlier version. After each kill every file is whole or is not
// there, and the store is undamaged. At the end all is what an uninterrupted command makes, and nothing else is left.
func TestSoakOutput(t *testing.T) {
	t.Parallel()
	kills := 2
	if testing.Short() {
		kills = 1
	}
	if n, err := strconv.Atoi(os.Getenv(soakVariable)); err == nil {
		kills = n / 5
	}
	s := &soak{T: t, dir: t.TempDir(), finished: map[string]string{}}
	s.spec(2)
	s.finish("runs.db")
	run := s.contents("runs.db")
	key := regexp.MustCompile(`"run":"([0-9a-f]{16})"`).FindStringSubmatch(run[0])[1]
	phases := []phase{
		{"output", []string{"sweep", "soak.yaml", "--out", "OUT"}, output("output")},
		{"page", []string{"report", "--out", "OUT"}, output("page")},
		{"export", []string{"export", "--run", key, "--log-prob", "--out", "OUT"}, output("export")},
		{"backup", []string{"db", "backup", "OUT/copy.db"}, (*soak).makeRoom},
		{"upgrade", []string{"runs", "--sweep", "moons", "--json", "--db", "OUT/runs.db"}, (*soak).makeOld},
	}
	random := rand.New(rand.NewPCG(3, 4))
	killed := map[string]int{}
	for _, p := range phases {
		killed[p.name] = s.soak(p, random, kills)
	}
	s.check("runs.db")
	if got := s.contents("runs.db"); !reflect.DeepEqual(got, run) {
		t.Errorf("the store held\n%v\nand now holds\n%v", run, got)
	}
	t.Logf("killed before its end: %v of %d each", killed, kills)
}

// soak kills a phase, and then lets it finish. It returns how often it had not ended by itself.
func (s *soak) soak(p phase, random *rand.Rand, kills int) (killed int) {
	s.Helper()
	s.undo(p)
	whole, took := s.uninterrupted(p)
	for range kills {
		s.undo(p)
		if s.killWriting(p, random, took) {
			killed++
		}
		s.wholeOrNone(p, whole)
	}
	s.undo(p)
	s.must(p)
	s.wholeOrNone(p, whole)
	s.nothingElse(p, whole)
	return killed
}

func (s *soak) undo(p phase) {
	s.Helper()
	if err := p.undo(s); err != nil {
		s.Fatal(err)
	}
}

// makeRoom removes the backup, and makes the folder for it.
func (s *soak) makeRoom() error {
	err := os.Remove(filepath.Join(s.dir, "backup", "copy.db"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, os.MkdirAll(filepath.Join(s.dir, "backup"), 0o755))
}

// makeOld puts a store of an earlier version into the folder of the upgrade.
func (s *soak) makeOld() (err error) {
	made, err := zip.OpenReader(filepath.Join("testdata", "before-0.1.0", "made.zip"))
	if err != nil {
		return err
	}
	defer made.Close()
	content, err := fs.ReadFile(made, "runs.db")
	if err != nil {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		if gone := os.Remove(filepath.Join(s.dir, "upgrade", "runs.db"+suffix)); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return errors.Join(err, os.MkdirAll(filepath.Join(s.dir, "upgrade"), 0o755), os.WriteFile(filepath.Join(s.dir, "upgrade", "runs.db"), content, 0o644))
}

// command returns the command of a phase. OUT is a file or folder of its name.
func (s *soak) command(p phase) (cmd *exec.Cmd, said *bytes.Buffer) {
	args := make([]string, len(p.args))
	for i, a := range p.args {
		args[i] = strings.Replace(a, "OUT", p.name, 1)
	}
	cmd, said = exec.Command("flowsweep", args...), &bytes.Buffer{}
	cmd.Dir, cmd.Stderr = s.dir, said
	return cmd, said
}

// must runs a phase to its end.
func (s *soak) must(p phase) {
	s.Helper()
	cmd, said := s.command(p)
	if err := cmd.Run(); err != nil {
		s.Fatalf("%s: %v: %s", p.name, err, said)
	}
}

// uninterrupted returns the files that a phase makes, and how long it takes.
func (s *soak) uninterrupted(p phase) (whole map[string]string, took time.Duration) {
	s.Helper()
	start := time.Now()
	s.must(p)
	return s.made(p), time.Since(start)
}

// made returns what a phase has made, by path: files by their content and stores by their rows.
func (s *soak) made(p phase) map[string]string {
	s.Helper()
	files := map[string]string{}
	root := filepath.Join(s.dir, p.name)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		name, relErr := filepath.Rel(s.dir, path)
		files[name] = string(content)
		return errors.Join(err, relErr)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.Fatal(err)
	}
	for name, content := range files {
		if strings.HasPrefix(content, "SQLite format 3\x00") && !strings.HasPrefix(filepath.Base(name), ".") {
			files[name] = s.rows(name)
		}
	}
	return files
}

// rows returns what a store holds, after checking it. It opens a copy, since an earlier version would be upgraded.
func (s *soak) rows(name string) string {
	s.Helper()
	dir := s.TempDir()
	copied := filepath.Join(dir, "runs.db")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(filepath.Join(s.dir, name+suffix))
		if err == nil {
			err = os.WriteFile(copied+suffix, content, 0o644)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.Fatal(err)
		}
	}
	db := (&soak{T: s.T, dir: dir}).open("runs.db")
	defer db.Close()
	s.undamaged(db)
	names, err := db.SweepNames(s.Context())
	var text strings.Builder
	for _, sweep := range names {
		held, readErr := db.Sweep(s.Context(), sweep)
		err = errors.Join(err, readErr)
		fmt.Fprintf(&text, "%+v\n", held.Results)
	}
	if err != nil {
		s.Fatal(err)
	}
	return text.String()
}

// killWriting starts a phase and kills it: half of the time at any moment, and half of it soon after a file has appeared. It
// reports whether the phase had not ended by itself.
func (s *soak) killWriting(p phase, random *rand.Rand, took time.Duration) bool {
	s.Helper()
	before := s.names()
	after := time.Duration(random.Float64() * float64(took))
	writing := random.IntN(2) == 0
	soon := time.Duration(random.Float64() * float64(10*time.Millisecond))
	cmd, said := s.command(p)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	exit := make(chan error, 1)
	go func() { exit <- cmd.Wait() }()
	for {
		switch {
		case writing && s.names() != before:
			writing, after = false, time.Since(start)+soon
		case !writing && time.Since(start) >= after:
			_ = cmd.Process.Kill() // it may have ended
			return (<-exit) != nil
		}
		select {
		case err := <-exit:
			if err != nil {
				s.Fatalf("%s: %v: %s", p.name, err, said)
			}
			return false
		case <-time.After(100 * time.Microsecond):
		}
	}
}

// names returns the names of all files.
func (s *soak) names() string {
	var names strings.Builder
	_ = filepath.WalkDir(s.dir, func(path string, _ fs.DirEntry, _ error) error { // files come and go meanwhile
		names.WriteString(path + "\n")
		return nil
	})
	return names.String()
}

// wholeOrNone checks that each file of a phase is as an uninterrupted one makes it, unless it is not there.
func (s *soak) wholeOrNone(p phase, whole map[string]string) {
	s.Helper()
	for name, got := range s.made(p) {
		if want, known := whole[name]; known && got != want {
			s.Errorf("%s: %s is not what an uninterrupted command writes: %d bytes and %d", p.name, name, len(got), len(want))
		}
	}
}

// copies matches the copies of a store before its upgrade, of which an upgrade that was killed leaves more than one.
var copies = regexp.MustCompile(`\.before-v\d+(-\d+)?$`)

// nothingElse checks that a phase that has ended left all its files, and no other.
func (s *soak) nothingElse(p phase, whole map[string]string) {
	s.Helper()
	made := s.made(p)
	for name := range whole {
		if _, ok := made[name]; !ok {
			s.Errorf("%s: %s is missing", p.name, name)
		}
	}
	for name, content := range made {
		if _, own := whole[name]; own || copies.MatchString(name) {
			continue
		}
		s.Errorf("%s: it leaves %s, %d bytes", p.name, name, len(content))
	}
}
