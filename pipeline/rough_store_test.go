package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flowsweep/pipeline/table"
)

// damages are stores that are damaged beyond what a row's own checks find. None of them reads as whole.
var damages = []struct {
	name   string
	damage func(store []byte) []byte
	codes  []int // that a command which uses the store may exit with
}{
	{"another file", func(store []byte) []byte { return bytes.Repeat([]byte("hello, world\n"), 1000) }, []int{1, 2}},
	{"truncated", func(store []byte) []byte { return store[:len(store)/2] }, []int{0, 1}},
	{"a page of garbage in the schema", func(store []byte) []byte { return garbage(store, 0) }, []int{1}},
	{"pages of garbage", func(store []byte) []byte {
		for page := 3; page < len(store)/pageSize; page += 4 {
			store = garbage(store, page)
		}
		return store
	}, []int{0, 1}},
}

// pageSize is that of SQLite by default.
const pageSize = 4096

// garbage overwrites a page of a store, except for the header of the file.
func garbage(store []byte, page int) []byte {
	random := rand.New(rand.NewPCG(uint64(page), 0))
	at := max(page*pageSize, 120)
	for i := at; i < (page+1)*pageSize; i++ {
		store[i] = byte(random.Uint32())
	}
	return store
}

// TestRoughDamagedStore runs every command that uses the store on damaged ones. What is damaged is an error and not a wrong
// command, and `db check` never says that the store is whole.
func TestRoughDamagedStore(t *testing.T) {
	t.Parallel()
	f, err := roughStore()
	must(t, err)
	for _, d := range damages {
		content := d.damage(bytes.Clone(f.files["runs.db"]))
		for _, r := range roughRows {
			if r.store == nothing || testing.Short() && strings.Contains(r.line, "$OUT") {
				continue
			}
			t.Run(d.name+"/"+r.name(), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				must(t, errors.Join(f.write(dir), os.Mkdir(filepath.Join(dir, "out"), 0o755), os.WriteFile(filepath.Join(dir, "runs.db"), content, 0o644)))
				a := runHere(dir, r.args(f, dir)...)
				r.wantReadable(t, a)
				if !slices.Contains(d.codes, a.code) {
					t.Errorf("it exits with %d, not one of %v: %s", a.code, d.codes, a.stderr)
				}
				if r.command() == "db check" && a.code != exitFailedRuns {
					t.Errorf("db check exits with %d: %s", a.code, a.stdout)
				}
			})
		}
	}
}

// onReadOnlyDisk is a script that makes the folder of its first argument read-only, but not the folder out in it, and runs the
// command after it.
const onReadOnlyDisk = `mount --bind "$0" "$0" && mount -t tmpfs tmpfs "$0/out" && mount -o remount,bind,ro "$0" || exit 77
"$@"`

// TestRoughReadOnlyStore runs every command that uses the store where it cannot be written. Those that read work.
func TestRoughReadOnlyStore(t *testing.T) {
	t.Parallel()
	mount := mounter(t, onReadOnlyDisk)
	for _, r := range roughRows {
		if r.store == nothing {
			continue
		}
		t.Run(r.name(), func(t *testing.T) {
			t.Parallel()
			cmd, stderr := roughProcess(t, r, func(_ *testing.T, dir string, cmd *exec.Cmd) { mount(cmd, dir) })
			switch code := cmd.ProcessState.ExitCode(); {
			case r.store == reads && code != exitOK:
				t.Errorf("it exits with %d: %s", code, stderr)
			case r.store == writes && (code != exitFailedRuns && code != exitUsage || !regexp.MustCompile("read-only|not writable").MatchString(stderr)):
				t.Errorf("it exits with %d, and does not say that the store cannot be written: %s", code, stderr)
			}
		})
	}
}

// TestRoughWidth runs the commands whose lines end at the width of the terminal on a narrow one. No line is wider.
func TestRoughWidth(t *testing.T) {
	t.Parallel()
	if err := exec.Command("script", "-qec", "true", "/dev/null").Run(); err != nil {
		t.Skipf("no terminal can be had here: script of util-linux: %v", err)
	}
	const columns = 60
	for _, r := range roughRows {
		if command := r.command(); command != "runs" && command != "plan" || strings.Contains(r.line, "--json") || strings.Contains(r.line, "--csv") {
			continue
		}
		t.Run(r.name(), func(t *testing.T) {
			t.Parallel()
			var screen bytes.Buffer
			roughProcess(t, r, func(_ *testing.T, _ string, cmd *exec.Cmd) {
				onTerminal := exec.Command("script", "-qec", "'"+strings.Join(cmd.Args, "' '")+"'", "/dev/null")
				cmd.Path, cmd.Args, cmd.Err = onTerminal.Path, onTerminal.Args, onTerminal.Err
				cmd.Stdout, cmd.Env = &screen, append(cmd.Env, fmt.Sprint("COLUMNS=", columns))
			})
			if screen.Len() == 0 {
				t.Error("it prints nothing")
			}
			for line := range strings.Lines(screen.String()) {
				line = strings.TrimRight(line, "\r\n")
				if n := table.Wide(line); n > columns || strings.Contains(line, "\x1b") {
					t.Errorf("a line of %d columns on a terminal of %d: %q", n, columns, line)
				}
			}
		})
	}
}
