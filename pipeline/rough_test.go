package pipeline

import (
	"cmp"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flowsweep/pipeline/command"

	"github.com/spf13/cobra"
)

// uses is what a command does with the store.
type uses int

const (
	nothing uses = iota
	reads        // it fails where the store cannot be read
	writes
)

// roughRow is a command under rough use. In its line $SPEC is a spec whose sweep is stored, $FIT and $RUN are finished ones,
// $DIGITS is a run whose key looks like a number, $FAILED, $KILLED, $LOST and $QUEUED are fits in those states, $DATA is a CSV
// file, $ONNX an exported file, $OTHER another store, $ADDRESS the
// address file of a sweep that is over, and $OUT a place to write to, on a full disk where that is what is tried.
type roughRow struct {
	line   string
	store  uses
	silent bool // it prints nothing
}

// roughRows has at least one row for each command.
var roughRows = []roughRow{
	{line: ""},
	{line: "--help"},
	{line: "--version"},
	{line: "help runs"},
	{line: "completion bash"},
	{line: "completion fish"},
	{line: "completion powershell"},
	{line: "completion zsh"},
	{line: "sweep $SPEC --out $OUT", store: writes},
	{line: "plan $SPEC", store: reads},
	{line: "plan $SPEC --json", store: reads},
	{line: "plan $SPEC --try 0", store: reads},
	{line: "runs", store: reads},
	{line: "runs --sweep wild", store: reads},
	{line: "runs --sweep wild --sweep small", store: reads},
	{line: "runs --json", store: reads},
	{line: "runs --csv", store: reads},
	{line: "runs --by-setting", store: reads},
	{line: "runs --by-setting --json", store: reads},
	{line: "runs --by-setting --sweep wild --sweep small", store: reads},
	{line: "compare wild small --out $OUT", store: reads},
	{line: "compare rough small --json", store: reads},
	{line: "runs --by-setting --csv", store: reads},
	{line: "runs --sort energy --where nfe<9", store: reads},
	{line: "query"},
	{line: "query --json"},
	{line: "query --csv"},
	{line: "query select*from(v_settings)", store: reads},
	{line: "query select*from(v_settings) --json", store: reads},
	{line: "query select*from(v_runs)join(v_losses)using(fit) --csv", store: reads},
	{line: "sweeps", store: reads},
	{line: "sweeps --json", store: reads},
	{line: "watch", store: reads},
	{line: "watch --once", store: reads},
	{line: "watch --once --sweep wild", store: reads},
	{line: "show $FIT", store: reads},
	{line: "show $RUN", store: reads},
	{line: "show $DIGITS", store: reads},
	{line: "show $DIGITS --json", store: reads},
	{line: "show $FAILED", store: reads},
	{line: "show $KILLED", store: reads},
	{line: "show $LOST --json", store: reads},
	{line: "show $QUEUED", store: reads},
	{line: "show $FIT $FAILED", store: reads},
	{line: "show $RUN $DIGITS --json", store: reads},
	{line: "show $RUN --points $OUT", store: reads},
	{line: "show $RUN --lineage", store: reads},
	{line: "show @rough --lineage --json", store: reads},
	{line: "show $LOST --lineage", store: reads},
	{line: "show $ONNX --lineage", store: reads},
	{line: "report --out $OUT", store: reads},
	{line: "report --sweep wild --out $OUT", store: reads},
	{line: "report --sweep wild --baseline $RUN --out $OUT", store: reads},
	{line: "serve --listen 127.0.0.1:0 --idle 1ms", store: reads},
	{line: "serve --listen 127.0.0.1:0 --idle 1ms --sweep wild", store: reads},
	{line: "export --out $OUT", store: reads},
	{line: "export --run $RUN --out $OUT", store: reads},
	{line: "export-runs --to mlflow --out $OUT/tracked", store: reads},
	{line: "export-runs --to tensorboard --out $OUT/tracked", store: reads},
	{line: "export-runs --to optuna --out $OUT/tracked", store: reads},
	{line: "export-runs --to parquet --out $OUT/tracked", store: reads},
	{line: "export-runs --to csv --sweep wild --where seed=0 --out $OUT/tracked", store: reads},
	{line: "verify $ONNX", store: reads},
	{line: "verify $ONNX --json", store: reads},
	{line: "sample --run $RUN --out $OUT/x.npy", store: reads},
	{line: "sample --exact --target moons --count 9 --out $OUT/x.csv"},
	{line: "logp --run $RUN $DATA", store: reads},
	{line: "logp --run $RUN $DATA --json", store: reads},
	{line: "measure $DATA $DATA"},
	{line: "measure $DATA $DATA --json"},
	{line: "measure --run $RUN", store: reads},
	{line: "measure --run $RUN --json", store: reads},
	{line: "target gaussian"},
	{line: "target gaussian --json"},
	{line: "target gaussian --count 9 --out $OUT/x.csv"},
	{line: "bench store --time 1ms"},
	{line: "db check", store: reads},
	{line: "db check --json", store: reads},
	{line: "db backup $OUT/copy.db", store: reads},
	{line: "db gc", store: writes},
	{line: "db gc --json", store: writes},
	{line: "db gc --dry-run", store: writes},
	{line: "db delete small --dry-run", store: writes},
	{line: "db delete small --yes", store: writes},
	{line: "db delete small --yes --json", store: writes},
	{line: "db merge $OTHER", store: writes},
	{line: "db merge $OTHER --json", store: writes},
	{line: "work @$ADDRESS", silent: true},
	{line: "tag small", store: reads},
	{line: "tag small better", store: writes},
	{line: "note small", store: reads},
	{line: "note small better", store: writes, silent: true},
	{line: "promote $RUN --as champion", store: writes},
	{line: "promote --remove rough", store: writes},
	{line: "aliases", store: reads},
	{line: "aliases --json", store: reads},
	{line: "export --alias rough --out $OUT", store: reads},
	{line: "doctor"},
	{line: "doctor --json"},
	{line: "schema"},
	{line: "schema --of runs"},
	{line: "schema --list"},
	{line: "manual $OUT"},
}

// TestRoughRowsCoverCommands checks that every command has a row.
func TestRoughRowsCoverCommands(t *testing.T) {
	t.Parallel()
	root := (&app{App: new(command.App)}).root()
	root.InitDefaultCompletionCmd("")
	root.InitDefaultHelpCmd()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.HasSubCommands() {
			return // it prints its help
		}
		path := strings.TrimPrefix(c.CommandPath(), "flowsweep ")
		if !slices.ContainsFunc(roughRows, func(r roughRow) bool { return r.line == path || strings.HasPrefix(r.line, path+" ") }) {
			t.Errorf("%q has no row in the table of rough use", path)
		}
	}
	walk(root)
}

// TestRough runs every command on the rough store. Each exits as promised, and prints nothing that a person or a program
// cannot read.
func TestRough(t *testing.T) {
	t.Parallel()
	f, err := roughStore()
	must(t, err)
	for _, r := range roughRows {
		t.Run(r.name(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			must(t, errors.Join(f.write(dir), os.Mkdir(filepath.Join(dir, "out"), 0o755)))
			a := runHere(dir, r.args(f, dir)...)
			if a.code != exitOK {
				t.Errorf("it exits with %d: %s", a.code, a.stderr)
			}
			if (a.stdout == "") != r.silent {
				t.Errorf("its stdout is %q", a.stdout)
			}
			r.wantReadable(t, a)
		})
	}
}

// command returns the name of the command, or the flag that stands for one.
func (r roughRow) command() string {
	return regexp.MustCompile(`^(--[a-z]+|[a-z ]*[a-z]\b)?`).FindString(r.line)
}

func (r roughRow) name() string { return cmp.Or(r.line, "nothing") }

// args returns the arguments of the row in a folder that holds the fixture.
func (r roughRow) args(f *fixture, dir string) []string {
	at := func(name string) string { return filepath.Join(dir, name) }
	place := map[string]string{
		"SPEC": at("small.yaml"), "DATA": at("data.csv"), "ONNX": at("small/velocity.onnx"), "OUT": at("out"),
		"OTHER": at("other.db"), "ADDRESS": at("address"),
	}
	maps.Copy(place, f.named)
	args := strings.Fields(os.Expand(r.line, func(name string) string {
		if place[name] == "" {
			panic("no value for $" + name)
		}
		return place[name]
	}))
	if r.store != nothing {
		args = append(args, "--db", at("runs.db"))
	}
	return args
}

// wantReadable checks what a command prints: JSON alone where it is asked for, errors and nothing else on stderr at an exit
// with an error, and no trace of a fault of the program.
func (r roughRow) wantReadable(t *testing.T, a answer) {
	t.Helper()
	if a.panicked != "" {
		t.Fatalf("it panics: %s", a.panicked)
	}
	bads := []string{"panic:", "goroutine ", "%!", "<nil>", "\x1b", "\a", "\r"}
	if strings.Contains(r.line, "--csv") {
		bads = bads[:4] // CSV holds texts as they are: it is read by programs, and has no escapes
	}
	for _, bad := range bads {
		for name, text := range map[string]string{"stdout": a.stdout, "stderr": a.stderr} {
			if at := strings.Index(text, bad); at >= 0 {
				t.Errorf("its %s holds %q: %q", name, bad, text[max(0, at-80):min(len(text), at+80)])
			}
		}
	}
	if strings.HasSuffix(r.line, "--json") && (a.code == 0 || a.stdout != "") {
		if fit, why := fits(t, formsOf(t, r.command()), a.stdout); len(fit) == 0 {
			t.Errorf("its stdout is not JSON as its schema allows it: %v: %.200q", why, a.stdout)
		}
	}
	if said := strings.Contains(a.stderr, "flowsweep: "); said != (a.code > 0) {
		t.Errorf("it exits with %d, and stderr is %q", a.code, a.stderr)
	}
}
