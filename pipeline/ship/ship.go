package ship

import (
	"context"
	"encoding/json"
	"fmt"
	"path"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/export"
	"flowsweep/store"
)

// Shipped is what Ship made of an outcome.
type Shipped struct {
	Outcome
	Fresh  experiments.Fresh   // of the chosen setting, if one was chosen
	Checks []experiments.Check // of the exported ONNX files, if something was chosen
}

// Err returns why a file must not be used or was not verified, or why nothing was chosen.
func (s Shipped) Err() error {
	for _, c := range s.Checks {
		if err := CheckError(c); err != nil {
			return err
		}
	}
	if s.NoChoice != nil {
		return s.NoChoice
	}
	for _, t := range s.Targets {
		if t.Err != nil {
			return fmt.Errorf("target %s: %w", s.Labels.Target(t.Settings[0]), t.Err)
		}
	}
	return nil
}

// Ship writes the output folder of a sweep and stores its files and checks. A file is verified only once. If the folder
// holds ONNX files of another export it is an OccupiedError, unless force is set.
func (o Outcome) Ship(ctx context.Context, db *store.DB, e engine.Engine, out string, force bool) (Shipped, error) {
	s := Shipped{Outcome: o}
	var files []store.File
	if o.NoChoice == nil {
		var err error
		if files, s.Checks, err = o.chosenFiles(ctx, db); err != nil {
			return s, err
		}
		if s.Fresh, err = o.fresh(ctx, db, e); err != nil {
			return s, err
		}
		reasons, err := json.MarshalIndent(choiceJSON(o, s.Fresh), "", "  ")
		if err != nil {
			return s, err
		}
		files = append(files, store.File{Name: choiceFile, Content: append(reasons, '\n')})
	}
	table, err := runsCSV(o.Sweep.Results)
	if err != nil {
		return s, err
	}
	files = append(files, store.File{Name: csvFile, Content: table})
	if err := checkOverwrite(out, files, force); err != nil {
		return s, err
	}
	if err := db.Ship(ctx, o.Sweep.Name, files, s.Checks); err != nil {
		return s, err
	}
	page, err := o.Page(ctx, db)
	if err != nil {
		return s, err
	}
	return s, writeFolder(out, append(files, store.File{Name: ReportFile, Content: page}))
}

// chosenFiles returns the files of the chosen run of every target and the checks of those in ONNX. With several targets,
// each has a folder of its own.
func (o Outcome) chosenFiles(ctx context.Context, db *store.DB) (files []store.File, checks []experiments.Check, err error) {
	for _, t := range o.chosen() {
		own, checked, err := runFiles(ctx, db, t.Run, origin{o.Sweep, o.Summaries[t.Chosen]}, export.SamplerOptions{})
		if err != nil {
			return nil, nil, err
		}
		for _, f := range own {
			f.Name = path.Join(o.folder(t), f.Name)
			files = append(files, f)
		}
		for _, c := range checked {
			c.File = path.Join(o.folder(t), path.Base(c.File))
			checks = append(checks, c)
		}
	}
	return files, checks, nil
}
