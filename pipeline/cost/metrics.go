package cost

import (
	"cmp"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
)

// of is what a metric compares, and how many points of it.
type of struct {
	target string // its form
	points int
}

// measured is a metric to try.
type measured struct {
	metric metric.Metric
	target target.Target
	ratio  float64 // of the points of the reference to those that are compared with it
}

// How metrics are tried: on few points first, and then on more if that takes less than some seconds at the power that most grow with.
const (
	fewPoints         = 200
	usualPower        = 2
	assignedPower     = 2.4 // of an assignment
	maxMeasureSeconds = .3
)

// metrics returns what is to be measured by each metric of samples, and the names of the other metrics.
func metrics(w Work) (list []Metric, without []string) {
	group := func(m metric.Metric, t target.Target, points, runs, truths int) {
		i := slices.IndexFunc(list, func(have Metric) bool { return have.Metric == m.Name })
		if i < 0 {
			i = len(list)
			list = append(list, Metric{Metric: m.Name, counts: map[of]int{}, of: map[string]measured{}})
		}
		g, form := &list[i], experiments.Form(t)
		g.counts[of{form, points}] += runs + truths
		g.of[form] = measured{m, t, max(g.of[form].ratio, float64(referenceOf(w.Spec, t))/float64(points))}
		g.Runs, g.Truths, g.Points = g.Runs+runs, g.Truths+truths, max(g.Points, points)
	}
	for _, p := range w.Parts {
		for _, run := range slices.Concat(p.Sample, p.Again) {
			s := experiments.Setting{Recipe: p.Fit.Recipe, Sample: run.Sampling}
			for _, m := range p.Fit.MetricsOf(run, w.Spec) {
				switch {
				case m.OfSamples() && m.Class == "":
					group(m, s.Measured(), w.Spec.Compared(s), 1, 0)
				case !slices.Contains(without, m.Name):
					without = append(without, m.Name)
				}
			}
		}
	}
	for _, n := range w.Nulls {
		if n.Judged.Class == "" {
			group(n.Judged, n.Target, n.N, 0, n.Count)
		}
	}
	return list, without
}

// referenceOf returns how many points of a target runs are compared with.
func referenceOf(s experiments.Spec, t target.Target) int {
	if n := t.Held.Len(); n > 0 {
		return min(n, s.Reference.Count)
	}
	return s.Reference.Count
}

// growth is how long a metric takes for some points, and the power of their number that it grows with.
type growth struct {
	points         int
	seconds, power float64
}

func (g growth) at(points int) float64 {
	return g.seconds * math.Pow(float64(points)/float64(g.points), g.power)
}

// measure tries a metric on few points, and then on as many as are compared or, if that might take long, on fewer.
func (t *Trial) measure(m measured, points int) (growth, bool) {
	try := func(points int) (float64, bool) {
		if !t.may() {
			return 0, false
		}
		return t.together(func() (float64, error) {
			return t.Try.Measure(m.metric, m.target, points, int(m.ratio*float64(points)))
		})
	}
	least := 1.
	if m.metric.Assigned && m.target.Dim() > 1 {
		least = assignedPower
	}
	few := min(fewPoints, points)
	first, ok := try(few)
	if !ok || first <= 0 {
		return growth{}, false
	}
	more := points
	for more > few && first*math.Pow(float64(more)/float64(few), max(least, usualPower)) > maxMeasureSeconds {
		more /= 2
	}
	if more <= few {
		return growth{few, first, max(least, usualPower)}, true
	}
	each, ok := try(more)
	if !ok {
		return growth{few, first, max(least, usualPower)}, true
	}
	power := math.Log(each/first) / math.Log(float64(more)/float64(few))
	return growth{more, each, min(max(power, least), 3)}, true
}

// tried fills in what a metric takes.
func (m *Metric) tried(t *Trial) {
	m.From = Tried
	for _, form := range sortedForms(m.of) {
		g, ok := t.measure(m.of[form], m.Points)
		if !ok {
			m.From = Guessed
			g = growth{fewPoints, 1e-3, usualPower}
		}
		for what, count := range m.counts {
			if what.target != form {
				continue
			}
			m.Seconds += float64(count) * g.at(what.points)
		}
	}
	m.Each = m.Seconds / float64(m.Runs+m.Truths)
}

func sortedForms(of map[string]measured) []string {
	var forms []string
	for form := range of {
		forms = append(forms, form)
	}
	slices.SortFunc(forms, cmp.Compare)
	return forms
}
