package job

import (
	"errors"
	"fmt"
	"math"
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
	byKey map[string]func() []prepared // by key of the reference, in the order of the metrics
}

// prepared is a judge, or why there is none. Both are nil for the metrics of a net.
type prepared struct {
	judge metric.Judge
	err   error
}

// Unmeasured says that a metric has no value against the reference of a target.
type Unmeasured struct {
	Reference, Metric string // key and name
	Err               error  // why, and what to use instead
}

// NewJudges returns judges for the metrics of the spec.
func NewJudges(spec experiments.Spec) *Judges {
	return &Judges{spec: spec, byKey: map[string]func() []prepared{}}
}

// Reference returns the fixed sample of the truth that runs of a recipe are measured against, on the scale that nets are
// trained on, where standardised columns weigh the same whatever their units.
func Reference(spec experiments.Spec, r experiments.Recipe) flow.Batch {
	return r.Target.Reference(spec.Reference.Count, flow.NewStream(spec.Reference.Seed, "reference"))
}

// Prepare does all that depends only on the references, and returns the metrics that cannot be measured, once for each
// reference. Their values are NaN.
func (j *Judges) Prepare(plan experiments.Plan) (cannot []Unmeasured) {
	seen := map[string]bool{}
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			if seen[run.Reference] {
				continue
			}
			seen[run.Reference] = true
			for i, p := range j.judgesOf(fit.Recipe, run.Reference)() {
				if p.err != nil {
					name := j.spec.Metrics[i].Name
					err := fmt.Errorf("%s against the target %s: %w", name, fit.Recipe.Target.Name, p.err)
					cannot = append(cannot, Unmeasured{run.Reference, name, err})
				}
			}
		}
	}
	return cannot
}

// Measure returns the values of the metrics of the spec, in order: NaN for those that the reference does not allow. One
// that fails has none, and its error is returned with the values of the others.
func (j *Judges) Measure(f *Fitted, run experiments.Run, points flow.Batch) (values []experiments.Value, err error) {
	var errs []error
	judges := j.judgesOf(f.fit.Recipe, run.Reference)()
	for i, m := range j.spec.Metrics {
		got := metric.Measurement{Value: math.NaN(), SE: math.NaN()}
		err := Guard(func() (err error) {
			switch {
			case judges[i].judge != nil:
				got, err = judges[i].judge(points)
			case judges[i].err == nil:
				got, err = f.netMetric(m, points)
			}
			return err
		})
		if err != nil {
			errs = append(errs, fmt.Errorf("measure %s: %w", m.Name, err))
			continue
		}
		values = append(values, experiments.Value{Name: m.Name, Value: got.Value, SE: got.SE})
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

func (j *Judges) judgesOf(r experiments.Recipe, key string) func() []prepared {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.byKey[key] == nil {
		j.byKey[key] = sync.OnceValue(func() []prepared {
			truth := Reference(j.spec, r)
			list := make([]prepared, len(j.spec.Metrics))
			for i, m := range j.spec.Metrics {
				list[i].err = Guard(func() (err error) {
					list[i].judge, err = judgeOf(m, r.Target, truth)
					return err
				})
			}
			return list
		})
	}
	return j.byKey[key]
}
