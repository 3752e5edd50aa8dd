package ship

import (
	"context"
	"fmt"
	"path"
	"runtime/debug"
	"slices"

	"golang.org/x/sync/errgroup"

	"flowsweep/experiments"
	"flowsweep/export"
	"flowsweep/pipeline/ship/conditions"
	"flowsweep/pipeline/stage"
	"flowsweep/reports"
	"flowsweep/reports/fields"
	"flowsweep/store"
)

// Page returns the HTML report of the sweep. It depends only on what is stored.
func (o Outcome) Page(ctx context.Context, db *store.DB) ([]byte, error) {
	return o.LivePage(ctx, db, "")
}

// LivePage returns the same page with a script of the server that it comes from, which keeps it fresh.
func (o Outcome) LivePage(ctx context.Context, db *store.DB, script string) (page []byte, err error) {
	defer stage.Enter(ctx, stage.Page)()
	// A page consists of much that lives to the end: collecting garbage half as often saves a tenth of the time of a large
	// page, for a third more memory.
	defer debug.SetGCPercent(debug.SetGCPercent(200))
	// Reading the curves of a large sweep takes longer than computing everything else.
	ctx, cancel := context.WithCancel(ctx)
	var reading errgroup.Group
	var losses map[string][]experiments.Loss
	reading.Go(func() (err error) {
		losses, err = db.Curves(ctx, o.Sweep.Name, curveParts)
		return err
	})
	defer func() {
		cancel()
		reading.Wait() // the error, if any, has been returned
	}()
	p := reports.Page{
		Sweep: o.Sweep, Summaries: o.Summaries, Choice: o.Choice, Targets: o.Targets, Baseline: o.Baseline,
		Command: fmt.Sprintf("flowsweep sweep %s.yaml  # the spec below, saved under that name", o.Sweep.Spec.Name), Live: script,
	}
	if err := o.addTables(&p); err != nil {
		return nil, err
	}
	if err := o.addChoice(ctx, db, &p); err != nil {
		return nil, err
	}
	for _, s := range p.Summaries {
		p.Floors = append(p.Floors, o.known.of(s.Setting.Recipe))
		p.Classes = append(p.Classes, o.Sweep.Classes(s))
	}
	if p.Students, err = o.students(ctx, db); err != nil {
		return nil, err
	}
	if err := reading.Wait(); err != nil {
		return nil, err
	}
	p.Curves = curves(o.Sweep, losses, o.known)
	if o.NoChoice == nil {
		p.Memory = o.memory(losses)
	}
	return reports.Render(p)
}

// addTables adds the run table and, for the scripts of the page, what the fields of runs and settings are.
func (o Outcome) addTables(p *reports.Page) error {
	runs, err := RunTable(o.Sweep)
	if err != nil {
		return err
	}
	csv, err := tableCSV(runs)
	if err != nil {
		return err
	}
	settings := o.SettingTable()
	p.CSV = string(csv)
	p.Fields = fields.Data{Settings: fields.Whole(settings.Cells, settings.Columns), Runs: fields.Described(runs.Cells, runs.Columns)}
	return nil
}

// addChoice adds the chosen setting to the page, or why there is none.
func (o Outcome) addChoice(ctx context.Context, db *store.DB, p *reports.Page) (err error) {
	if o.NoChoice != nil {
		p.Choice, p.ChoiceError = experiments.Choice{}, o.NoChoice.Error()
	} else {
		if p.Samples, err = panels(ctx, db, o.Sweep, o.Choice.Run); err != nil {
			return err
		}
		if p.Pictures, err = pictures(ctx, db, o.Sweep, o.Choice.Run); err != nil {
			return err
		}
		if p.Rows, err = tableRows(ctx, db, o.Sweep, o.Choice.Run); err != nil {
			return err
		}
		if p.Flow, err = o.storedFlow(ctx, db); err != nil {
			return err
		}
		c, err := o.storedCalibration(ctx, db)
		if err != nil {
			return err
		}
		if c != nil {
			p.Calibration = &c.Calibrated
		}
		if p.Conditions, err = conditions.Of(ctx, db, o.Sweep, o.Summaries, o.Choice); err != nil {
			return err
		}
		f, _, err := o.storedFresh(ctx, db)
		if err != nil {
			return err
		}
		p.Fresh, p.Verdict = f, o.verdict(f)
		if p.Twin, err = o.storedTwin(ctx, db, o.Chosen()); err != nil {
			return err
		}
	}
	p.Artifacts, p.Checks, err = o.exported(ctx, db)
	p.LeftOut = leftOut(p.Checks)
	return err
}

// leftOut says of every sampler that has no portable form beside it why. The store does not say, but there are only two reasons.
func leftOut(checks []experiments.Check) (reasons []string) {
	for _, c := range checks {
		dir, base := path.Split(c.File)
		has := func(other experiments.Check) bool { return other.File == dir+portableFile }
		if base == SamplerFile && !slices.ContainsFunc(checks, has) {
			reasons = append(reasons, fmt.Sprintf("%s%s is left out: with the steps written out it would have more than %d operations, which onnxruntime takes "+
				"long to open. Or an earlier version wrote these files: then `flowsweep export` adds it.", dir, portableFile, export.MaxUnrolled))
		}
	}
	return reasons
}

// exported returns the files of a sweep and their checks if they are of the chosen runs or their twins. An interrupted sweep
// may hold files of an earlier choice, which are not returned.
func (o Outcome) exported(ctx context.Context, db *store.DB) ([]experiments.Artifact, []experiments.Check, error) {
	files, err := db.Artifacts(ctx, o.Sweep.Name)
	if err != nil {
		return nil, nil, err
	}
	checks, err := db.Checks(ctx, o.Sweep.Name)
	if err != nil {
		return nil, nil, err
	}
	runs, err := o.exportedRuns(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range checks {
		if !slices.Contains(runs, c.Run) {
			return nil, nil, nil
		}
	}
	return files, checks, nil
}

// exportedRuns returns the keys of the runs of which there are files: the chosen one of each target, and its twin.
func (o Outcome) exportedRuns(ctx context.Context, db *store.DB) (keys []string, err error) {
	for _, t := range o.chosen() {
		twin, err := o.storedTwin(ctx, db, o.Summaries[t.Chosen])
		if err != nil {
			return nil, err
		}
		keys = append(keys, t.Run.Run, origin{twin: twin}.sampled(t.Run).Run)
	}
	return keys, nil
}
