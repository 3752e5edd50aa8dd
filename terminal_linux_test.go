package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"flowsweep/store"
)

// openTerminal returns the two ends of a pseudo-terminal: what a user sees and types, and what a program uses.
func openTerminal(t *testing.T) (user, program *os.File) {
	t.Helper()
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	t.Cleanup(func() { _ = user.Close() })
	var number int
	connection, err := user.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.Control(func(fd uintptr) {
		number, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		err = errors.Join(err, unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0),
			unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}))
	}); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	program, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	t.Cleanup(func() { _ = program.Close() })
	return user, program
}

// onTerminal makes a command the leader of a session on a pseudo-terminal, and returns the user's end of it.
func onTerminal(t *testing.T, cmd *exec.Cmd) (user *os.File) {
	t.Helper()
	user, program := openTerminal(t)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := program.Close(); err != nil {
		t.Fatal(err)
	}
	return user
}

// TestPlainTerminals checks that no escape reaches a terminal which does not understand them, or whose user wants none.
func TestPlainTerminals(t *testing.T) {
	t.Parallel()
	spec := []byte("name: plain\ntarget: {name: gaussian, dim: 2, std: 0.5}\nnet: {width: 4, depth: 1}\ntrain: {steps: 6000, batch: 16}\nseeds: 2\n" +
		"sample: {solver: [euler, heun], steps: [1, 2], count: 32}\nreference: {count: 32}\nmetrics: mmd\n")
	for _, c := range []struct {
		name  string
		env   []string
		plain bool
	}{
		{"xterm", []string{"TERM=xterm"}, false}, // shows that the others could fail
		{"dumb", []string{"TERM=dumb"}, true},
		{"no TERM", nil, true},
		{"NO_COLOR", []string{"TERM=xterm", "NO_COLOR=1"}, true},
		{"an empty NO_COLOR", []string{"TERM=xterm", "NO_COLOR="}, false}, // which no-color.org says counts as none
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "plain.yaml"), spec, 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("flowsweep", "sweep", "plain.yaml")
			cmd.Dir, cmd.Env = dir, append(withoutTerminal(os.Environ()), c.env...)
			user := onTerminal(t, cmd)
			shown, _ := io.ReadAll(user) // ends with an error when the program closes its end
			if err := cmd.Wait(); err != nil {
				t.Fatalf("%v: %s", err, shown)
			}
			if n := bytes.Count(shown, []byte("\x1b")); (n == 0) != c.plain {
				t.Errorf("%d escapes: %q", n, shown)
			}
			for _, want := range []string{"2 fits (2 to train)", "loss", "report    out/plain/report.html"} {
				if !bytes.Contains(shown, []byte(want)) {
					t.Errorf("no %q in %q", want, shown)
				}
			}
		})
	}
}

func withoutTerminal(env []string) (rest []string) {
	for _, e := range env {
		if !strings.HasPrefix(e, "TERM=") && !strings.HasPrefix(e, "NO_COLOR=") {
			rest = append(rest, e)
		}
	}
	return rest
}

// hangupSpec is a sweep of one fit, which takes minutes.
const hangupSpec = `name: hangup
target: {name: gaussian, dim: 2, std: 0.5}
net: {width: 8, depth: 1, activation: tanh}
train: {steps: 2000000, batch: 32, rate: 1e-2}
sample: {solver: euler, steps: 1, count: 64}
reference: {count: 64}
metrics: mmd
`

// TestHangup checks that a sweep whose terminal closes, or whose output nobody reads any more, saves a checkpoint and says how it
// ended in its exit code. Checkpoints are written at no other time here.
func TestHangup(t *testing.T) {
	t.Parallel()
	if signal.Ignored(syscall.SIGHUP) { // under nohup, which the program would obey
		heard := make(chan os.Signal, 1)
		signal.Notify(heard, syscall.SIGHUP)
		t.Cleanup(func() { signal.Ignore(syscall.SIGHUP) })
	}
	for _, c := range []struct {
		name string
		code int
		stop func(t *testing.T, cmd *exec.Cmd) // starts the sweep and stops it once it trains
	}{
		{"the terminal closes", 129, func(t *testing.T, cmd *exec.Cmd) {
			cmd.Env = append(os.Environ(), "TERM=xterm")
			user := onTerminal(t, cmd)
			waitTraining(t, cmd.Dir, user)
			if err := user.Close(); err != nil {
				t.Fatal(err)
			}
			for range 50 { // a shell sends one, too, at any time
				_ = cmd.Process.Signal(syscall.SIGHUP)
				time.Sleep(2 * time.Millisecond)
			}
		}},
		{"a signal, and nobody reads", 129, func(t *testing.T, cmd *exec.Cmd) { stopUnread(t, cmd, syscall.SIGHUP) }},
		{"Ctrl-C, and nobody reads", 130, func(t *testing.T, cmd *exec.Cmd) { stopUnread(t, cmd, syscall.SIGINT) }},
		{"the end of the machine", 130, func(t *testing.T, cmd *exec.Cmd) { stopUnread(t, cmd, syscall.SIGTERM) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "hangup.yaml"), []byte(hangupSpec), 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("flowsweep", "sweep", "hangup.yaml", "--checkpoint-every", "0")
			cmd.Dir = dir
			c.stop(t, cmd)
			late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
			defer late.Stop()
			_ = cmd.Wait() // the exit code is an error
			if got := cmd.ProcessState.ExitCode(); got != c.code {
				t.Errorf("exit code %d (%v), want %d", got, cmd.ProcessState, c.code)
			}
			db, err := store.Open(t.Context(), filepath.Join(dir, "runs.db"))
			if err != nil {
				t.Fatal(err)
			}
			sweep, err := db.Sweep(t.Context(), "hangup")
			if err != nil {
				t.Fatal(err)
			}
			fit, err := db.Fit(t.Context(), sweep.Results[0].Fit)
			if fit.State != "killed" || fit.Checkpoint == 0 {
				t.Errorf("the fit is %s with a checkpoint of step %d, want killed with one", fit.State, fit.Checkpoint)
			}
			if err := errors.Join(err, db.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestIgnoredHangup checks that a sweep under nohup survives a hangup.
func TestIgnoredHangup(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spec := strings.ReplaceAll(hangupSpec, "2000000", "20000")
	if err := os.WriteFile(filepath.Join(dir, "hangup.yaml"), []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "trap '' HUP; exec flowsweep sweep hangup.yaml")
	cmd.Dir = dir
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitTraining(t, cmd.Dir, said)
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(said)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, rest)
	}
}

// stopUnread starts a sweep, closes the pipe that it writes to once it trains, and sends a signal.
func stopUnread(t *testing.T, cmd *exec.Cmd, s os.Signal) {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = write, write
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitTraining(t, cmd.Dir, read)
	if err := errors.Join(write.Close(), read.Close(), cmd.Process.Signal(s)); err != nil {
		t.Fatal(err)
	}
}

// waitTraining reads until the sweep has said what it does, and waits until it has stored a loss.
func waitTraining(t *testing.T, dir string, from io.Reader) {
	t.Helper()
	var said []byte
	for b := make([]byte, 4096); !bytes.Contains(said, []byte("to train)")); {
		n, err := from.Read(b)
		said = append(said, b[:n]...)
		if err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	db, err := store.Open(t.Context(), filepath.Join(dir, "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sweep, err := db.Sweep(t.Context(), "hangup")
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		losses, err := db.Losses(t.Context(), sweep.Results[0].Fit)
		if err != nil {
			t.Fatal(err)
		}
		if len(losses) > 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("after 10 s of training no loss is stored")
}
