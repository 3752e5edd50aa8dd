package browser_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/reports"
	"flowsweep/reports/browser"
)

// large are sweeps with many runs, and how big a page of theirs may be.
var large = []struct {
	runs  int
	spec  string
	bytes int
}{
	{1000, `name: thousand
target: {name: moons, noise: 0.05}
net: {width: [16, 32, 64, 128, 256], depth: [2, 3]}
seeds: 5
sample: {solver: [euler, midpoint, heun, rk4], steps: [1, 2, 4, 8, 16]}
metrics: [sliced-w2, mmd, energy]
`, 5 << 20},
	{10000, `name: ten-thousand
target: {name: moons, noise: 0.05}
net: {width: [16, 32, 64, 128, 256], depth: [2, 3]}
train: {rate: [1e-4, 3e-4, 1e-3, 3e-3, 1e-2]}
seeds: 5
sample: {solver: [euler, midpoint, heun, rk4], steps: [1, 2, 3, 4, 6, 8, 12, 16, 24, 32]}
metrics: [sliced-w2, mmd, energy]
`, 12 << 20},
}

// manyRuns returns the page of a sweep whose results are made up: errors fall with the steps, down to a floor that wide nets have lower.
func manyRuns(t *testing.T, text string) reports.Page {
	t.Helper()
	spec, err := experiments.Parse("spec.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	p := reports.Page{Sweep: experiments.Sweep{Name: spec.Name, Spec: spec, Started: time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)}, Command: "flowsweep sweep spec.yaml", CSV: "run\n"}
	for _, fit := range plan.Fits {
		width := float64(fit.Recipe.Net.Width)
		for _, run := range fit.Runs {
			solver, steps := run.Sampling.Solver, run.Sampling.Steps
			calls := steps * (1 + min(solver.Order, 3))
			var values []experiments.Value
			for _, m := range spec.Metrics {
				bias := math.Pow(.9/float64(steps), float64(min(solver.Order, 3))) + .004*64/width
				values = append(values, experiments.Value{Name: m.Name, Value: bias * math.Exp(.2*r.NormFloat64()), SE: .01 * bias})
			}
			p.Sweep.Results = append(p.Sweep.Results, experiments.Result{
				Sweep: spec.Name, Fit: fit.Key, Run: run.Key, State: experiments.Finished, Seed: fit.Seed, Metrics: values,
				Setting: experiments.Setting{Recipe: fit.Recipe, Sample: run.Sampling}, NFE: experiments.Calls(calls), NFEMax: calls,
				FitSeconds: 12 + width/20, SampleSeconds: .004 * float64(calls) * width / 64, Params: int(2*width*width + 7*width + 2), Commit: "4f0c2d91be", Engine: "onnxruntime",
			})
		}
	}
	p.Summaries = p.Sweep.Summaries()
	settings := make([]experiments.Setting, len(p.Summaries))
	for i, s := range p.Summaries {
		settings[i] = s.Setting
	}
	labels := experiments.NewLabels(settings)
	if p.Choice, err = spec.Choose.Choose(p.Summaries, labels.Setting); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestLargePages measures how long pages of many runs take, from values to a page and in the browser. The limits are for machines
// that do much else; the times are logged.
func TestLargePages(t *testing.T) {
	if testing.Short() {
		t.Skip("makes pages of 1,000 and 10,000 runs")
	}
	for _, c := range large {
		t.Run(fmt.Sprint(c.runs), func(t *testing.T) {
			p := manyRuns(t, c.spec)
			if len(p.Sweep.Results) != c.runs {
				t.Fatalf("%d runs", len(p.Sweep.Results))
			}
			start := time.Now()
			html, err := reports.Render(p)
			took := time.Since(start)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "page.html")
			if err := os.WriteFile(file, html, 0o600); err != nil {
				t.Fatal(err)
			}
			tab := open(t, file, browser.View{Width: 1440, Height: 900})
			got := value[struct {
				Ready, Loaded, Sort, Length float64
				Elements                    int
			}](t, tab, `(async () => {
				const [entry] = performance.getEntriesByType("navigation"), settled = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
				const start = performance.now();
				document.querySelector("#leaderboard thead th:last-child button").click();
				await settled();
				return { Ready: entry.domContentLoadedEventEnd, Loaded: entry.loadEventEnd, Sort: performance.now() - start,
					Length: document.documentElement.scrollHeight, Elements: document.querySelectorAll("*").length };
			})()`)
			t.Logf("%d runs: rendered in %v, %.2f MB, %d elements, ready after %.0f ms, loaded after %.0f ms, sorted in %.0f ms, %.0f px long",
				c.runs, took.Round(time.Millisecond), float64(len(html))/1e6, got.Elements, got.Ready, got.Loaded, got.Sort, got.Length)
			if len(html) > c.bytes || took > 10*time.Second || got.Ready > 10_000 || got.Sort > 5_000 {
				t.Errorf("the page has %d bytes, at most %d are allowed, or it was too slow", len(html), c.bytes)
			}
			if bad := tab.Messages(); len(bad) > 0 {
				t.Errorf("the console has %q", bad)
			}
		})
	}
}
