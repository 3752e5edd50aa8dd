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

// Exported is the export of one run.
type Exported struct {
	Folder  string
	Setting int                 // index into the summaries of an outcome
	Checks  []experiments.Check // of the ONNX files
	Figures []export.Figures    // of the precisions asked for
	Absent  []export.Absent     // what is not among them
	files   []store.File
}

// ExportFront exports every setting on the Pareto front, each into its own folder in out, by the run of the median seed.
// Nothing is written if a folder cannot be used or holds another export; that is an OccupiedError.
func (o Outcome) ExportFront(ctx context.Context, db *store.DB, w Worker, out string, options export.SamplerOptions, force bool) ([]Exported, error) {
	metric := o.Sweep.Spec.Choose.Metric
	front := o.front(metric)
	if len(front) == 0 {
		return nil, fmt.Errorf("no setting of %s finished every seed with a finite %s: there is nothing to export", o.Sweep.Name, metric)
	}
	var list []Exported
	for _, i := range front {
		r := o.Summaries[i].MedianRun(metric)
		twin, err := o.twin(ctx, db, w, o.Summaries[i])
		if err != nil {
			return nil, err
		}
		of := origin{sweep: o.Sweep, setting: o.Summaries[i], twin: twin, by: o.choiceOf(i).By}
		if of.reduced, err = w.reduce(ctx, db, r, of, options, force); err != nil {
			return nil, err
		}
		e, err := runFiles(ctx, db, r, of, options)
		if err != nil {
			return nil, err
		}
		e.Folder, e.Setting = filepath.Join(out, settingFolder(o.Summaries[i].NFE, o.Labels.Setting(i), r.Run)), i
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

// front returns the settings on the Pareto front of each target.
func (o Outcome) front(metric string) (front []int) {
	for _, t := range o.Targets {
		own := make([]experiments.Summary, len(t.Settings))
		for k, i := range t.Settings {
			own[k] = o.Summaries[i]
		}
		for _, k := range experiments.ParetoFront(own, metric, func(s experiments.Summary) float64 { return float64(s.NFE) }) {
			front = append(front, t.Settings[k])
		}
	}
	return front
}

// ExportRun exports a finished run into a folder. If that holds another export it is an OccupiedError, unless force is set.
func ExportRun(ctx context.Context, db *store.DB, w Worker, r experiments.Result, out string, options export.SamplerOptions, force bool) (Exported, error) {
	r, twin, err := twinOfRun(ctx, db, r, func(o Outcome, s experiments.Summary) (*experiments.Summary, error) { return o.twin(ctx, db, w, s) })
	if err != nil {
		return Exported{}, err
	}
	of := origin{twin: twin}
	if of.reduced, err = w.reduce(ctx, db, r, of, options, force); err != nil {
		return Exported{}, err
	}
	e, err := runFiles(ctx, db, r, of, options)
	if err != nil {
		return e, err
	}
	e.Folder = out
	if err := checkOverwrite(out, e.files, force); err != nil {
		return e, err
	}
	return e, writeExport(out, e.files)
}

// settingFolder returns a folder name for a setting: its velocity calls, its label in portable letters, and the beginning of
// the run's key, which makes the name unique.
func settingFolder(nfe experiments.Calls, label, run string) string {
	return strings.Join([]string{"nfe" + nfe.String(), plainName(label), run[:min(8, len(run))]}, "-")
}

// plainName returns a label in portable letters.
func plainName(label string) string {
	const maxLetters = 60
	plain := func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.')
	}
	words := strings.Join(strings.FieldsFunc(label, func(r rune) bool { return !plain(r) }), "-")
	return strings.TrimRight(words[:min(maxLetters, len(words))], "-")
}
