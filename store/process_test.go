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

// roleVariable makes the test binary a program that works on a store, at the path of its first argument.
const roleVariable = "STORE_TEST_ROLE"

// roles are what such a program does. What it says on stdout is acknowledged.
var roles = map[string]func(ctx context.Context, path string) error{
	"hold":  roleHold,
	"turns": roleTurns,
	"sweep": roleSweep,
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
	stdin  io.WriteCloser // what it waits for, if it waits
	stdout *bufio.Scanner
}

func begin(t *testing.T, role, path string, args ...string) process {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{path}, args...)...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	p := process{cmd: cmd, stdin: try(cmd.StdinPipe())(t), stdout: bufio.NewScanner(try(cmd.StdoutPipe())(t))}
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return p
}

// says waits for the process to say just this.
func (p process) says(t *testing.T, want string) {
	t.Helper()
	if !p.stdout.Scan() || p.stdout.Text() != want {
		t.Fatalf("the process says %q, want %q", p.stdout.Text(), want)
	}
}

// kill ends the process as a power cut would, and waits until it is gone.
func (p process) kill(t *testing.T) {
	t.Helper()
	must(t, p.cmd.Process.Kill())
	_ = p.cmd.Wait() // which says that it was killed
}

// roleHold starts a sweep and its first fit, says so, and holds the store until it hears something.
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

// turnsTaken is how often each process of roleTurns takes the lock.
const turnsTaken = 10

// roleTurns takes the lock again and again, and notes beside the store when it has it.
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
		time.Sleep(time.Millisecond) // for the others to break in
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
				t.Fatalf("got %d notes, want %d", len(lines), 2*n*turnsTaken)
			}
			for i := 0; i < len(lines); i += 2 {
				pid, ok := strings.CutPrefix(lines[i], "begin ")
				if !ok || lines[i+1] != "end "+pid {
					t.Fatalf("two processes at once: %q, %q", lines[i], lines[i+1])
				}
			}
		})
	}
}
