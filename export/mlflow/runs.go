package mlflow

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"flowsweep/export/tracked"
)

// sweepRun writes the run that holds the files of a sweep.
func (w *writer) sweepRun(experiment int, s tracked.Sweep) error {
	spec := textFile("spec.yaml", string(s.Spec))
	spec.Size = int64(len(s.Spec))
	return w.run(experiment, run{
		id: identity(s.Name), name: "sweep " + s.Name, status: statusOf(s.State), start: s.Started, end: s.Ended,
		tags: tagsOf("sweep", s.State, "", s.Note, s.Tags), files: append([]tracked.File{spec}, s.Files...),
	})
}

// setting writes a setting, with the means of its metrics, and its runs below it.
func (w *writer) setting(experiment int, s tracked.Sweep, setting tracked.Setting, fits map[string]tracked.Fit) error {
	keys := []string{s.Name, "setting"}
	for _, p := range setting.Params {
		keys = append(keys, p.Name, textOf(p.Value))
	}
	parent := run{
		id: identity(keys...), name: setting.Label, params: setting.Params, tags: tagsOf("setting", "", "", "", nil),
		start: s.Started, end: s.Ended,
	}
	var states []string
	var children []run
	for _, r := range setting.Runs {
		child := childOf(parent, s, setting, r, fits[r.Fit])
		states, children = append(states, child.status), append(children, child)
	}
	parent.status = together(states)
	if len(children) > 0 {
		first := slices.MinFunc(children, func(a, b run) int { return a.start.Compare(b.start) })
		last := slices.MaxFunc(children, func(a, b run) int { return a.end.Compare(b.end) })
		parent.start, parent.end = first.start, last.end
	}
	if setting.Chosen != "" {
		parent.tags["flowsweep.chosen"] = "True"
	}
	if setting.NFE > 0 {
		parent.metrics = append(parent.metrics, point{key: "nfe", value: setting.NFE, at: parent.end})
	}
	for _, m := range setting.Means {
		parent.metrics = append(parent.metrics, point{key: m.Name, value: m.Value, at: parent.end})
		for _, end := range []point{{key: m.Name + ".low", value: m.Low}, {key: m.Name + ".high", value: m.High}} {
			if end.at = parent.end; !math.IsNaN(end.value) {
				parent.metrics = append(parent.metrics, end)
			}
		}
	}
	for _, r := range append([]run{parent}, children...) {
		if err := w.run(experiment, r); err != nil {
			return err
		}
	}
	return nil
}

// childOf returns the run of a seed. It starts when the training of its fit did, so that the losses are in it.
func childOf(parent run, s tracked.Sweep, setting tracked.Setting, r tracked.Run, fit tracked.Fit) run {
	c := run{
		id: runID(s.Name, r.Key), parent: parent.id, name: strings.TrimPrefix(setting.Label+" · seed ", " · ") + textOf(r.Seed), status: statusOf(r.State),
		start: firstTime(fit.Start, r.Start, s.Started), end: r.End, tags: tagsOf("run", r.State, r.Error, r.Note, r.Tags), files: r.Files,
		params: append(slices.Clip(setting.Params), tracked.Param{Name: "seed", Value: r.Seed}),
	}
	c.tags["flowsweep.run"], c.tags["flowsweep.fit"] = r.Key, r.Fit
	if setting.Chosen == r.Key {
		c.tags["flowsweep.chosen"] = "True"
	}
	for _, p := range r.Environment {
		c.tags["flowsweep.environment."+p.Name] = textOf(p.Value)
		if p.Name == "commit" {
			c.tags["mlflow.source.git.commit"] = textOf(p.Value)
		}
	}
	c.metrics = metricsOf(r, firstTime(r.End, fit.End, c.start))
	return c
}

// metricsOf returns the metrics of a run, those at the end at a time, and the losses at theirs.
func metricsOf(r tracked.Run, end time.Time) (list []point) {
	add := func(key string, value float64) { list = append(list, point{key: key, value: value, at: end}) }
	for _, m := range r.Metrics {
		add(m.Name, m.Value)
		if !math.IsNaN(m.SE) {
			add(m.Name+".se", m.SE)
		}
		if !math.IsNaN(m.P) {
			add(m.Name+".p", m.P)
		}
	}
	if r.Weights > 0 {
		add("params", float64(r.Weights))
		add("fit_seconds", r.FitSeconds)
	}
	if r.State == "finished" {
		add("nfe", r.NFE)
		add("nfe_max", float64(r.NFEMax))
		add("sample_seconds", r.Seconds)
	}
	for _, l := range r.Losses {
		list = append(list, point{"loss", l.Step, l.Train, firstTime(l.Time, end)})
		if !math.IsNaN(l.HeldOut) {
			list = append(list, point{"held_out_loss", l.Step, l.HeldOut, firstTime(l.Time, end)})
		}
	}
	return list
}

// runID returns the name of a run, which other sweeps may have, too.
func runID(sweep, key string) string { return identity(sweep, "run", key) }

// tagsOf returns the tags of a run of a kind: sweep, setting or run. Tags that a person gave are True.
func tagsOf(kind, state, problem, note string, own []string) map[string]string {
	tags := map[string]string{"flowsweep.kind": kind}
	names := names{}
	for _, t := range own {
		name := names.of(t)
		if strings.HasPrefix(name, "mlflow.") || strings.HasPrefix(name, "flowsweep.") {
			name = "tag " + name
		}
		tags[name] = "True"
	}
	for key, text := range map[string]string{"flowsweep.state": state, "flowsweep.error": problem, "mlflow.note.content": note} {
		if text != "" {
			tags[key] = text
		}
	}
	return tags
}

// statusOf returns MLflow's word for a state. Its own word is among the tags.
func statusOf(state string) string {
	switch state {
	case "queued":
		return "SCHEDULED"
	case "running":
		return "RUNNING"
	case "finished":
		return "FINISHED"
	case "killed", "pruned":
		return "KILLED"
	default: // failed, lost
		return "FAILED"
	}
}

// together returns the status of runs that belong together.
func together(states []string) string {
	order := []string{"RUNNING", "FAILED", "KILLED", "SCHEDULED", "FINISHED"}
	rank := func(state string) int { return slices.Index(order, state) }
	return slices.MinFunc(states, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
}
