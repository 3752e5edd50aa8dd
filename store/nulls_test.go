package store_test

import (
	"math"
	"path/filepath"
	"testing"

	"flowsweep/experiments"
)

func TestNulls(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "runs.db"))
	plan := start(t, db, tiny)
	reference := plan.Fits[0].Runs[0].Reference
	for _, values := range [][]float64{{3}, {-1e-300, math.NaN(), math.Inf(1), math.Inf(-1), 2}} {
		must(t, db.SaveNull(t.Context(), experiments.Null{Key: "k", Reference: reference, Metric: "mmd", N: 16, Values: values}))
		must(t, db.SaveNull(t.Context(), experiments.Null{Key: "other", Reference: "of another sweep", Metric: "mmd", Values: values}))
		nulls, err := db.Nulls(t.Context(), "tiny")
		got := nulls["k"]
		if err != nil || len(nulls) != 1 || got.Reference != reference || got.Metric != "mmd" || got.N != 16 || len(got.Values) != len(values) {
			t.Fatalf("got %+v, %v, want the one saved last", nulls, err)
		}
		for i, v := range values {
			if !sameNumber(got.Values[i], v) {
				t.Errorf("value %d: got %v, want %v", i, got.Values[i], v)
			}
		}
	}
}
