package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"flowsweep/experiments/engine/ort"
)

// TestFrames runs the Python of store/README.md as it stands there on a small store, and compares what it reads, to the last digit, with
// what `runs --json` prints. Blocks whose modules are not installed are skipped.
func TestFrames(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 here")
	}
	equal, err := filepath.Abs("testdata/frames/equal.py")
	if err != nil {
		t.Fatal(err)
	}
	blocks := framesIn(t, python)
	if len(blocks) == 0 {
		t.Skip("no block of store/README.md could be tried: install pandas, polars and duckdb")
	}
	in := inFolder{t, t.TempDir()}
	in.save("ring.yaml", "name: ring\ntarget: {name: gaussians, count: 4, radius: 3, std: 0.5}\nnet: {width: 8, depth: 1}\ntrain: {steps: 60, batch: 32}\n"+
		"seeds: 2\nsample: {solver: [euler, heun], steps: [1, 2], count: 100}\nreference: {count: 100}\nmetrics: [mmd, energy]\n")
	in.run("flowsweep", "sweep", "ring.yaml")
	in.save("runs.json", in.run("flowsweep", "runs", "--json"))
	in.save("settings.json", in.run("flowsweep", "runs", "--by-setting", "--json"))
	for name, text := range blocks {
		in.save(name+"_block.py", text)
		if said := in.run(python, equal, name+"_block.py", "runs.json", "settings.json"); !strings.HasSuffix(said, "equal\n") {
			t.Errorf("%s: %s", name, said)
		}
	}
}

// framesIn returns the blocks of Python in store/README.md whose modules are installed, by their first word.
func framesIn(t *testing.T, python string) map[string]string {
	t.Helper()
	blocks := map[string]string{}
	all := 0
	for _, b := range blocksOf(read(t, "store/README.md")) {
		if b.language != "python" {
			continue
		}
		all++
		var modules []string
		for _, m := range regexp.MustCompile(`(?m)^import (\w+)`).FindAllStringSubmatch(b.text, -1) {
			modules = append(modules, m[1])
		}
		name := regexp.MustCompile(`^# (\w+)`).FindStringSubmatch(b.text)[1]
		if exec.Command(python, "-c", "import "+strings.Join(modules, ", ")).Run() != nil {
			t.Logf("not tried: %s, as %s does not have all of %s", name, python, strings.Join(modules, ", "))
			continue
		}
		blocks[name] = b.text
	}
	if all < 3 {
		t.Errorf("found %d blocks of Python, want those of pandas, polars and DuckDB", all)
	}
	return blocks
}

// inFolder runs programs, this one among them, in a folder.
type inFolder struct {
	t      *testing.T
	folder string
}

// run returns what a program prints. Errors end the test.
func (f inFolder) run(name string, args ...string) string {
	f.t.Helper()
	library, err := ort.FindLibrary()
	if err != nil {
		f.t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = f.folder, append(os.Environ(), ort.LibraryVariable+"="+library.Path)
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		f.t.Fatalf("%s %q: %v: %s", name, args, err, failed.Stderr)
	}
	if err != nil {
		f.t.Fatal(err)
	}
	return string(out)
}

func (f inFolder) save(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.folder, name), []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}
