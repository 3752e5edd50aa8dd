package pipeline

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// roughProcess runs a row in a process of its own, which prepare changes.
func roughProcess(t *testing.T, r roughRow, prepare func(t *testing.T, dir string, cmd *exec.Cmd)) (cmd *exec.Cmd, stderr string) {
	t.Helper()
	f, err := roughStore()
	must(t, err)
	dir := t.TempDir()
	must(t, errors.Join(f.write(dir), os.Mkdir(filepath.Join(dir, "out"), 0o755)))
	cmd = program(dir, r.args(f, dir)...)
	var printed, said bytes.Buffer
	cmd.Stderr = &said
	prepare(t, dir, cmd)
	if cmd.Stdout == nil {
		cmd.Stdout = &printed
	}
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	a := answer{code: cmd.ProcessState.ExitCode(), stdout: printed.String(), stderr: said.String()}
	if a.code == exitOK && cmd.Stdout != &printed {
		a.code, a.stdout = -1, "" // it went elsewhere
	}
	r.wantReadable(t, a)
	return cmd, said.String()
}

// roughPrinters returns a row of each command that prints something: the first, and the first with --json. Under -short those that write files, which take
// longest, are left out.
func roughPrinters() (rows []roughRow) {
	for _, r := range roughRows {
		asJSON := func(o roughRow) bool { return strings.HasSuffix(o.line, "--json") }
		same := func(o roughRow) bool { return o.command() == r.command() && asJSON(o) == asJSON(r) }
		if testing.Short() && strings.Contains(r.line, "$OUT") {
			continue
		}
		if !r.silent && !slices.ContainsFunc(rows, same) {
			rows = append(rows, r)
		}
	}
	return rows
}

// wantFullDisk checks that stderr ends with one error, which names a full disk.
func wantFullDisk(t *testing.T, stderr string) {
	t.Helper()
	if !regexp.MustCompile(`(?m)^flowsweep: .*(no space left on device|disk is full)\n\z`).MatchString(stderr) || strings.Count(stderr, "flowsweep: ") != 1 {
		t.Errorf("stderr does not end with one error that names a full disk: %q", stderr)
	}
}

// TestRoughClosedStdout runs every command with a stdout that nobody reads, as `flowsweep runs | head -1` does to a long
// table. One that prints ends without a word, by the signal that ends any program there: a shell says 141.
func TestRoughClosedStdout(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no SIGPIPE")
	}
	for _, r := range roughPrinters() {
		t.Run(r.name(), func(t *testing.T) {
			t.Parallel()
			cmd, stderr := roughProcess(t, r, func(t *testing.T, _ string, cmd *exec.Cmd) {
				read, write, err := os.Pipe()
				must(t, err)
				must(t, read.Close())
				t.Cleanup(func() { write.Close() })
				cmd.Stdout = write
			})
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if !status.Signaled() || status.Signal() != syscall.SIGPIPE {
				t.Errorf("it ends with %v, not by SIGPIPE: %s", cmd.ProcessState, stderr)
			}
		})
	}
}

// TestRoughFullStdout runs every command with a stdout on a full disk. One that prints says so, and exits with 1.
func TestRoughFullStdout(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { full.Close() })
	for _, r := range roughPrinters() {
		t.Run(r.name(), func(t *testing.T) {
			t.Parallel()
			cmd, stderr := roughProcess(t, r, func(_ *testing.T, _ string, cmd *exec.Cmd) { cmd.Stdout = full })
			if code := cmd.ProcessState.ExitCode(); code != exitFailedRuns {
				t.Errorf("it exits with %d", code)
			}
			wantFullDisk(t, stderr)
		})
	}
}

// mounter returns a function that makes a command run after mounts by a script, whose first argument is the folder and the
// others are the command. The mounts are those of a process of its own, and end with it. The test is skipped where a user may
// not mount.
func mounter(t *testing.T, script string) func(cmd *exec.Cmd, folder string) {
	t.Helper()
	wrap := func(cmd *exec.Cmd, folder string) {
		args := append([]string{"--user", "--map-root-user", "--mount", "sh", "-c", script, folder, cmd.Path}, cmd.Args[1:]...)
		outer := exec.Command("unshare", args...)
		cmd.Path, cmd.Args, cmd.Err = outer.Path, outer.Args, outer.Err
	}
	probe, dir := exec.Command("true"), t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, "out"), 0o755))
	wrap(probe, dir)
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("nothing can be mounted here: %v: %s", err, out)
	}
	return wrap
}

// onFullDisk is a script that mounts a full disk at its first argument, runs the command after it, and prints what it left.
const onFullDisk = `mount -t tmpfs -o size=64k tmpfs "$0" || exit 77
cat /dev/zero >"$0/full" 2>/dev/null
"$@"
code=$?
cd "$0" && find . -type f ! -name full
exit $code`

// TestRoughFullDisk runs every command that writes files where the disk is full. It says so, exits with 1 and leaves none.
func TestRoughFullDisk(t *testing.T) {
	t.Parallel()
	mount := mounter(t, onFullDisk)
	for _, r := range roughRows {
		if !strings.Contains(r.line, "$OUT") || testing.Short() && r.store == writes {
			continue
		}
		t.Run(r.name(), func(t *testing.T) {
			t.Parallel()
			var left bytes.Buffer
			cmd, stderr := roughProcess(t, r, func(t *testing.T, dir string, cmd *exec.Cmd) {
				mount(cmd, filepath.Join(dir, "out"))
				cmd.Stdout = &left
			})
			if code := cmd.ProcessState.ExitCode(); code != exitFailedRuns {
				t.Errorf("it exits with %d", code)
			}
			wantFullDisk(t, stderr)
			if strings.Contains(left.String(), "./") {
				t.Errorf("it leaves %s", &left)
			}
		})
	}
}
