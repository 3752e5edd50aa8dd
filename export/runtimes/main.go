// The program runtimes runs the files that flowsweep exports in other runtimes, which it fetches from PyPI, npm, Maven Central
// and crates.io. It prints Markdown tables: how far their outputs differ from Go's, for each form of the files, for each kind
// of net, for solvers of each kind, for images and for a table, how fast they are, and what the example programs of the model card print. It exits with status 1 if a runtime
// computes something else, unless it is known to. A runtime that cannot be had, or does not take a file, has the reason in its
// cells.
//
//	go run . FOLDER [NAME]
//
// FOLDER caches the runtimes and the exported files. With NAME only the runtimes whose names contain it are tried, and
// no example.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 2 && len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: runtimes FOLDER [NAME]")
		os.Exit(2)
	}
	if err := run(os.Args[1], strings.Join(os.Args[2:], "")); err != nil {
		fmt.Fprintln(os.Stderr, "runtimes:", err)
		os.Exit(1)
	}
}

func run(folder, only string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	all, err := makeCases(folder)
	if err != nil {
		return err
	}
	var byForm, byNet, bySolver, byData, figures []row
	for _, known := range runtimes {
		if !strings.Contains(strings.ToLower(known.name), strings.ToLower(only)) {
			continue
		}
		fmt.Fprintln(os.Stderr, "runtimes: trying", known.name)
		r := known.setup(folder)
		results := r.tryAll(all.forms)
		byForm = append(byForm, row{known.name, results.cells(all.forms, known.wrong)})
		byNet = append(byNet, row{known.name, r.tryAll(all.nets).cells(all.nets, known.wrong)})
		bySolver = append(bySolver, row{known.name, r.tryAll(all.solvers).cells(all.solvers, known.wrong)})
		byData = append(byData, row{known.name, r.tryAll(all.data).cells(all.data, known.wrong)})
		if cells := results.figures(all.forms, r.folder); cells != nil {
			figures = append(figures, row{known.name, cells})
		}
	}
	printTable("runtime", heads(all.forms), byForm)
	printTable("runtime", heads(all.nets), byNet)
	printTable("runtime", heads(all.solvers), bySolver)
	printTable("runtime", heads(all.data), byData)
	printTable("runtime", figureHeads, figures)
	var examples []row
	if only == "" {
		examples = tryExamples(folder)
		printTable("example in the card", exampleHeads(), examples)
	}
	return errors.Join(failures(byForm), failures(byNet), failures(bySolver), failures(byData), failures(examples))
}

// call runs a program and shows its output.
func call(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	return nil
}
