package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// tryExamples runs the example programs of the model card. A test runs the one in Go.
func tryExamples(folder string) (rows []row) {
	at := filepath.Join(folder, "npm") // where the programs find their packages
	for _, e := range []struct {
		name, language, file string
		run                  func(folder, at, program string) ([]byte, error)
	}{
		{"Python", "python", "draw.py", func(folder, at, program string) ([]byte, error) {
			packages, err := fetchWheel(folder, newest)
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
		err := writeExample(filepath.Join(folder, "loop"), at, e.language, e.file)
		var out []byte
		if err == nil {
			out, err = e.run(folder, at, e.file)
		}
		c := cell{text: brief(string(out))}
		if err != nil {
			c = cell{text: "no: " + brief(err.Error()), wrong: !errors.Is(err, errHeaders)}
		}
		rows = append(rows, row{e.name, []cell{c}})
	}
	return rows
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

var errHeaders = errors.New("onnxruntime_cxx_api.h is not installed")

// runCPP compiles and runs a C++ program, if the headers of onnxruntime are installed.
func runCPP(_, at, program string) ([]byte, error) {
	if exec.Command("c++", "-E", "-include", "onnxruntime_cxx_api.h", "-x", "c++", os.DevNull, "-o", os.DevNull).Run() != nil {
		return nil, errHeaders
	}
	if _, err := output(at, []string{"c++", "-std=c++17", program, "-o", "draw", "-lonnxruntime"}); err != nil {
		return nil, err
	}
	return output(at, []string{filepath.Join(at, "draw")})
}
