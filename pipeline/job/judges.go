package job

import (
	"fmt"
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
	byKey      map[string]func() ([]metric.Judge, error) // by key of the reference; nil for the metrics of a net
}

// NewJudges returns judges for the metrics of the spec, whose classifiers learn on the engine.
func NewJudges(e engine.Engine, spec experiments.Spec) *Judges {
	return &Judges{spec: spec, classifier: velocity.NewClassifier(e), byKey: map[string]func() ([]metric.Judge, error){}}
}

// Close frees the classifiers.
func (j *Judges) Close() error { return j.classifier.Close() }

// Reference returns the fixed sample of the truth that runs of a recipe are measured against, on the scale that nets are
// trained on, where standardised columns weigh the same whatever their units.
func Reference(spec experiments.Spec, r experiments.Recipe) flow.Batch {
	return r.Target.Reference(spec.Reference.Count, flow.NewStream(spec.Reference.Seed, "reference"))
}

// Prepare does all that depends only on the references, and returns what is wrong with them.
func (j *Judges) Prepare(plan experiments.Plan) error {
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			if _, err := j.judgesOf(fit.Recipe, run.Reference)(); err != nil {
				return fmt.Errorf("target %s: %w", fit.Recipe.Target.Name, err)
			}
		}
	}
	return nil
}

// Measure returns the value of every metric of the spec, in order.
func (j *Judges) Measure(f *Fitted, run experiments.Run, points flow.Batch) ([]experiments.Value, error) {
	judges, err := j.judgesOf(f.fit.Recipe, run.Reference)()
	if err != nil {
		return nil, err
	}
	var values []experiments.Value
	for i, m := range j.spec.Metrics {
		judge := judges[i]
		if judge == nil {
			judge = func(points flow.Batch) (metric.Measurement, error) { return f.netMetric(m, points) }
		}
		got, err := judge(points)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", m.Name, err)
		}
		values = append(values, experiments.Value{Name: m.Name, Value: got.Value, SE: got.SE})
	}
	return values, nil
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

func (j *Judges) judgesOf(r experiments.Recipe, key string) func() ([]metric.Judge, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.byKey[key] == nil {
		j.byKey[key] = sync.OnceValues(func() ([]metric.Judge, error) {
			truth := Reference(j.spec, r)
			var judges []metric.Judge
			for _, m := range j.spec.Metrics {
				judge, err := judgeOf(m.With(j.classifier.LogOdds), r.Target, truth)
				if err != nil {
					return nil, fmt.Errorf("prepare %s: %w", m.Name, err)
				}
				judges = append(judges, judge)
			}
			return judges, nil
		})
	}
	return j.byKey[key]
}
