package job

import (
	"errors"
	"fmt"
	"math"
	"sync"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
	"flowsweep/experiments/velocity"
)

// Judges measures samples against the reference of their target. What depends only on the reference is done once. It is safe
// for concurrent use. Close it after use.
type Judges struct {
	spec       experiments.Spec
	classifier *velocity.Classifier
	mu         sync.Mutex
	byKey      map[string]func() map[string]prepared // by key of the reference, those of single classes apart; then by name of the metric
}

// prepared is a judge, or why there is none. Both are nil for the metrics of a net.
type prepared struct {
	judge metric.Judge
	err   error
	most  int // points that it compares; for metrics of single classes
}

// measure measures points by the judge or, without one, by other. It is NaN where the reference allows no value.
func (p prepared) measure(points flow.Batch, other func() (metric.Measurement, error)) (got metric.Measurement, err error) {
	err = Guard(func() (err error) {
		switch {
		case p.err != nil:
			got = metric.Measurement{Value: math.NaN(), SE: math.NaN()}
		case p.judge != nil:
			got, err = p.judge(points)
		default:
			got, err = other()
		}
		return err
	})
	return got, err
}

// Unmeasured says that a metric has no value against the reference of a target.
type Unmeasured struct {
	Reference, Metric string // key and name
	Err               error  // why, and what to use instead
}

// NewJudges returns judges for the metrics of the spec, whose classifiers learn on the engine.
func NewJudges(e engine.Engine, spec experiments.Spec) *Judges {
	return &Judges{spec: spec, classifier: velocity.NewClassifier(e), byKey: map[string]func() map[string]prepared{}}
}

// Close frees the classifiers.
func (j *Judges) Close() error { return j.classifier.Close() }

// Reference returns the fixed sample of the truth that runs of a setting are measured against, on the scale that nets are
// trained on, where standardised columns weigh the same whatever their units.
func Reference(spec experiments.Spec, s experiments.Setting) flow.Batch {
	return reference(s.Measured(), spec.Reference)
}

// FreshReference is Reference for figures that the choice must not have seen.
func FreshReference(spec experiments.Spec, s experiments.Setting) flow.Batch {
	return freshReference(s.Measured(), spec.Reference)
}

func reference(t target.Target, r experiments.Reference) flow.Batch {
	return t.Reference(r.Count, flow.NewStream(r.Seed, "reference"))
}

func freshReference(t target.Target, r experiments.Reference) flow.Batch {
	return t.FreshReference(r.Count, flow.NewStream(r.Seed, "fresh reference"))
}

// Prepare does all that depends only on the references, and returns the metrics that cannot be measured, once for each
// reference. Their values are NaN. Those of single classes are not among them: that a class has few rows is a caution of its target.
func (j *Judges) Prepare(plan experiments.Plan) (cannot []Unmeasured) {
	seen := map[string]bool{}
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			setting := experiments.Setting{Recipe: fit.Recipe, Sample: run.Sampling}
			if seen[run.Reference] {
				continue
			}
			seen[run.Reference] = true
			for _, m := range j.spec.MetricsOf(fit.Recipe.Target) {
				if why := j.judgeBy(m, setting, run.Reference).err; why != nil {
					err := fmt.Errorf("%s against the target %s: %w", m.Name, fit.Recipe.Target.Name, why)
					cannot = append(cannot, Unmeasured{run.Reference, m.Name, err})
				}
			}
		}
	}
	return cannot
}

// Measure returns the values of the metrics of a run, in the order of the spec: NaN for those that the reference does not
// allow. One that fails has none, and its error is returned with the values of the others.
func (j *Judges) Measure(f *Fitted, run experiments.Run, points flow.Batch) (values []experiments.Value, err error) {
	var errs []error
	setting := experiments.Setting{Recipe: f.fit.Recipe, Sample: run.Sampling}
	points.Given = f.start(run.Sampling).x0.Given
	projected := f.fit.Recipe.Target.Project(points)
	compared := projected.Slice(0, j.spec.Compared(setting))
	for _, m := range f.fit.MetricsOf(run, j.spec) {
		points, by := points, j.judgeBy(m, setting, run.Reference)
		switch {
		case m.Class != "":
			points = ofClass(projected, setting.Target.Given, m.Class)
			points = points.Slice(0, min(points.Len(), by.most))
		case m.TwoSamples():
			points = compared
		case m.OfPoints():
			points = projected
		}
		if m.Class != "" && by.err == nil {
			by.err = m.CheckPoints(points.Len(), points.Len())
		}
		got, err := by.measure(points, func() (metric.Measurement, error) { return f.netMetric(m, run.Sampling, points) })
		if err != nil {
			errs = append(errs, fmt.Errorf("measure %s: %w", m.Name, err))
			continue
		}
		values = append(values, experiments.Value{Name: m.Name, Value: got.Value, SE: got.SE, P: got.P, Version: m.Version})
	}
	if err := f.fit.Recipe.DataErr(); err != nil {
		return nil, err // the values may be of rows that are NaN
	}
	return values, errors.Join(errs...)
}

// judgeOf returns the judge of a metric against a target, of which truth is a sample; nil where it takes a net to measure.
func judgeOf(m metric.Metric, t target.Target, truth flow.Batch) (metric.Judge, error) {
	switch {
	case m.Judge != nil:
		return m.Judge(truth)
	case m.JudgeMixture == nil:
		return nil, nil
	}
	law, ok := t.Mixture()
	if !ok {
		return nil, fmt.Errorf("the target %s is no mixture of Gaussians", t.Name)
	}
	return m.JudgeMixture(metric.Mixture{Means: law.Means, Stds: law.Stds(), Weights: law.Shares()}, truth)
}

// judgeBy returns the judge of a metric for runs of a setting, whose reference has that key.
func (j *Judges) judgeBy(m metric.Metric, s experiments.Setting, key string) prepared {
	if m.Class != "" {
		return j.once(key+" of classes", func() map[string]prepared { return j.judgesOfClasses(s) })()[m.Name]
	}
	return j.judgesOf(s, key)()[m.Name]
}

func (j *Judges) judgesOf(s experiments.Setting, key string) func() map[string]prepared {
	return j.once(key, func() map[string]prepared {
		to := s.Measured()
		return j.judgesAgainst(to, j.spec.MetricsOf(to))
	})
}

// once returns what makes the judges of a key, the first of which for it is called once.
func (j *Judges) once(key string, judges func() map[string]prepared) func() map[string]prepared {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.byKey[key] == nil {
		j.byKey[key] = sync.OnceValue(judges)
	}
	return j.byKey[key]
}

// judgesAgainst returns the judges of metrics against the reference of a target.
func (j *Judges) judgesAgainst(to target.Target, metrics []metric.Metric) map[string]prepared {
	truth, ready := reference(to, j.spec.Reference), NeedsOf(to, j.classifier.LogOdds)
	list := map[string]prepared{}
	for _, m := range metrics {
		var p prepared
		p.err = Guard(func() (err error) {
			p.judge, err = judgeOf(ready(m), to, truth)
			return err
		})
		list[m.Name] = p
	}
	return list
}
