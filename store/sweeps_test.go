package store_test

import (
	"encoding/json"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

func TestSweep(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	done, failed, running := plan.Fits[0], plan.Fits[1], plan.Fits[2]
	trainFit(t, db, done.Key, []byte("weights"))
	startFit(t, db, failed.Key)
	must(t, db.EndFit(t.Context(), failed.Key, experiments.Failed, "the loss is NaN", noon))
	startFit(t, db, running.Key)
	later := env
	later.Commit, later.Engine = "def456", "go"
	must(t, db.FinishRun(t.Context(), done.Runs[0].Key, later, store.Sampled{Samples: []byte("samples"), NFE: 2, NFEMax: 2, Seconds: 0.25}, noon))
	must(t, db.SaveMetrics(t.Context(), done.Runs[0].Key, done.Runs[0].Reference,
		[]experiments.Value{{Name: "w2", Value: 9}, {Name: "sliced-w2", Value: math.Inf(1)}, {Name: "mmd", Value: -0.5, P: 0.25, Version: 2}}))
	for _, reference := range []string{"!", "~"} { // sorted before and after the plan's
		must(t, db.SaveMetrics(t.Context(), done.Runs[0].Key, reference, []experiments.Value{{Name: "mmd", Value: 8}}))
	}
	must(t, db.EndRun(t.Context(), done.Runs[1].Key, later, experiments.Failed, "the samples are NaN", noon))

	var want []experiments.Result
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			want = append(want, experiments.Result{
				Sweep: "tiny", Fit: fit.Key, Run: run.Key, Seed: fit.Seed,
				Reference: run.Reference, Setting: experiments.Setting{Recipe: fit.Recipe, Sample: run.Sampling},
			})
			r := &want[len(want)-1]
			switch fit.Key {
			case done.Key:
				r.State, r.FitSeconds, r.Params, r.Commit, r.Engine = experiments.Queued, 1.5, 42, "abc123", "onnxruntime"
			case failed.Key:
				r.State, r.Error, r.Commit, r.Engine = experiments.Failed, "the loss is NaN", "abc123", "onnxruntime"
			case running.Key:
				r.State, r.Commit, r.Engine = experiments.Running, "abc123", "onnxruntime"
			default:
				r.State = experiments.Queued
			}
		}
	}
	r := &want[0]
	r.State, r.NFE, r.NFEMax, r.SampleSeconds, r.Commit, r.Engine = experiments.Finished, 2, 2, 0.25, "def456", "go"
	r.Metrics = []experiments.Value{{Name: "mmd", Value: -0.5, P: 0.25, Version: 2}, {Name: "sliced-w2", Value: math.Inf(1)}} // those of the spec
	r = &want[1]
	r.State, r.Error, r.Commit, r.Engine = experiments.Failed, "the samples are NaN", "def456", "go"

	s := try(db.Sweep(t.Context(), "tiny"))(t)
	if s.Name != "tiny" || !s.Started.Equal(noon) || s.Spec.Text != tiny || !reflect.DeepEqual(s.Environment, env) {
		t.Errorf("sweep: got %q started %v in %+v", s.Name, s.Started, s.Environment)
	}
	sameResults(t, s.Results, want)
}

// sameResults compares settings by their JSON, as they contain functions.
func sameResults(t *testing.T, got, want []experiments.Result) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d results, want %d", len(got), len(want))
	}
	for i := range want {
		g, w := got[i], want[i]
		gotSetting, wantSetting := string(try(json.Marshal(g.Setting))(t)), string(try(json.Marshal(w.Setting))(t))
		if gotSetting != wantSetting {
			t.Errorf("setting %d:\n got %s\nwant %s", i, gotSetting, wantSetting)
		}
		g.Setting, w.Setting = experiments.Setting{}, experiments.Setting{}
		if !reflect.DeepEqual(g, w) {
			t.Errorf("result %d:\n got %+v\nwant %+v", i, g, w)
		}
	}
}

func TestSweepAgain(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	before := start(t, db, tiny)
	trainFit(t, db, before.Fits[0].Key, []byte("weights"))
	must(t, db.FinishSweep(t.Context(), "tiny", experiments.Finished, noon.Add(time.Hour)))

	changed := strings.Replace(tiny, "width: [4, 8]", "width: [16, 4]", 1)
	plan := planOf(t, changed)
	other := env
	other.Commit = "def456"
	must(t, db.StartSweep(t.Context(), plan, other, noon.Add(2*time.Hour)))
	s := try(db.Sweep(t.Context(), "tiny"))(t)
	if want := noon.Add(2 * time.Hour); !s.Started.Equal(want) {
		t.Errorf("started: got %v, want the start of this spec, %v", s.Started, want)
	}
	if s.Environment.Commit != "def456" {
		t.Errorf("environment: got commit %q, want the latest, def456", s.Environment.Commit)
	}
	var got []string
	for _, r := range s.Results {
		got = append(got, r.Run)
	}
	var want []string
	for _, fit := range plan.Fits {
		for _, run := range fit.Runs {
			want = append(want, run.Key)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("runs: got %q, want those of the new plan, %q", got, want)
	}
	if state := try(db.Fit(t.Context(), before.Fits[0].Key))(t).State; state != experiments.Finished {
		t.Errorf("a fit in both plans: got %q, want finished", state)
	}
	gone := before.Fits[2] // width 8
	if state := try(db.Run(t.Context(), gone.Runs[0].Key))(t).State; state != experiments.Queued {
		t.Errorf("a run of the old plan: got %q, want queued", state)
	}
}

func TestWhichSweep(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	lock(t, db)
	a, b := planOf(t, strings.Replace(tiny, "tiny", "a", 1)), planOf(t, strings.Replace(tiny, "tiny", "b", 1))
	must(t, db.StartSweep(t.Context(), a, env, noon))
	must(t, db.StartSweep(t.Context(), b, env, noon.Add(time.Nanosecond)))
	if s := try(db.Sweep(t.Context(), ""))(t); s.Name != "b" {
		t.Errorf("the most recent sweep: got %q, want b", s.Name)
	}
	must(t, db.StartSweep(t.Context(), a, env, noon.Add(time.Second)))
	if s := try(db.Sweep(t.Context(), ""))(t); s.Name != "a" {
		t.Errorf("the most recent sweep after a started again: got %q, want a", s.Name)
	}
	must(t, db.StartSweep(t.Context(), b, env, noon.Add(-time.Hour))) // the clock was set back
	if s := try(db.Sweep(t.Context(), ""))(t); s.Name != "b" {
		t.Errorf("the most recent sweep after the clock was set back: got %q, want b", s.Name)
	}
	if !try(db.Resume(t.Context(), a, noon.Add(-2*time.Hour)))(t) {
		t.Error("a does not resume")
	}
	if s := try(db.Sweep(t.Context(), ""))(t); s.Name != "a" {
		t.Errorf("the most recent sweep after a resumed: got %q, want a", s.Name)
	}
	_, err := db.Sweep(t.Context(), "c")
	wantError(t, err, `no sweep "c" in the store (have a, b)`)
	wantError(t, db.FinishSweep(t.Context(), "c", experiments.Finished, noon), `"c"`, "not in the store")
}

// TestSweepWithAnotherMeaning checks that results are not combined with a spec whose text now means other settings.
func TestSweepWithAnotherMeaning(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, query string }{
		{"another width", "UPDATE sweeps SET spec = replace(spec, '[4, 8]', '[4, 9]')"},
		{"another solver", "UPDATE sweeps SET spec = replace(spec, 'heun', 'midpoint')"},
		{"half the runs", "UPDATE sweeps SET spec = replace(spec, '[4, 8]', '4')"},
		{"more runs", "UPDATE sweeps SET spec = replace(spec, 'seeds: 2', 'seeds: 3')"},
		{"fewer runs", "DELETE FROM sweep_runs WHERE position = 15"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "runs.db")
			db := open(t, path)
			start(t, db, tiny)
			run(t, path, c.query)
			_, err := db.Sweep(t.Context(), "tiny")
			wantError(t, err, "tiny", "run `flowsweep sweep` on its spec again")
		})
	}
	t.Run("fields added since", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "runs.db")
		db := open(t, path)
		start(t, db, tiny)
		run(t, path, "UPDATE fits SET config = json_remove(config, '$.train.rate')")
		must(t, store.Seal(t.Context(), path))
		_ = try(db.Sweep(t.Context(), "tiny"))(t)
	})
}

func TestFind(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	fit := plan.Fits[0]
	for _, c := range []struct{ prefix, kind, key string }{
		{fit.Key, "fit", fit.Key},
		{fit.Key[:12], "fit", fit.Key},
		{fit.Runs[3].Key[:12], "run", fit.Runs[3].Key},
	} {
		if kind, key, err := db.Find(t.Context(), c.prefix); err != nil || kind != c.kind || key != c.key {
			t.Errorf("find %q: got %s %s, %v, want %s %s", c.prefix, kind, key, err, c.kind, c.key)
		}
	}
	sharing := map[string]int{} // keys by first digit: some of the 20 keys must share one of 16 digits
	for _, f := range plan.Fits {
		sharing[f.Key[:1]]++
		for _, r := range f.Runs {
			sharing[r.Key[:1]]++
		}
	}
	for digit, n := range sharing {
		if n > 1 {
			_, _, err := db.Find(t.Context(), digit)
			wantError(t, err, "more than one key", "use a longer one")
		}
	}
	for _, unknown := range []string{"zz", "%", "_", ""} {
		_, _, err := db.Find(t.Context(), unknown)
		wantError(t, err, "flowsweep runs")
	}
}

func TestRecords(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	fit, run := plan.Fits[0], plan.Fits[0].Runs[0]
	if f := try(db.Fit(t.Context(), fit.Key))(t); f.State != experiments.Queued || !f.Started.IsZero() || f.Environment.Go != "" {
		t.Errorf("a queued fit: got %+v", f)
	}
	trainFit(t, db, fit.Key, []byte("weights"))
	must(t, db.FinishRun(t.Context(), run.Key, env, store.Sampled{Samples: []byte{}, NFE: 4, NFEMax: 4, Seconds: 0.25}, noon))
	must(t, db.SaveMetrics(t.Context(), run.Key, "ref2", strangeValues()))
	must(t, db.SaveMetrics(t.Context(), run.Key, "ref1", strangeValues()))

	f := try(db.Fit(t.Context(), fit.Key))(t)
	var config struct {
		Net  struct{ Width int }
		Seed uint64
	}
	must(t, json.Unmarshal(f.Config, &config))
	if config.Net.Width != 4 || config.Seed != fit.Seed {
		t.Errorf("config of the fit: got %s", f.Config)
	}
	if f.State != experiments.Finished || f.Seconds != 1.5 || f.Params != 42 || !f.Started.Equal(noon) ||
		!f.Finished.Equal(noon.Add(time.Minute)) || !reflect.DeepEqual(f.Environment, env) {
		t.Errorf("a finished fit: got %+v", f)
	}
	if len(f.Files) != 1 || f.Files[0].Name != "weights.safetensors" || f.Files[0].Size != 7 {
		t.Errorf("files of the fit: got %v, want 7 bytes of weights.safetensors", f.Files)
	}

	r := try(db.Run(t.Context(), run.Key))(t)
	var sampling struct {
		Solver       string
		Steps, Count int
	}
	must(t, json.Unmarshal(r.Config, &sampling))
	if sampling.Solver != "euler" || sampling.Steps != 1 || sampling.Count != 16 {
		t.Errorf("config of the run: got %s", r.Config)
	}
	if r.Fit != fit.Key || r.State != experiments.Finished || r.NFE != 4 || r.Seconds != 0.25 || !r.Finished.Equal(noon) ||
		!reflect.DeepEqual(r.Environment, env) || !reflect.DeepEqual(r.References, []string{"ref1", "ref2"}) || len(r.Files) != 1 {
		t.Errorf("a finished run: got %+v", r)
	}
	_, err := db.Fit(t.Context(), run.Key)
	wantError(t, err, run.Key, "not in the store")
	_, err = db.Run(t.Context(), fit.Key)
	wantError(t, err, fit.Key, "not in the store")
}

func TestMetricMeasuredAgain(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	key := start(t, db, tiny).Fits[0].Runs[0].Key
	for _, v := range []experiments.Value{{Name: "mmd", Value: 1, SE: 2}, {Name: "mmd", Value: math.Inf(1), SE: math.NaN()}, {Name: "mmd", Value: 3, SE: 4}} {
		must(t, db.SaveMetrics(t.Context(), key, "ref", []experiments.Value{v}))
		sameValues(t, try(db.Metrics(t.Context(), key, "ref"))(t), []experiments.Value{v})
	}
}

func TestUnknownKeys(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	start(t, db, tiny)
	_, startErr := db.StartFit(t.Context(), "none", env, noon)
	for name, err := range map[string]error{
		"StartFit":    startErr,
		"FinishFit":   db.FinishFit(t.Context(), "none", 1, 1, nil, noon),
		"EndFit":      db.EndFit(t.Context(), "none", experiments.Killed, "", noon),
		"FinishRun":   db.FinishRun(t.Context(), "none", env, store.Sampled{NFE: 1, NFEMax: 1, Seconds: 1}, noon),
		"EndRun":      db.EndRun(t.Context(), "none", env, experiments.Killed, "", noon),
		"SaveMetrics": db.SaveMetrics(t.Context(), "none", "ref", strangeValues()),
		"Ship":        db.Ship(t.Context(), "none", nil, []experiments.Check{{File: "f"}}),
	} {
		if err == nil {
			t.Errorf("%s of an unknown key: got no error", name)
		}
	}
}

// TestResume checks that only a sweep stored exactly as planned resumes, and that it becomes the most recent one.
func TestResume(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	other := planOf(t, strings.Replace(tiny, "name: tiny", "name: other", 1))
	must(t, db.StartSweep(t.Context(), other, env, noon.Add(time.Minute)))
	if names := try(db.SweepNames(t.Context()))(t); names[0] != "other" {
		t.Fatalf("sweeps: got %v, want other first", names)
	}
	if !try(db.Resume(t.Context(), plan, noon.Add(time.Hour)))(t) {
		t.Error("the stored sweep does not resume")
	}
	if names := try(db.SweepNames(t.Context()))(t); names[0] != "tiny" {
		t.Errorf("sweeps: got %v, want the resumed one first", names)
	}
	changed := planOf(t, tiny)
	changed.Fits[0].Runs[0].Reference = "of another version"
	commented := planOf(t, tiny+"# a comment\n")
	for name, p := range map[string]experiments.Plan{
		"another reference": changed, "another text": commented, "another name": planOf(t, strings.Replace(tiny, "tiny", "none", 1)),
	} {
		if try(db.Resume(t.Context(), p, noon))(t) {
			t.Errorf("%s resumes", name)
		}
	}
}

func TestFitTimes(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	trainFit(t, db, plan.Fits[1].Key, nil)
	got := try(db.FitTimes(t.Context()))(t)
	if len(got) != 1 || got[0].Seconds != 1.5 || got[0].On.CPU != env.CPU || got[0].On.Engine != env.Engine {
		t.Fatalf("got %+v, want only the finished fit", got)
	}
	setting, err := experiments.Parser{}.Setting(got[0].Config, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := setting.VelocityNet().String(), plan.Fits[1].Recipe.VelocityNet().String(); got != want {
		t.Errorf("its config is read as %s, want %s", got, want)
	}
}

// TestRunTimes: runs are summed for each fit, with their velocity calls for each of their points.
func TestRunTimes(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	fit := plan.Fits[1]
	trainFit(t, db, fit.Key, nil)
	if got := try(db.RunTimes(t.Context()))(t); len(got) != 0 {
		t.Fatalf("got %+v before any run", got)
	}
	want := 0.
	for _, run := range fit.Runs {
		must(t, db.FinishRun(t.Context(), run.Key, env, store.Sampled{Samples: []byte("x"), NFE: 7, NFEMax: 7, Seconds: .25}, noon))
		want += 7 * float64(run.Sampling.Count)
	}
	got := try(db.RunTimes(t.Context()))(t)
	if len(got) != 1 || got[0].Seconds != .25*float64(len(fit.Runs)) || got[0].Points != want || got[0].On.Engine != env.Engine {
		t.Errorf("got %+v, want %g points", got, want)
	}
}
