package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"flowsweep/pipeline"
)

const machines = "experiments/machines"

func TestMachineScriptsAreBash(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	for _, script := range matches(t, "*.sh") {
		if out, err := exec.Command(bash, "-n", script).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", script, err, out)
		}
		if shellcheck, err := exec.LookPath("shellcheck"); err == nil {
			if out, err := exec.Command(shellcheck, "--severity=warning", script).CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", script, err, out)
			}
		}
	}
}

// TestCommandLines checks that commands and flags exist wherever documents and examples call the program.
func TestCommandLines(t *testing.T) {
	t.Parallel()
	lines := map[string][][]string{} // by file
	for _, script := range matches(t, "*.sh") {
		lines[script] = commandsIn(read(t, script))
	}
	for _, page := range pages(t) {
		if calls := callsIn(read(t, page)); len(calls) > 0 {
			lines[page] = calls
		}
	}
	for _, file := range matches(t, "*.yaml") {
		lines[file] = commandsIn(strings.ReplaceAll(read(t, file), "#   ", ""))
		for _, m := range manifests(t, documents(t, file)) {
			for _, c := range m.pod().Containers {
				if len(c.Args) > 0 {
					lines[file] = append(lines[file], c.Args)
				}
			}
		}
	}
	for file, commands := range lines {
		if len(commands) == 0 {
			t.Errorf("%s calls no command", file)
		}
		for _, args := range commands {
			if err := parses(args); err != nil {
				t.Errorf("%s: flowsweep %s: %v", file, strings.Join(args, " "), err)
			}
		}
	}
	for _, page := range []struct {
		path  string
		calls int
	}{{"README.md", 2}, {"pipeline/README.md", 40}, {"store/README.md", 4}, {"export/README.md", 1}} {
		if n := len(lines[page.path]); n < page.calls {
			t.Errorf("found %d commands in %s, want at least %d", n, page.path, page.calls)
		}
	}
	for _, args := range [][]string{{"wrok", "a:1"}, {"work", "a:1", "--patient", "10m"}, {"work", "a:1", "--patience", "ten"}, {"db", "marge"}} {
		if parses(args) == nil {
			t.Errorf("flowsweep %s parses", strings.Join(args, " "))
		}
	}
}

// parses returns an error unless the program knows the command and its flags.
func parses(args []string) error {
	var out, errs bytes.Buffer
	if code := pipeline.Main(append(slices.Clone(args), "--help"), strings.NewReader(""), &out, &errs); code != 0 {
		return fmt.Errorf("exit code %d: %s", code, strings.TrimSpace(errs.String()))
	}
	// The help is that of the command that was found, or of what comes before a word that is no command.
	usage := regexp.MustCompile(`Usage:\n(?:.*\[flags\]\n)?  flowsweep((?: [a-z]+)*)(.*)`).FindStringSubmatch(out.String())
	if usage == nil || strings.Contains(usage[2], "[command]") || !strings.HasPrefix(strings.Join(args, " "), strings.TrimPrefix(usage[1], " ")) {
		return fmt.Errorf("there is no such command: got the help %q", usage)
	}
	return nil
}

// commandsIn returns the arguments of each call of flowsweep in a shell script, also of those within quotes. Variables count as 1.
func commandsIn(script string) (found [][]string) {
	var words []string // of a command
	end := func() {
		if at := slices.Index(words, "flowsweep"); at >= 0 && at < len(words)-1 {
			found = append(found, words[at+1:])
		}
		for _, w := range words {
			if strings.Contains(w, "flowsweep ") {
				found = append(found, commandsIn(w)...)
			}
		}
		words = nil
	}
	token := regexp.MustCompile(`\\\n|[ \t]+|#[^\n]*|[0-9]*[<>&|;()\n]+|(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"<>&|;()\\])+`)
	skip := false // a redirection's file
	for _, part := range token.FindAllString(script, -1) {
		switch first := strings.TrimLeft(part, "0123456789"); {
		case strings.TrimSpace(part) == "" && !strings.Contains(part, "\n"), part == "\\\n", part[0] == '#':
		case first != "" && strings.Contains("<>", first[:1]):
			skip = true
		case first != "" && strings.Contains("&|;()\n", first[:1]):
			end()
			skip = false
		case skip:
			skip = false
		default:
			words = append(words, unquoted(part))
		}
	}
	end()
	return found
}

// unquoted returns what a word of a shell script says, with 1 for each variable.
func unquoted(word string) string {
	bare := strings.NewReplacer(`"`, "", `'`, "", `\`, "").Replace(word)
	return regexp.MustCompile(`\$\{[^}]*\}|\$[A-Za-z_0-9]+`).ReplaceAllString(bare, "1")
}

func matches(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(machines, pattern))
	if err != nil || len(list) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, machines, err)
	}
	return list
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func documents(t *testing.T, file string) []map[string]any {
	t.Helper()
	return parsed(t, read(t, file))
}

// parsed returns the documents of a YAML file, with the values that they have in JSON.
func parsed(t *testing.T, text string) (list []map[string]any) {
	t.Helper()
	for part := range strings.SplitSeq(text, "\n---\n") {
		var v any
		if err := yaml.Load([]byte(part), &v); err != nil {
			t.Fatal(err)
		}
		as, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(as, &doc); err != nil {
			t.Fatal(err)
		}
		list = append(list, doc)
	}
	return list
}
