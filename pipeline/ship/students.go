package ship

import (
	"context"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/pipeline/saved"
	"flowsweep/reports"
	"flowsweep/store"
)

// students returns the settings whose nets learned from pairs of a teacher, beside that teacher.
func (o Outcome) students(ctx context.Context, db *store.DB) (list []reports.Student, err error) {
	if !slices.ContainsFunc(o.Summaries, func(s experiments.Summary) bool { return s.Setting.Coupling.Taught }) {
		return nil, nil
	}
	c := class{db: db, data: dataMetric(o.Sweep.Spec), ends: map[experiments.DensePlace]flow.Batch{}, runs: map[string]experiments.Result{}}
	if c.dense, err = db.Dense(ctx, o.Sweep.Name); err != nil {
		return nil, err
	}
	if c.uses, err = db.Uses(ctx, o.Sweep.Name, ""); err != nil {
		return nil, err
	}
	for _, r := range o.Sweep.Results {
		if r.State == experiments.Finished {
			c.runs[r.Fit+experiments.Form(r.Setting.Sample)] = r
		}
	}
	for i, s := range o.Summaries {
		if s.Setting.Coupling.Taught && len(s.Runs) > 0 {
			student, err := c.student(ctx, i, s)
			if err != nil {
				return nil, err
			}
			list = append(list, student)
		}
	}
	return list, nil
}

// dataMetric returns the metric that says how far samples are from the data: that of the choice, or else the first of samples.
func dataMetric(spec experiments.Spec) string {
	name := ""
	for _, m := range spec.Metrics {
		if m.OfSamples() && (name == "" || m.Name == spec.Choose.Metric) {
			name = m.Name
		}
	}
	return name
}

// class is what is stored of the students and teachers of a sweep.
type class struct {
	db    *store.DB
	data  string // metric
	dense map[experiments.DensePlace][]experiments.Value
	uses  []store.Use
	runs  map[string]experiments.Result         // finished, by fit and sampling
	ends  map[experiments.DensePlace]flow.Batch // of dense solves of teachers; empty where there is none
}

// student returns the means over the runs of setting i.
func (c class) student(ctx context.Context, i int, s experiments.Summary) (reports.Student, error) {
	var own, teacher, solved struct{ straight, apart, data []float64 }
	add := func(list *[]float64, r experiments.Result, name string) {
		if v, ok := r.Metric(name); ok {
			*list = append(*list, v)
		}
	}
	for _, r := range s.Runs {
		at := experiments.DensePlaceOf(r.Teacher, r.Setting.Sample)
		dense := experiments.Result{Metrics: c.dense[at]}
		same, swept := c.runs[r.Teacher+experiments.Form(r.Setting.Sample)]
		if !swept {
			same = experiments.Result{}
			add(&teacher.straight, dense, metric.NPE.Name)
		}
		add(&own.straight, r, metric.NPE.Name)
		add(&teacher.straight, same, metric.NPE.Name)
		add(&own.data, r, c.data)
		add(&teacher.data, same, c.data)
		add(&solved.data, dense, c.data)
		for run, list := range map[string]*[]float64{r.Run: &own.apart, same.Run: &teacher.apart} {
			if d, ok, err := c.apart(ctx, at, run); err != nil {
				return reports.Student{}, err
			} else if ok {
				*list = append(*list, d)
			}
		}
	}
	mean := func(values []float64) float64 {
		if len(values) < len(s.Runs) {
			return math.NaN()
		}
		return metric.Mean(values).Value
	}
	return reports.Student{
		Setting: i, Metric: c.data, Dense: mean(solved.data),
		Straight: reports.Beside{Own: mean(own.straight), Teacher: mean(teacher.straight)},
		Apart:    reports.Beside{Own: mean(own.apart), Teacher: mean(teacher.apart)},
		Data:     reports.Beside{Own: mean(own.data), Teacher: mean(teacher.data)},
	}, nil
}

// apart returns the root mean squared distance between the samples of a run and where the teacher's flow carries the same noise. ok is
// false where either is not stored.
func (c class) apart(ctx context.Context, at experiments.DensePlace, run string) (rmse float64, ok bool, err error) {
	if run == "" {
		return 0, false, nil
	}
	if _, seen := c.ends[at]; !seen {
		if c.ends[at], err = c.endsOf(ctx, at); err != nil {
			return 0, false, err
		}
	}
	ends := c.ends[at]
	points, err := saved.Samples(ctx, c.db, run)
	if err != nil || ends.Len() == 0 || flow.CheckLike(points, ends) != nil {
		return 0, false, err
	}
	square := 0.
	for i, x := range points.Data {
		square += (x - ends.Data[i]) * (x - ends.Data[i])
	}
	return math.Sqrt(square / float64(ends.Len())), true, nil
}

// endsOf returns where the dense solve of a fit ends, or no points if it is not stored.
func (c class) endsOf(ctx context.Context, at experiments.DensePlace) (flow.Batch, error) {
	for _, use := range c.uses {
		if use.Role != "dense" || use.Fit != at.Fit {
			continue
		}
		r, err := saved.Run(ctx, c.db, use.Run)
		if err != nil {
			return flow.Batch{}, err
		}
		if r.State == experiments.Finished && experiments.DensePlaceOf(use.Fit, r.Setting.Sample) == at {
			return saved.Samples(ctx, c.db, use.Run)
		}
	}
	return flow.Batch{}, nil
}
