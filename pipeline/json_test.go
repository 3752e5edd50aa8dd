package pipeline

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"flowsweep/pipeline/command"
)

// TestJSON checks that with --json every command prints one JSON value to stdout and nothing else, with any other flag that
// makes it print, and that what it refuses is one usage error. The schemas
// of the command allow what is printed, and something is printed of each.
func TestJSON(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	db, spec := in("runs.db"), in("a.yaml")
	text := "name: a\ntarget: {name: gaussian, dim: 2, std: 0.5}\nnet: {width: 4, depth: 1}\ntrain: {steps: 20, batch: 16}\n" +
		"sample: {solver: euler, steps: [1, 2], count: 32}\nreference: {count: 32}\nmetrics: mmd\n"
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	call := func(args ...string) (stdout string, code int) {
		var out, said strings.Builder
		code = Main(append(args, "--db", db), strings.NewReader(text), &out, &said)
		t.Log(strings.TrimSpace(said.String()))
		return out.String(), code
	}
	if out, code := call("sweep", spec, "--out", in("out")); code != exitOK {
		t.Fatalf("sweep: %d: %s", code, out)
	}
	var rows []struct{ Run, Fit string }
	out, _ := call("runs", "--json")
	if err := json.Unmarshal([]byte(out), &rows); err != nil || len(rows) != 2 {
		t.Fatalf("runs: %v: %s", err, out)
	}
	run, other := rows[0].Run, rows[1].Run
	sampler := in("out/sampler.onnx")
	if _, code := call("db", "backup", in("other.db")); code != exitOK {
		t.Fatal("no other store")
	}
	if _, code := call("target", "moons", "--count", "20", "--out", in("points.csv")); code != exitOK {
		t.Fatal("no points")
	}
	cases := map[string][]string{
		"aliases":   {"aliases"},
		"bench":     {"bench store --time 10ms"},
		"compare":   {"compare a a", "compare a a --out " + in("compared"), "!compare a gone", "!compare a"},
		"db check":  {"db check", "db check --metrics", "db check --metrics --sweep a", "!db check --sweep a"},
		"db delete": {"!db delete a", "!db delete b --yes", "db delete a --dry-run", "db delete a --yes"},
		"db merge":  {"db merge " + in("other.db"), "!db merge " + in("other.db") + " " + in("other.db"), "!db merge " + in("gone.db")},
		"db gc":     {"db gc", "db gc --unplanned", "db gc --dry-run"},
		"doctor":    {"doctor"},
		"logp": {
			"logp --run " + run + " " + in("points.csv"), "logp --run " + run + " --out " + in("logp.csv") + " " + in("points.csv"),
			"!logp --run " + run + " --out " + in("logp.txt") + " " + in("points.csv"),
		},
		"measure": {
			"measure --metrics energy " + in("points.csv") + " " + in("points.csv"), "measure --run " + run, "measure --run " + run + " --metrics mmd",
			"!measure --run " + run + " " + in("points.csv"),
		},
		"plan": {"plan " + spec, "plan -", "plan --workers 2 " + spec, "plan --try 0 " + spec, "!plan " + in("gone.yaml")},
		"query": {
			"query", "query select*from(v_settings)", "query select*from(v_runs)where(false)", "query values(9007199254740993,9e999,x'00',null)", "!query select", "!query select 1",
			"!query delete", "!query --csv",
		},
		"runs": {
			"runs", "runs --by-setting", "runs --sort nfe", "runs --where nfe<0", "runs --by-setting --where nfe<0", "!runs --csv", "!runs --by-setting --sweep a --sweep a", "runs --by-setting --sweep a",
		},
		"show": {
			"show " + run, "show " + run + " --lineage", "show " + rows[0].Fit + " --lineage", "show " + sampler + " --lineage", "show " + rows[0].Fit, "show " + run + " --points " + in("points"), "show " + run + " " + other, "show " + run + " " + run,
			"!show " + run + " " + other + " --points " + in("both"), "!show " + run + " " + other + " --lineage", "!show " + sampler,
		},
		"sweeps": {"sweeps"},
		"target": {
			"target gaussian", "target pinwheel", "target gaussian --path cosine", "target moons --out " + in("x.csv"), "target moons --count 9 --seed 2 --out " + in("x.npy"),
			"!target moons --count 9", "!target moons --seed 2", "!target moons --out " + in("x.txt"),
		},
		"verify": {"verify " + sampler},
	}
	if got, want := slices.Sorted(maps.Keys(cases)), withJSON((&app{App: new(command.App)}).root()); !slices.Equal(got, want) {
		t.Errorf("cases for %q, but %q have --json", got, want)
	}
	printed := map[string]bool{}
	for _, name := range append(slices.DeleteFunc(slices.Sorted(maps.Keys(cases)), func(n string) bool { return n == "db delete" }), "db delete") {
		of := formsOf(t, name)
		for _, line := range cases[name] {
			line, refused := strings.CutPrefix(line, "!")
			out, code := call(append(strings.Fields(line), "--json")...)
			values := jsonValues(out)
			switch {
			case refused && (code != exitUsage || out != ""):
				t.Errorf("%s: exit code %d and %q, want a usage error and nothing on stdout", line, code, out)
			case !refused && (code != exitOK || values != 1):
				t.Errorf("%s: exit code %d and %d JSON values: %.200q", line, code, values, out)
			case !refused:
				fit, why := fits(t, of, out)
				if len(fit) == 0 {
					t.Errorf("%s: no schema of its command allows it: %v", line, why)
				}
				if len(of) == 1 || strings.TrimSpace(out) != "[]" {
					for _, name := range fit {
						printed[name] = true
					}
				}
			}
		}
		for _, f := range of {
			if !printed[f.Name] && !strings.HasPrefix(f.Name, "bench-") { // which have tests of their own
				t.Errorf("%s: nothing that is printed has the schema %s", name, f.Name)
			}
		}
	}
}

// formsOf returns what a command prints with --json.
func formsOf(t *testing.T, name string) []command.Form {
	t.Helper()
	cmd, _, err := (&app{App: &command.App{}}).root().Find(strings.Fields(name))
	must(t, err)
	of := command.FormsOf(cmd)
	if of == nil {
		t.Errorf("%s has --json, but no schema: give it the flag with command.JSONFlag", name)
	}
	return of
}

// withJSON returns the commands, without the program's name, that take --json.
func withJSON(cmd *cobra.Command) (names []string) {
	if cmd.Flags().Lookup("json") != nil {
		names = append(names, strings.TrimPrefix(cmd.CommandPath(), "flowsweep "))
	}
	for _, c := range cmd.Commands() {
		names = append(names, withJSON(c)...)
	}
	slices.Sort(names)
	return names
}

// jsonValues returns how many JSON values the text consists of, or -1 if there is anything else or a null.
func jsonValues(text string) int {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	for n := 0; ; n++ {
		var v any
		err := d.Decode(&v)
		if err == io.EOF {
			return n
		}
		if err != nil || v == nil {
			return -1
		}
	}
}
