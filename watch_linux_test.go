package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// watchSpec is a sweep of two fits, which takes a few seconds.
const watchSpec = `name: watched
target: {name: gaussian, dim: 2, std: 0.5}
net: {width: 8, depth: 1, activation: tanh}
train: {steps: 40000, batch: 32, rate: 1e-2}
seeds: 2
sample: {solver: euler, steps: 4, count: 64}
reference: {count: 64}
metrics: mmd
`

// seen collects what a program shows.
type seen struct {
	mu   sync.Mutex
	text bytes.Buffer
	over chan struct{} // closed when the program writes no more
}

// watching collects what comes from a terminal or a pipe.
func watching(from io.Reader) *seen {
	s := &seen{over: make(chan struct{})}
	go func() {
		defer close(s.over)
		for b := make([]byte, 1<<16); ; {
			n, err := from.Read(b)
			s.mu.Lock()
			s.text.Write(b[:n])
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return s
}

func (s *seen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// wait waits until what was shown, apart from escapes, matches all of some expressions.
func (s *seen) wait(t *testing.T, expressions ...string) {
	t.Helper()
	escape := regexp.MustCompile(`\x1b\[[0-9;?$<=>]*[a-zA-Z~]`)
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		text, missing := escape.ReplaceAllString(s.String(), ""), ""
		for _, e := range expressions {
			if !regexp.MustCompile(e).MatchString(text) {
				missing = e
			}
		}
		if missing == "" {
			return
		}
		if time.Since(start) > time.Minute {
			t.Fatalf("after a minute, no %q in %q", missing, text[max(0, len(text)-4000):])
		}
	}
}

// sweeping starts a sweep in a new folder, and returns it once it trains.
func sweeping(t *testing.T, steps string) (dir string, sweep *exec.Cmd) {
	t.Helper()
	dir = t.TempDir()
	spec := strings.Replace(watchSpec, "40000", steps, 1)
	if err := os.WriteFile(filepath.Join(dir, "watched.yaml"), []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	sweep = exec.Command("flowsweep", "sweep", "watched.yaml")
	sweep.Dir = dir
	said, err := sweep.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sweep.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sweep.Process.Kill() })
	watching(said).wait(t, `to train\)`)
	return dir, sweep
}

// TestWatch: from another terminal, a sweep is seen at work and then at its end, until q is typed.
func TestWatch(t *testing.T) {
	t.Parallel()
	dir, sweep := sweeping(t, "150000")
	watch := exec.Command("flowsweep", "watch")
	watch.Dir, watch.Env = dir, append(withoutTerminal(os.Environ()), "TERM=xterm-256color")
	user := onTerminal(t, watch)
	screen := watching(user)
	screen.wait(t, `watched · running`, `training 2 nets`, `Fits \(2\), by state`, `width 8`, `steps/s`, `[▁▂▃▄▅▆▇█]{2}`, `q quit`)
	if err := sweep.Wait(); err != nil {
		t.Fatal(err)
	}
	screen.wait(t, `finished · after`, `chosen: euler`)
	size := unix.Winsize{Row: 20, Col: 40}
	connection, err := user.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.Control(func(fd uintptr) { err = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &size) }); err != nil {
		t.Fatal(err)
	}
	if _, err := user.WriteString("?"); err != nil {
		t.Fatal(err)
	}
	screen.wait(t, `scroll`)
	if _, err := user.WriteString("q"); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(20*time.Second, func() { _ = watch.Process.Kill() })
	defer late.Stop()
	if err := watch.Wait(); err != nil {
		t.Errorf("after q: %v", err)
	}
}

// TestWatchKilled: of a sweep that was killed, watch says that its process died, on a terminal and off it.
func TestWatchKilled(t *testing.T) {
	t.Parallel()
	dir, sweep := sweeping(t, "4000000")
	watch := exec.Command("flowsweep", "watch")
	watch.Dir, watch.Env = dir, append(withoutTerminal(os.Environ()), "TERM=xterm", "NO_COLOR=1")
	user := onTerminal(t, watch)
	screen := watching(user)
	lines := exec.Command("flowsweep", "watch")
	lines.Dir = dir
	out, err := lines.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := lines.Start(); err != nil {
		t.Fatal(err)
	}
	said := watching(out)
	screen.wait(t, `watched · running`)
	said.wait(t, `watched: training 2 nets: [0-9,]+ of 8,000,000 steps, `)
	if err := sweep.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = sweep.Wait() // its error is that of being killed
	screen.wait(t, `lost`, `Its process died`)
	<-said.over
	if err := lines.Wait(); err != nil {
		t.Errorf("off a terminal: %v", err)
	}
	if text := said.String(); !strings.Contains(text, "watched: lost") || strings.Contains(text, "\x1b") {
		t.Errorf("off a terminal it said %q", text)
	}
	if colour := regexp.MustCompile(`\x1b\[[0-9;]*[34][0-9]m`).FindString(screen.String()); colour != "" {
		t.Errorf("with NO_COLOR it shows %q", colour)
	}
	if _, err := user.Write([]byte{3}); err != nil { // Ctrl-C
		t.Fatal(err)
	}
	late := time.AfterFunc(20*time.Second, func() { _ = watch.Process.Kill() })
	defer late.Stop()
	if err := watch.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
}

// TestQuietSweep: off a terminal a sweep that trains for long says how far it is, at least every 10 s.
func TestQuietSweep(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it waits for 10 s")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "watched.yaml"), []byte(strings.Replace(watchSpec, "40000", "4000000", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	sweep := exec.Command("flowsweep", "sweep", "watched.yaml")
	sweep.Dir = dir
	out, err := sweep.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sweep.Start(); err != nil {
		t.Fatal(err)
	}
	said := watching(out)
	said.wait(t, `to train\)`)
	start := time.Now()
	said.wait(t, `training 2 nets: [0-9,]+ of 8,000,000 steps, [0-9,]+ steps/s, about [0-9hmin ]+ s left`)
	if took := time.Since(start); took > 13*time.Second { // 10, and 3 for a machine with much else to do
		t.Errorf("it said nothing for %v", took)
	}
	if err := sweep.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = sweep.Wait() // its error is that of being killed
}
