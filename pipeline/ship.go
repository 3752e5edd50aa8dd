package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/export"
	"flowsweep/store"
)

// shipped is what came of a sweep.
type shipped struct {
	spec     experiments.Spec
	choice   experiments.Choice
	chosen   experiments.Summary
	label    string // of the chosen setting
	fresh    freshFigures
	noChoice error               // why nothing could be chosen, if so
	checks   []experiments.Check // of the exported ONNX files, if something was chosen
}

// finish chooses, exports, verifies and reports what the store holds of a sweep, and says how it ended.
func (a *app) finish(ctx context.Context, s *sweeper, out string) error {
	if err := s.nulls(ctx); err != nil {
		return err
	}
	shipped, err := a.ship(ctx, s.db, s.engine, s.plan.Spec.Name, out, true)
	if err != nil {
		return err
	}
	a.printShipped(shipped, out)
	return shipped.outcome(s.failures)
}

// outcome is the error a sweep ends with, if it does: a file that must not be used first, then what failed.
func (s shipped) outcome(failures []string) error {
	for _, c := range s.checks {
		if !c.OK {
			return notVerified(c)
		}
	}
	if n := len(failures); n > 0 {
		return exitError{exitFailedRuns, fmt.Errorf("%d failed, the others are kept; the first: %s", n, failures[0])}
	}
	return s.noChoice
}

// ship writes the output folder of a sweep from what the store holds, and stores the files and the check. A file that
// was verified before is not verified again. A file that cannot be verified is reported as such. ONNX files of another
// export in the folder are an error, or with force replaced.
func (a *app) ship(ctx context.Context, db *store.DB, e engine.Engine, name, out string, force bool) (shipped, error) {
	sweep, err := loadSweep(ctx, db, name)
	if err != nil {
		return shipped{}, err
	}
	summaries, err := experiments.Summaries(sweep.Results, sweep.Spec.Metrics)
	if err != nil {
		return shipped{}, err
	}
	s := shipped{spec: sweep.Spec}
	var files []store.File
	labels, err := settingLabels(summaries)
	if err != nil {
		return s, err
	}
	if s.choice, s.noChoice = sweep.Spec.Choose.Choose(summaries, labels.Setting); s.noChoice == nil {
		s.chosen, s.label = summaries[s.choice.Chosen], labels.Setting(s.choice.Chosen)
		if files, s.checks, err = runFiles(ctx, db, s.choice.Run, origin{sweep, s.chosen}, export.SamplerOptions{}); err != nil {
			return s, err
		}
		if s.fresh, err = fresh(ctx, db, e, sweep.Spec, s.chosen); err != nil {
			return s, err
		}
		reasons, err := json.MarshalIndent(choiceJSON(sweep.Spec.Choose, summaries, s.choice, labels, s.fresh), "", "  ")
		if err != nil {
			return s, err
		}
		files = append(files, store.File{Name: choiceFile, Content: append(reasons, '\n')})
	}
	table, err := runsCSV(sweep.Results)
	if err != nil {
		return s, err
	}
	files = append(files, store.File{Name: csvFile, Content: table})
	if err := ours(out, files, force); err != nil {
		return s, err
	}
	if err := db.Ship(ctx, name, files, s.checks); err != nil {
		return s, err
	}
	page, err := renderReport(ctx, db, name)
	if err != nil {
		return s, err
	}
	return s, writeFolder(out, append(files, store.File{Name: reportFile, Content: page}))
}

// settingLabels returns what tells the settings of a sweep from one another.
func settingLabels(summaries []experiments.Summary) (experiments.Labels, error) {
	settings := make([]experiments.Setting, len(summaries))
	for i, s := range summaries {
		settings[i] = s.Setting
	}
	return experiments.NewLabels(settings)
}

// printShipped says what came of a sweep and where it is.
func (a *app) printShipped(s shipped, out string) {
	if s.noChoice == nil {
		st, _ := s.chosen.Stat(s.spec.Choose.Metric)
		fmt.Fprintf(a.stdout, "chosen    %s (NFE %s): %s %.4g%s, the %s\n", s.label, s.chosen.NFE, st.Name, st.Mean, between(st.Low, st.High), s.choice.Reason)
	}
	if got, ok := s.fresh.Metrics[s.spec.Choose.Metric]; ok {
		fmt.Fprintf(a.stdout, "fresh     %s %.4g%s on points the choice never saw\n", s.spec.Choose.Metric, float64(got.Mean), between(float64(got.Low), float64(got.High)))
	}
	for _, c := range s.checks {
		if c.OK {
			a.printCheck(filepath.Join(out, c.File), c)
		}
	}
	fmt.Fprintf(a.stdout, "report    %s\n", filepath.Join(out, reportFile))
}

// between returns an interval in brackets, and nothing where there is none.
func between(low, high float64) string {
	if math.IsNaN(low) {
		return ""
	}
	return fmt.Sprintf(" [%.3g, %.3g]", low, high)
}

func (a *app) printCheck(path string, c experiments.Check) {
	fmt.Fprintf(a.stdout, "verified  %s: %s and Go differ by at most %.2g (allowed %.2g) at %d points\n", path, c.Runtime,
		c.MaxAbsDiff, c.Tolerance, c.Points)
}

// notVerified is the error of a check that is not OK.
func notVerified(c experiments.Check) error {
	switch {
	case c.Runtime == "":
		return fmt.Errorf("%s was not verified: %s; all runs are kept, and the same command will verify it then", c.File, c.Error)
	case c.Error != "":
		return exitError{exitCheck, fmt.Errorf("%s could not be compared with Go: %s: do not use it", c.File, c.Error)}
	default:
		return exitError{exitCheck, fmt.Errorf("%s does not compute what Go does: the largest difference is %.3g, allowed are %.3g: do not use it",
			c.File, c.MaxAbsDiff, c.Tolerance)}
	}
}
