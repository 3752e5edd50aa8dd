package ship

import (
	"context"
	"encoding/json"

	"flowsweep/experiments"
	"flowsweep/export"
	"flowsweep/reports"
	"flowsweep/store"
)

// Shipped is what Ship made of an outcome.
type Shipped struct {
	Outcome
	Fresh   experiments.Fresh    // of the chosen setting, if one was chosen
	Verdict experiments.Verdict  // on the chosen setting, if one was chosen
	Checks  []experiments.Check  // of the exported ONNX files, if something was chosen
	Twin    *experiments.Summary // of the chosen setting at the fixed steps of the sampler file, if it is adaptive
}

// Err returns why a file must not be used or was not verified, or why nothing was chosen.
func (s Shipped) Err() error {
	for _, c := range s.Checks {
		if err := CheckError(c); err != nil {
			return err
		}
	}
	return s.NoChoice
}

// Ship writes the output folder of a sweep and stores its files and checks. A file is verified only once. If the folder
// holds ONNX files of another export it is an OccupiedError, unless force is set.
func (o Outcome) Ship(ctx context.Context, db *store.DB, w Worker, out string, force bool) (Shipped, error) {
	s := Shipped{Outcome: o}
	var files []store.File
	if o.NoChoice == nil {
		var err error
		if s.Twin, err = o.twin(ctx, db, w, o.Chosen()); err != nil {
			return s, err
		}
		if files, s.Checks, err = runFiles(ctx, db, o.Choice.Run, origin{o.Sweep, o.Chosen(), s.Twin}, export.SamplerOptions{}); err != nil {
			return s, err
		}
		if s.Fresh, err = o.fresh(ctx, db, w.Engine); err != nil {
			return s, err
		}
		s.Verdict = o.verdict(s.Fresh, floors{spec: o.Sweep.Spec, known: map[string]reports.Floor{}})
		reasons, err := json.MarshalIndent(choiceJSON(s), "", "  ")
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
