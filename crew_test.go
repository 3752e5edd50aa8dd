package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"flowsweep/experiments"
)

// crewSpec has what makes a fit depend on more than its numbers: rows of a file, classes, a teacher, fitted solvers, adaptive steps.
const crewSpec = `name: soak
target: {file: rows.csv, label: kind}
net: {width: [6, 8], depth: 1, activation: silu}
coupling: [ot, {reflow: {steps: 4, pairs: 100}}]
train: {steps: %d, batch: 32, drop: 0.2}
seeds: 2
sample: {solver: [heun, {name: tuned, points: 50}, dopri5], steps: 2, guidance: [0, 1], count: 64}
reference: {count: 64}
metrics: [mmd, sliced-w2]
choose: {metric: mmd}
`

// crewRows are rows of two classes.
func crewRows() string {
	var b strings.Builder
	b.WriteString("width,height,kind\n")
	for i := range 120 {
		x := float64(i)
		fmt.Fprintf(&b, "%.4f,%.4f,%s\n", math.Sin(x)+2*float64(i%2), math.Cos(3*x), []string{"round", "tall one"}[i%2])
	}
	return b.String()
}

// crewFolder is a folder with a spec, whose sweep is given to other machines: processes that share nothing but TCP.
type crewFolder struct {
	soak
	port    int
	silence string // after which the host gives fits to others
	all     []*process
}

// newCrew returns a folder with a spec and a free port.
func newCrew(t *testing.T, spec string) *crewFolder {
	t.Helper()
	c := &crewFolder{soak: soak{T: t, dir: t.TempDir(), finished: map[string]string{}}, silence: "2s"}
	c.write("soak.yaml", spec)
	c.write("rows.csv", crewRows())
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.port = free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *crewFolder) write(name, text string) {
	c.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o644); err != nil {
		c.Fatal(err)
	}
}

// process is a program that runs, and what it says.
type process struct {
	*exec.Cmd
	said *said
	exit chan error
}

// said is what a process has said. It is safe for concurrent use.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// run starts the program in the folder. It is killed at the end of the test.
func (c *crewFolder) run(dir string, args ...string) *process {
	c.Helper()
	return c.start(dir, exec.Command("flowsweep", args...))
}

// start starts a command in a folder.
func (c *crewFolder) start(dir string, cmd *exec.Cmd) *process {
	c.Helper()
	p := &process{cmd, &said{}, make(chan error, 1)}
	p.Dir, p.Stdout, p.Stderr = filepath.Join(c.dir, dir), p.said, p.said
	if err := p.Start(); err != nil {
		c.Fatal(err)
	}
	go func() { p.exit <- p.Wait() }()
	c.all = append(c.all, p)
	c.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// host starts a sweep that listens.
func (c *crewFolder) host(more ...string) *process {
	c.Helper()
	return c.run(".", c.hostArgs("127.0.0.1", more...)...)
}

// hostArgs are the arguments of a host that listens at an address.
func (c *crewFolder) hostArgs(at string, more ...string) []string {
	return append([]string{
		"sweep", "soak.yaml", "--listen", fmt.Sprintf("%s:%d", at, c.port), "--address-file", "address", "--silence", c.silence,
		"--checkpoint-every", "10ms", "--copy-every", "50ms", "--db", "runs.db", "--out", "runs.db.out",
	}, more...)
}

// worker starts a worker in a folder of its own.
func (c *crewFolder) worker(name string, more ...string) *process {
	c.Helper()
	if err := os.MkdirAll(filepath.Join(c.dir, "workers", name), 0o755); err != nil {
		c.Fatal(err)
	}
	return c.run(filepath.Join("workers", name), append(workerArgs(name), more...)...)
}

// bareWorker starts a worker on a machine without a home, Go and onnxruntime: it gets the library from the host.
func (c *crewFolder) bareWorker(name string) *process {
	c.Helper()
	home := filepath.Join(c.dir, "workers", name)
	program, err := exec.LookPath("flowsweep")
	if err := errors.Join(err, os.MkdirAll(home, 0o755)); err != nil {
		c.Fatal(err)
	}
	cmd := exec.Command(program, workerArgs(name)...)
	cmd.Args[0] = "flowsweep" // by which the test's program knows what it is
	cmd.Env = []string{"HOME=" + c.TempDir(), "PATH="}
	return c.start(filepath.Join("workers", name), cmd)
}

// workerArgs are the arguments of a worker in a folder of its own.
func workerArgs(name string) []string {
	return []string{"work", "@../../address", "--name", name, "--workers", "1", "--cores", "1", "--patience", "60s", "--scratch", "."}
}

// ends waits for a process, and checks how it ends.
func (c *crewFolder) ends(p *process, code int) {
	c.Helper()
	select {
	case err := <-p.exit:
		var exit *exec.ExitError
		got := 0
		if errors.As(err, &exit) {
			got = exit.ExitCode()
		} else if err != nil {
			c.Fatal(err)
		}
		if got != code {
			c.Fatalf("%q ends with %d, want %d: %s\nAll said:\n%s", p.Args, got, code, p.said, c.heard())
		}
	case <-time.After(2 * time.Minute):
		_ = p.Process.Signal(syscall.SIGQUIT)
		time.Sleep(time.Second)
		c.Fatalf("%q does not end: %s", p.Args, p.said)
	}
}

// heard returns what all processes have said.
func (c *crewFolder) heard() string {
	var b strings.Builder
	for _, p := range c.all {
		fmt.Fprintf(&b, "%q:\n%s", p.Args, p.said)
	}
	return b.String()
}

// says waits until a process has said something that matches.
func (c *crewFolder) says(p *process, pattern string) {
	c.Helper()
	form := regexp.MustCompile(pattern)
	for start := time.Now(); !form.MatchString(p.said.String()); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			c.Fatalf("%q does not say %q:\n%s", p.Args, pattern, c.heard())
		}
	}
}

// equal compares the store and the files with those of a sweep on one machine.
func (c *crewFolder) equal() {
	c.Helper()
	c.finish("whole.db")
	c.check("runs.db")
	c.same("runs.db", "whole.db")
}

// trained returns how often each fit was trained to its end, by key.
func trained(all ...*process) map[string]int {
	times := map[string]int{}
	for _, p := range all {
		for _, m := range regexp.MustCompile(`(?m)^fit ([0-9a-f]{16}): .* loss`).FindAllStringSubmatch(p.said.String(), -1) {
			times[m[1]]++
		}
	}
	return times
}

// TestCrew: a sweep on two machines is that of one, to the bit: with rows of a file, classes, fitted solvers, and fits whose teachers
// must be trained first. Each fit is trained once, its machine is named, and the second look of --check finds the same bits.
func TestCrew(t *testing.T) {
	t.Parallel()
	c := newCrew(t, fmt.Sprintf(crewSpec, 300))
	host := c.host("--check", "10%")
	one, two := c.worker("one"), c.bareWorker("two")
	c.ends(host, 0)
	c.ends(one, 0)
	c.ends(two, 0)
	if times := trained(one, two); len(times) != 12 {
		t.Errorf("%d fits were trained, want 8 and 4 teachers: %v", len(times), times)
	}
	c.says(host, `two machines did [1-9]\d* of the fits, with the same bits`)
	c.equal()
	made := map[string]int{}
	for _, r := range c.results(c.open("runs.db")) {
		made[r.Machine]++
	}
	if made["one"] == 0 || made["two"] == 0 || len(made) != 2 {
		t.Errorf("runs by machine: %v", made)
	}
	left, err := filepath.Glob(filepath.Join(c.dir, "workers", "*", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("the workers leave %v (%v)", left, err)
	}
}

// wrongStart is a way to start a worker that cannot work.
type wrongStart struct {
	name, says string
	args       []string
}

// TestCrewRefuses: what cannot work is said within a second, with exit code 2.
func TestCrewRefuses(t *testing.T) {
	t.Parallel()
	c := newCrew(t, fmt.Sprintf(crewSpec, 100))
	c.write("wrong", "wrong\n")
	host := c.host("--tls")
	c.says(host, "listening")
	address, err := os.ReadFile(filepath.Join(c.dir, "address"))
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.TrimSpace(string(address))
	at := fmt.Sprintf("127.0.0.1:%d", c.port)
	pin := whole[strings.Index(whole, "pin=")+4:]
	for _, w := range []wrongStart{
		{"another token", "token", []string{"work", strings.Replace(whole, regexp.MustCompile(`//([^@]+)@`).FindStringSubmatch(whole)[1], "wrong", 1)}},
		{"no token", "token", []string{"work", "tls://" + at + "?pin=" + pin}},
		{"a token file with another", "token", []string{"work", "@address", "--token-file", "wrong"}},
		{"another pin", "pin", []string{"work", strings.Replace(whole, pin, strings.Repeat("0", len(pin)), 1)}},
		{"no TLS", "TLS", []string{"work", at, "--token-file", "runs.db.crew/token"}},
		{"a taken port", "taken", []string{"sweep", "soak.yaml", "--db", "other.db", "--listen", at}},
		{"no address", "address", []string{"work", "nowhere"}},
		{"no address file", "address-file", []string{"work", "@missing", "--patience", "0s"}},
		{"a share above 1", "--check", []string{"sweep", "soak.yaml", "--listen", at, "--check", "200%"}},
		{"a flag for --listen", "--listen", []string{"sweep", "soak.yaml", "--mixed"}},
	} {
		start := time.Now()
		p := c.run(".", w.args...)
		c.ends(p, 2)
		if took := time.Since(start); took > 5*time.Second { // a second where nothing else runs
			t.Errorf("%s takes %v", w.name, took)
		}
		if !strings.Contains(p.said.String(), w.says) {
			t.Errorf("%s: says %q, want it to speak of %q", w.name, p.said, w.says)
		}
	}
	if err := host.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.ends(host, 130)
}

// TestCrewInterrupted: workers that are told to stop leave their checkpoints at the host, which goes on from them; so does a host that is
// stopped, and a sweep without other machines.
func TestCrewInterrupted(t *testing.T) {
	t.Parallel()
	c := newCrew(t, "")
	c.longer(2, 60000)
	host := c.host()
	one := c.worker("one")
	c.says(host, "machine one joins")
	c.steps("runs.db")
	if err := one.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.ends(one, 130)
	c.says(host, "gives it back")
	two := c.worker("two")
	c.says(two, `goes on from step [1-9]\d* of 60000`)
	if err := host.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	c.ends(host, 130)
	c.says(two, "the host stops")
	host = c.host()
	c.says(host, "machine two joins")
	c.ends(host, 0)
	c.ends(two, 0)
	c.equal()
}

// steps waits until a store has a checkpoint.
func (c *crewFolder) steps(name string) {
	c.Helper()
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(20 * time.Millisecond) {
		db := c.open(name)
		for _, r := range c.results(db) {
			fit, err := db.Fit(c.Context(), r.Fit)
			if err == nil && fit.Checkpoint > 0 {
				if fit.State != experiments.Queued {
					c.Errorf("fit %s is %s at another machine, want queued", r.Fit, fit.State)
				}
				c.Check(db.Close())
				return
			}
		}
		if db != nil {
			c.Check(db.Close())
		}
	}
	c.Fatalf("%s gets no checkpoint", name)
}

// Check fails the test on an error.
func (c *crewFolder) Check(err error) {
	c.Helper()
	if err != nil {
		c.Error(err)
	}
}

// TestCrewLost: a fit that takes every machine down is lost after five of them, with exit code 1, and the others are kept.
func TestCrewLost(t *testing.T) {
	t.Parallel()
	c := newCrew(t, "")
	c.longer(1, 5_000_000)
	c.silence = "600ms"
	host := c.host()
	for try := range 5 {
		w := c.worker(fmt.Sprint("try", try))
		c.says(host, fmt.Sprintf("machine try%d joins", try))
		if try == 0 {
			c.steps("runs.db")
		} else {
			c.says(w, `goes on from step [1-9]\d* of`)
		}
		if err := w.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	c.ends(host, 1)
	if !strings.Contains(host.said.String(), "is lost: 5 machines took it, and none sent a result") {
		t.Errorf("the host says %s", host.said)
	}
	db := c.open("runs.db")
	defer db.Close()
	for _, r := range c.results(db) {
		if r.State != experiments.Lost {
			t.Errorf("run %s is %s", r.Run, r.State)
		}
	}
	if !slices.ContainsFunc(c.results(db), func(r experiments.Result) bool { return strings.Contains(r.Error, "5 machines") }) {
		t.Error("the store does not say why")
	}
}
