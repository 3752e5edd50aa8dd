package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestCrewCut cuts the link between two network namespaces for three times as long as a host waits for a worker. That one trains on, and
// delivers; nothing is trained twice. The host encrypts, since its address is not of one machine alone.
func TestCrewCut(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("unshare", "--user", "--map-root-user", "--net", "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1").CombinedOutput(); err != nil {
		t.Skipf("no two network namespaces with a link here: %v: %s", err, out)
	}
	c := newCrew(t, "")
	c.longer(1, 100_000)
	c.silence = "1s"
	here := c.namespace("unshare", "--user", "--map-root-user", "--net")
	there := c.namespace(append(here, "unshare", "--net")...)
	c.ip(here, "link add v0 type veth peer name v1")
	c.ip(here, "link set v1 netns "+there[2])
	for _, end := range []struct {
		in           []string
		device, addr string
	}{{here, "v0", "10.77.0.1"}, {there, "v1", "10.77.0.2"}} {
		c.ip(end.in, "addr add "+end.addr+"/24 dev "+end.device)
		c.ip(end.in, "link set "+end.device+" up")
	}
	host := c.start(".", command(here, append([]string{"flowsweep"}, c.hostArgs("10.77.0.1")...)...))
	folder := filepath.Join("workers", "far")
	if err := os.MkdirAll(filepath.Join(c.dir, folder), 0o755); err != nil {
		t.Fatal(err)
	}
	far := c.start(folder, command(there, append([]string{"flowsweep"}, workerArgs("far")...)...))
	c.steps("runs.db")
	c.ip(here, "link set v0 down")
	time.Sleep(3 * time.Second)
	c.says(host, "machine far is silent")
	c.ip(here, "link set v0 up")
	c.ends(host, 0)
	c.ends(far, 0)
	if address, err := filepath.Glob(filepath.Join(c.dir, "runs.db.crew", "*")); err != nil || len(address) == 0 {
		t.Errorf("beside the store: %v (%v)", address, err)
	}
	if n := strings.Count(far.said.String(), ": loss "); n != 1 {
		t.Errorf("the fit is trained %d times: %s", n, far.said)
	}
	c.equal()
}

// TestCrewRounding: a machine that rounds differently is refused, and says why. With --mixed it may help, and each of its rows says so.
func TestCrewRounding(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("an emulated processor takes a minute")
	}
	emulated, err := exec.LookPath("qemu-x86_64")
	if err != nil {
		t.Skipf("no other processor here: %v", err)
	}
	program, err := exec.LookPath("flowsweep")
	if err != nil {
		t.Fatal(err)
	}
	old := []string{emulated, "-cpu", "SandyBridge", program} // without fused multiply-add
	c := newCrew(t, fmt.Sprintf(soakSpec, 1))
	c.silence = "10s"
	host := c.host()
	c.says(host, "listening")
	worker := c.start(".", command(old, "work", "@address", "--name", "old", "--workers", "1", "--scratch", "."))
	c.ends(worker, 2)
	if text := worker.said.String(); !strings.Contains(text, "this machine rounds differently") || !strings.Contains(text, "--mixed") {
		t.Errorf("the worker says %s", text)
	}
	c.kill9(host)
	host = c.host("--mixed")
	worker = c.start(".", command(old, "work", "@address", "--name", "old", "--workers", "1", "--scratch", "."))
	c.ends(host, 0)
	c.ends(worker, 0)
	c.says(host, "machine old rounds differently")
	for _, r := range c.results(c.open("runs.db")) {
		if r.Machine != "old" || r.Rounding == "" {
			t.Errorf("run %s is of machine %q with rounding %q", r.Run, r.Machine, r.Rounding)
		}
	}
}

// namespace starts a process in namespaces that the command makes, and returns how to enter these. The process ends with the test.
func (c *crewFolder) namespace(make ...string) (enter []string) {
	c.Helper()
	cmd := command(make, "sleep", "600")
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", cmd.Process.Pid))
		if err == nil && strings.TrimSpace(string(name)) == "sleep" { // the namespaces are made by then
			return []string{"nsenter", "--target", strconv.Itoa(cmd.Process.Pid), "--user", "--net", "--preserve-credentials"}
		}
		if time.Since(start) > 10*time.Second {
			c.Fatalf("%q makes no namespaces: %v", make, err)
		}
	}
}

// command returns a command that is run by another.
func command(by []string, args ...string) *exec.Cmd {
	all := append(append([]string{}, by...), args...)
	return exec.Command(all[0], all[1:]...)
}

// ip configures a network namespace.
func (c *crewFolder) ip(in []string, text string) {
	c.Helper()
	if out, err := command(in, append([]string{"ip"}, strings.Fields(text)...)...).CombinedOutput(); err != nil {
		c.Fatalf("ip %s: %v: %s", text, err, out)
	}
}
