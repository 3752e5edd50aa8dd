package reports

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/reports/motion"
	"flowsweep/reports/samples"
)

const twoMoons = `name: two-moons
target: {name: moons, noise: 0.05}
net: {width: [32, 128], depth: 3}
train: {steps: 10000}
seeds: 3
sample: {solver: [euler, midpoint, heun, rk4], steps: [1, 2, 4, 8, 16], count: 2000}
metrics: [mmd, sliced-w2]
`

// parse returns the spec of a YAML text.
func parse(t testing.TB, text string) experiments.Spec {
	t.Helper()
	spec, err := experiments.Parse("spec.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// stages is the number of velocity calls per step of each solver.
var stages = map[string]int{"euler": 1, "midpoint": 2, "heun": 2, "rk4": 4}

// sweepOf returns a sweep of the spec with made-up but realistic results: errors fall with the order of the solver, down to
// a floor that is lower for wider nets.
func sweepOf(t testing.TB, spec experiments.Spec) experiments.Sweep {
	t.Helper()
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	sweep := experiments.Sweep{
		Name: spec.Name, Spec: spec, Started: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC),
		Environment: experiments.Environment{
			Commit: "4f0c2d91be", Go: "go1.26.5", OS: "linux", Arch: "amd64", CPU: "Example CPU @ 3.00GHz", Cores: 16,
			Engine:  "onnxruntime 1.24.2",
			Modules: []string{"github.com/gomlx/gomlx@v0.28.2", "gonum.org/v1/gonum@v0.17.0", "gonum.org/v1/plot@v0.17.0"},
		},
	}
	for _, fit := range plan.Fits {
		width := float64(fit.Recipe.Net.Width)
		for _, run := range fit.Runs {
			solver := run.Sampling.Solver
			steps := float64(run.Sampling.Steps)
			nfe, maxCalls := float64(stages[solver.Name])*steps, stages[solver.Name]*run.Sampling.Steps
			if solver.Adaptive() {
				steps = math.Pow(run.Sampling.Tolerance.Atol, -.2)
				nfe, maxCalls = 6*steps+.25, int(7*steps)
			}
			bias := math.Pow(.9/steps, float64(min(solver.Order, 3))) + .004*64/width
			w2 := bias * math.Exp(.15*r.NormFloat64())
			sweep.Results = append(sweep.Results, experiments.Result{
				Sweep: spec.Name, Fit: fit.Key, Run: run.Key, State: experiments.Finished, Seed: fit.Seed,
				Setting: experiments.Setting{Recipe: fit.Recipe, Sample: run.Sampling}, NFE: experiments.Calls(nfe), NFEMax: maxCalls,
				Metrics: measuredBy(spec, map[string]experiments.Value{
					"mmd":         {Value: .2*bias*bias*math.Exp(.2*r.NormFloat64()) + 2e-5*r.NormFloat64(), SE: 3e-5},
					"sliced-w2":   {Value: w2, SE: .01 * w2},
					"path-rmse":   {Value: bias},
					"nll":         {Value: .32 + 1/width},
					"excess-loss": {Value: .64 / width},
				}),
				FitSeconds: 12 + width/20 + r.Float64(), SampleSeconds: .004 * nfe * (1 + .1*r.Float64()) * width / 64,
				Params: int(2*width*width + 7*width + 2), Commit: "4f0c2d91be", Engine: "onnxruntime 1.24.2",
			})
		}
	}
	setNulls(t, plan, &sweep)
	setDense(&sweep)
	return sweep
}

// measuredBy returns the values in the order of the spec.
func measuredBy(spec experiments.Spec, values map[string]experiments.Value) []experiments.Value {
	var list []experiments.Value
	for _, m := range spec.Metrics {
		v := values[m.Name]
		v.Name = m.Name
		list = append(list, v)
	}
	return list
}

// setNulls gives the sweep made-up null distributions: 99 evenly spaced values, from -1e-4 to 2e-4 for mmd and from .008 to
// .012 for other metrics.
func setNulls(t testing.TB, plan experiments.Plan, sweep *experiments.Sweep) {
	t.Helper()
	plans, err := plan.Nulls()
	if err != nil {
		t.Fatal(err)
	}
	nulls := map[string]experiments.Null{}
	for _, n := range plans {
		for k := range 99 {
			v := .008 + .004*float64(k)/98
			if n.Metric == "mmd" {
				v = -1e-4 + 3e-4*float64(k)/98
			}
			n.Values = append(n.Values, v)
		}
		nulls[n.Key] = n.Null
	}
	if err := sweep.SetNulls(nulls); err != nil {
		t.Fatal(err)
	}
}

// setDense gives every fit the metrics of a dense solve: those of its best run, somewhat improved.
func setDense(sweep *experiments.Sweep) {
	best := map[experiments.DensePlace][]experiments.Value{}
	for _, r := range sweep.Results {
		at := experiments.DensePlaceOf(r.Fit, r.Setting.Sample)
		if best[at] == nil {
			best[at] = make([]experiments.Value, len(r.Metrics))
			copy(best[at], r.Metrics)
		}
		for i, v := range r.Metrics {
			best[at][i].Value = min(best[at][i].Value, .99*v.Value)
		}
	}
	sweep.SetDense(best)
}

// pageOf returns the page of a sweep with only its summaries and choice.
func pageOf(t testing.TB, sweep experiments.Sweep) Page {
	t.Helper()
	p := Page{Sweep: sweep, Command: "flowsweep sweep spec.yaml"}
	p.Summaries = sweep.Summaries()
	labels := experiments.NewLabels(settingsOf(p.Summaries, func(s experiments.Summary) experiments.Setting { return s.Setting }))
	var err error
	if p.Choice, err = sweep.Spec.Choose.Choose(p.Summaries, labels.Setting); err != nil {
		p.ChoiceError = err.Error()
	}
	p.CSV, p.Fields = tablesOf(t, p, labels)
	return p
}

// fullPage returns a page with something in every section.
func fullPage(t testing.TB) Page {
	t.Helper()
	p := pageOf(t, sweepOf(t, parse(t, twoMoons)))
	p.Samples = []samples.Panel{
		{Title: "data", Points: moons(1, .05)},
		{Title: "chosen, seed 0", Points: moons(2, .07), Chosen: true},
		{Title: "same net, 4 steps", Points: moons(3, .12)},
		{Title: "same net, 1 step", Points: moons(4, .35)},
	}
	r := rand.New(rand.NewPCG(3, 4))
	for _, width := range []int{32, 128} {
		for seed := range 3 {
			c := Curve{Label: fmt.Sprintf("width %d, seed %d", width, seed), Group: fmt.Sprintf("width %d", width)}
			for step := 100; step <= 10000; step += 100 {
				floor := .82 + 6/float64(width)
				c.Floor = Floor{Loss: .8, LossSE: .0002, HeldOut: .8}
				c.Losses = append(c.Losses, experiments.Loss{Step: step, Value: floor + 80/float64(step) + .01*r.NormFloat64()})
			}
			p.Curves = append(p.Curves, c)
		}
	}
	p.Fresh = experiments.Fresh{Count: 2000, Compared: 2000, Reference: 2000, Metrics: map[string]experiments.FreshFigure{
		"mmd": {
			Interval: experiments.Interval{Mean: 4e-4, Low: 2e-4, High: 6e-4}, P: .01, Null: experiments.NullRow{Mean: 5e-5, Q95: 1.9e-4, N: 99},
		},
		"sliced-w2": {Interval: experiments.Interval{Mean: .021, Low: .017, High: .025}, P: .3, Null: experiments.NullRow{Mean: .019, Q95: .026, N: 99}},
	}}
	p.Fresh.Runs = make([]string, 3)
	p.Verdict = p.Sweep.Verdict(p.Choice.Chosen, p.Summaries, p.Fresh, nil)
	p.Checks = []experiments.Check{{
		File: "velocity.onnx", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Runtime: "onnxruntime 1.24.2",
		Points: 512, Batches: []int{1, 7, 512}, Levels: []string{"disabled", "basic", "extended", "all"},
		MaxAbsDiff: 1.91e-6, MaxAbs: 3.71, Tolerance: 4.71e-5, OK: true, Reason: "1e-5 (1 + max |v|) is allowed",
	}}
	p.Artifacts = []experiments.Artifact{
		{Name: "velocity.onnx", SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Size: 71234},
		{Name: "runs.csv", SHA256: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752", Size: 18211},
	}
	p.Flow = smallFlow()
	return p
}

// smallFlow returns the flow of three points that the exact velocity leaves where they are, and a net does not.
func smallFlow() *motion.Flow {
	f := &motion.Flow{Version: motion.Version, Times: []float64{0, .5, 1}, Apart: []float64{.04, .03, .06, .13, .45}}
	f.View = motion.View{
		Axes: []motion.Axis{{Name: "x1", Low: -2, High: 2}, {Name: "x2", Low: -2, High: 2}}, Of: 2, Cells: 8, Grid: motion.Grid,
	}
	exact := motion.Motion{Points: 3, Paths: motion.Paths{X: [][]float64{{-1, -1, -1}, {0, 0, 0}, {1, 1, 1}}, Y: [][]float64{{0, 0, 0}, {1, 1, 1}, {0, 0, 0}}}}
	f.Net = motion.Motion{Points: 3, Paths: motion.Paths{X: exact.X, Y: [][]float64{{0, .2, .8}, {1, .8, .2}, {0, -.2, -.8}}}}
	for range motion.Moments {
		exact.Counts = append(exact.Counts, f.View.Counts([][]float64{{-1, 0}, {0, 1}, {1, 0}}))
		f.Net.Counts = append(f.Net.Counts, f.View.Counts([][]float64{{-1, .5}, {0, .5}, {1, -.5}}))
		exact.Arrows = append(exact.Arrows, motion.Arrows{})
		f.Net.Arrows = append(f.Net.Arrows, motion.Arrows{At: []int{81, 84, 87}, U: []float64{0, 0, 0}, V: []float64{1, -1, -1}})
	}
	f.Exact = &exact
	return f
}

// moons returns 2,000 noisy points of two crescents.
func moons(seed uint64, noise float64) [][]float64 {
	r := rand.New(rand.NewPCG(seed, 0))
	points := make([][]float64, 2000)
	for i := range points {
		sin, cos := math.Sincos(math.Pi * r.Float64())
		if i%2 == 1 {
			cos, sin = 1-cos, .5-sin
		}
		points[i] = []float64{cos + noise*r.NormFloat64(), sin + noise*r.NormFloat64()}
	}
	return points
}

// smallSpec is the spec of the golden page.
const smallSpec = `name: small
target: {name: moons, noise: 0.05}
seeds: 2
sample: {solver: [euler, heun], steps: [1, 4], count: 200}
`
