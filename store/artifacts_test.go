package store_test

import (
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"testing"

	"flowsweep/experiments"
	"flowsweep/store"
)

func TestArtifacts(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	start(t, db, tiny)
	// The sha256 of "abc" is FIPS 180-4's first example; that of the empty text is well known.
	want := []experiments.Artifact{
		{Name: "empty.txt", SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Size: 0},
		{Name: "velocity.onnx", SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Size: 3},
	}
	must(t, db.Ship(t.Context(), "tiny", []store.File{{Name: "velocity.onnx", Content: []byte("old")}, {Name: "gone"}}, nil))
	must(t, db.Ship(t.Context(), "tiny", []store.File{{Name: "velocity.onnx", Content: []byte("abc")}, {Name: "empty.txt"}}, nil))
	if got := try(db.Artifacts(t.Context(), "tiny"))(t); !reflect.DeepEqual(got, want) {
		t.Errorf("artifacts: got %v, want %v", got, want)
	}
	if got := try(db.ArtifactContent(t.Context(), "tiny", "velocity.onnx"))(t); string(got) != "abc" {
		t.Errorf("content: got %q, want abc", got)
	}
	if got := try(db.ArtifactContent(t.Context(), "tiny", "empty.txt"))(t); len(got) != 0 {
		t.Errorf("content of an empty file: got %q", got)
	}
	_, err := db.ArtifactContent(t.Context(), "tiny", "sampler.onnx")
	wantError(t, err, "sampler.onnx", "tiny", "not in the store")
	wantError(t, db.Ship(t.Context(), "none", nil, nil), "none", "no such sweep")
}

func TestDamagedBlobs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	plan := start(t, db, tiny)
	fit, sampled := plan.Fits[0].Key, plan.Fits[0].Runs[0].Key
	trainFit(t, db, fit, []byte("weights"))
	must(t, db.FinishRun(t.Context(), sampled, env, store.Sampled{Samples: []byte("samples"), NFE: 1, NFEMax: 1, Seconds: 1}, noon))
	must(t, db.Ship(t.Context(), "tiny", []store.File{{Name: "velocity.onnx", Content: []byte("onnx")}}, nil))
	run(t, path, "UPDATE blobs SET bytes = CAST(upper(CAST(bytes AS TEXT)) AS BLOB)")

	_, err := db.Weights(t.Context(), fit)
	wantError(t, err, "weights.safetensors", fit, "damaged")
	_, err = db.Samples(t.Context(), sampled)
	wantError(t, err, "samples.npy", sampled, "damaged")
	_, err = db.ArtifactContent(t.Context(), "tiny", "velocity.onnx")
	wantError(t, err, "velocity.onnx", "tiny", "damaged")

	run(t, path, "DELETE FROM blobs")
	_, err = db.Weights(t.Context(), fit)
	wantError(t, err, "weights.safetensors", fit, "missing", "damaged")

	must(t, db.FinishFit(t.Context(), fit, 1, 1, []byte("weights"), noon)) // writing it again repairs it
	if got := try(db.Weights(t.Context(), fit))(t); string(got) != "weights" {
		t.Errorf("weights after training again: got %q", got)
	}
}

func TestChecks(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	start(t, db, tiny)
	for i, v := range strangeValues() {
		c := experiments.Check{
			File: "velocity.onnx", SHA256: "ab", Runtime: "onnxruntime 1.27", Points: 100, Batches: []int{1, 7},
			Levels: []string{"none", "all"}, MaxAbsDiff: experiments.Number(v.Value), MaxAbs: 2, Tolerance: 3e-5, OK: i%2 == 0, Error: fmt.Sprint(v.Name),
		}
		other := experiments.Check{File: "sampler.onnx", MaxAbs: experiments.Number(v.Value), Tolerance: experiments.Number(v.Value)}
		must(t, db.Ship(t.Context(), "tiny", nil, []experiments.Check{c, other}))
		got := try(db.Checks(t.Context(), "tiny"))(t)
		if len(got) != 2 || got[0].File != "sampler.onnx" || got[1].File != "velocity.onnx" {
			t.Fatalf("got %+v, want one check per file", got)
		}
		for _, n := range []experiments.Number{got[1].MaxAbsDiff, got[0].MaxAbs, got[0].Tolerance} {
			x := float64(n)
			if !sameNumber(x, v.Value) {
				t.Errorf("number: got %v, want %v", x, v.Value)
			}
		}
		if c.MaxAbsDiff = got[1].MaxAbsDiff; math.IsNaN(float64(c.MaxAbsDiff)) {
			c.MaxAbsDiff, got[1].MaxAbsDiff = 0, 0
		}
		if !reflect.DeepEqual(got[1], c) {
			t.Errorf("check:\n got %+v\nwant %+v", got[1], c)
		}
	}
}
