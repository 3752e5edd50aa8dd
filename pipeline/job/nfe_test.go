package job

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

// counted returns a field that adds up how many points the net is asked for the velocity of.
func counted(field flow.RowField, rows *int) flow.RowField {
	return func(t []float64, x flow.Batch) (flow.Batch, error) {
		*rows += x.Len()
		return field(t, x)
	}
}

// TestNFEIsCounted: the velocity calls of a run are as many as the net sees of each point, for every kind of solver and weight.
func TestNFEIsCounted(t *testing.T) {
	t.Parallel()
	for _, solver := range []string{
		"solver: euler, steps: 3", "solver: rk4, steps: 2", "solver: ab2, steps: 4", "solver: tuned, steps: 3", "solver: dopri5, tolerance: 1e-3",
		"solver: heun, steps: 3, sde: {noise: 1}", "solver: dpm++2m, steps: 4",
	} {
		if testing.Short() && strings.Contains(solver, "tuned") {
			continue // it takes seconds
		}
		p := plan(t, "name: a\ntarget: {name: gaussians, count: 4, label: component}\nnet: {width: 8, depth: 1}\ntrain: {drop: 0.1}\nsample: {"+solver+", count: 30, guidance: [0, 1, 2]}\n")
		f := untrained(t, p, 1)
		for _, run := range p.Fits[0].Runs {
			s, rows := tunedTo(t, f, run.Sampling), 0
			field := counted(f.model.RowField(), &rows).Guide(s.Guidance)
			got, err := Velocity{Path: f.fit.Recipe.Path, Field: field.Field(), Rows: field, Noise: stepNoise(1, runNoise, 0)}.Sample(t.Context(), s, f.start(s).x0)
			if err != nil {
				t.Fatal(err)
			}
			own, err := f.Sample(t.Context(), s, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			if want := float64(rows) / 30; math.Abs(got.NFE-want) > 1e-9 || own.NFE != got.NFE || got.NFE > float64(got.MaxNFE) {
				t.Errorf("%s w = %v: %g calls, and %g of a run, but the net was called %g times a point", s.Solver.Name, s.Guidance, got.NFE, own.NFE, want)
			}
		}
	}
}

// tunedTo returns the sampling with the coefficients of its solver, if those are tuned to the net.
func tunedTo(t *testing.T, f *Fitted, s experiments.Sampling) experiments.Sampling {
	t.Helper()
	if !strings.HasPrefix(s.Solver.Name, "tuned") {
		return s
	}
	tuning, err := f.Tune(t.Context(), s, func() time.Time { return time.Time{} })
	must(t, err)
	var rows []ode.Row
	must(t, json.Unmarshal([]byte(tuning.Table), &rows))
	s.Solver = s.Solver.With(ode.TableOf(s.Times(), rows))
	return s
}
