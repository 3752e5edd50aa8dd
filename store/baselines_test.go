package store_test

import (
	"math"
	"path/filepath"
	"testing"

	"flowsweep/experiments"
)

// TestBaselines: the draws of a sweep's references come back as they were saved last, and go with the sweep.
func TestBaselines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "runs.db")
	db := open(t, path)
	plan := start(t, db, tiny)
	here := experiments.BaselinePlace{Name: "kde", Reference: plan.Fits[0].Runs[0].Reference, Count: 16}
	there := experiments.BaselinePlace{Name: "kde", Reference: "of another sweep", Count: 16}
	for _, v := range []float64{3, math.Inf(1)} {
		must(t, db.SaveBaseline(t.Context(), here, 1, []experiments.Value{
			{Name: "mmd", Value: v, SE: math.NaN(), Version: 2}, {Name: "nn-share", Value: .5, SE: .1, P: .25},
		}))
		must(t, db.SaveBaseline(t.Context(), there, 0, []experiments.Value{{Name: "mmd"}}))
	}
	all := try(db.Baselines(t.Context(), "tiny"))(t)
	draws := all[here]
	if len(all) != 1 || len(draws) != 1 || len(draws[1]) != 2 {
		t.Fatalf("got %+v, want one draw of one baseline", all)
	}
	mmd, share := draws[1][0], draws[1][1]
	if !math.IsInf(mmd.Value, 1) || !math.IsNaN(mmd.SE) || mmd.P != 0 || mmd.Version != 2 {
		t.Errorf("got %+v, want the value that was saved last", mmd)
	}
	if share != (experiments.Value{Name: "nn-share", Value: .5, SE: .1, P: .25}) {
		t.Errorf("got %+v", share)
	}
	_ = try(db.Delete(t.Context(), "tiny"))(t)
	var left int
	must(t, raw(t, path).QueryRow(`SELECT count(*) FROM baselines`).Scan(&left))
	if left != 0 {
		t.Errorf("%d values are left after the sweep was deleted", left)
	}
}
