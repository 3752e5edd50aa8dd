package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"flowsweep/store"
)

// roleVariable names the environment variable that makes the test binary play a role: a program that works on the store
// at the path of its first argument.
const roleVariable = "STORE_TEST_ROLE"

// roles are the programs by name. What they print on stdout has been acknowledged.
var roles = map[string]func(ctx context.Context, path string) error{
	"backup": roleBackup,
	"hold":   roleHold,
	"open":   roleOpen,
	"turns":  roleTurns,
	"sweep":  roleSweep,
}

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := roles[role](context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, role+":", err)
		os.Exit(1)
	}
}

// process is a running role.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser // for roles that wait for input
	stdout *bufio.Scanner
}

func begin(t *testing.T, role, path string, args ...string) process {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{path}, args...)...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	return beginAs(t, cmd)
}

// beginAs starts a role whose command is given.
func beginAs(t *testing.T, cmd *exec.Cmd) process {
	t.Helper()
	cmd.Stderr = os.Stderr
	p := process{cmd: cmd, stdin: try(cmd.StdinPipe())(t), stdout: bufio.NewScanner(try(cmd.StdoutPipe())(t))}
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return p
}

// wantLine waits for the process to print this line.
func (p process) wantLine(t *testing.T, want string) {
	t.Helper()
	if !p.stdout.Scan() || p.stdout.Text() != want {
		t.Fatalf("the process printed %q, want %q", p.stdout.Text(), want)
	}
}

// kill kills the process without warning and waits for its end.
func (p process) kill(t *testing.T) {
	t.Helper()
	must(t, p.cmd.Process.Kill())
	_ = p.cmd.Wait() // returns the kill as an error
}

// roleHold starts a sweep and its first fit, prints so, and holds the lock until it reads from stdin.
func roleHold(ctx context.Context, path string) error {
	db, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	plan, err := parsePlan(tiny)
	if err != nil {
		return err
	}
	if err := db.Lock(ctx, "flowsweep sweep tiny.yaml", func() time.Time { return noon }, nil); err != nil {
		return err
	}
	if err := db.StartSweep(ctx, plan, env, noon); err != nil {
		return err
	}
	if _, err := db.StartFit(ctx, plan.Fits[0].Key, env, noon); err != nil {
		return err
	}
	fmt.Println("working")
	bufio.NewReader(os.Stdin).ReadString('\n')
	return db.Close()
}

// roleOpen opens the store and closes it.
func roleOpen(ctx context.Context, path string) error {
	db, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	return db.Close()
}

// turnsTaken is how often each roleTurns process takes the lock.
const turnsTaken = 10

// roleTurns takes the lock repeatedly, and records in a file when it holds it.
func roleTurns(ctx context.Context, path string) error {
	notes, err := os.OpenFile(path+".notes", os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer notes.Close()
	for range turnsTaken {
		db, err := store.Open(ctx, path)
		if err != nil {
			return err
		}
		if err := db.Lock(ctx, "turns", time.Now, func(store.Worker) {}); err != nil {
			return err
		}
		fmt.Fprintln(notes, "begin", os.Getpid())
		time.Sleep(time.Millisecond) // a chance for the others to break in
		fmt.Fprintln(notes, "end", os.Getpid())
		if err := db.Close(); err != nil {
			return err
		}
	}
	return nil
}

func TestProcessesTakeTurns(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 4} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			path := t.TempDir() + "/runs.db"
			var all []process
			for range n {
				all = append(all, begin(t, "turns", path))
			}
			for _, p := range all {
				must(t, p.cmd.Wait())
			}
			lines := strings.Split(strings.TrimSpace(string(try(os.ReadFile(path+".notes"))(t))), "\n")
			if len(lines) != 2*n*turnsTaken {
				t.Fatalf("got %d records, want %d", len(lines), 2*n*turnsTaken)
			}
			for i := 0; i < len(lines); i += 2 {
				pid, ok := strings.CutPrefix(lines[i], "begin ")
				if !ok || lines[i+1] != "end "+pid {
					t.Fatalf("two processes held the lock at once: %q, %q", lines[i], lines[i+1])
				}
			}
		})
	}
}
