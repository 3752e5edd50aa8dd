package experiments

import (
	"slices"

	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
)

// Null is the null distribution of a metric: its values between the reference sample and fresh samples of the target,
// each with as many points as are compared of a run. For data whose rows are partly held out, they are between pairs of
// random rows.
type Null struct {
	Key       string // hash of everything that the values depend on
	Reference string // key of the reference sample
	Metric    string
	N         int // points of each fresh sample or, of a metric of one class, of the run that those of the class are among
	Values    []float64
}

// Summary returns the figures that a report shows of the null.
func (n Null) Summary() metric.NullSummary { return metric.Summarize(n.Values) }

// NullRow is the JSON form of the summary of a null.
type NullRow struct {
	Mean Number `json:"mean"`
	Q95  Number `json:"q95"`
	N    int    `json:"n"`
}

// NullRowOf returns the JSON form of a summary.
func NullRowOf(s metric.NullSummary) NullRow {
	return NullRow{Mean: Number(s.Mean), Q95: Number(s.Q95), N: s.N}
}

// NullPlan is a null that a sweep needs, and how to compute it.
type NullPlan struct {
	Null
	Target target.Target
	Judged metric.Metric
	Fresh  bool // of the reference of experiments.Fresh
	Count  int  // values to compute
}

// Nulls returns the nulls of the plan, one for each metric of two samples, reference sample and number of points. Those of single classes
// have the target of all of them.
func (p Plan) Nulls() ([]NullPlan, error) {
	var list []NullPlan
	seen := map[string]bool{}
	for _, fit := range p.Fits {
		for _, run := range fit.Runs {
			setting := Setting{Recipe: fit.Recipe, Sample: run.Sampling}
			for _, m := range slices.Concat(p.Spec.Metrics, p.Spec.ClassMetrics(setting)) {
				if !m.TwoSamples() || !setting.Measures(m) {
					continue
				}
				n, t := p.Spec.Compared(setting), setting.Measured()
				if m.Class != "" {
					n = run.Sampling.Count
				}
				k, err := NullKey(run.Reference, m.Name, m.Version, n)
				if err != nil {
					return nil, err
				}
				if seen[k] {
					continue
				}
				seen[k] = true
				list = append(list, NullPlan{
					Null:   Null{Key: k, Reference: run.Reference, Metric: m.Name, N: n},
					Target: t, Judged: m, Count: m.NullCount(t.Dim()),
				})
			}
		}
	}
	return list, nil
}

// NullKey returns the key of the null of a metric in a recipe version, given the key of the reference sample and the number
// of points.
func NullKey(reference, metric string, version, count int) (string, error) {
	if version == 0 {
		return key("null", measureVersion, reference, metric, count)
	}
	return key("null", measureVersion, reference, metric, count, version)
}

// Against returns the value with its p-value under the null, and with a standard error that also holds for samples of
// the target itself. Values are always shown like this.
func (v Value) Against(null Null) Value {
	if len(null.Values) > 0 {
		if v.P == 0 {
			v.ownSE = v.SE
		}
		v.P = metric.PValue(null.Values, v.Value)
		v.SE = standardError(v, null.Summary())
	}
	return v
}

// SetNulls adds the p-values of the metrics to all results of the sweep, and keeps the nulls, which are given by key,
// for the method Null.
func (s *Sweep) SetNulls(nulls map[string]Null) error {
	s.nulls, s.noise = map[nullPlace]metric.NullSummary{}, map[nullPlace]metric.NullNoise{}
	places := map[nullPlace]Null{} // seeds share nulls
	for i := range s.Results {
		r := &s.Results[i]
		measured := r.Setting.Measured()
		form := r.Setting.MeasuredForm()
		for _, v := range r.all() {
			place := nullPlace{form, r.Setting.Sample.Count, v.Name}
			// All values of a place are of one version, but in a sweep that was interrupted while it measured again.
			null, ok := places[place]
			if !ok {
				reference, err := s.referenceOf(*r)
				if err == nil {
					null, _, err = NullOf(nulls, reference, *v, r.Setting.Sample.Count)
				}
				if err != nil {
					return err
				}
				places[place] = null
			}
			if len(null.Values) > 0 {
				s.nulls[place] = null.Summary()
				s.noise[place] = metric.NullNoise{
					Values: null.Values, Pairs: measured.Held.Len() > 0, Samples: null.N, Reference: s.Spec.referenceSize(measured),
				}
				*v = v.Against(null)
			}
		}
	}
	return nil
}

// standardError returns the standard error of a value. If the samples cannot be told from the target, the value
// scatters like the null, and the standard error is at most that scatter. The estimate from the samples alone is then
// too large, by up to a factor of two in variance, because the first-order term that it estimates vanishes.
func standardError(v Value, null metric.NullSummary) float64 {
	if v.Value <= null.Q95 && null.SD < v.SE {
		return null.SD
	}
	return v.SE
}

// NullOf returns the null of a value among stored ones, given by key, and whether there is one. Of count points, as many are
// compared as the target allows: its null is that of the most points up to count.
func NullOf(nulls map[string]Null, reference string, v Value, count int) (null Null, ok bool, err error) {
	for key, n := range nulls {
		if n.Reference != reference || n.Metric != v.Name || n.N > count || ok && n.N <= null.N {
			continue
		}
		want, err := NullKey(reference, v.Name, v.Version, n.N)
		if err != nil {
			return null, false, err
		}
		if key == want {
			null, ok = n, true
		}
	}
	return null, ok, nil
}

// referenceOf returns the key of the reference that a result was measured against, which an earlier version of the program
// may have made.
func (s Sweep) referenceOf(r Result) (string, error) {
	if r.Reference != "" {
		return r.Reference, nil
	}
	return s.ReferenceKey(r.Setting)
}

// ReferenceKey returns the key of the reference sample for the runs of a setting.
func (s Sweep) ReferenceKey(setting Setting) (string, error) {
	run, err := s.Spec.run("", setting)
	return run.Reference, err
}

// nullPlace is what runs with the same null have in common, apart from the reference of the spec.
type nullPlace struct {
	target string // canonical JSON
	count  int
	metric string
}

func placeOf(s Setting, metric string) nullPlace {
	return nullPlace{s.MeasuredForm(), s.Sample.Count, metric}
}

// Null returns the null of a metric for a setting, and whether it is known.
func (s Sweep) Null(setting Setting, metric string) (metric.NullSummary, bool) {
	n, ok := s.nulls[placeOf(setting, metric)]
	return n, ok
}

// Noise returns the null of a metric for a setting as noise; it has no values if the null is not known.
func (s Sweep) Noise(setting Setting, name string) metric.NullNoise {
	return s.noise[placeOf(setting, name)]
}
