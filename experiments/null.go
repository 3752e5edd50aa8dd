package experiments

import (
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
)

// Null is what a metric reads where there is nothing to find: its values between the reference sample and fresh samples
// of the truth, each of as many points as a run draws.
type Null struct {
	Key       string // hash of all that the values depend on
	Reference string // key of the reference sample
	Metric    string
	N         int // points of each fresh sample
	Values    []float64
}

// Summary returns what a report shows of the null.
func (n Null) Summary() metric.NullSummary { return metric.Summarize(n.Values) }

// NullRow is what a report shows of a null, as JSON.
type NullRow struct {
	Mean Number `json:"mean"`
	Q95  Number `json:"q95"`
	N    int    `json:"n"`
}

// NullRowOf returns the row of a summary.
func NullRowOf(s metric.NullSummary) NullRow {
	return NullRow{Mean: Number(s.Mean), Q95: Number(s.Q95), N: s.N}
}

// NullPlan is a null that a sweep needs, and what it is drawn from.
type NullPlan struct {
	Null
	Target target.Target
	Judged metric.Metric
	Count  int // values to compute
}

// Nulls returns the nulls of every metric of the plan that two samples are enough for, each once.
func (p Plan) Nulls() ([]NullPlan, error) {
	var list []NullPlan
	seen := map[string]bool{}
	for _, fit := range p.Fits {
		for _, run := range fit.Runs {
			for _, m := range p.Spec.Metrics {
				if !m.TwoSamples() {
					continue
				}
				k, err := NullKey(run.Reference, m.Name, run.Sampling.Count)
				if err != nil {
					return nil, err
				}
				if seen[k] {
					continue
				}
				seen[k] = true
				list = append(list, NullPlan{
					Null:   Null{Key: k, Reference: run.Reference, Metric: m.Name, N: run.Sampling.Count},
					Target: fit.Recipe.Target, Judged: m, Count: m.NullCount(fit.Recipe.Target.Dim),
				})
			}
		}
	}
	return list, nil
}

// NullKey returns the key of the null of a metric between a reference sample, by its key, and samples of count points.
func NullKey(reference, metric string, count int) (string, error) {
	return key("null", measureVersion, reference, metric, count)
}

// Against returns the value with what its null says of it: the p-value, and a standard error that holds near the truth too.
// It is how every reader is shown a value.
func (v Value) Against(null Null) Value {
	if len(null.Values) > 0 {
		v.P = metric.PValue(null.Values, v.Value)
		v.SE = nearTruth(v, null.Summary())
	}
	return v
}

// SetNulls gives every result of the sweep the p-values that the nulls, by key, have for its metrics, and keeps them for
// Null.
func (s *Sweep) SetNulls(nulls map[string]Null) error {
	s.nulls = map[nullPlace]metric.NullSummary{}
	places := map[nullPlace]Null{} // seeds share them
	for i := range s.Results {
		r := &s.Results[i]
		form := r.Setting.Form()
		for j := range r.Metrics {
			v := &r.Metrics[j]
			place := nullPlace{form, v.Name}
			null, ok := places[place]
			if !ok {
				k, err := s.nullKey(r.Setting, v.Name)
				if err != nil {
					return err
				}
				null = nulls[k]
				places[place] = null
			}
			if len(null.Values) > 0 {
				s.nulls[place] = null.Summary()
				*v = v.Against(null)
			}
		}
	}
	return nil
}

// nearTruth returns the standard error of a value: where the samples cannot be told from the truth, at most the scatter of
// the null, which is then the scatter of the value. Estimates from the samples alone are too large there, up to twice in
// variance, as the first-order term that they estimate vanishes.
func nearTruth(v Value, null metric.NullSummary) float64 {
	if v.Value <= null.Q95 && null.SD < v.SE {
		return null.SD
	}
	return v.SE
}

// nullKey returns the key of the null of a metric at a setting.
func (s Sweep) nullKey(setting Setting, metric string) (string, error) {
	reference, err := s.ReferenceKey(setting)
	if err != nil {
		return "", err
	}
	return NullKey(reference, metric, setting.Sample.Count)
}

// ReferenceKey returns the key of the reference sample that the runs of a setting are measured against.
func (s Sweep) ReferenceKey(setting Setting) (string, error) {
	run, err := s.Spec.run("", setting)
	return run.Reference, err
}

// nullPlace is where a null applies.
type nullPlace struct{ setting, metric string }

// Null returns what the metric reads at a setting where there is nothing to find, and whether that is known.
func (s Sweep) Null(setting Setting, metric string) (metric.NullSummary, bool) {
	n, ok := s.nulls[nullPlace{setting.Form(), metric}]
	return n, ok
}
