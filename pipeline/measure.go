package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// sampled is what one run drew.
type sampled struct {
	points  flow.Batch // (count, d), rounded to 32 bits, as they are stored
	nfe     int
	seconds float64
}

// opening is what the runs of a fit have in common, whatever their solver and steps: the noise they start from, and its
// velocity at t = 0, which the first of them computes.
type opening struct {
	x0, u   flow.Batch
	seconds float64 // that computing u took
}

func newOpening(s experiments.Sampling, dim int, seed uint64) *opening {
	o := &opening{x0: flow.NewBatch(s.Count, dim)}
	flow.NewStream(seed, "noise").Normal(o.x0, 0)
	return o
}

// sample draws the points of a run from its fit's net. Every run starts from the same noise, so that runs differ by what
// was swept alone. A velocity that another run has computed counts as a call, and with the time it took then. Sampling
// stops between two velocity calls when the context does.
func sample(ctx context.Context, model *velocity.Model, s experiments.Sampling, o *opening, now func() time.Time) (sampled, error) {
	net, saved := model.Field(), 0.
	field := func(t float64, x flow.Batch) (flow.Batch, error) {
		if err := ctx.Err(); err != nil {
			return x, err
		}
		if t > 0 || !slices.Equal(x.Data, o.x0.Data) {
			return net(t, x)
		}
		if o.u.Data != nil {
			saved += o.seconds
			return o.u.Clone(), nil
		}
		start := now()
		u, err := net(t, x)
		if err == nil {
			o.u, o.seconds = u.Clone(), now().Sub(start).Seconds()
		}
		return u, err
	}
	start := now()
	x, nfe, err := ode.Solve(field, s.Solver, s.Times(), o.x0)
	if err != nil {
		return sampled{}, fmt.Errorf("sample with %s in %d steps: %w", s.Solver.Name, s.Steps, err)
	}
	seconds := now().Sub(start).Seconds() + saved
	for i, v := range x.Data {
		x.Data[i] = float64(float32(v))
	}
	return sampled{points: x, nfe: nfe, seconds: seconds}, nil
}

// court measures samples against the reference of their target. What depends on the reference alone is done once.
// It is safe for use by several goroutines.
type court struct {
	spec   experiments.Spec
	mu     sync.Mutex
	judges map[string]func() ([]metric.Judge, error) // by key of the reference
}

func newCourt(spec experiments.Spec) *court {
	return &court{spec: spec, judges: map[string]func() ([]metric.Judge, error){}}
}

// reference returns the fixed sample of the truth that a recipe's runs are measured against.
func reference(spec experiments.Spec, r experiments.Recipe) flow.Batch {
	return r.Target.Sample(spec.Reference.Count, flow.NewStream(spec.Reference.Seed, "reference"))
}

// prepare does what depends on the references alone, and returns what is wrong with them.
func (c *court) prepare(plan experiments.Plan) error {
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			if _, err := c.judgesOf(fit.Recipe, run.Reference)(); err != nil {
				return fmt.Errorf("target %s: %w", fit.Recipe.Target.Name, err)
			}
		}
	}
	return nil
}

// measure returns the value of every metric of the spec, in order.
func (c *court) measure(r experiments.Recipe, run experiments.Run, points flow.Batch) ([]experiments.Value, error) {
	judges, err := c.judgesOf(r, run.Reference)()
	if err != nil {
		return nil, err
	}
	var values []experiments.Value
	for i, m := range c.spec.Metrics {
		v, err := judges[i](points)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", m.Name, err)
		}
		values = append(values, experiments.Value{Name: m.Name, Value: v.Value})
	}
	return values, nil
}

func (c *court) judgesOf(r experiments.Recipe, key string) func() ([]metric.Judge, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.judges[key] == nil {
		c.judges[key] = sync.OnceValues(func() ([]metric.Judge, error) {
			truth := reference(c.spec, r)
			var judges []metric.Judge
			for _, m := range c.spec.Metrics {
				if m.NeedsModel() {
					return nil, fmt.Errorf("prepare %s: it takes the velocity itself, which a sweep does not measure: leave it out of metrics", m.Name)
				}
				j, err := m.Judge(truth)
				if err != nil {
					return nil, fmt.Errorf("prepare %s: %w", m.Name, err)
				}
				judges = append(judges, j)
			}
			return judges, nil
		})
	}
	return c.judges[key]
}
