package store_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"flowsweep/experiments"
)

func TestFresh(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	version1(t, path, "a", "b")
	db := open(t, path)
	defer db.Close()
	if _, _, ok, err := db.Fresh(t.Context(), "a"); ok || err != nil {
		t.Errorf("before any are saved: ok %v, %v", ok, err)
	}
	want := experiments.Fresh{Runs: []string{"r"}, Count: 9, Metrics: map[string]experiments.FreshFigure{"mmd": {Interval: experiments.Interval{Mean: 2, Low: 1, High: 3}, P: .25}}}
	must(t, db.SaveFresh(t.Context(), "a", "other", experiments.Fresh{}))
	must(t, db.SaveFresh(t.Context(), "a", "ref", want))
	got, reference, ok, err := db.Fresh(t.Context(), "a")
	if err != nil || !ok || reference != "ref" || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v by %q (ok %v, %v), want %+v by ref", got, reference, ok, err, want)
	}
	if err := db.SaveFresh(t.Context(), "gone", "ref", want); err == nil {
		t.Error("figures of a missing sweep are saved")
	}
}

// TestMigrateFresh checks that fresh figures are taken from choice.json, where version 2 kept them, if the sweep still
// plans their run. Invalid JSON is ignored.
func TestMigrateFresh(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	version1(t, path, "a", "b", "c", "d")
	run(t, path, string(try(os.ReadFile("migrations/002_work.sql"))(t))+`
		PRAGMA user_version = 2;
		INSERT INTO blobs VALUES ('s1', CAST('{"chosen":{"run":"r"},"fresh":{"runs":["r"],"count":5,"metrics":{"mmd":{"mean":0.5,"low":"nan","high":"nan"}}}}' AS BLOB)),
			('s2', CAST('{"chosen":{"run":"gone"},"fresh":{"runs":["gone"],"count":5,"metrics":{}}}' AS BLOB)), ('s3', x'00ff');
		INSERT INTO artifacts VALUES ('sweep', 'a', 'choice.json', 's1', 1), ('sweep', 'b', 'choice.json', 's2', 1), ('sweep', 'c', 'choice.json', 's3', 1);`)
	db := open(t, path)
	defer db.Close()
	got, reference, ok, err := db.Fresh(t.Context(), "a")
	mmd := got.Metrics["mmd"]
	if err != nil || !ok || reference != "ref" || got.Count != 5 || mmd.Mean != .5 || mmd.Low == mmd.Low {
		t.Errorf("from choice.json: got %+v by %q (ok %v, %v)", got, reference, ok, err)
	}
	for _, sweep := range []string{"b", "c", "d"} {
		if _, _, ok, err := db.Fresh(t.Context(), sweep); ok || err != nil {
			t.Errorf("of sweep %s: ok %v, %v, want none", sweep, ok, err)
		}
	}
}
