package compare

import (
	"fmt"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/pipeline/ship"
	"flowsweep/reports/comparison"
)

const (
	confidence = .95
	minSeeds   = 3 // as for a choice
)

// measured is a setting of a sweep.
type measured struct {
	outcome ship.Outcome
	experiments.Summary
}

// match is a pair of settings to compare by a metric.
type match struct {
	a, b          measured
	label, recipe string
}

// rowsOf compares pairs of settings by a metric, and corrects for all of them.
func rowsOf(pairs []match, name string) ([]comparison.Row, error) {
	rows := make([]comparison.Row, len(pairs))
	var tested []int
	var versus []metric.Versus
	for k, p := range pairs {
		rows[k] = comparison.Row{Setting: p.label, Metric: name, A: meanOf(p.a.Summary, name), B: meanOf(p.b.Summary, name), Finding: comparison.Untested}
		rows[k].NFE = [2]string{p.a.NFE.String(), p.b.NFE.String()}
		var err error
		if rows[k].Why, err = p.untestable(name); err != nil {
			return nil, err
		}
		v, why := p.versus(name)
		if rows[k].Why == "" {
			rows[k].Why = why
		}
		if rows[k].Why == "" {
			tested, versus = append(tested, k), append(versus, v)
		}
	}
	for i, c := range metric.Contrasts(versus, confidence) {
		set(&rows[tested[i]], c, versus[i])
		rows[tested[i]].Caution = cautionOn(rows[tested[i]])
	}
	return rows, nil
}

func meanOf(s experiments.Summary, name string) comparison.Mean {
	nan := experiments.Number(math.NaN())
	st, ok := s.Stat(name)
	if !ok || st.N == 0 {
		return comparison.Mean{Interval: experiments.Interval{Mean: nan, Low: nan, High: nan}}
	}
	return comparison.Mean{Interval: st.Interval(), Seeds: st.N}
}

// cautionOn says which seeds a test used, if not all.
func cautionOn(row comparison.Row) string {
	switch n := row.Versus.Seeds; {
	case !row.Versus.Paired:
		return "not paired: the seeds are others"
	case n < row.A.Seeds || n < row.B.Seeds:
		return fmt.Sprintf("of the %d seeds that both have", n)
	default:
		return ""
	}
}

// set enters what a test found.
func set(row *comparison.Row, c metric.Contrast, v metric.Versus) {
	row.Versus = &comparison.Contrast{
		Difference: interval(c.Mean, c.Low, c.High), P: experiments.Number(c.P), Holm: experiments.Number(c.Holm),
		Paired: v.Paired, Seeds: min(len(v.A), len(v.B)),
	}
	if flow.Finite(c.Ratio) {
		ratio := interval(c.Ratio, c.RatioLow, c.RatioHigh)
		row.Versus.Ratio = &ratio
	}
	switch {
	case c.Equal:
		row.Finding = comparison.Equal
	case !c.Differs():
		row.Finding = comparison.NoneSeen
	case c.Mean < 0:
		row.Finding = comparison.Better
	default:
		row.Finding = comparison.Worse
	}
}

func interval(mean, low, high float64) experiments.Interval {
	return experiments.Interval{Mean: experiments.Number(mean), Low: experiments.Number(low), High: experiments.Number(high)}
}

// untestable says why a metric of two settings must not be tested, or nothing: their values are of different things.
func (p match) untestable(name string) (string, error) {
	if p.a.Setting.MeasuredForm() != p.b.Setting.MeasuredForm() {
		return "the targets differ", nil
	}
	var references [2]string
	for i, s := range []measured{p.a, p.b} {
		if len(s.Runs) > 0 {
			references[i] = s.Runs[0].Reference
		}
		if references[i] == "" {
			var err error
			if references[i], err = s.outcome.Sweep.ReferenceKey(s.Setting); err != nil {
				return "", err
			}
		}
	}
	if references[0] != references[1] {
		return "the references differ, so the values are of other points", nil
	}
	m, known := metric.Named(name)
	x, y := p.a.outcome.Sweep.Spec.Compared(p.a.Setting), p.b.outcome.Sweep.Spec.Compared(p.b.Setting)
	if known && m.TwoSamples() && !m.Unbiased && x != y {
		return fmt.Sprintf("it is of %d points in one and of %d in the other, and depends on how many", x, y), nil
	}
	return "", nil
}

// versus returns the values of a metric, paired by seed where at least three seeds are the same, or why there are too few.
func (p match) versus(name string) (metric.Versus, string) {
	a, b := bySeed(p.a.Summary, name), bySeed(p.b.Summary, name)
	st, _ := p.a.Stat(name)
	other, _ := p.b.Stat(name)
	v := metric.Versus{Paired: true, Scale: st.Scale}
	if other.Mean < st.Mean {
		v.Scale = other.Scale
	}
	switch {
	case len(a.seeds) == 0 || len(b.seeds) == 0:
		return v, "it was not measured in both"
	case !slices.Equal(a.versions(), b.versions()):
		return v, "it was measured by different versions of the program: run the older sweep again"
	}
	for i, seed := range a.seeds {
		if j := slices.Index(b.seeds, seed); j >= 0 {
			v.A, v.B = append(v.A, a.values[i].Value), append(v.B, b.values[j].Value)
		}
	}
	if len(v.A) < minSeeds {
		v.A, v.B, v.Paired = a.numbers(), b.numbers(), false
	}
	switch {
	case len(v.A) < minSeeds || len(v.B) < minSeeds:
		return v, fmt.Sprintf("telling settings apart takes at least %d seeds of each", minSeeds)
	case !flow.Finite(v.A...) || !flow.Finite(v.B...):
		return v, "some values are not finite"
	}
	return v, ""
}

// seeded are the values of a metric, with their seeds.
type seeded struct {
	seeds  []uint64
	values []experiments.Value
}

func bySeed(s experiments.Summary, name string) (of seeded) {
	for _, r := range s.Runs {
		for _, v := range r.Metrics {
			if v.Name == name {
				of.seeds, of.values = append(of.seeds, r.Seed), append(of.values, v)
			}
		}
	}
	return of
}

func (s seeded) numbers() (list []float64) {
	for _, v := range s.values {
		list = append(list, v.Value)
	}
	return list
}

// versions returns the recipe versions of the values, each once.
func (s seeded) versions() (list []int) {
	for _, v := range s.values {
		list = append(list, v.Version)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
