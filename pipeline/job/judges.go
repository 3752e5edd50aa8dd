package job

import (
	"fmt"
	"sync"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/target"
)

// Judges measures samples against the reference of their target. What depends only on the reference is done once. It is safe
// for concurrent use.
type Judges struct {
	spec  experiments.Spec
	mu    sync.Mutex
	byKey map[string]func() (map[string]metric.Judge, error) // by key of the reference, then by name of the metric; nil for those of a net
}

// NewJudges returns judges for the metrics of the spec.
func NewJudges(spec experiments.Spec) *Judges {
	return &Judges{spec: spec, byKey: map[string]func() (map[string]metric.Judge, error){}}
}

// Reference returns the fixed sample of the truth that runs of a recipe are measured against, on the scale that nets are
// trained on, where standardised columns weigh the same whatever their units.
func Reference(spec experiments.Spec, r experiments.Recipe) flow.Batch {
	return reference(r.Target, spec.Reference)
}

// FreshReference is Reference for figures that the choice must not have seen.
func FreshReference(spec experiments.Spec, r experiments.Recipe) flow.Batch {
	return freshReference(r.Target, spec.Reference)
}

func reference(t target.Target, r experiments.Reference) flow.Batch {
	return t.Reference(r.Count, flow.NewStream(r.Seed, "reference"))
}

func freshReference(t target.Target, r experiments.Reference) flow.Batch {
	return t.FreshReference(r.Count, flow.NewStream(r.Seed, "fresh reference"))
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

// Measure returns the value of every metric of a run, in the order of the spec.
func (j *Judges) Measure(f *Fitted, run experiments.Run, points flow.Batch) ([]experiments.Value, error) {
	judges, err := j.judgesOf(f.fit.Recipe, run.Reference)()
	if err != nil {
		return nil, err
	}
	compared := points.Slice(0, j.spec.Compared(experiments.Setting{Recipe: f.fit.Recipe, Sample: run.Sampling}))
	var values []experiments.Value
	for _, m := range f.fit.MetricsOf(run, j.spec) {
		judge, points := judges[m.Name], points
		if m.TwoSamples() {
			points = compared
		}
		if judge == nil {
			judge = func(points flow.Batch) (metric.Measurement, error) { return f.netMetric(m, points) }
		}
		got, err := judge(points)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", m.Name, err)
		}
		values = append(values, experiments.Value{Name: m.Name, Value: got.Value, SE: got.SE, P: got.P, Version: m.Version})
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

func (j *Judges) judgesOf(r experiments.Recipe, key string) func() (map[string]metric.Judge, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.byKey[key] == nil {
		j.byKey[key] = sync.OnceValues(func() (map[string]metric.Judge, error) {
			truth := Reference(j.spec, r)
			judges := map[string]metric.Judge{}
			for _, m := range j.spec.MetricsOf(r.Target) {
				judge, err := judgeOf(m, r.Target, truth)
				if err != nil {
					return nil, fmt.Errorf("prepare %s: %w", m.Name, err)
				}
				judges[m.Name] = judge
			}
			return judges, nil
		})
	}
	return j.byKey[key]
}
