package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// readOnlyScript mounts the folder "store" read-only and runs a command.
const readOnlyScript = `mount --bind store store && mount -o remount,ro,bind store && echo mounted >&2 && exec "$@"`

// onReadOnlyMount runs the program in a folder whose folder "store" is mounted read-only, and returns its output and exit code.
func onReadOnlyMount(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	program, err := exec.LookPath("flowsweep")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", append([]string{"--mount", "sh", "-c", readOnlyScript, "sh", program}, args...)...)
	var out, said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &said
	err = cmd.Run()
	stderr, ok := strings.CutPrefix(said.String(), "mounted\n")
	if !ok {
		t.Skipf("cannot mount here: %v: %s", err, said.String())
	}
	return out.String(), stderr, cmd.ProcessState.ExitCode()
}

// smallSpec is a sweep with an adaptive solver, whose export samples its fixed-step twin.
const smallSpec = `name: small
target: {name: gaussian, dim: 2, std: 0.5}
net: {width: 8, depth: 1, activation: tanh}
train: {steps: 200, batch: 32, rate: 1e-2}
seeds: 2
sample: {solver: [heun, bosh3], steps: [1, 4], tolerance: 1e-2, count: 64}
reference: {count: 64}
metrics: [mmd, sliced-w2]
`

// TestReadOnlyMount checks that every command that reads prints and writes the same from a store on a read-only mount as from one
// that can be written, and that every one that changes the store says in one sentence that it cannot.
func TestReadOnlyMount(t *testing.T) {
	t.Parallel()
	whole, mounted := t.TempDir(), t.TempDir()
	write := func(dir, name, text string) {
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, "store"), 0o755), os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write(whole, "small.yaml", smallSpec)
	flowsweep(t, whole, "sweep", "small.yaml", "--db", "store/runs.db", "--out", "store/out")
	flowsweep(t, whole, "target", "moons", "--count", "20", "--out", "points.csv")
	if err := os.CopyFS(mounted, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	var runs []struct{ Run, Solver string }
	if err := json.Unmarshal(flowsweep(t, whole, "runs", "--json", "--db", "store/runs.db"), &runs); err != nil {
		t.Fatal(err)
	}
	key := runs[0].Run
	adaptive := runs[slices.IndexFunc(runs, func(r struct{ Run, Solver string }) bool { return r.Solver == "bosh3" })].Run
	reading := []string{
		"runs", "show " + key, "plan small.yaml", "db check", "db backup copy.db", "sample --run " + key + " --count 50 --out x.csv", "report --out report",
		"export --run " + adaptive + " --out adaptive",
	}
	if !testing.Short() {
		reading = append(reading, "runs --by-setting --json", "show "+key+" "+adaptive, "show "+key+" --points points", "db check --metrics", "measure --run "+key,
			"logp --run "+key+" points.csv", "verify store/out/velocity.onnx", "export --out chosen", "export --run "+key+" --out run --log-prob",
			"export --pareto --out front", "tag small", "note small")
	}
	for _, line := range reading {
		args := append(strings.Fields(line), "--db", "store/runs.db")
		want := string(flowsweep(t, whole, args...))
		got, stderr, code := onReadOnlyMount(t, mounted, args...)
		switch line {
		case "plan small.yaml":
			if _, caution, ok := strings.Cut(got, "caution   a sweep would not start: "); ok {
				want += "caution   a sweep would not start: " + caution
			} else {
				t.Errorf("%s does not say that a sweep would not start", line)
			}
		case "db backup copy.db": // of another size, as exports store results on the way
			got, want = "", ""
		}
		if code != 0 || got != want {
			t.Errorf("%s: exit code %d, %s, printed\n%s\nwant\n%s", line, code, stderr, got, want)
		}
	}
	flowsweep(t, mounted, "db", "check", "--db", "copy.db")
	got, want := contentsOf(t, mounted), contentsOf(t, whole)
	if !maps.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("files %q, want %q, with the same content", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
	write(mounted, "other.yaml", strings.ReplaceAll(smallSpec, "small", "other"))
	for line, wantCode := range map[string]int{
		"sweep small.yaml --out again": 2, "sweep other.yaml --out again": 2, "tag small x": 2, "note small x": 2, "db gc": 2, "db delete small --yes": 2,
		"report --out store/out": 2, "db backup store/copy.db": 1,
	} {
		stdout, stderr, code := onReadOnlyMount(t, mounted, append(strings.Fields(line), "--db", "store/runs.db")...)
		if code != wantCode || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "read-only file system") {
			t.Errorf("%s: exit code %d, printed %q, said %q, want %d and one sentence", line, code, stdout, stderr, wantCode)
		}
	}
	if _, err := os.Stat(filepath.Join(mounted, "again")); err == nil {
		t.Error("a sweep that cannot start has made a folder")
	}
}
