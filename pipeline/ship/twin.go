package ship

import (
	"context"
	"fmt"
	"slices"

	"flowsweep/experiments"
	"flowsweep/export"
	"flowsweep/pipeline/saved"
	"flowsweep/store"
)

// A sampler file takes fixed steps. So for a run that adapts its steps it is another solver, whose samples have other
// metrics. Its figures are those of the run's twin: the same method at fixed steps, sampled and measured as a run of its own.

// twin returns the twin of an adaptive setting, after sampling and measuring what the store lacks of it. It is nil for a
// setting at fixed steps, and for one without sampler files.
func (o Outcome) twin(ctx context.Context, db *store.DB, w Worker, of experiments.Summary) (*experiments.Summary, error) {
	fits, err := o.twins(of)
	if err != nil || len(fits) == 0 {
		return nil, err
	}
	if err := w.do(ctx, db, o.Sweep, fits); err != nil {
		return nil, fmt.Errorf("measure the sampler of %s at fixed steps: %w", of.Setting.Sample.Solver.Name, err)
	}
	return o.readTwin(ctx, db, fits)
}

// storedTwin is twin without doing anything. It is nil where something is not in the store, too.
func (o Outcome) storedTwin(ctx context.Context, db *store.DB, of experiments.Summary) (*experiments.Summary, error) {
	fits, err := o.twins(of)
	if err != nil || len(fits) == 0 {
		return nil, err
	}
	have, err := db.States(ctx, experiments.Plan{Spec: o.Sweep.Spec, Fits: fits})
	if err != nil {
		return nil, err
	}
	for _, fit := range fits {
		run := fit.Runs[0]
		if have.Runs[run.Key] != experiments.Finished || !experiments.Measured(fit.MetricsOf(run, o.Sweep.Spec), have.Metrics[run.Key]) {
			return nil, nil
		}
	}
	return o.readTwin(ctx, db, fits)
}

func (o Outcome) twins(of experiments.Summary) ([]experiments.Fit, error) {
	if !canSample(of.Setting) {
		return nil, nil
	}
	return o.Sweep.Spec.Twins(of)
}

// readTwin returns the summary of the only runs of the fits.
func (o Outcome) readTwin(ctx context.Context, db *store.DB, fits []experiments.Fit) (*experiments.Summary, error) {
	var results []experiments.Result
	for _, fit := range fits {
		r, err := saved.RunAgainst(ctx, db, fit.Runs[0].Key, fit.Runs[0].Reference)
		if err != nil {
			return nil, err
		}
		r.Sweep = o.Sweep.Name
		results = append(results, r)
	}
	twin := o.Sweep
	twin.Results = results
	return &twin.Summaries()[0], nil
}

// twinOfRun returns the twin of an adaptive run alone, as the given function makes or finds it, and the run as the latest sweep
// that plans it has measured it. If none plans it any more, it is not known what its metrics were measured against, and the
// twin has none.
func twinOfRun(ctx context.Context, db *store.DB, r experiments.Result, twinOf func(Outcome, experiments.Summary) (*experiments.Summary, error)) (experiments.Result, *experiments.Summary, error) {
	sampling, ok := r.Setting.Sample.Twin(r.NFE)
	if !ok || !hasSampler(r) {
		return r, nil, nil
	}
	uses, err := db.Uses(ctx, "", r.Run)
	if err != nil {
		return r, nil, err
	}
	if len(uses) == 0 {
		of := experiments.Summary{Setting: r.Setting, Runs: []experiments.Result{r}, NFE: r.NFE}
		fits, err := experiments.Spec{}.Twins(of)
		if err != nil {
			return r, nil, err
		}
		twin := r
		twin.Run, twin.Setting.Sample, twin.Metrics, twin.NFE = fits[0].Runs[0].Key, sampling, nil, experiments.Calls(sampling.Solver.Calls(sampling.Steps))
		return r, &experiments.Summary{Setting: twin.Setting, Runs: []experiments.Result{twin}, NFE: twin.NFE}, nil
	}
	o, err := Load(ctx, db, uses[0].Sweep)
	if err != nil {
		return r, nil, err
	}
	for _, s := range o.Summaries {
		i := slices.IndexFunc(s.Runs, func(other experiments.Result) bool { return other.Run == r.Run })
		if i < 0 {
			continue
		}
		s.Runs = s.Runs[i : i+1]
		twin, err := twinOf(o, s)
		return s.Runs[0], twin, err
	}
	return r, nil, fmt.Errorf("%s does not hold run %s that it plans: run `flowsweep sweep` on its spec again", o.Sweep.Name, r.Run)
}

// sampled returns the run whose samples the sampler file of a run draws: the run itself, or its twin.
func (o origin) sampled(r experiments.Result) experiments.Result {
	if o.twin == nil {
		return r
	}
	for _, t := range o.twin.Runs {
		if t.Fit == r.Fit {
			return t
		}
	}
	return r
}

// aboutSampled describes the run whose samples the sampler file of a run draws. Of a twin it also says whose it is.
func aboutSampled(r experiments.Result, of origin) export.About {
	if of.twin == nil {
		return aboutRun(r, of)
	}
	t, s := of.sampled(r), r.Setting.Sample
	about := aboutRun(t, origin{sweep: of.sweep, setting: *of.twin, in: of.in})
	p := about.Properties
	p["twin_of"], p["twin_of.solver"], p["twin_of.tolerance"], p["twin_of.nfe"] = r.Run, s.Solver.Name, experiments.Form(s.Tolerance), fmt.Sprint(r.NFE)
	about.Twin = &export.Twin{Of: [2]string{s.Words(), r.NFE.String()}, Is: [2]string{t.Setting.Sample.Words(), t.NFE.String()}}
	for _, v := range r.Metrics {
		p["twin_of.metric."+v.Name] = experiments.Number(v.Value).String()
		if own, ok := t.Metric(v.Name); ok {
			about.Twin.Metrics = append(about.Twin.Metrics, [3]string{v.Name, digits(v.Value), digits(own)})
		}
	}
	for _, st := range of.setting.Metrics {
		p["twin_of.metric."+st.Name+".seeds"] = fmt.Sprintf("mean %s of %d", st.Interval(), st.N)
		if own, ok := of.twin.Stat(st.Name); ok && st.N > 1 {
			about.Twin.Metrics = append(about.Twin.Metrics, [3]string{
				fmt.Sprintf("%s, mean of %d seeds", st.Name, st.N), st.Interval().String(), own.Interval().String(),
			})
		}
	}
	return about
}

func digits(x float64) string { return fmt.Sprintf("%.4g", x) }
