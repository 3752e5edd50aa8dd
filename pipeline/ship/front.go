package ship

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"flowsweep/experiments"
	"flowsweep/export"
	"flowsweep/store"
)

// Exported is what was exported of one setting, or of one run.
type Exported struct {
	Folder  string
	Setting int                 // index into the summaries of an outcome
	Checks  []experiments.Check // of the ONNX files
	files   []store.File
}

// ExportFront writes the files of every setting that no cheaper one beats, a folder each within out, of the run of the median
// seed. Nothing is written if one of the folders cannot be used or holds another export, which is an OccupiedError.
func (o Outcome) ExportFront(ctx context.Context, db *store.DB, out string, options export.SamplerOptions, force bool) ([]Exported, error) {
	metric := o.Sweep.Spec.Choose.Metric
	front := experiments.ParetoFront(o.Summaries, metric, func(s experiments.Summary) float64 { return float64(s.NFE) })
	if len(front) == 0 {
		return nil, fmt.Errorf("no setting of %s finished every seed with a finite %s: there is nothing to export", o.Sweep.Name, metric)
	}
	var list []Exported
	for _, i := range front {
		r := o.Summaries[i].MedianRun(metric)
		e := Exported{Folder: filepath.Join(out, settingFolder(o.Summaries[i].NFE, o.Labels.Setting(i), r.Run)), Setting: i}
		var err error
		if e.files, e.Checks, err = runFiles(ctx, db, r, origin{o.Sweep, o.Summaries[i]}, options); err != nil {
			return nil, err
		}
		if err := errors.Join(occupied(checkFolder(e.Folder)), checkOverwrite(e.Folder, e.files, force)); err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	for _, e := range list {
		if err := writeExport(e.Folder, e.files); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ExportRun writes the files of any finished run into a folder. Another export there is an OccupiedError, or with force
// replaced.
func ExportRun(ctx context.Context, db *store.DB, r experiments.Result, out string, options export.SamplerOptions, force bool) (Exported, error) {
	e := Exported{Folder: out}
	var err error
	if e.files, e.Checks, err = runFiles(ctx, db, r, origin{}, options); err != nil {
		return e, err
	}
	if err := checkOverwrite(out, e.files, force); err != nil {
		return e, err
	}
	return e, writeExport(out, e.files)
}

// settingFolder returns a name for the files of a setting: its velocity calls, what it is in letters that every file
// system takes, and the beginning of the run's key, which alone tells all settings apart.
func settingFolder(nfe experiments.Calls, label, run string) string {
	const maxLetters = 60
	plain := func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.')
	}
	words := strings.Join(strings.FieldsFunc(label, func(r rune) bool { return !plain(r) }), "-")
	return strings.Join([]string{"nfe" + nfe.String(), strings.TrimRight(words[:min(maxLetters, len(words))], "-"), run[:min(8, len(run))]}, "-")
}
