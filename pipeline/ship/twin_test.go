package ship

import (
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
	"flowsweep/export"
	"flowsweep/store"
)

// TestSamplersOfAdaptiveRuns verifies the sampler file of an adaptive run as earlier versions wrote it, under the run's own
// solver and calls, and as its twin.
func TestSamplersOfAdaptiveRuns(t *testing.T) {
	t.Parallel()
	p := plan(t, "name: a\ntarget: moons\nnet: {width: 8, depth: 1}\nsample: {solver: bosh3, tolerance: 0.01, count: 50}\n")
	of := experiments.Result{Run: "adaptive", Fit: "fit", NFE: 15.5, Setting: p.Spec.Settings[0], Metrics: []experiments.Value{{Name: "mmd", Value: .25}}}
	is := of
	is.Run, is.NFE, is.Metrics = "twin", 12, []experiments.Value{{Name: "mmd", Value: .5}}
	is.Setting.Sample, _ = of.Setting.Sample.Twin(of.NFE)
	from := origin{twin: &experiments.Summary{Setting: is.Setting, Runs: []experiments.Result{is}, NFE: 12}}

	net := of.Setting.VelocityNet()
	weights := velocity.Init(net, 0)
	model, err := velocity.Compile(engine.Go, net, weights)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	older, err := export.Sampler(net, weights, ode.Bosh3, ode.Uniform(4), aboutRun(of, origin{}), export.SamplerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	about := aboutSampled(of, from)
	files, absent, err := samplerFiles(net, weights, from.sampled(of), about, export.SamplerOptions{})
	if err != nil || len(files) != 2 || len(absent) > 0 {
		t.Fatalf("%d files, absent %v (%v), want the sampler and its portable form", len(files), absent, err)
	}
	newer := files[0].Content
	for name, c := range map[string]struct {
		file []byte
		run  experiments.Result
		want string // in the error
	}{
		"an older file of the run":    {older, of, ""},
		"the file of the twin":        {newer, is, ""},
		"a twin that names the run":   {newer, of, `the solver of the file is "bosh3-fixed", not "bosh3"`},
		"an older file as the twin's": {older, is, `the solver of the file is "bosh3", not "bosh3-fixed"`},
	} {
		got := verify(store.File{Name: SamplerFile, Content: c.file}, c.run, model, weights, nil)
		if got.OK != (c.want == "") || !strings.Contains(got.Error, c.want) || got.Run != c.run.Run {
			t.Errorf("%s: ok %v of run %s, error %q, want %q", name, got.OK, got.Run, got.Error, c.want)
		}
	}
	if run, steps, ok := export.TwinOf(newer); run != "adaptive" || steps != 4 || !ok {
		t.Errorf("the file is the twin of %q in %d steps (%v), want adaptive in 4", run, steps, ok)
	}
	if run, _, ok := export.TwinOf(older); ok {
		t.Errorf("an older file is the twin of %q", run)
	}
	if got := twinIn(of.Setting.Sample, 4); experiments.Form(got) != experiments.Form(is.Setting.Sample) {
		t.Errorf("the twin in 4 steps is %s, want %s", experiments.Form(got), experiments.Form(is.Setting.Sample))
	}
	for key, want := range map[string]string{
		"run": "twin", "recommended_solver": "bosh3-fixed", "recommended_steps": "4", "nfe": "12", "metric.mmd": "0.5",
		"twin_of": "adaptive", "twin_of.solver": "bosh3", "twin_of.nfe": "15.5", "twin_of.metric.mmd": "0.25",
	} {
		if got := about.Properties[key]; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}
