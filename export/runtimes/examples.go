package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

var errNoCompiler = errors.New("no C++ compiler is installed")

// tryExamples runs the example programs of the model cards, of a flow and of noise on the way. Tests run those in Go and C++.
func tryExamples(folder string) (rows []row) {
	at := filepath.Join(folder, "npm", "onnxruntime-web") // where the programs find their packages
	for _, e := range []struct {
		name, language, file string
		run                  func(folder, at, program string) ([]byte, error)
	}{
		{"Python", "python", "draw.py", func(folder, at, program string) ([]byte, error) {
			packages, err := fetchWheels(folder, newest)
			if err != nil {
				return nil, err
			}
			return output(at, pythonCommand(packages, program))
		}},
		{"JavaScript", "js", "draw.mjs", func(_, at, program string) ([]byte, error) {
			return output(at, []string{"node", program})
		}},
		{"C++", "cpp", "draw.cpp", runCPP},
	} {
		var cells []cell
		for _, s := range exampled {
			err := writeExample(s.folder(folder), at, e.language, e.file)
			var out []byte
			if err == nil {
				out, err = e.run(folder, at, e.file)
			}
			c := cell{text: brief(string(out))}
			if err != nil {
				c = cell{text: "no: " + brief(err.Error()), wrong: !errors.Is(err, errNoCompiler)}
			}
			cells = append(cells, c)
		}
		rows = append(rows, row{e.name, cells})
	}
	return rows
}

// exampleHeads are the titles of what the programs print.
func exampleHeads() (heads []string) {
	for _, s := range exampled {
		heads = append(heads, "of "+s.name+", prints")
	}
	return heads
}

// writeExample writes the card's program in the given language, and the sampler, to a folder.
func writeExample(from, at, language, file string) error {
	card, err := os.ReadFile(filepath.Join(from, "model-card.md"))
	if err != nil {
		return err
	}
	code := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindSubmatch(card)
	if code == nil {
		return fmt.Errorf("the card has no example in %s", language)
	}
	sampler, err := os.ReadFile(filepath.Join(from, "sampler.onnx"))
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(filepath.Join(at, file), code[1], 0o644), os.WriteFile(filepath.Join(at, "sampler.onnx"), sampler, 0o644))
}

// runCPP compiles and runs a C++ program with the library and the header that flowsweep itself uses.
func runCPP(folder, at, program string) ([]byte, error) {
	if _, err := exec.LookPath("c++"); err != nil {
		return nil, errNoCompiler
	}
	headers, err := output("../..", []string{"go", "list", "-m", "-f", "{{.Dir}}", "github.com/yalue/onnxruntime_go"})
	if err != nil {
		return nil, err
	}
	text, err := output("", []string{filepath.Join(folder, "flowsweep"), "doctor", "--json"})
	if err != nil {
		return nil, err
	}
	var machine struct {
		Onnxruntime struct{ Path string }
	}
	if err := json.Unmarshal(text, &machine); err != nil {
		return nil, fmt.Errorf("read what doctor says: %w", err)
	}
	library := machine.Onnxruntime.Path
	if _, err := output(at, []string{
		"c++", "-std=c++17", "-I", strings.TrimSpace(string(headers)), program, "-o", "draw", library, "-Wl,-rpath," + filepath.Dir(library),
	}); err != nil {
		return nil, err
	}
	return output(at, []string{filepath.Join(at, "draw")})
}
