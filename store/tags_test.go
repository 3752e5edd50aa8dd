package store_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

func TestTagsAndNotes(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	fit := start(t, db, tiny).Fits[0]
	for name, want := range map[string]store.Owner{
		"tiny": {Kind: "sweep", Key: "tiny"}, fit.Key: {Kind: "fit", Key: fit.Key}, fit.Runs[1].Key[:12]: {Kind: "run", Key: fit.Runs[1].Key},
	} {
		o := try(db.Owner(t.Context(), name))(t)
		if o != want {
			t.Errorf("%q is %v, want %v", name, o, want)
		}
		must(t, db.Tag(t.Context(), o, []string{"paper", "bad", "paper"}, nil))
		must(t, db.Tag(t.Context(), o, []string{"a'; DROP TABLE tags"}, []string{"bad", "gone"}))
		if got, want := try(db.Tags(t.Context(), o))(t), []string{"a'; DROP TABLE tags", "paper"}; !reflect.DeepEqual(got, want) {
			t.Errorf("tags of %s: got %q, want %q", o.Kind, got, want)
		}
		for _, text := range []string{"first", "second\nof two lines", ""} {
			must(t, db.SetNote(t.Context(), o, text))
			if got := try(db.Note(t.Context(), o))(t); got != text {
				t.Errorf("note on %s: got %q, want %q", o.Kind, got, text)
			}
		}
	}
	none := store.Owner{Kind: "run", Key: "none"}
	wantError(t, db.Tag(t.Context(), none, []string{"x"}, nil), "run none", "not in the store")
	wantError(t, db.SetNote(t.Context(), none, "x"), "run none", "not in the store")
	_, err := db.Owner(t.Context(), "zz")
	wantError(t, err, "zz", "flowsweep runs")
}

func TestRemarks(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	fit := start(t, db, tiny).Fits[0]
	if list := try(db.Remarks(t.Context(), "tiny"))(t); list != nil {
		t.Errorf("of a sweep without any: got %v", list)
	}
	run := fit.Runs[1].Key
	must(t, db.Tag(t.Context(), store.Owner{Kind: "run", Key: run}, []string{"good", "1e5"}, nil))
	must(t, db.SetNote(t.Context(), store.Owner{Kind: "fit", Key: fit.Key}, "diverged once"))
	must(t, db.Tag(t.Context(), store.Owner{Kind: "sweep", Key: "tiny"}, []string{"paper"}, nil))
	must(t, db.SetNote(t.Context(), store.Owner{Kind: "sweep", Key: "tiny"}, "figure 3"))
	want := []experiments.Remark{
		{Kind: "sweep", Key: "tiny", Tags: []string{"paper"}, Note: "figure 3"},
		{Kind: "run", Key: run, Tags: []string{"1e5", "good"}},
		{Kind: "fit", Key: fit.Key, Note: "diverged once"},
	}
	if got := try(db.Remarks(t.Context(), "tiny"))(t); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if list := try(db.Remarks(t.Context(), "other"))(t); list != nil {
		t.Errorf("of another sweep: got %v", list)
	}
}
