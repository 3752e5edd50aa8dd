package conditions

import (
	"cmp"
	"context"
	"math"
	"slices"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/oracle"
	"flowsweep/pipeline/job"
	"flowsweep/reports/conditional"
	"flowsweep/store"
)

// How the exact guided velocity is followed: from so many points of the noise of a run, in steps of rk4, for at most so many weights. The
// law given a number is another one for every point, so that there are fewer of these.
const (
	exactPoints  = 600
	exactNumbers = 300
	exactSteps   = experiments.DenseSteps / 2
	maxWeights   = 4
	exactParts   = 400 // of a law, up to which it takes about a second
)

// exact returns where the exact guided velocity carries the noise of the runs, beside where the net does, for every weight. There is none
// where that velocity is not known, or where more than two coordinates cannot be drawn.
func exact(ctx context.Context, db *store.DB, spec experiments.Spec, runs []experiments.Result, shown experiments.Result, truth flow.Batch) (list []conditional.Guided, err error) {
	r := shown.Setting.Recipe
	known := r.Target.LawGiven != nil && r.Source.Gaussian() && !r.Coupling.Taught && r.Coupling.Name == flow.Independent.Name
	if !known || r.Target.Dim() > 2 || len(oracle.PartShares(r.Target.Law)) > exactParts || r.Target.Rows.Len() > 0 {
		return nil, nil
	}
	runs = slices.DeleteFunc(slices.Clone(runs), func(r experiments.Result) bool { return r.Setting.Sample.Label != shown.Setting.Sample.Label })
	slices.SortStableFunc(runs, func(a, b experiments.Result) int {
		return cmp.Compare(a.Setting.Sample.Guidance.Weight(), b.Setting.Sample.Guidance.Weight())
	})
	for _, run := range spreadOver(runs, maxWeights) {
		x, err := Samples(ctx, db, spec, run)
		if err != nil {
			return nil, err
		}
		g, ends, err := guided(ctx, spec, run, x)
		if err != nil {
			return nil, err
		}
		g.Diversity = math.NaN()
		if groups, ok := groupingOf(r.Target.Given, truth); ok {
			g.Diversity = groups.diversity(ends, truth)
		}
		list = append(list, g)
	}
	return list, nil
}

// spreadOver returns at most n of a list, evenly spread, with both ends.
func spreadOver[T any](list []T, n int) (some []T) {
	if len(list) <= n {
		return list
	}
	for i := range n {
		some = append(some, list[i*(len(list)-1)/(n-1)])
	}
	return some
}

// guided returns the samples of a run beside where the exact velocity with its guidance carries the same noise, and these ends.
func guided(ctx context.Context, spec experiments.Spec, run experiments.Result, x flow.Batch) (g conditional.Guided, ends flow.Batch, err error) {
	s := run.Setting
	n := min(x.Len(), exactPoints)
	if len(s.Target.Given.Numbers) > 0 {
		n = min(n, exactNumbers)
	}
	field := oracle.NewConditional(s.Target.LawGiven, s.Recipe.Path).RowField().Guide(s.Sample.Guidance).Field()
	stopping := func(t float64, x flow.Batch) (flow.Batch, error) {
		if err := ctx.Err(); err != nil {
			return x, err
		}
		return field(t, x)
	}
	x0 := job.Noise(s, spec.Reference.Seed).Slice(0, n)
	ends, _, err = ode.Solve(stopping, ode.RK4, ode.Uniform(exactSteps), x0)
	if err != nil {
		return g, ends, err
	}
	x = x.Slice(0, n)
	g = conditional.Guided{
		Guidance: s.Sample.Guidance, RMSE: math.NaN(),
		Exact: conditioned(s.Target.Given, s.Target.Project(ends), x), Net: conditioned(s.Target.Given, s.Target.Project(x), x),
	}
	if s.Sample.SDE.Noise == 0 { // which leads elsewhere
		sum := 0.
		for i, v := range ends.Data {
			sum += (v - x.Data[i]) * (v - x.Data[i])
		}
		g.RMSE = math.Sqrt(sum / float64(n))
	}
	return g, s.Target.Project(ends), nil
}
