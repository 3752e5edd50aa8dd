package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCommandsStop checks that commands which take long stop where their terminal closes or somebody interrupts them, with the codes
// that are promised and without a part of a file.
func TestCommandsStop(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("each command works for a second before it is stopped")
	}
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("SIGHUP is ignored, as under nohup, which the program obeys")
	}
	dir := t.TempDir()
	spec := strings.Replace(hangupSpec, "2000000", "20", 1)
	if err := os.WriteFile(filepath.Join(dir, "hangup.yaml"), []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := startedIn(dir, "sweep", "hangup.yaml").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	before := entries(t, dir)
	for name, line := range map[string][]string{
		"query":  {"query", "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"},
		"sample": {"sample", "--exact", "--target", "checkerboard", "--solver", "rk4", "--steps", "100", "--count", "2000000", "--out", "samples.npy"},
		"bench":  {"bench", "store", "--time", "30s"},
	} {
		for how, want := range map[string]int{"closed": 129, "interrupted": 130} {
			t.Run(name+" "+how, func(t *testing.T) {
				cmd := startedIn(dir, line...)
				user := onTerminal(t, cmd)
				said := make(chan string, 1)
				go func() {
					text, _ := io.ReadAll(user) // ends with an error when the program closes its end
					said <- string(text)
				}()
				time.Sleep(time.Second)
				if how == "closed" {
					_ = cmd.Process.Signal(syscall.SIGHUP) // as the kernel does when the user's end is gone
				} else if err := cmd.Process.Signal(os.Interrupt); err != nil {
					t.Fatal(err)
				}
				late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
				defer late.Stop()
				var exit *exec.ExitError
				if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != want {
					t.Errorf("%v, want exit code %d", err, want)
				}
				if text := <-said; strings.Contains(text, "goroutine ") || !strings.Contains(text, "nothing is kept") {
					t.Errorf("it says %q", text)
				}
				if after := entries(t, dir); !slices.Equal(after, before) {
					t.Errorf("the folder holds %q, want %q", after, before)
				}
			})
		}
	}
}

// startedIn returns a command of the program that runs in a folder.
func startedIn(dir string, line ...string) *exec.Cmd {
	cmd := exec.Command("flowsweep", line...)
	cmd.Dir = dir
	return cmd
}

// entries returns the names of what is in a folder.
func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}
