package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socketVariable makes the test binary a program that opens a socket.
const socketVariable = "FLOWSWEEP_TEST_OPENS_SOCKET"

// withoutSockets runs a command that the kernel kills as soon as it, or a process that it starts, opens a socket.
func withoutSockets(t *testing.T, cmd *exec.Cmd) error {
	t.Helper()
	forbidden, started := make(chan error, 1), make(chan error, 1)
	go func() {
		// The filter holds for this thread and what it starts. The thread ends with this goroutine, as it stays locked.
		runtime.LockOSThread()
		err := forbidSockets()
		if forbidden <- err; err == nil {
			started <- cmd.Start()
		}
	}()
	if err := <-forbidden; err != nil {
		t.Skipf("cannot forbid sockets here: %v", err)
	}
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	return cmd.Wait()
}

// forbidSockets lets the kernel kill whatever calls socket(2) from this thread on.
func forbidSockets() error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the system call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_SOCKET},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}

// TestNoSocket: a sweep of one machine opens no socket, from the plan to the page.
func TestNoSocket(t *testing.T) {
	t.Parallel()
	if os.Getenv(socketVariable) != "" {
		if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
			_ = l.Close()
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	opens := exec.Command(self, "-test.run=^TestNoSocket$")
	opens.Env = append(os.Environ(), socketVariable+"=1")
	_ = withoutSockets(t, opens) // its error is that of being killed
	if status := opens.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGSYS {
		t.Fatalf("a program that opens a socket ended with %v: this test cannot fail", opens.ProcessState)
	}
	program, err := exec.LookPath("flowsweep")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "small.yaml"), []byte(smallSpec), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"sweep", "small.yaml"}, {"runs"}} {
		var said bytes.Buffer
		cmd := exec.Command(program, args...)
		cmd.Dir, cmd.Stderr = dir, &said
		if err := withoutSockets(t, cmd); err != nil {
			t.Errorf("%v: %v: did it open a socket?\n%s", args, err, &said)
		}
	}
}
