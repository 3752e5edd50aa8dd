package pipeline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/velocity"
	"flowsweep/store"
)

func plan(t *testing.T, text string) experiments.Plan {
	t.Helper()
	spec, err := experiments.Parse("spec.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestActivationsAreOneList: the names a spec may give are those the nets know. The two lists are apart because the
// words of a spec must not drag GoMLX in.
func TestActivationsAreOneList(t *testing.T) {
	t.Parallel()
	for _, a := range velocity.Activations {
		p := plan(t, "name: a\ntarget: moons\nnet: {activation: "+a.Name+"}\n")
		if net, err := netOf(p.Fits[0].Recipe); err != nil || net.Activation.Name != a.Name {
			t.Errorf("%s: net with %q, %v", a.Name, net.Activation.Name, err)
		}
	}
	_, err := experiments.Parse("spec.yaml", []byte("name: a\ntarget: moons\nnet: {activation: gone}\n"))
	if err == nil {
		t.Fatal("an unknown activation passes")
	}
	_, have, _ := strings.Cut(err.Error(), "(have ")
	have, _, _ = strings.Cut(have, ")")
	for name := range strings.SplitSeq(have, ", ") {
		if _, err := velocity.ActivationByName(name); err != nil {
			t.Errorf("a spec may say %q, but %v", name, err)
		}
	}
}

// TestArchitecturesAreOneList is the same for architectures, and that each takes heads in a spec only where the net does.
func TestArchitecturesAreOneList(t *testing.T) {
	t.Parallel()
	for _, a := range velocity.Nets {
		net, err := netOf(plan(t, "name: a\ntarget: moons\nnet: {name: "+a.Name+"}\n").Fits[0].Recipe)
		if err != nil || net.Architecture.Name != a.Name || net.Check() != nil {
			t.Errorf("%s: net %v, %v, %v", a.Name, net, err, net.Check())
		}
		_, err = experiments.Parse("spec.yaml", []byte("name: a\ntarget: moons\nnet: {name: "+a.Name+", heads: 2}\n"))
		if takes := slices.Contains(a.Takes, "heads"); takes != (err == nil) {
			t.Errorf("%s takes heads: %t; a spec that gives some: %v", a.Name, takes, err)
		}
	}
	_, err := experiments.Parse("spec.yaml", []byte("name: a\ntarget: moons\nnet: {name: gone}\n"))
	if err == nil {
		t.Fatal("an unknown architecture passes")
	}
	_, have, _ := strings.Cut(err.Error(), "(have ")
	have, _, _ = strings.Cut(have, ")")
	for name := range strings.SplitSeq(have, ", ") {
		if _, err := velocity.ArchitectureByName(name); err != nil {
			t.Errorf("a spec may say %q, but %v", name, err)
		}
	}
}

func TestLongestFirst(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nnet: {width: [8, 64, 32]}\ntrain: {steps: 10}\n")
	var fits []todo
	for i, fit := range p.Fits {
		fits = append(fits, todo{fit: fit, train: true})
		if i == 1 {
			fits = append(fits, todo{fit: fit}) // trained already
		}
	}
	var order []string
	for _, f := range longestFirst(fits) {
		order = append(order, fmt.Sprint(f.fit.Recipe.Net.Width, f.train))
	}
	if got, want := strings.Join(order, ", "), "64 true, 32 true, 8 true, 64 false"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
}

func TestSiblings(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nseeds: 2\nsample: {solver: [euler, heun], steps: [64, 1, 2, 4, 8, 16, 32]}\n")
	var results []experiments.Result
	for _, fit := range p.Fits {
		for _, run := range fit.Runs {
			results = append(results, experiments.Result{
				Fit: fit.Key, Run: run.Key, State: experiments.Finished, NFE: experiments.Calls(run.Sampling.Steps * run.Sampling.Solver.Stages()),
				Setting: experiments.Setting{Recipe: fit.Recipe, Sample: run.Sampling},
			})
		}
	}
	for _, c := range []struct{ chosen, want string }{
		{"heun 4", "heun 1, heun 2, heun 4, heun 8, heun 16"},
		{"euler 64", "euler 1, euler 2, euler 4, euler 8, euler 64"},
	} {
		name := func(r experiments.Result) string {
			return fmt.Sprintf("%s %d", r.Setting.Sample.Solver.Name, r.Setting.Sample.Steps)
		}
		i := slices.IndexFunc(results, func(r experiments.Result) bool { return name(r) == c.chosen })
		var got []string
		for _, r := range siblings(results, results[i]) {
			if r.Fit != results[i].Fit {
				t.Errorf("%s is of another fit", name(r))
			}
			got = append(got, name(r))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("beside %s stand %v, want %s", c.chosen, got, c.want)
		}
	}
}

func TestTableOrder(t *testing.T) {
	t.Parallel()
	table := rows{columns: []string{"run", "metrics.mmd"}}
	for i, v := range []string{"10", "nan", "9", "-1e-5", ""} {
		table.cells = append(table.cells, map[string]string{"run": fmt.Sprint("r", i), "metrics.mmd": v})
	}
	order, err := table.order("mmd") // the end of a dotted name is enough
	if err != nil || fmt.Sprint(order) != "[3 2 0 4 1]" {
		t.Errorf("order %v, %v, want numbers first, by value", order, err)
	}
	if order, err := table.order("-metrics.mmd"); err != nil || fmt.Sprint(order) != "[0 2 3 4 1]" && fmt.Sprint(order) != "[0 2 3 1 4]" {
		t.Errorf("order from high to low %v, %v, want numbers first, missing last", order, err)
	}
	if _, err := table.order("gone"); err == nil || !strings.Contains(err.Error(), "metrics.mmd") {
		t.Errorf("error %v, want one that lists the columns", err)
	}
}

func TestWriteFileIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "deep", "file")
	for _, content := range []string{"one", "two", "two"} {
		if err := writeFile(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("the file holds %q (%v), want %q", got, err, content)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (%v), want the file alone", entries, err)
	}
	if err := writeFile(filepath.Join(path, "below"), nil); err == nil {
		t.Error("a file is written below a file")
	}
}

func TestCheckFolderLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := checkFolder(filepath.Join(dir, "a", "b")); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the folder holds %v (%v), want nothing", entries, err)
	}
}

// TestPairsDoNotDependOnTheBatch: the points of a fit are numbered through, so the second batch of 4 is the second half
// of one of 8, and no point comes twice.
func TestPairsDoNotDependOnTheBatch(t *testing.T) {
	t.Parallel()
	fit := plan(t, "name: a\ntarget: moons\n").Fits[0]
	draw := func(step, n int) (times []float64, x0, x1 flow.Batch) {
		times, x0, x1 = make([]float64, n), flow.NewBatch(n, 2), flow.NewBatch(n, 2)
		if err := pairs(fit)(step, times, x0, x1); err != nil {
			t.Fatal(err)
		}
		return times, x0, x1
	}
	times, x0, x1 := draw(1, 8)
	lateTimes, late0, late1 := draw(2, 4)
	if !slices.Equal(lateTimes, times[4:]) || !slices.Equal(late0.Data, x0.Slice(4, 8).Data) || !slices.Equal(late1.Data, x1.Slice(4, 8).Data) {
		t.Error("step 2 of batches of 4 is not the second half of step 1 of batches of 8")
	}
	_, early0, early1 := draw(1, 4)
	if slices.Equal(early0.Data, late0.Data) || slices.Equal(early1.Data, late1.Data) {
		t.Error("steps 1 and 2 train on the same points")
	}
}

// untrained returns the net of the plan's first fit as it is before training.
func untrained(t *testing.T, p experiments.Plan, seed uint64) *fitted {
	t.Helper()
	net, err := netOf(p.Fits[0].Recipe)
	if err != nil {
		t.Fatal(err)
	}
	f, err := newFitted(engine.Go, p.Fits[0], net.Init(1), seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.close() })
	return f
}

// TestRunsStartFromTheSameNoise: samples depend on the net, the sampling and the seed alone, and the first of them are
// the same however many are drawn.
func TestRunsStartFromTheSameNoise(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nnet: {width: 8, depth: 1}\nsample: {solver: heun, steps: 3, count: [10, 30]}\n")
	draw := func(run int, seed uint64) sampled {
		sampling := p.Fits[0].Runs[run].Sampling
		f := untrained(t, p, seed)
		s, err := f.sample(t.Context(), sampling, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		// A run that finds the first velocity computed gives the same, counts it, and claims no less time than it took.
		o := f.opening(sampling.Count)
		again, err := f.sample(t.Context(), sampling, time.Now)
		if err != nil || !slices.Equal(again.points.Data, s.points.Data) || again.nfe != s.nfe || again.seconds < o.seconds || o.seconds <= 0 {
			t.Errorf("with the first velocity at hand: nfe %g, %g s, %v", again.nfe, again.seconds, err)
		}
		return s
	}
	few, many := draw(0, 5), draw(1, 5)
	if !slices.Equal(few.points.Data, many.points.Slice(0, 10).Data) {
		t.Error("the first 10 of 30 samples are not those drawn alone")
	}
	if slices.Equal(few.points.Data, draw(0, 6).points.Data) {
		t.Error("another seed gives the same samples")
	}
	if few.nfe != 6 || few.most != 6 {
		t.Errorf("nfe %g, at most %d, want 6", few.nfe, few.most)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	failures := []string{"fit abc failed: lost its way"}
	bad := []experiments.Check{{OK: true}, {File: "velocity.onnx", Runtime: "onnxruntime", MaxAbsDiff: 1, Tolerance: 1e-5}}
	none := []experiments.Check{{File: "velocity.onnx", Error: "no library"}}
	good := []experiments.Check{{OK: true}, {OK: true}}
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		err  error
		want int
	}{
		{"all well", shipped{checks: good}.outcome(nil), 0},
		{"a failed fit", shipped{checks: good}.outcome(failures), 1},
		{"nothing to choose", shipped{noChoice: errors.New("none")}.outcome(nil), 1},
		{"no onnxruntime", shipped{checks: none}.outcome(nil), 1},
		{"a mismatch", shipped{checks: bad}.outcome(nil), 3},
		{"a mismatch and a failed fit", shipped{checks: bad}.outcome(failures), 3},
		{"a problem of the spec", usage(problem.List{{Message: "wrong"}}), 2},
		{"wrong usage", usage(errors.New("wrong")), 2},
		{"an interrupt", usage(errors.New("open store: interrupted")), 130},
		{"anything else", errors.New("disk full"), 1},
	} {
		ctx := t.Context()
		if c.want == 130 {
			ctx = interrupted
		}
		var stderr strings.Builder
		a := &app{stderr: &stderr, started: true}
		if got := a.code(ctx, c.err); got != c.want {
			t.Errorf("%s: exit code %d, want %d", c.name, got, c.want)
		}
		if (stderr.Len() > 0) != (c.err != nil) {
			t.Errorf("%s: said %q", c.name, stderr.String())
		}
	}
}

// TestAFitKilledUnderItsRunsIsTrainedAgain: its runs are all there, but the net that would be exported is not known to
// be.
func TestAFitKilledUnderItsRunsIsTrainedAgain(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nmetrics: mmd\nsample: {steps: [1, 2]}\n")
	ctx, now := t.Context(), time.Now()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fit := p.Fits[0]
	errs := []error{
		db.Lock(ctx, "test", time.Now, nil),
		db.StartSweep(ctx, p, experiments.Environment{}, now), db.FinishFit(ctx, fit.Key, 1, 1, []byte("w"), now),
	}
	for _, run := range fit.Runs {
		errs = append(errs, db.FinishRun(ctx, run.Key, experiments.Environment{}, 1, 1, 1, nil, now),
			db.SaveMetrics(ctx, run.Key, run.Reference, []experiments.Value{{Name: "mmd", Value: 1}}))
	}
	if w, err := remaining(ctx, db, p); err != nil || len(w.fits) != 0 {
		t.Fatalf("left of a finished plan: %+v (%v, %v)", w, err, errors.Join(errs...))
	}
	if err := db.EndFit(ctx, fit.Key, experiments.Killed, "interrupted", now); err != nil {
		t.Fatal(err)
	}
	w, err := remaining(ctx, db, p)
	if err != nil || w.trained != 1 || w.sampled != 0 || len(w.fits) != 1 {
		t.Errorf("left after the fit was killed: %+v (%v), want its training alone", w, err)
	}
}

func TestSamplingStopsWithTheContext(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nnet: {width: 8, depth: 1}\nsample: {solver: euler, steps: 1000000, count: 10}\n")
	f := untrained(t, p, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := f.sample(ctx, p.Fits[0].Runs[0].Sampling, time.Now); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestGuarded(t *testing.T) {
	t.Parallel()
	err := guarded(func() error { _ = make([]float64, len(os.Args)-1<<62); return nil })
	if err == nil || !strings.Contains(err.Error(), "makeslice") {
		t.Errorf("error %v, want the panic", err)
	}
}
