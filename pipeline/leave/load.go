package leave

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/query"
	"flowsweep/export/tracked"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
)

// Load reads the named sweeps, or all of them if there is no name, with the runs that meet all conditions. Sweeps and settings
// without such a run are left out.
func Load(ctx context.Context, db *store.DB, names, where []string) (sweeps []tracked.Sweep, err error) {
	conditions, err := parse(where)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		if names, err = db.SweepNames(ctx); err != nil {
			return nil, err
		}
	}
	var known []experiments.Sweep
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("--sweep %s is given twice: name each sweep once", name)
		}
		sweep, err := saved.Sweep(ctx, db, name)
		if err != nil {
			return nil, err
		}
		known = append(known, sweep)
	}
	keep, err := filter(known, conditions)
	if err != nil {
		return nil, err
	}
	for _, sweep := range known {
		l := loader{db: db, sweep: sweep, keep: keep, fits: map[string]*tracked.Fit{}, art: newArtist(db, sweep.Spec)}
		t, err := l.load(ctx)
		if err != nil {
			return nil, err
		}
		if len(t.Settings) > 0 || len(where) == 0 {
			sweeps = append(sweeps, t)
		}
	}
	return sweeps, nil
}

// loader reads one sweep.
type loader struct {
	db    *store.DB
	sweep experiments.Sweep
	keep  func(experiments.Result) bool
	fits  map[string]*tracked.Fit // read so far, by key
	art   *artist
}

func (l *loader) load(ctx context.Context) (t tracked.Sweep, err error) {
	ended, err := l.db.SweepState(ctx, l.sweep.Name)
	if err != nil {
		return t, err
	}
	spec := l.sweep.Spec
	t = tracked.Sweep{
		Name: l.sweep.Name, State: string(ended.State), Started: l.sweep.Started, Ended: ended.Finished,
		Spec: []byte(spec.Text), Metric: spec.Choose.Metric, Ranges: rangesOf(spec),
	}
	for _, r := range l.sweep.Remarks {
		if r.Kind == "sweep" {
			t.Note, t.Tags = r.Note, r.Tags
		}
	}
	outcome := ship.New(l.sweep)
	if err := l.settings(ctx, &t, outcome); err != nil {
		return t, err
	}
	files, err := l.db.Artifacts(ctx, t.Name)
	if err != nil {
		return t, err
	}
	t.Files = filesOf(files, func(name string) ([]byte, error) { return l.db.ArtifactContent(ctx, t.Name, name) })
	if t.Models, err = models(ctx, t.Files); err != nil {
		return t, err
	}
	page := func(string) ([]byte, error) { return outcome.Page(ctx, l.db) }
	t.Files = append(t.Files, filesOf([]experiments.Artifact{{Name: "report.html"}}, page)...)
	return t, nil
}

// settings reads the settings that have runs which are kept.
func (l *loader) settings(ctx context.Context, t *tracked.Sweep, outcome ship.Outcome) error {
	results := map[string][]experiments.Result{} // by the form of the setting
	for _, r := range l.sweep.Results {
		if l.keep(r) {
			results[r.Setting.Form()] = append(results[r.Setting.Form()], r)
		}
	}
	swept := outcome.Labels.Swept()
	for i, s := range outcome.Summaries {
		own := results[s.Setting.Form()]
		if len(own) == 0 {
			continue
		}
		setting := tracked.Setting{Label: outcome.Labels.Setting(i), Chosen: chosen(outcome, i), Params: l.params(s.Setting)}
		for _, p := range setting.Params {
			if slices.ContainsFunc(swept, func(s experiments.Swept) bool { return s.Key == p.Name }) {
				setting.Varied = append(setting.Varied, p)
			}
		}
		l.means(&setting, s, own)
		slices.SortStableFunc(own, func(a, b experiments.Result) int { return cmp.Compare(a.Seed, b.Seed) })
		for _, r := range own {
			run, err := l.run(ctx, t, r)
			if err != nil {
				return err
			}
			setting.Runs = append(setting.Runs, run)
		}
		t.Settings = append(t.Settings, setting)
	}
	return nil
}

// chosen returns the key of the run that stands for setting i if it was chosen.
func chosen(o ship.Outcome, i int) string {
	for _, t := range o.Targets {
		if t.Err == nil && t.Choice.Chosen == i {
			return t.Choice.Run.Run
		}
	}
	return ""
}

// params returns the fields of a setting as parameters.
func (l *loader) params(s experiments.Setting) (list []tracked.Param) {
	for _, f := range l.sweep.SettingFields(s) {
		if !f.Absent() {
			list = append(list, tracked.Param{Name: f.Key, Value: valueOf(f)})
		}
	}
	return list
}

// valueOf returns the value of a field, a whole number as an int64.
func valueOf(f query.Field) any {
	switch f.Kind {
	case query.Number:
		if n, err := strconv.ParseInt(f.Value, 10, 64); err == nil {
			return n
		}
		if x, err := strconv.ParseFloat(f.Value, 64); err == nil {
			return x
		}
	case query.Bool:
		return f.Value == "true"
	}
	return f.Value
}

// run reads a run, and its fit unless that is read already.
func (l *loader) run(ctx context.Context, t *tracked.Sweep, r experiments.Result) (run tracked.Run, err error) {
	fit, err := l.fit(ctx, t, r)
	if err != nil {
		return run, err
	}
	record, err := l.db.Run(ctx, r.Run)
	if err != nil {
		return run, err
	}
	run = tracked.Run{
		Key: r.Run, Fit: r.Fit, State: string(r.State), Error: r.Error, Seed: r.Seed, NFE: calls(r.NFE), NFEMax: r.NFEMax,
		Seconds: r.SampleSeconds, FitSeconds: fit.Seconds, Weights: fit.Weights, Environment: environment(record.Environment),
		Note: r.Note, Tags: r.Tags, Losses: fit.Losses, End: record.Finished,
	}
	if !run.End.IsZero() {
		run.Start = run.End.Add(-time.Duration(record.Seconds * float64(time.Second)))
	}
	for _, v := range slices.Concat(r.Metrics, r.OfClasses) {
		run.Metrics = append(run.Metrics, tracked.Metric{Name: v.Name, Value: v.Value, SE: orNaN(v.SE), P: orNaN(v.P)})
	}
	run.Files = filesOf(record.Files, func(string) ([]byte, error) { return l.db.Samples(ctx, r.Run) })
	if r.State == experiments.Finished {
		run.Picture = func() ([]byte, error) { return l.art.picture(ctx, r) }
	}
	return run, nil
}

// calls returns a number of calls as the program prints it, without the rounding errors of the mean.
func calls(c experiments.Calls) float64 {
	text, err := c.MarshalJSON()
	if err != nil {
		return float64(c)
	}
	x, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return float64(c)
	}
	return x
}

// orNaN returns NaN for 0, which says that there is none.
func orNaN(x float64) float64 {
	if x == 0 {
		return math.NaN()
	}
	return x
}

// filesOf returns stored files, which read opens by their names.
func filesOf(list []experiments.Artifact, read func(name string) ([]byte, error)) (files []tracked.File) {
	for _, a := range list {
		files = append(files, tracked.File{Name: a.Name, SHA256: a.SHA256, Size: a.Size, Open: func() (io.ReadCloser, error) {
			content, err := read(a.Name)
			return io.NopCloser(bytes.NewReader(content)), err
		}})
	}
	return files
}
