package main

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"flowsweep/experiments/engine/ort"
)

// pages returns the paths of all documents in Markdown but the history of changes.
func pages(t *testing.T) (list []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "out" || d.Name() == "node_modules" || strings.HasPrefix(path, ".")) && path != ".":
			return filepath.SkipDir
		case filepath.Ext(path) == ".md" && path != "CHANGELOG.md" && path != filepath.Join("export", "examples.md"):
			list = append(list, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// block is a fenced block of a document.
type block struct{ language, text string }

func blocksOf(page string) (list []block) {
	for _, m := range regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$").FindAllStringSubmatch(page, -1) {
		list = append(list, block{m[1], m[2]})
	}
	return list
}

// callsIn returns the arguments of each call of flowsweep in the blocks of a document that hold commands.
func callsIn(page string) (found [][]string) {
	for _, b := range blocksOf(page) {
		switch b.language {
		case "sh":
			found = append(found, commandsIn(b.text)...)
		case "console":
			for _, c := range commandsShown(b.text) {
				found = append(found, commandsIn(c.command+"\n")...)
			}
		}
	}
	return found
}

// TestDocuments runs what documents show. In the order of a page, a block whose first line is a comment with a file's name is
// written to an empty folder, and the commands of a console block, which follow "$ ", are run there by one shell. What they print is
// what stands below them, where ... is anything within a line, or any lines if it is alone on one. A page that serves something has it
// at port 8000, which is another one here.
func TestDocuments(t *testing.T) {
	t.Parallel()
	library, err := ort.FindLibrary()
	if err != nil {
		t.Fatal(err)
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	ran := 0
	for _, page := range pages(t) {
		session := sessionOf(read(t, page), hasPython())
		ran += len(session.shown)
		if len(session.shown) == 0 {
			continue
		}
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && strings.Contains(session.script, "flowsweep sweep") {
				t.Skip("its sweeps take some ten seconds of a core")
			}
			folder := t.TempDir()
			command := exec.Command(bash, "-c", strings.ReplaceAll(session.script, "8000", freePort(t)))
			command.Dir = folder
			command.Env = append(os.Environ(), ort.LibraryVariable+"="+library.Path, "NO_COLOR=1")
			out, err := command.CombinedOutput()
			if err != nil {
				t.Errorf("%v", err)
			}
			for _, problem := range session.compare(string(out)) {
				t.Error(problem)
			}
			if session.skipped > 0 {
				t.Skipf("all but %d blocks, which need curl, and a python3 that has onnxruntime and numpy", session.skipped)
			}
		})
	}
	if ran < 5 {
		t.Errorf("found %d commands to run", ran)
	}
}

// TestShownPython runs the Python of the page on ONNX files beside the files of a sweep.
func TestShownPython(t *testing.T) {
	t.Parallel()
	if !hasPython() {
		t.Skip("no python3 here that has onnxruntime and numpy, or no curl")
	}
	folder := t.TempDir()
	spec := "name: small\ntarget: {name: gaussian, dim: 2}\nnet: {width: 8, depth: 1}\ntrain: {steps: 20}\nsample: {steps: 2, count: 64}\n"
	if err := os.WriteFile(filepath.Join(folder, "small.yaml"), []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	script := ""
	for _, b := range blocksOf(read(t, "export/README.md")) {
		if b.language == "python" {
			script += b.text
		}
	}
	script += "assert samples.shape == finer.shape == x.shape == (1000, 2)\n"
	for _, c := range [][]string{{"flowsweep", "sweep", "small.yaml", "--out", "."}, {"python3", "-c", script}} {
		command := exec.Command(c[0], c[1:]...)
		command.Dir = folder
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v: %s", c, err, out)
		}
	}
}

// freePort returns a port of this machine on which nothing listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// hasPython reports whether there is a Python that runs ONNX files, and curl, to ask it.
func hasPython() bool {
	_, err := exec.LookPath("curl")
	return err == nil && exec.Command("python3", "-c", "import numpy, onnxruntime").Run() == nil
}

// session is what a document's blocks make: files, and commands with what they show.
type session struct {
	script  string
	shown   []shown
	skipped int // blocks that need Python
}

// shown is a command and the output that a document has for it.
type shown struct{ command, output string }

func sessionOf(page string, python bool) (s session) {
	var script strings.Builder
	script.WriteString("shopt -s expand_aliases\n")
	for _, b := range blocksOf(page) {
		if b.language == "console" {
			if !python && strings.Contains(b.text, "python3") {
				s.skipped++
				continue
			}
			for _, c := range commandsShown(b.text) {
				fmt.Fprintf(&script, "%s\ncode=$?; echo; echo '@@@'; if [ $code != 0 ]; then exit $code; fi\n", c.command)
				s.shown = append(s.shown, c)
			}
		} else if name := regexp.MustCompile(`^# ([\w./-]+\.\w+)\n`).FindStringSubmatch(b.text); name != nil {
			fmt.Fprintf(&script, "cat > %s <<'@@@'\n%s@@@\n", name[1], b.text)
		}
	}
	s.script = script.String()
	return s
}

// commandsShown splits a console block into commands and their outputs. A command goes on after a backslash.
func commandsShown(text string) (list []shown) {
	for _, line := range strings.SplitAfter(text, "\n") {
		last := len(list) - 1
		switch {
		case strings.HasPrefix(line, "$ "):
			list = append(list, shown{command: strings.TrimSuffix(line[2:], "\n")})
		case last < 0:
		case strings.HasSuffix(list[last].command, "\\") && list[last].output == "":
			list[last].command += "\n" + strings.TrimSuffix(line, "\n")
		default:
			list[last].output += line
		}
	}
	return list
}

// compare returns what differs between the document and what the session printed.
func (s session) compare(printed string) (problems []string) {
	parts := strings.Split(printed, "@@@\n")
	for i, c := range s.shown {
		if i >= len(parts)-1 && (i >= len(parts) || parts[i] == "") {
			return append(problems, "did not get to: "+c.command)
		}
		if got := strings.TrimRight(parts[i], "\n"); !resembles(got, c.output) {
			problems = append(problems, fmt.Sprintf("$ %s\nprints\n%s\nwhere the page has\n%s", c.command, got, c.output))
		}
	}
	return problems
}
