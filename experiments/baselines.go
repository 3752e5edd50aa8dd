package experiments

import (
	"slices"

	"flowsweep/experiments/baseline"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
)

// BaselinePlace says of what samples the metrics of a baseline are: Count points each, against a reference.
type BaselinePlace struct {
	Name      string // of the baseline
	Reference string // key of the reference sample
	Count     int
}

// BaselineDraws are the metrics of the draws of a baseline, in the order of the spec, by number of the draw from 0.
type BaselineDraws map[int][]Value

// BaselinePlan is a baseline that a sweep needs at a target and a number of points, and how to measure it.
type BaselinePlan struct {
	BaselinePlace
	Baseline baseline.Baseline
	Setting  Setting // one that it stands beside: of its parts only the target and the number of points are the baseline's
	Compared int     // points of each draw that metrics of two samples use
	Metrics  []metric.Metric
	Draws    int // as many as the spec has seeds, or one where the truth has no more rows than one needs
}

// Target returns the target of the baseline.
func (p BaselinePlan) Target() target.Target { return p.Setting.Measured() }

// BaselinePlans returns the baselines of the spec at every target and number of points.
func (s Spec) BaselinePlans() ([]BaselinePlan, error) {
	var list []BaselinePlan
	seen := map[BaselinePlace]bool{}
	for _, setting := range s.Settings {
		if len(s.Baselines) == 0 {
			break
		}
		run, err := s.run("", setting)
		if err != nil {
			return nil, err
		}
		for _, b := range s.Baselines {
			at := BaselinePlace{b.Name, run.Reference, setting.Sample.Count}
			if seen[at] {
				continue
			}
			seen[at] = true
			p := BaselinePlan{
				BaselinePlace: at, Baseline: b, Setting: setting, Compared: s.Compared(setting),
				Metrics: s.baselineMetrics(b, setting.Measured()), Draws: len(s.Seeds),
			}
			if b.Real && p.Compared < setting.Sample.Count {
				p.Draws = 1
			}
			list = append(list, p)
		}
	}
	return list, nil
}

// baselineMetrics returns the metrics to measure for a baseline: those that need no net, nor what points are given. Of rows that training may use
// there is nothing to say about copies, unless some are left that it does not.
func (s Spec) baselineMetrics(b baseline.Baseline, t target.Target) []metric.Metric {
	return slices.DeleteFunc(slices.Clone(s.MetricsOf(t)), func(m metric.Metric) bool {
		return !m.OfPoints() || m.OfGiven || m.RowsAlone && b.Real && t.Fresh.Len() == 0
	})
}

// Missing returns the metrics of the plan of which values hold none of the present version.
func (p BaselinePlan) Missing(values []Value) []metric.Metric {
	return slices.DeleteFunc(slices.Clone(p.Metrics), func(m metric.Metric) bool {
		return slices.ContainsFunc(values, func(v Value) bool { return v.Name == m.Name && v.Version == m.Version })
	})
}

// BaselineSummary is a measured baseline. Its draws stand in the place of the runs of a setting, and in that of seeds: they
// share the reference.
type BaselineSummary struct {
	BaselinePlan
	Summary Summary
	Label   string // the name, with the target and the number of points where the sweep has several
}

// SetBaselines adds the measured baselines to the sweep, with p-values under the nulls, given by key.
func (s *Sweep) SetBaselines(draws map[BaselinePlace]BaselineDraws, nulls map[string]Null) error {
	s.baselines = nil
	plans, err := s.Spec.BaselinePlans()
	if err != nil {
		return err
	}
	for _, p := range plans {
		summary := Summary{Setting: p.Setting, Planned: p.Draws}
		for k := range p.Draws {
			r, err := s.baselineDraw(p, draws[p.BaselinePlace][k], nulls)
			if err != nil {
				return err
			}
			if r.Seed = uint64(k); len(r.Metrics) > 0 {
				summary.Runs = append(summary.Runs, r)
			}
		}
		if len(summary.Runs) > 0 {
			summary.aggregate()
			for _, m := range p.Metrics {
				summary.Metrics = append(summary.Metrics, summary.stat(m, s.Noise(p.Setting, m.Name)))
			}
			s.baselines = append(s.baselines, BaselineSummary{BaselinePlan: p, Summary: summary})
		}
	}
	s.labelBaselines()
	return nil
}

// baselineDraw returns a draw as a result, with p-values and in the order of the spec.
func (s Sweep) baselineDraw(p BaselinePlan, values []Value, nulls map[string]Null) (Result, error) {
	r := Result{Sweep: s.Name, State: Finished, Setting: p.Setting}
	for _, m := range p.Metrics {
		at := slices.IndexFunc(values, func(v Value) bool { return v.Name == m.Name })
		if at < 0 {
			continue
		}
		null, _, err := NullOf(nulls, p.Reference, values[at], p.Count)
		if err != nil {
			return r, err
		}
		r.Metrics = append(r.Metrics, values[at].Against(null))
	}
	return r, nil
}

// labelBaselines labels the baselines by what they differ in.
func (s *Sweep) labelBaselines() {
	settings := make([]Setting, len(s.baselines))
	several := false
	for i, b := range s.baselines {
		settings[i] = s.baselines[0].Setting
		settings[i].Target, settings[i].Sample.Count, settings[i].Sample.Label = b.Setting.Target, b.Count, b.Setting.Sample.Label
		several = several || b.Reference != s.baselines[0].Reference || b.Count != s.baselines[0].Count
	}
	labels := NewLabels(settings)
	for i := range s.baselines {
		b := &s.baselines[i]
		if b.Label = b.Baseline.Name; several {
			b.Label += " · " + labels.Setting(i)
		}
	}
}

// Baselines returns the measured baselines of the sweep.
func (s Sweep) Baselines() []BaselineSummary { return s.baselines }
