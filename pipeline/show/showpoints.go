package show

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/problem"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/job"
	"flowsweep/pipeline/saved"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
)

// shownPoints says what `flowsweep show KEY --points DIR` wrote: NumPy files, from which anybody can measure the run again.
type shownPoints struct {
	Folder    string       `json:"folder"`
	Files     []string     `json:"files" null:"never"`
	Sweep     string       `json:"sweep"` // of the reference
	Scale     []float64    `json:"scale"` // data = scale x + shift, for points x on the scale of the metrics; null if that is the data's own
	Shift     []float64    `json:"shift"`
	Curves    []flow.Curve `json:"quantile_knots,omitempty"` // data = the curve of x
	Kinds     *kinds.Code  `json:"kinds,omitempty"`          // of columns, if data, or what is called so here, are codes of rows: metrics of samples take projected.npy
	Compared  int          `json:"compared"`                 // first samples that metrics of two samples take
	Reference string       `json:"reference"`                // key
}

// writeRunPoints writes the points behind the metrics of a run, on the scale that metrics use.
func writeRunPoints(ctx context.Context, db *store.DB, s shown, folder string) (*shownPoints, error) {
	use, sweep, r, err := shownUse(ctx, db, s)
	if err != nil {
		return nil, err
	}
	samples, err := db.Samples(ctx, s.Key)
	if err != nil {
		return nil, err
	}
	spec, t := sweep.Spec, r.Setting.Target
	files := []store.File{
		{Name: "reference.npy", Content: flow.EncodeNPY64(job.Reference(spec, r.Setting))},
		{Name: "noise.npy", Content: flow.EncodeNPY64(job.Noise(r.Setting, spec.Reference.Seed))},
		{Name: "samples.npy", Content: samples},
	}
	if !t.Code.Identity() {
		b, err := flow.DecodeNPY(samples)
		if err != nil {
			return nil, err
		}
		files = append(files, store.File{Name: "projected.npy", Content: flow.EncodeNPY64(t.Project(b))})
	}
	if t.Rows.Len() > 0 {
		files = append(files, store.File{Name: "trained.npy", Content: flow.EncodeNPY64(t.Rows.Some())})
	}
	if t.Held.Len() > 0 {
		files = append(files, store.File{Name: "held-out.npy", Content: flow.EncodeNPY64(t.Held.Some())})
	}
	out := &shownPoints{
		Folder: folder, Sweep: use.Sweep, Scale: t.Units.Scale, Shift: t.Units.Shift, Curves: t.Units.Curves, Compared: spec.Compared(r.Setting), Reference: use.Reference,
	}
	if !t.Code.Identity() {
		out.Kinds = &t.Code
	}
	if err := t.Err(); err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := ship.WriteFile(filepath.Join(folder, f.Name), f.Content); err != nil {
			return nil, err
		}
		out.Files = append(out.Files, f.Name)
	}
	return out, nil
}

// shownUse returns the use of a run with the reference that the command shows metrics for, the sweep it is of, and the run.
func shownUse(ctx context.Context, db *store.DB, s shown) (use store.Use, sweep experiments.Sweep, r experiments.Result, err error) {
	if s.Kind != "run" || s.State != experiments.Finished {
		return use, sweep, r, command.Usage(fmt.Errorf("%s is a %s %s: --points takes the key of a finished run, see `flowsweep runs`", s.Key, s.State, s.Kind))
	}
	uses, err := db.Uses(ctx, "", s.Key)
	if err != nil {
		return use, sweep, r, err
	}
	if len(uses) == 0 {
		return use, sweep, r, command.Usage(fmt.Errorf("no sweep needs run %s any more, so its reference is not known: sweep its spec again", s.Key))
	}
	use = uses[max(0, slices.IndexFunc(uses, func(u store.Use) bool { return slices.Index(s.References, u.Reference) == 0 }))]
	if sweep, err = db.Sweep(ctx, use.Sweep); err != nil {
		return use, sweep, r, err
	}
	if r, err = saved.RunAgainst(ctx, db, s.Key, use.Reference); err != nil {
		return use, sweep, r, err
	}
	current, err := sweep.ReferenceKey(r.Setting)
	if err == nil && current != use.Reference {
		err = fmt.Errorf("run %s was measured against a reference of another version of the program: sweep %s again", s.Key, use.Sweep)
	}
	return use, sweep, r, err
}

// printRunPoints says where the points are and what they mean.
func (a *app) printRunPoints(p shownPoints) {
	for _, name := range p.Files {
		fmt.Fprintf(a.Stdout, "%-12s %s\n", "points", filepath.Join(p.Folder, name))
	}
	scale := "that of the metrics: the units of the data"
	if p.Scale != nil {
		scale = fmt.Sprintf("that of the metrics, standardised: data = scale x + shift, scale %.9g, shift %.9g", p.Scale, p.Shift)
	}
	if p.Curves != nil {
		scale = "that of the metrics: normal scores of ranks (--json lists the knots)"
	}
	if p.Kinds != nil {
		scale = "that of the codes of rows, of which metrics of samples measure projected.npy: the codes of the rows that samples decode to (--json says how)"
	}
	fmt.Fprintf(a.Stdout, "%-12s %s\n%-12s the first %d samples with the reference of %s, by metrics of two samples\n", "scale", scale, "compared", p.Compared, p.Sweep)
}

// shownTuning is a tuning of a solver in the JSON form of `flowsweep show`.
type shownTuning struct {
	Key     string             `json:"key"`
	Of      json.RawMessage    `json:"of"`
	Points  int                `json:"points"` // noise points that it is fitted to
	NFE     int                `json:"nfe"`    // velocity calls spent on each
	Seconds float64            `json:"seconds"`
	Table   json.RawMessage    `json:"coefficients"`
	Judged  experiments.Judged `json:"judged"`
}

// tuningsOf returns the tunings of a fit.
func tuningsOf(ctx context.Context, db *store.DB, fit string) (list []shownTuning, err error) {
	tunings, err := db.Tunings(ctx, fit)
	for _, t := range tunings {
		s := shownTuning{Key: t.Key, Of: json.RawMessage(t.Of), Points: t.Points, NFE: t.NFE, Seconds: t.Seconds, Table: json.RawMessage(t.Table)}
		if err := json.Unmarshal([]byte(t.Judged), &s.Judged); err != nil {
			return nil, fmt.Errorf("how tuning %s was judged: %w", t.Key, err)
		}
		list = append(list, s)
	}
	return list, err
}

// printTunings prints a line for each tuning.
func printTunings(list []shownTuning, line func(name string, value any)) {
	for _, t := range list {
		j := t.Judged
		line("tuned", problem.Printable(fmt.Sprintf("%s on %d points, %d velocity calls each, %.3g s: on %d fresh points %.3g from a dense solve (median %.3g, worst %.3g); %s %.3g (p %.2g)",
			t.Of, t.Points, t.NFE, t.Seconds, j.Points, j.RMSE, j.Median, j.Worst, j.Against, j.AgainstRMSE, j.P)))
		switch {
		case j.Grid && j.Better:
			line("times", string(t.Table))
		case j.Grid:
			line("times", string(t.Table)+", even: those found are no better")
		}
	}
}
