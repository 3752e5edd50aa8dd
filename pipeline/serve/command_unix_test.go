//go:build unix

package serve_test

import (
	"bufio"
	"bytes"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"flowsweep/pipeline/serve"
)

// server is a process that serves.
type server struct {
	cmd    *exec.Cmd
	url    string
	stderr *bytes.Buffer
}

// begin starts the program in a folder with a store, and returns once it says where it serves.
func begin(t *testing.T, dir string, args ...string) server {
	t.Helper()
	p := server{cmd: program(dir, append([]string{"serve"}, args...)...), stderr: &bytes.Buffer{}}
	p.cmd.Stderr = p.stderr
	stdout, err := p.cmd.StdoutPipe()
	must(t, err)
	must(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, p.stderr)
	}
	p.url = strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(line, "page ")), "/")
	return p
}

// interrupt ends the process as Ctrl-C does.
func (p server) interrupt(t *testing.T) {
	t.Helper()
	must(t, p.cmd.Process.Signal(syscall.SIGINT))
	begun := time.Now()
	if err := p.cmd.Wait(); err != nil || time.Since(begun) > 10*time.Second {
		t.Errorf("it ends after %v with %v: %s", time.Since(begun), err, p.stderr)
	}
}

// TestRestart checks that whoever watches goes on when the server is started again at the same port, and that Ctrl-C is how it is meant
// to end, also while somebody watches.
func TestRestart(t *testing.T) {
	t.Parallel()
	dir, _ := storeIn(t)
	p := begin(t, dir, "--listen", "127.0.0.1:0")
	address := strings.TrimPrefix(p.url, "http://")
	versions := make(chan string, 10)
	go func() { // as an open page does
		for t.Context().Err() == nil {
			_ = watching(t.Context(), p.url+"/sweep/small", func(e event) error {
				if e.name == "version" {
					versions <- hashOf(e)
				}
				return nil
			})
			time.Sleep(50 * time.Millisecond)
		}
	}()
	next := func() string {
		select {
		case v := <-versions:
			return v
		case <-time.After(time.Minute):
			t.Fatal("there is no version")
			return ""
		}
	}
	first := next()
	p.interrupt(t)
	again := begin(t, dir, "--listen", address)
	if second := next(); second != first || first == "" {
		t.Errorf("after a restart the version is %s, before it was %s", second, first)
	}
	again.interrupt(t)
}

// TestServeCommand checks what the command refuses, and that it says in a sentence what to do.
func TestServeCommand(t *testing.T) {
	t.Parallel()
	dir, _ := storeIn(t)
	taken, err := serve.Listen(t.Context(), "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	for line, want := range map[string]string{
		"--listen 0.0.0.0:7777":                  "for this machine alone: use 127.0.0.1:7777",
		"--listen " + taken.Addr().String():      "another program listens there",
		"--listen 127.0.0.1:0 --sweep none":      `no sweep "none" in the store (have small)`,
		"--listen 127.0.0.1:0 --db none.db":      `no store "none.db"`,
		"--listen 127.0.0.1:0 --idle -1s":        "must not be negative",
		"--listen 127.0.0.1:0 --sweep small now": "unknown command",
	} {
		said, err := program(dir, append([]string{"serve"}, strings.Fields(line)...)...).CombinedOutput()
		var code int
		if exit, ok := err.(*exec.ExitError); ok {
			code = exit.ExitCode()
		}
		if code != 2 || !strings.Contains(string(said), want) || bytes.Count(said, []byte("\n")) != 1 {
			t.Errorf("%s: exit code %d: %s", line, code, said)
		}
	}
	p := begin(t, dir, "--listen", "localhost:0", "--sweep", "small", "--idle", "1ms")
	if !strings.HasSuffix(p.url, "/sweep/small") || !strings.HasPrefix(p.url, "http://127.0.0.1:") {
		t.Errorf("it serves at %q", p.url)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("nobody watches, and it ends with %v: %s", err, p.stderr)
	}
}

// TestOpenPageAfterARestart checks that an open page says when its server is gone, and goes on when it is started again.
func TestOpenPageAfterARestart(t *testing.T) {
	t.Parallel()
	dir, _ := storeIn(t)
	p := begin(t, dir, "--listen", "127.0.0.1:0")
	tab := opened(t, p.url+"/sweep/small")
	until(t, tab, barText+` === "finished"`)
	p.interrupt(t)
	until(t, tab, barText+` === "connection lost, trying again"`)
	tag(t, dir, "meanwhile")
	again := begin(t, dir, "--listen", strings.TrimPrefix(p.url, "http://"))
	until(t, tab, barText+` === "finished"`)
	until(t, tab, has("meanwhile"))
	wantQuiet(t, tab, p.url, true)
	again.interrupt(t)
}

// TestOpenPageDuringASweep checks that the bar shows how a sweep goes, and that it and the page show how that ends.
func TestOpenPageDuringASweep(t *testing.T) {
	t.Parallel()
	dir, file := storeIn(t)
	s := serving(t, serve.Options{File: file}, 5)
	sweep := sweeping(t, dir, s.url, 1_000_000, 2)
	tab := opened(t, s.url+"/sweep/long")
	until(t, tab, `/^training 1 net · \d+ % · about \d+ (s|min|h|days) left$/.test(`+barText+`)`)
	must(t, sweep.Process.Signal(syscall.SIGINT))
	_ = sweep.Wait() // which says that it was interrupted
	until(t, tab, barText+` === "interrupted: the same command goes on"`)
	until(t, tab, has("killed"))
	wantQuiet(t, tab, s.url, false)
}
