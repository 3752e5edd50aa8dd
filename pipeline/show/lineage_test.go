package show

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/pipeline/ship"
	"flowsweep/store"
)

// TestEditedFile: what a file says of its fit and its teacher must be so.
func TestEditedFile(t *testing.T) {
	t.Parallel()
	spec, err := experiments.Parse("a.yaml", []byte("name: a\ntarget: moons\ncoupling: reflow\nmetrics: mmd\nsample: {solver: euler, steps: 2, count: 50}\n"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "runs.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := errors.Join(db.Lock(ctx, "test", time.Now, nil), db.StartSweep(ctx, plan, experiments.Environment{}, time.Now())); err != nil {
		t.Fatal(err)
	}
	student := plan.Fits[0]
	says := func(change, to string) map[string]string {
		m := map[string]string{"run": student.Runs[0].Key, "fit": student.Key, "teacher": student.Teacher}
		m[change] = to
		return m
	}
	for _, c := range []struct {
		name   string
		says   map[string]string
		edited bool
	}{
		{"as it is", says("fit", student.Key), false},
		{"another fit", says("fit", student.Teacher), true},
		{"no teacher", says("teacher", ""), true},
		{"data", says("data_sha256", "00"), true},
		{"another run", says("run", "0000000000000000"), false},
	} {
		s := shownLineage{File: &shownFile{Path: "a.onnx", Says: c.says}}
		err := s.findFile(ctx, db)
		var mismatch *ship.MismatchError
		if errors.As(err, &mismatch) != c.edited || !c.edited && err != nil {
			t.Errorf("%s: got %v", c.name, err)
		}
		if want := c.name == "another run"; s.File.Unknown != want || (s.Lineage != nil) == (want || c.edited) {
			t.Errorf("%s: unknown %v, lineage %v", c.name, s.File.Unknown, s.Lineage)
		}
	}
}
