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
	Fresh   experiments.Fresh    // of the chosen setting, if one was chosen
	Verdict experiments.Verdict  // on the chosen setting, if one was chosen
	Checks  []experiments.Check  // of the exported ONNX files, if something was chosen
	Figures []export.Figures     // of the precisions asked for, of every target
	Absent  []export.Absent      // ONNX files that there are not
	Twin    *experiments.Summary // of the chosen setting at the fixed steps of the sampler file, if it is adaptive
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
func (o Outcome) Ship(ctx context.Context, db *store.DB, w Worker, out string, force bool) (Shipped, error) {
	s := Shipped{Outcome: o}
	var files []store.File
	if o.NoChoice == nil {
		var err error
		if files, err = s.chosenFiles(ctx, db, w, force); err != nil {
			return s, err
		}
		if s.Fresh, err = o.fresh(ctx, db, w.Engine); err != nil {
			return s, err
		}
		s.Verdict = o.verdict(s.Fresh)
		reasons, err := json.MarshalIndent(choiceJSON(s), "", "  ")
		if err != nil {
			return s, err
		}
		files = append(files, store.File{Name: ChoiceFile, Content: append(reasons, '\n')})
		for _, of := range []func(context.Context, *store.DB, engine.Engine) ([]store.File, error){o.calibrated, o.flowed} {
			more, err := of(ctx, db, w.Engine)
			if err != nil {
				return s, err
			}
			files = append(files, more...)
		}
	}
	table, err := runsCSV(o.Sweep)
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

// chosenFiles returns the files of the chosen run of every target, and notes the checks of those in ONNX and the twin of the
// first. With several targets, each has a folder of its own.
func (s *Shipped) chosenFiles(ctx context.Context, db *store.DB, w Worker, force bool) (files []store.File, err error) {
	for _, t := range s.chosen() {
		of := s.Summaries[t.Chosen]
		twin, err := s.twin(ctx, db, w, of)
		if err != nil {
			return nil, err
		}
		if t.Chosen == s.Choice.Chosen {
			s.Twin = twin
		}
		from := origin{sweep: s.Sweep, setting: of, twin: twin, by: t.By}
		if from.reduced, err = w.reduce(ctx, db, t.Run, from, export.SamplerOptions{}, force); err != nil {
			return nil, err
		}
		own, err := runFiles(ctx, db, t.Run, from, export.SamplerOptions{})
		if err != nil {
			return nil, err
		}
		for _, f := range own.files {
			f.Name = path.Join(s.folder(t), f.Name)
			files = append(files, f)
		}
		for _, c := range own.Checks {
			c.File = path.Join(s.folder(t), path.Base(c.File))
			s.Checks = append(s.Checks, c)
		}
		s.Figures = append(s.Figures, own.Figures...)
		for _, a := range own.Absent {
			a.File = path.Join(s.folder(t), a.File)
			s.Absent = append(s.Absent, a)
		}
	}
	return files, nil
}
