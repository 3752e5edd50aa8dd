package job

import (
	"fmt"
	"math"
	"sync"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
)

// NeedsOf returns a function that gives a metric all that it needs to judge two samples of a target: the classifier, the table that points
// are rows of, and their classes. The table is read for a metric of tables alone, and once: it may be long.
func NeedsOf(t target.Target, c metric.Classifier) func(metric.Metric) metric.Metric {
	table := sync.OnceValue(func() metric.Table { return TableOf(t) })
	classes := metric.Classes{Names: t.Given.Classes}
	if len(classes.Names) > 0 {
		classes.Of = t.Classifier()
	}
	return func(m metric.Metric) metric.Metric {
		m = m.With(c)
		if m.JudgeTable != nil {
			m = m.On(table())
		}
		return m.Among(classes)
	}
}

// only returns the target of one class, given its name. It is an error if rows are held out, but none of the class.
func only(t target.Target, class string) (target.Target, error) {
	k, err := t.Given.Index(class)
	if err != nil {
		return t, err
	}
	of := t.Only(k)
	if t.Held.Len() > 0 && of.Held.Len() == 0 {
		return of, fmt.Errorf("no rows of the %s %s are held out: hold out more", t.Given.Label, class)
	}
	return of, nil
}

// judgesOfClasses returns the judges of the metrics of the classes of a setting, each against the reference of its class.
func (j *Judges) judgesOfClasses(s experiments.Setting) map[string]prepared {
	byClass := map[string][]metric.Metric{}
	for _, m := range j.spec.ClassMetrics(s) {
		byClass[m.Class] = append(byClass[m.Class], m)
	}
	list := map[string]prepared{}
	for class, metrics := range byClass {
		to, err := only(s.Target, class)
		if err != nil {
			for _, m := range metrics {
				list[m.Name] = prepared{err: err}
			}
			continue
		}
		for name, p := range j.judgesAgainst(to, metrics) {
			p.most = to.Comparable(math.MaxInt, j.spec.Reference.Count)
			list[name] = p
		}
	}
	return list
}

// ofClass returns the points that are given a class, of which that is the name.
func ofClass(points flow.Batch, c given.Condition, class string) flow.Batch {
	var rows []int
	for i := range points.Len() {
		if k := given.ClassOf(points.GivenTo(i)); k != given.None && c.Classes[k] == class {
			rows = append(rows, i)
		}
	}
	return points.Take(flow.Batch{}, rows)
}

// nullOfClass returns the plan of a null of one class, given that of the runs whose points those of the class are among: its target is that
// of the class, and its points as many as such runs have of the class, which depends only on the seed.
func nullOfClass(n experiments.NullPlan, r experiments.Reference) (experiments.NullPlan, error) {
	to, err := only(n.Target, n.Judged.Class)
	if err != nil {
		return n, err
	}
	asked := askedFor(n.Target, r.Seed, runNoise, n.N)
	own := ofClass(flow.Batch{Dim: n.Target.Given.Width(), Data: asked, Given: asked}, n.Target.Given, n.Judged.Class)
	n.Target, n.N = to, to.Comparable(own.Len(), r.Count)
	return n, nil
}
