package store_test

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

// narrow has half of the fits of tiny, and half of their runs.
var narrow = strings.NewReplacer("tiny", "narrow", "[4, 8]", "4", "[1, 2]", "1").Replace(tiny)

// TestTakeStores: two stores taken into an empty one are what one store would hold of their sweeps.
func TestTakeStores(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ctx, here := t.Context(), filepath.Join(folder, "here.db")
	first, plan := finished(t, filepath.Join(folder, "first.db"))
	second := open(t, filepath.Join(folder, "second.db"))
	finish(t, second, start(t, second, narrow))
	fit := plan.Fits[1].Key
	for _, o := range []store.Owner{{Kind: "sweep", Key: "tiny"}, {Kind: "fit", Key: fit}} {
		must(t, first.Tag(ctx, o, []string{"x"}, nil))
		must(t, first.SetNote(ctx, o, "looked at"))
	}
	must(t, first.Ship(ctx, "tiny", []store.File{{Name: "velocity.onnx", Content: []byte("onnx")}}, []experiments.Check{{File: "velocity.onnx"}}))
	must(t, first.SaveNull(ctx, experiments.Null{Key: "n", Reference: plan.Fits[0].Runs[0].Reference, Metric: "mmd", N: 3, Values: []float64{1, nan}}))
	must(t, first.SaveBaseline(ctx, experiments.BaselinePlace{Reference: "r", Name: "kde", Count: 3}, 0, []experiments.Value{{Name: "mmd", Value: 1}}))
	must(t, first.SaveFresh(ctx, "tiny", "r", experiments.Fresh{Count: 3}))
	must(t, second.Close())

	db := open(t, here)
	lock(t, db)
	got := try(db.Take(ctx, first.Path()))(t) // which is still open
	want := store.Taken{Sweeps: 1, Fits: 4, Runs: 16, Metrics: 16, Nulls: 1, Baselines: 1, Differ: []string{}, Notes: []string{}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the first: got %+v, want %+v", got, want)
	}
	if got, want := dump(t, here), dump(t, first.Path()); got != want {
		t.Errorf("rows differ:\n got %s\nwant %s", got, want)
	}
	got = try(db.Take(ctx, second.Path()))(t)
	if want := (store.Taken{Sweeps: 1, Same: 2 + 4, Differ: []string{}, Notes: []string{}}); !reflect.DeepEqual(got, want) {
		t.Errorf("the second: got %+v, want %+v", got, want)
	}
	before := dump(t, here)
	for _, path := range []string{first.Path(), second.Path()} {
		got := try(db.Take(ctx, path))(t)
		if got.Same == 0 || !reflect.DeepEqual(got, store.Taken{Same: got.Same, Differ: []string{}, Notes: []string{}}) {
			t.Errorf("again: got %+v, want nothing taken", got)
		}
	}
	if dump(t, here) != before {
		t.Error("taking them in again changed something")
	}
	if names := try(db.SweepNames(ctx))(t); !slices.Equal(names, []string{"narrow", "tiny"}) {
		t.Errorf("sweeps: got %q", names)
	}
	if list := try(db.Check(ctx))(t); len(list) != 0 {
		t.Errorf("check: got %+v", list)
	}
	if got := names(t, folder); slices.ContainsFunc(got, func(name string) bool { return strings.HasPrefix(name, ".") }) {
		t.Errorf("left: %q", got)
	}
}

// TestTakeFirstWins: what has finished here stays, and each difference is said once.
func TestTakeFirstWins(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ctx, here := t.Context(), filepath.Join(folder, "here.db")
	db, plan := finished(t, here)
	other, _ := finished(t, filepath.Join(folder, "other.db"))
	kde := experiments.BaselinePlace{Reference: "r", Name: "kde", Count: 3}
	for i, db := range []*store.DB{db, other} {
		x := float64(i)
		must(t, db.SaveTuning(ctx, experiments.Tuning{
			Key: plan.Fits[2].Key, Fit: plan.Fits[2].Key, Of: "{}", Table: "{}", Judged: "{}", NFE: 1, Points: 1 + i,
		}))
		must(t, db.SaveNull(ctx, experiments.Null{Key: "n", Reference: "r", Metric: "mmd", N: 3, Values: []float64{x}}))
		must(t, db.SaveBaseline(ctx, kde, 0, []experiments.Value{{Name: "mmd", Value: x}}))
		must(t, db.SetNote(ctx, store.Owner{Kind: "sweep", Key: "tiny"}, []string{"ours", "theirs"}[i]))
	}
	weights, samples, metric := plan.Fits[0], plan.Fits[1].Runs[0], plan.Fits[1].Runs[1]
	newer := plan.Fits[1].Runs[2]
	env := env
	env.CPU = "another cpu"
	must(t, other.Close())
	run(t, other.Path(), `UPDATE fits SET state = 'queued' WHERE key = '`+weights.Key+`'`)
	must(t, store.Seal(ctx, other.Path()))
	other = open(t, other.Path())
	lock(t, other)
	if !try(other.StartFit(ctx, weights.Key, env, noon))(t) {
		t.Fatal("the fit has finished")
	}
	must(t, other.FinishFit(ctx, weights.Key, 1, 1, []byte("others"), noon))
	must(t, other.SaveMetrics(ctx, weights.Runs[0].Key, weights.Runs[0].Reference, []experiments.Value{{Name: "w2", Value: 7}}))
	must(t, other.SaveTuning(ctx, tuning(weights.Key, 1)))
	must(t, other.FinishRun(ctx, samples.Key, env, store.Sampled{Samples: []byte("others"), NFE: 1, NFEMax: 1, Seconds: 1}, noon))
	must(t, other.SaveMetrics(ctx, samples.Key, samples.Reference, []experiments.Value{{Name: "w2", Value: 7}}))
	must(t, other.SaveMetrics(ctx, metric.Key, metric.Reference, []experiments.Value{{Name: "mmd", Value: 1 + 1e-16*3}, {Name: "w2", Value: 7}}))
	must(t, other.SaveMetrics(ctx, newer.Key, newer.Reference, []experiments.Value{{Name: "mmd", Value: 7, Version: 1}}))

	got := try(db.Take(ctx, other.Path()))(t)
	want := []string{
		"fit " + weights.Key + ": weights differ: ours are kept (a cpu, onnxruntime, linux/amd64), those of another cpu, onnxruntime, linux/amd64 and all that was made of them left out",
		"run " + samples.Key + " of fit " + plan.Fits[1].Key + ": samples differ, from the same weights: ours are kept, theirs and their metrics left out",
		"run " + metric.Key + ": mmd differs from the same samples: ours, 1.0, is kept, theirs, 1.0000000000000002, left out",
		"tuning " + plan.Fits[2].Key + " of fit " + plan.Fits[2].Key + " differs from the same weights: ours is kept, theirs left out",
		"the null distribution of mmd against reference r differs: ours is kept, theirs left out",
		"mmd of draw 0 of the baseline kde against reference r differs: ours is kept, theirs left out",
	}
	if !slices.Equal(got.Differ, want) {
		t.Errorf("differences:\n got %q\nwant %q", got.Differ, want)
	}
	if !slices.Equal(got.Notes, []string{"sweep tiny has another note here, which is kept; theirs: theirs"}) {
		t.Errorf("notes: got %q", got.Notes)
	}
	if got.Fits+got.Runs+got.Tunings+got.Nulls+got.Baselines != 0 || got.Metrics != 2 || got.Same != 3+12-1 { // a metric of another run, and the newer one
		t.Errorf("got %+v", got)
	}
	if w := try(db.Weights(ctx, weights.Key))(t); string(w) != weights.Key {
		t.Errorf("the weights are %q now", w)
	}
	if v := try(db.Metrics(ctx, newer.Key, newer.Reference))(t); len(v) != 1 || v[0].Value != 7 || v[0].Version != 1 {
		t.Errorf("a metric of a newer version: got %+v", v)
	}
	for _, r := range []experiments.Run{weights.Runs[0], samples} {
		if v := try(db.Metrics(ctx, r.Key, r.Reference))(t); len(v) != 1 {
			t.Errorf("metrics of what differs: got %+v", v)
		}
	}
	if again := try(db.Take(ctx, other.Path()))(t); again.Metrics != 0 || !slices.Equal(again.Differ, want) {
		t.Errorf("again: got %+v", again)
	}
}

// TestTakeEditions: a sweep whose name has another plan here becomes an edition, once.
func TestTakeEditions(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ctx := t.Context()
	db := open(t, filepath.Join(folder, "here.db"))
	start(t, db, tiny)
	other := open(t, filepath.Join(folder, "other.db"))
	changed := strings.Replace(tiny, "seeds: 2", "seeds: 3", 1)
	finish(t, other, start(t, other, changed))
	must(t, other.SetNote(ctx, store.Owner{Kind: "sweep", Key: "tiny"}, "with three seeds"))
	for range 2 {
		got := try(db.Take(ctx, other.Path()))(t)
		if names := try(db.SweepNames(ctx))(t); !slices.Equal(names, []string{"tiny@1", "tiny"}) {
			t.Fatalf("sweeps: got %q, want the other as an edition", names)
		}
		if got.Sweeps == 1 && !slices.Equal(got.Notes, []string{"sweep tiny has another plan here: the one that is taken in is tiny@1 from now on"}) {
			t.Errorf("notes: got %q", got.Notes)
		}
	}
	if s := try(db.Sweep(ctx, "tiny@1"))(t); len(s.Results) != 24 || s.Results[0].State != experiments.Finished {
		t.Errorf("the edition: got %d results, the first %s", len(s.Results), s.Results[0].State)
	}
	if s := try(db.Sweep(ctx, "tiny"))(t); s.Results[0].State != experiments.Finished {
		t.Error("ours has not what both plan")
	}
	if note := try(db.Note(ctx, store.Owner{Kind: "sweep", Key: "tiny@1"}))(t); note != "with three seeds" {
		t.Errorf("its note: got %q", note)
	}
	must(t, db.Ship(ctx, "tiny", []store.File{{Name: "a.onnx", Content: []byte("ours")}}, nil))
	other = open(t, filepath.Join(folder, "words.db"))
	start(t, other, "# in other words\n"+tiny)
	must(t, other.Ship(ctx, "tiny", []store.File{{Name: "b.onnx", Content: []byte("theirs")}}, []experiments.Check{{File: "b.onnx"}}))
	if got := try(db.Take(ctx, other.Path()))(t); got.Sweeps != 0 || len(got.Notes) != 1 {
		t.Errorf("the same plan in other words: got %+v", got)
	}
	if files, checks := try(db.Artifacts(ctx, "tiny"))(t), try(db.Checks(ctx, "tiny"))(t); len(files) != 1 || files[0].Name != "a.onnx" || len(checks) != 0 {
		t.Errorf("files of two choices: got %+v and checks %+v", files, checks)
	}
	other = open(t, filepath.Join(folder, "running.db"))
	start(t, other, narrow)
	_ = try(db.Take(ctx, other.Path()))(t)
	for _, s := range try(db.Sweeps(ctx))(t) {
		if s.Name == "narrow" && s.State != experiments.Lost {
			t.Errorf("a sweep that runs elsewhere is %s here", s.State)
		}
	}
}

// TestTakeFailures: the tries that failed are added up, each once.
func TestTakeFailures(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	ctx := t.Context()
	db, other := open(t, filepath.Join(folder, "here.db")), open(t, filepath.Join(folder, "other.db"))
	plan := start(t, db, tiny)
	start(t, other, tiny)
	fit := plan.Fits[0]
	try2 := func(db *store.DB, why string) {
		startFit(t, db, fit.Key)
		must(t, db.EndFit(ctx, fit.Key, experiments.Lost, why, noon))
	}
	try2(db, "ours")
	try2(other, "theirs")
	try2(other, "theirs again")
	for range 2 {
		_ = try(db.Take(ctx, other.Path()))(t)
		if n := rowsOf(t, filepath.Join(folder, "here.db"))["failures"]; n != 3 {
			t.Errorf("%d failures, want 3", n)
		}
	}
	must(t, db.Requeue(ctx, fit.Key))
	if f := try(db.Fit(ctx, fit.Key))(t); f.State != experiments.Queued || f.Error != "" {
		t.Errorf("queued again: got %+v", f)
	}
	if list := try(db.Check(ctx))(t); len(list) != 0 {
		t.Errorf("check: got %+v", list)
	}
}
