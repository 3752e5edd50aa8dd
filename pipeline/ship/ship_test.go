package ship

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
)

func plan(t *testing.T, text string) experiments.Plan {
	t.Helper()
	spec, err := experiments.Parse("spec.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSiblings(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nseeds: 2\nsample: {solver: [euler, heun], steps: [64, 1, 2, 4, 8, 16, 32]}\n")
	var results []experiments.Result
	for _, fit := range p.Fits {
		for _, run := range fit.Runs {
			results = append(results, experiments.Result{
				Fit: fit.Key, Run: run.Key, State: experiments.Finished, NFE: experiments.Calls(run.Sampling.Steps * run.Sampling.Solver.Stages()),
				Setting: experiments.Setting{Recipe: fit.Recipe, Sample: run.Sampling},
			})
		}
	}
	for _, c := range []struct{ chosen, want string }{
		{"heun 4", "heun 1, heun 2, heun 4, heun 8, heun 16"},
		{"euler 64", "euler 1, euler 2, euler 4, euler 8, euler 64"},
	} {
		name := func(r experiments.Result) string {
			return fmt.Sprintf("%s %d", r.Setting.Sample.Solver.Name, r.Setting.Sample.Steps)
		}
		i := slices.IndexFunc(results, func(r experiments.Result) bool { return name(r) == c.chosen })
		var got []string
		for _, r := range siblings(results, results[i]) {
			if r.Fit != results[i].Fit {
				t.Errorf("%s is of another fit", name(r))
			}
			got = append(got, name(r))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("beside %s stand %v, want %s", c.chosen, got, c.want)
		}
	}
}

func TestWriteFileIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "deep", "file")
	for _, content := range []string{"one", "two", "two"} {
		if err := WriteFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("the file holds %q (%v), want %q", got, err, content)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (%v), want the file alone", entries, err)
	}
	if err := WriteFile(filepath.Join(path, "below"), nil); err == nil {
		t.Error("a file is written below a file")
	}
}

func TestCheckFolderLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := checkFolder(filepath.Join(dir, "a", "b")); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the folder holds %v (%v), want nothing", entries, err)
	}
}
