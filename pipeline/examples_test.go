package pipeline

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"flowsweep/pipeline/command"
)

// exampleFiles are what the examples in the commands' help use, beside what exampleScript makes of them.
var exampleFiles = map[string]string{
	"statement.sql": "select sweep, count(*) from v_runs group by sweep\n",
	"ring.yaml":     ringSpec,
	"ring-ot.yaml":  strings.Replace(ringSpec, "name: ring", "name: ring-ot\ncoupling: ot", 1),
	"before.yaml":   strings.Replace(ringSpec, "seeds: 2", "seeds: 1", 1), // ring@1, once ring.yaml is swept
	"ring.address":  overText,                                             // of a sweep that is over
	"points.csv":    exampleTable(1, "x,y"),
	"truth.csv":     exampleTable(2, "length,mass"),
	"samples.csv":   exampleTable(3, "length,mass"),
}

const ringSpec = `name: ring
target: {name: gaussians, count: 8, radius: 5, std: 0.5}
net: {width: [4, 8], depth: 1}
train: {steps: 20, batch: 16}
seeds: 2
sample: {solver: [euler, heun], steps: [2, 4], count: 32}
reference: {count: 32}
metrics: [sliced-w2, energy]
`

// exampleTable returns a CSV file of two columns.
func exampleTable(seed uint64, names string) string {
	var text strings.Builder
	text.WriteString(names)
	source := rand.New(rand.NewPCG(seed, 0))
	for range 30 {
		fmt.Fprintf(&text, "\n%.4f,%.4f", source.NormFloat64(), source.NormFloat64())
	}
	return text.String()
}

// flowsweepFunction is the program in a shell.
const flowsweepFunction = "set -e\nflowsweep() { \"$FLOWSWEEP\" \"$@\"; }\n"

const exampleScript = `
flowsweep sweep before.yaml
flowsweep sweep ring.yaml
flowsweep sweep ring-ot.yaml
mkdir parts
flowsweep sweep ring.yaml --part 1/2 --db part1.db
flowsweep sweep ring.yaml --part 2/2 --db part2.db
cp part*.db parts
flowsweep runs --sweep ring --json | sed -n 's/.*"run": "\(.*\)",/\1/p' > keys
`

// inExamples are what tests put in place of parts of the examples.
var inExamples = strings.NewReplacer(
	"flowsweep serve", "flowsweep serve --idle 1ms --listen 127.0.0.1:0", // it would go on, at a port that may be taken
	":4222", "127.0.0.1:0", // likewise
	"flowsweep bench store", "flowsweep bench store --time 1ms", // it would take two seconds a figure
	"flowsweep bench sample", "flowsweep bench sample --count 64",
)

// exampleFolder returns a folder with what examples need.
func exampleFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range exampleFiles {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	if out, err := shell(dir, exampleScript); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// shell runs lines of a shell in a folder, in which flowsweep is this program.
func shell(dir, lines string) (printed string, err error) {
	cmd := exec.Command("bash", "-c", flowsweepFunction+lines)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), programVariable+"=1", "FLOWSWEEP="+os.Args[0])
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestExamples runs every line of the examples in the help of every command, those of a command in their order in one folder. The
// keys in them stand for runs.
func TestExamples(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs about 60 commands, in processes of their own")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("no bash here")
	}
	start := exampleFolder(t)
	text, err := os.ReadFile(filepath.Join(start, "keys"))
	must(t, err)
	keys := strings.Fields(string(text))
	runs := strings.NewReplacer("5c07f6", keys[0], "81ab02", keys[1])
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(sub)
		}
		if c.HasSubCommands() {
			return // it prints its help
		}
		t.Run(c.CommandPath(), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "copy")
			must(t, os.CopyFS(dir, os.DirFS(start)))
			for _, line := range examplesOf(t, c) {
				if out, err := shell(dir, runs.Replace(inExamples.Replace(line))); err != nil {
					t.Errorf("%s: %v: %s", line, err, out)
				}
			}
		})
	}
	walk((&app{App: &command.App{}}).root())
}

// examplesOf returns the lines of the examples of a command. There must be some, of this command, each with the indent that help has.
func examplesOf(t *testing.T, c *cobra.Command) (lines []string) {
	t.Helper()
	for line := range strings.SplitSeq(c.Example, "\n") {
		text, indented := strings.CutPrefix(line, "  ")
		if !indented || !strings.Contains(text+" ", c.CommandPath()+" ") || len(line) > 100 {
			t.Errorf("the example %q is no line of %s with two spaces in front", line, c.CommandPath())
		}
		lines = append(lines, text)
	}
	if len(lines) > 4 {
		t.Errorf("%d examples: choose the best", len(lines))
	}
	return lines
}
