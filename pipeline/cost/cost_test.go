package cost

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/pipeline/job"
)

const spec = `name: a
target: moons
coupling: [independent, ot]
net: {width: [8, 16], depth: 1}
train: {steps: 100, batch: 32}
seeds: 2
sample: {solver: [heun, dopri5], steps: 4, count: 50}
metrics: [energy, nll]
`

// work returns all that a spec asks for, as a sweep from nothing does it.
func work(t *testing.T, text string, workers int) Work {
	t.Helper()
	s, err := experiments.Parse("a.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	w := Work{Spec: s, Workers: workers, Processors: 2}
	for _, fit := range plan.Fits {
		w.Parts = append(w.Parts, Part{Fit: fit, Train: true, Sample: slices.Concat(fit.Dense, fit.Runs)})
	}
	if w.Nulls, err = plan.Nulls(); err != nil {
		t.Fatal(err)
	}
	return w
}

// trial returns one with some time in all.
func trial(most time.Duration) *Trial {
	return NewTrial(job.Try{Engine: engine.Go, Limit: 10 * time.Millisecond, Now: time.Now}, most)
}

// TestMeasured: what is measured counts as it was, each net and coupling apart, and workers share all but the longest training.
func TestMeasured(t *testing.T) {
	t.Parallel()
	w := work(t, spec, 2)
	k := Known{fits: map[string]rate{}, runs: map[string]rate{}, steps: map[string]float64{}}
	for _, p := range w.Parts {
		r := p.Fit.Recipe
		each := float64(r.Net.Width) / 1000
		if r.Coupling.Name == "ot" {
			each += 1
		}
		k.fits[trainingKey(r)] = rate{each * 700, 700, 3}
		k.runs[netKey(r)] = rate{1, 1e4, 2}
		k.steps[experiments.Form(p.Sample[2].Sampling)] = 40
	}
	e := k.Estimate(w, trial(0))
	var got []string
	for _, g := range e.Training {
		if g.From != Measured || g.Of != 3 || g.Fits != 2 || g.Steps != 200 {
			t.Errorf("%+v", g)
		}
		got = append(got, about(g.Seconds))
	}
	// 200 steps of .008, .016, 1.008 and 1.016 s.
	if text := strings.Join(got, " "); text != "1.6 s 3m22s 3.2 s 3m23s" && text != "1.6 s 3.2 s 3m22s 3m23s" {
		t.Errorf("trainings take %s", text)
	}
	// A fit has a dense solve of 512 calls, heun of 8 and dopri5 of 40, with 50 points each, and a point takes 0.1 ms.
	for _, s := range e.Sampling {
		if want := 4 * 50 * float64(512+8+40); s.Runs != 12 || math.Abs(s.Calls-want) > 1e-9*want || math.Abs(s.Seconds-want*1e-4) > 1e-9*want {
			t.Errorf("%+v, want %g calls", s, want)
		}
	}
	if len(e.Metrics) != 1 || e.Metrics[0].From != Guessed || !slices.Equal(e.Without, []string{"nll"}) {
		t.Errorf("metrics %+v, without %q", e.Metrics, e.Without)
	}
	all := e.TrainSeconds() + e.SampleSeconds() + e.MeasureSeconds()
	if math.Abs(e.Seconds-all/2) > 1e-9*all {
		t.Errorf("two workers take %g of %g s", e.Seconds, all)
	}
	w.Workers, w.Processors = 100, 100
	if e := k.Estimate(w, trial(0)); math.Abs(e.Seconds-max(101.6, all/8)) > .01*all {
		t.Errorf("100 workers take %g s, but a fit alone takes 101.6 s", e.Seconds)
	}
}

// TestTried: what is not measured is tried, the pairing of ot apart from the steps of the nets.
func TestTried(t *testing.T) {
	t.Parallel()
	w := work(t, strings.NewReplacer("batch: 32", "batch: 256", "energy, nll", "energy").Replace(spec), 1)
	e := Known{}.Estimate(w, trial(time.Minute))
	pairs := map[string]float64{}
	for _, g := range e.Training {
		if g.From != Tried || !(g.PairSeconds > 0 && g.StepSeconds >= g.PairSeconds && g.Seconds >= g.StepSeconds*200) {
			t.Errorf("%+v", g)
		}
		pairs[g.Coupling] = g.PairSeconds
	}
	// The assignment of 256 pairs takes more than a hundred times as long as drawing them.
	if pairs["ot"] < 5*pairs["independent"] {
		t.Errorf("pairs take %v", pairs)
	}
	for _, s := range e.Sampling {
		if s.From != Tried || s.Seconds <= 0 {
			t.Errorf("%+v", s)
		}
	}
	if len(e.Metrics) != 1 || e.Metrics[0].From != Tried || e.Metrics[0].Seconds <= 0 || e.Metrics[0].Truths != 99 {
		t.Errorf("metrics %+v", e.Metrics)
	}
}

// TestGuessed: without time, all is guessed, and in proportion to multiplications where something is known.
func TestGuessed(t *testing.T) {
	t.Parallel()
	began := time.Now()
	w := work(t, spec, 1)
	e := Known{}.Estimate(w, trial(0))
	for _, g := range e.Training {
		if g.From != Guessed || !(g.Seconds > 0) {
			t.Errorf("%+v", g)
		}
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("guessing took %v", took)
	}
	first := w.Parts[0].Fit.Recipe
	k := Known{fits: map[string]rate{trainingKey(first): {1, 1000, 1}}}
	for _, g := range k.Estimate(w, trial(0)).Training {
		more := float64(g.recipe.VelocityNet().Size()) / float64(first.VelocityNet().Size())
		if math.Abs(g.StepSeconds-g.PairSeconds-more/1000) > 1e-12 || (g.PairSeconds > 0) != (g.Coupling == "ot") {
			t.Errorf("a step of %s takes %g s, want %g", g.Net, g.StepSeconds, more/1000)
		}
	}
}

// TestOtherMachines: what another processor, engine or number of cores took says nothing.
func TestOtherMachines(t *testing.T) {
	t.Parallel()
	k := Known{on: experiments.Environment{CPU: "x", Cores: 2, Engine: "go", Arch: "amd64"}}
	for _, other := range []experiments.Environment{
		{CPU: "y", Cores: 2, Engine: "go", Arch: "amd64"}, {CPU: "x", Cores: 4, Engine: "go", Arch: "amd64"}, {CPU: "x", Cores: 2, Engine: "xla", Arch: "amd64"}, {},
	} {
		if k.here(other) {
			t.Errorf("%+v is taken for this machine", other)
		}
	}
	if on := k.on; !k.here(on) {
		t.Error("this machine is not taken for itself")
	}
}

// TestEach: of a sweep, nothing is read or tried, and steps of larger nets and of ot weigh more.
func TestEach(t *testing.T) {
	t.Parallel()
	w := work(t, spec, 1)
	each := EachOf(w)
	weight := map[string]float64{}
	for _, p := range w.Parts {
		e := each[p.Fit.Key]
		if !(e.Step > 0 && e.Run > 0) {
			t.Errorf("%+v", e)
		}
		weight[fmt.Sprint(p.Fit.Recipe.Coupling, p.Fit.Recipe.Net.Width)] = e.Step
	}
	if !(weight["ot 8"] > weight["independent 8"] && weight["independent 16"] > weight["independent 8"] && weight["ot 16"] > weight["ot 8"]) {
		t.Errorf("steps weigh %v", weight)
	}
}
