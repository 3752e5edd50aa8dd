package show

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"flowsweep/experiments/problem"
	"flowsweep/export"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/lineage"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
)

// shownLineage is the JSON form of `flowsweep show --lineage`.
type shownLineage struct {
	File    *shownFile       `json:"exported,omitempty"` // the file whose lineage it is
	Lineage *lineage.Lineage `json:"lineage,omitempty"`  // missing where the store does not hold the run of a file
}

// shownFile is an ONNX file of which the lineage is asked.
type shownFile struct {
	Path     string            `json:"path"`
	SHA256   string            `json:"sha256"`
	Kind     string            `json:"kind"`               // velocity, sampler or density
	Says     map[string]string `json:"says" null:"never"`  // of where it comes from
	Recorded string            `json:"recorded,omitempty"` // the sweep that exported and verified these bytes
	Unknown  bool              `json:"unknown,omitempty"`  // the store does not hold its run
}

// origins are the properties of a file that lead back, in this order.
var origins = []string{"data_sha256", "source_sha256", "teacher", "fit", "seed", "twin_of", "run", "sweep", "spec", "commit", "engine"}

// isModel reports whether an argument is a file and not a key.
func isModel(arg string) bool { return strings.HasSuffix(strings.ToLower(arg), ".onnx") }

// showLineage prints the lineage of a fit, a run or a file.
func (a *app) showLineage(ctx context.Context, arg string, asJSON bool) error {
	var s shownLineage
	if isModel(arg) {
		file, err := readFile(arg)
		if err != nil {
			return command.Usage(err)
		}
		s.File = file
		if _, err := os.Stat(a.DB); errors.Is(err, os.ErrNotExist) {
			file.Unknown = true
			return a.printLineage(s, asJSON)
		}
	}
	return a.WithStore(ctx, func(db *store.DB) error {
		err := s.find(ctx, db, arg)
		if err != nil {
			return err
		}
		return a.printLineage(s, asJSON)
	})
}

// find adds the lineage of the argument, or of the file.
func (s *shownLineage) find(ctx context.Context, db *store.DB, arg string) error {
	var l lineage.Lineage
	if s.File != nil {
		return s.findFile(ctx, db)
	}
	kind, key, err := db.Find(ctx, arg)
	switch {
	case err != nil:
		return command.Usage(err)
	case kind == "fit":
		l, err = lineage.OfFit(ctx, db, key)
	default:
		l, err = lineage.Of(ctx, db, key)
	}
	s.Lineage = &l
	return err
}

// findFile adds the lineage of the run that the file names. What it says otherwise must be what the store holds of it.
func (s *shownLineage) findFile(ctx context.Context, db *store.DB) error {
	says := s.File.Says
	l, err := lineage.Of(ctx, db, says["run"])
	if twin := says["twin_of"]; errors.Is(err, store.ErrNotFound) && twin != "" {
		l, err = lineage.Of(ctx, db, twin)
	}
	if errors.Is(err, store.ErrNotFound) {
		s.File.Unknown = true
		return nil
	}
	if err != nil {
		return err
	}
	hashes := map[string]string{"target": "data_sha256", "source": "source_sha256"}
	stored := map[string]string{"fit": l.Fit.Key}
	if len(l.Teachers) > 0 {
		stored["teacher"] = l.Teachers[0].Key
	}
	for _, d := range l.Data {
		stored[hashes[d.Role]] = d.SHA256
	}
	for _, name := range origins {
		if has, known := stored[name]; known && has != says[name] {
			return &ship.MismatchError{Err: fmt.Errorf("%s says that its %s is %q, but that of run %s is %q: it was edited", s.File.Path, name, says[name], l.Run.Key, has)}
		}
	}
	for _, f := range l.Files {
		if f.Check.SHA256 == s.File.SHA256 {
			s.File.Recorded = f.Sweep
		}
	}
	s.Lineage = &l
	return nil
}

// readFile returns what a file says of its origin.
func readFile(path string) (*shownFile, error) {
	content, err := command.ReadModel(path)
	if err != nil {
		return nil, err
	}
	kind, _, err := export.Origin(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	said, err := export.Said(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	sum := sha256.Sum256(content)
	f := &shownFile{Path: filepath.ToSlash(path), SHA256: hex.EncodeToString(sum[:]), Kind: kind, Says: map[string]string{}}
	for _, name := range origins {
		if text := said[name]; text != "" {
			f.Says[name] = text
		}
	}
	return f, nil
}

// printLineage prints a lineage: from data to files, each made from those above it.
func (a *app) printLineage(s shownLineage, asJSON bool) error {
	if asJSON {
		return command.PrintJSON(a.Stdout, s)
	}
	line := func(name, text string) { fmt.Fprintf(a.Stdout, "%-13s %s\n", name, problem.Printable(text)) }
	if s.File != nil {
		line("exported", fmt.Sprintf("%s, a %s, sha256 %s", s.File.Path, s.File.Kind, s.File.SHA256))
		switch {
		case s.File.Unknown:
			line("", "its run is not in "+a.DB+": the following is what the file says")
			for _, name := range slices.DeleteFunc(slices.Clone(origins), func(name string) bool { return s.File.Says[name] == "" }) {
				line(name, s.File.Says[name])
			}
		case s.File.Recorded != "":
			line("", "exported and verified by sweep "+s.File.Recorded+", to the byte")
		default:
			line("", "its run, fit and data are those of the store; `flowsweep verify` checks the rest")
		}
	}
	if s.Lineage != nil {
		a.printSteps(*s.Lineage, line)
	}
	return nil
}

// printSteps prints a lineage from the data on.
func (a *app) printSteps(l lineage.Lineage, line func(name, text string)) {
	for _, step := range l.Steps() {
		text := step.What
		if step.File != "" {
			text += ", " + step.File
		}
		if step.SHA256 != "" {
			text += ", sha256 " + step.SHA256
		}
		line(step.Kind, text)
		for _, d := range step.Details {
			line("", d)
		}
		if step.Environment != nil {
			line("", "in "+command.EnvironmentLine(*step.Environment))
		}
	}
	for _, m := range l.Measured {
		line("sweep", m.Sweep+", against reference "+m.Reference)
		for _, f := range m.Files {
			line("", fmt.Sprintf("data file %s, %d bytes, sha256 %s", f.Name, f.Size, f.SHA256))
		}
	}
	for _, f := range l.Files {
		line("file", fmt.Sprintf("%s of %s, sha256 %s", f.Check.File, f.Sweep, f.Check.SHA256))
		line("", verified(f))
	}
	for _, alias := range l.Aliases {
		for i, m := range slices.Backward(alias.Moves) {
			name := ""
			if i == len(alias.Moves)-1 {
				name = "alias"
			}
			line(name, alias.Name+": "+moveText(m))
		}
	}
}

// verified says how a file was verified.
func verified(f lineage.File) string {
	c := f.Check
	if !c.OK {
		return "not verified: " + cmp.Or(c.Error, "it does not compute what Go does")
	}
	return fmt.Sprintf("verified in %s: differs from Go by at most %.2g (allowed %.2g) at %d points", c.Runtime, c.MaxAbsDiff, c.Tolerance, c.Points)
}
