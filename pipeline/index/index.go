// Package index keeps out/index.html, the list of a store's sweeps.
//
//	path, err := index.Write(ctx, db, "out")
package index

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"flowsweep/experiments"
	"flowsweep/pipeline/ship"
	"flowsweep/reports/index"
	"flowsweep/store"
)

// File is the name of the page.
const File = "index.html"

// ForeignError says that there is another page in place of the list.
type ForeignError struct{ Path string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s is no list of sweeps: it is left as it is; move it away to have the list there", e.Path)
}

// Write writes the list of the sweeps of a store into a folder, which holds the default output folders. A page there that is of
// another origin is left alone, with a ForeignError.
func Write(ctx context.Context, db *store.DB, parent string) error {
	path := filepath.Join(parent, File)
	have, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list the sweeps: %w", err)
	}
	if err == nil && !bytes.Contains(have[:min(len(have), 4096)], []byte("<title>"+index.Title+"</title>")) {
		return &ForeignError{path}
	}
	sweeps, err := list(ctx, db, parent)
	if err != nil {
		return err
	}
	page, err := index.Render(sweeps)
	if err != nil {
		return err
	}
	return ship.WriteFile(path, page)
}

// list returns the sweeps of the store as it lists them: their choices are those of their stored choice.json, so that none has to be
// worked out again.
func list(ctx context.Context, db *store.DB, parent string) (sweeps []index.Sweep, err error) {
	listed, err := db.Sweeps(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range listed {
		s := index.Sweep{
			Name: l.Name, Report: ship.ReportLink(parent, l.Name), State: l.State, Started: l.LastStarted, Targets: l.Targets,
			Runs: l.Runs, Finished: l.RunsDone, Failed: l.RunsFailed,
		}
		if slices.Contains(l.Files, ship.ChoiceFile) {
			content, err := db.ArtifactContent(ctx, l.Name, ship.ChoiceFile)
			if err == nil {
				s.Choices, err = choicesIn(content)
			}
			if err != nil { // which must not hide the others
				s.Problem = err.Error()
			}
		}
		sweeps = append(sweeps, s)
	}
	return sweeps, ctx.Err()
}

// chosen is a choice in choice.json.
type chosen struct {
	Target string `json:"target"`
	Chosen struct {
		Setting string            `json:"setting"`
		NFE     experiments.Calls `json:"nfe"`
	} `json:"chosen"`
	Metrics map[string]experiments.Interval `json:"metrics"`
}

// choicesIn returns the choices that a choice.json holds: the one, or that of each target.
func choicesIn(content []byte) (list []index.Choice, err error) {
	var file struct {
		Rule struct {
			Metric string `json:"metric"`
		} `json:"choose"`
		chosen
		Verdict experiments.Verdict `json:"verdict"`
		Targets []chosen            `json:"targets"`
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, err
	}
	all := file.Targets
	if len(all) == 0 {
		all = []chosen{file.chosen}
	}
	for _, c := range all {
		if c.Chosen.Setting == "" {
			continue
		}
		choice := index.Choice{Target: c.Target, Setting: c.Chosen.Setting, NFE: c.Chosen.NFE, Metric: file.Rule.Metric, Mean: c.Metrics[file.Rule.Metric]}
		if c.Chosen == file.Chosen {
			choice.Verdict = word(file.Verdict)
		}
		list = append(list, choice)
	}
	return list, nil
}

// word returns a verdict in a word.
func word(v experiments.Verdict) string {
	switch {
	case len(v.Tests) == 0:
		return "untested"
	case len(v.With(experiments.TestFail)) > 0:
		return string(experiments.TestFail)
	case len(v.With(experiments.TestPass)) > 0:
		return string(experiments.TestPass)
	default:
		return string(experiments.TestUnsure)
	}
}
