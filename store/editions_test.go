package store_test

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/store"
)

// TestEdition: the earlier of two specs of one name is kept whole under a name of its own, and all that is known of it is
// found there.
func TestEdition(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	before := start(t, db, tiny)
	finish(t, db, before)
	ctx, fit := t.Context(), before.Fits[0]
	twin := planOf(t, strings.Replace(tiny, "steps: [1, 2]", "steps: 5", 1)).Fits[0].Runs[0]
	files := []store.File{{Name: "velocity.onnx", Content: []byte("onnx")}}
	must(t, db.SaveTwin(ctx, "tiny", fit.Key, twin))
	must(t, db.Ship(ctx, "tiny", files, []experiments.Check{{File: "velocity.onnx"}}))
	must(t, db.SaveFresh(ctx, "tiny", "reference", experiments.Fresh{Count: 7}))
	must(t, db.Tag(ctx, store.Owner{Kind: "sweep", Key: "tiny"}, []string{"paper"}, nil))
	must(t, db.SetNote(ctx, store.Owner{Kind: "sweep", Key: "tiny"}, "the first"))
	must(t, db.FinishSweep(ctx, "tiny", experiments.Finished, noon.Add(time.Hour)))
	was, uses := try(db.Sweep(ctx, "tiny"))(t), try(db.Uses(ctx, "tiny", ""))(t)

	more := planOf(t, strings.Replace(tiny, "seeds: 2", "seeds: 3", 1))
	want := store.Edition{Kept: "tiny@1"}
	if got := try(db.EditionFor(ctx, more))(t); got != want {
		t.Fatalf("before the start: got %+v, want %+v", got, want)
	}
	must(t, db.StartSweep(ctx, more, env, noon.Add(2*time.Hour)))
	old := try(db.Sweep(ctx, "tiny@1"))(t)
	for i := range was.Results {
		was.Results[i].Sweep = "tiny@1"
	}
	sameResults(t, old.Results, was.Results)
	if old.Name != "tiny@1" || old.Spec.Text != tiny || !old.Started.Equal(noon) {
		t.Errorf("the edition: %q of the spec %q, started %v", old.Name, old.Spec.Text, old.Started)
	}
	for i := range uses {
		uses[i].Sweep = "tiny@1"
	}
	if got := try(db.Uses(ctx, "tiny@1", ""))(t); !reflect.DeepEqual(got, uses) {
		t.Errorf("its uses:\n got %v\nwant %v", got, uses)
	}
	owner := try(db.Owner(ctx, "tiny@1"))(t)
	fresh, _, ok, err := db.Fresh(ctx, "tiny@1")
	if err != nil || !ok || fresh.Count != 7 || len(try(db.Artifacts(ctx, "tiny@1"))(t)) != 1 || len(try(db.Checks(ctx, "tiny@1"))(t)) != 1 ||
		try(db.Note(ctx, owner))(t) != "the first" || !slices.Equal(try(db.Tags(ctx, owner))(t), []string{"paper"}) {
		t.Error("its fresh figures, files, checks, tags or note did not move with it")
	}
	if len(try(db.Artifacts(ctx, "tiny"))(t))+len(try(db.Checks(ctx, "tiny"))(t))+len(try(db.Tags(ctx, store.Owner{Kind: "sweep", Key: "tiny"}))(t)) != 0 {
		t.Error("the new sweep has files, checks or tags of the earlier one")
	}
	if names := try(db.SweepNames(ctx))(t); !slices.Equal(names, []string{"tiny", "tiny@1"}) {
		t.Errorf("sweeps: %q, want the new one first", names)
	}
	if r := try(db.Clean(ctx, true))(t); r.Runs != 0 {
		t.Errorf("removed %d runs of an edition", r.Runs)
	}
	if list := try(db.Check(ctx))(t); len(list) != 0 {
		t.Errorf("check: got %+v", list)
	}
}

// TestSameSpecIsNoEdition: what decides the results makes an edition, words do not.
func TestSameSpecIsNoEdition(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, old, new string
		kept           bool
	}{
		{"a comment", "seeds: 2", "seeds: 2 # for now", false},
		{"another order of keys", "{name: moons, noise: 0.05}", "{noise: 0.05, name: moons}", false},
		{"a default in words", "seeds: 2", "seeds: [0, 1]\ncoupling: independent", false},
		{"a merge key", "train: {steps: 10, batch: 8,", "x-short: &short {steps: 10, batch: 8}\ntrain: {<<: *short,", false},
		{"another engine, whose results are the same", "seeds: 2", "seeds: 2\nengine: go", false},
		{"seeds", "seeds: 2", "seeds: 1", true},
		{"their order", "seeds: 2", "seeds: [1, 0]", true},
		{"a reference", "seeds: 2", "seeds: 2\nreference: {count: 3000}", true},
		{"a metric", "[mmd, sliced-w2]", "[mmd, sliced-w2, energy]", true},
		{"their order, by which one chooses", "[mmd, sliced-w2]", "[sliced-w2, mmd]", true},
		{"the rule", "seeds: 2", "seeds: 2\nchoose: {rule: best}", true},
		{"baselines", "seeds: 2", "seeds: 2\nbaselines: [kde]", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := open(t, filepath.Join(t.TempDir(), "runs.db"))
			start(t, db, tiny)
			plan := planOf(t, strings.Replace(tiny, c.old, c.new, 1))
			if plan.Spec.Text == tiny {
				t.Fatal("the text is the same")
			}
			must(t, db.StartSweep(t.Context(), plan, env, noon.Add(time.Hour)))
			s := try(db.Sweep(t.Context(), "tiny"))(t)
			if names := try(db.SweepNames(t.Context()))(t); (len(names) == 2) != c.kept || s.Spec.Text != plan.Spec.Text || s.Started.Equal(noon) == c.kept {
				t.Errorf("sweeps: %q, started %v; want an edition: %v", names, s.Started, c.kept)
			}
		})
	}
}

// TestEditionsInTurn: each spec is kept once, however often it comes back, and takes its notes with it.
func TestEditionsInTurn(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	lock(t, db)
	seeds := func(n string) experiments.Plan { return planOf(t, strings.Replace(tiny, "seeds: 2", "seeds: "+n, 1)) }
	note := store.Owner{Kind: "sweep", Key: "tiny"}
	for i, c := range []struct {
		seeds    string
		sentence string
		sweeps   []string
	}{
		{"5", "", []string{"tiny"}},
		{"6", "tiny is another spec than before: the earlier one is kept as tiny@1", []string{"tiny", "tiny@1"}},
		{"7", "tiny is another spec than before: the earlier one is kept as tiny@2", []string{"tiny", "tiny@2", "tiny@1"}},
		{"5 # again", "tiny is the spec of tiny@1 again: that is tiny from now on, and the one before is kept as tiny@3", []string{"tiny", "tiny@3", "tiny@2"}},
		{"8", "tiny is another spec than before: the earlier one is kept as tiny@4", []string{"tiny", "tiny@4", "tiny@3", "tiny@2"}},
	} {
		plan := seeds(c.seeds)
		if got := try(db.EditionFor(t.Context(), plan))(t).Sentence("tiny"); got != c.sentence {
			t.Errorf("start %d: got %q, want %q", i, got, c.sentence)
		}
		must(t, db.StartSweep(t.Context(), plan, env, noon.Add(time.Duration(i)*time.Hour)))
		if got := try(db.SweepNames(t.Context()))(t); !slices.Equal(got, c.sweeps) {
			t.Errorf("start %d: sweeps %q, want %q", i, got, c.sweeps)
		}
		if s := try(db.Sweep(t.Context(), ""))(t); s.Name != "tiny" || s.Spec.Text != plan.Spec.Text {
			t.Errorf("start %d: the latest sweep is %q of\n%s", i, s.Name, s.Spec.Text)
		}
		if i == 0 {
			must(t, db.SetNote(t.Context(), note, "of five seeds"))
		}
		if has := try(db.Note(t.Context(), note))(t) != ""; has != strings.HasPrefix(c.seeds, "5") {
			t.Errorf("start %d: has the note of five seeds: %v", i, has)
		}
	}
}

// TestUnreadableSpecIsKept: a stored spec that this version cannot read is an edition all the same, so that its runs are not
// removed; one with the same text is not another spec.
func TestUnreadableSpecIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	start(t, db, tiny)
	run(t, path, "UPDATE sweeps SET spec = replace(spec, 'metrics', 'measures')")
	must(t, store.Seal(t.Context(), path))
	if got := try(db.EditionFor(t.Context(), planOf(t, tiny)))(t); got.Kept != "tiny@1" {
		t.Errorf("got %+v, want it kept as tiny@1", got)
	}
	must(t, db.StartSweep(t.Context(), planOf(t, tiny), env, noon))
	_, err := db.Sweep(t.Context(), "tiny@1")
	wantError(t, err, "tiny@1", `unknown key "measures"`)
	list := try(db.Sweeps(t.Context()))(t)
	if len(list) != 2 || list[1].Name != "tiny@1" || list[1].Runs != 16 {
		t.Errorf("listed: %+v", list)
	}
}

func TestSweeps(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	trainFit(t, db, plan.Fits[0].Key, []byte("weights"))
	must(t, db.FinishRun(t.Context(), plan.Fits[0].Runs[0].Key, env, store.Sampled{Samples: []byte("s"), NFE: 1, NFEMax: 1}, noon))
	must(t, db.Tag(t.Context(), store.Owner{Kind: "sweep", Key: "tiny"}, []string{"b", "a"}, nil))
	must(t, db.Ship(t.Context(), "tiny", []store.File{{Name: "choice.json", Content: []byte("{}")}}, nil))
	must(t, db.FinishSweep(t.Context(), "tiny", experiments.Killed, noon))
	rings := planOf(t, strings.NewReplacer("tiny", "rings", "{name: moons, noise: 0.05}", "[moons, circles]").Replace(tiny))
	must(t, db.StartSweep(t.Context(), rings, env, noon.Add(time.Hour)))
	want := []store.Listed{
		{
			Name: "rings", State: experiments.Running, Started: noon.Add(time.Hour), LastStarted: noon.Add(time.Hour),
			Fits: 8, Runs: 32, FitsDone: 1, RunsDone: 1, Targets: []string{"circles", "moons"}, Files: []string{}, Tags: []string{},
		},
		{
			Name: "tiny", State: experiments.Killed, Started: noon, LastStarted: noon, Fits: 4, Runs: 16, FitsDone: 1, RunsDone: 1,
			Targets: []string{"moons"}, Files: []string{"choice.json"}, Tags: []string{"a", "b"},
		},
	}
	if got := try(db.Sweeps(t.Context()))(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	must(t, db.Unlock())
	if got := try(db.Sweeps(t.Context()))(t); got[0].State != experiments.Lost {
		t.Errorf("without a process: got %q, want lost", got[0].State)
	}
}
