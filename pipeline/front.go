package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"flowsweep/experiments"
	"flowsweep/store"
)

// exportFront writes the files of every setting of the latest sweep that no cheaper one beats, a folder each, of the run
// of the median seed. Nothing is written if one of the folders holds another export.
func (a *app) exportFront(ctx context.Context, db *store.DB, f exportFlags) error {
	sweep, err := loadSweep(ctx, db, "")
	if err != nil {
		return usage(err)
	}
	out, err := outFolder(f.out, sweep.Name+"-front")
	if err != nil {
		return err
	}
	summaries, err := experiments.Summaries(sweep.Results, sweep.Spec.Metrics)
	if err != nil {
		return err
	}
	labels, err := settingLabels(summaries)
	if err != nil {
		return err
	}
	metric := sweep.Spec.Choose.Metric
	front := experiments.ParetoFront(summaries, metric, func(s experiments.Summary) float64 { return float64(s.NFE) })
	if len(front) == 0 {
		return fmt.Errorf("no setting of %s finished every seed with a finite %s: there is nothing to export", sweep.Name, metric)
	}
	type export struct {
		folder string
		files  []store.File
		checks []experiments.Check
	}
	var exports []export
	for _, i := range front {
		r := summaries[i].MedianRun(metric)
		e := export{folder: filepath.Join(out, settingFolder(summaries[i].NFE, labels.Setting(i), r.Run))}
		if e.files, e.checks, err = runFiles(ctx, db, r, origin{sweep, summaries[i]}, f.sampler); err != nil {
			return err
		}
		if err := errors.Join(usage(checkFolder(e.folder)), ours(e.folder, e.files, f.force)); err != nil {
			return err
		}
		exports = append(exports, e)
	}
	for _, e := range exports {
		if err := writeExport(e.folder, e.files); err != nil {
			return err
		}
	}
	for n, e := range exports {
		st, _ := summaries[front[n]].Stat(metric)
		fmt.Fprintf(a.stdout, "front     %s (NFE %s): %s %.4g%s\n", labels.Setting(front[n]), summaries[front[n]].NFE, metric, st.Mean, between(st.Low, st.High))
		if err := a.allConcluded(e.folder, e.checks); err != nil {
			return err
		}
	}
	return nil
}

// settingFolder returns a name for the files of a setting: its velocity calls, what it is in letters that every file
// system takes, and the beginning of the run's key, which alone tells all settings apart.
func settingFolder(nfe experiments.Calls, label, run string) string {
	const most = 60
	plain := func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.')
	}
	words := strings.Join(strings.FieldsFunc(label, func(r rune) bool { return !plain(r) }), "-")
	return strings.Join([]string{"nfe" + nfe.String(), strings.TrimRight(words[:min(most, len(words))], "-"), run[:min(8, len(run))]}, "-")
}
