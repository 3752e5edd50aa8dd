package job

import (
	"encoding/json"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/engine"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/velocity"
)

// TestTune tunes a solver to a net, twice. Both must be the same to the bit, beat every solver of as many calls on this curved flow,
// and end where their coefficients lead.
func TestTune(t *testing.T) {
	t.Parallel()
	fit := plan(t, "name: a\ntarget: {name: gaussians, means: [[-2, 0], [2, 1]], std: 0.3}\nnet: {width: 16, depth: 2}\n"+
		"sample: {solver: tuned, steps: 4, count: 50}\n").Fits[0]
	tune := func() (experiments.Tuning, *Fitted) {
		weights := velocity.Init(fit.Recipe.VelocityNet(), 1)
		for i := range weights {
			weights[i] *= 3 // its paths are curved
		}
		f, err := Open(engine.Go, fit, weights, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		tuning, err := f.Tune(t.Context(), fit.Runs[0].Sampling, func() time.Time { return time.Time{} })
		if err != nil {
			t.Fatal(err)
		}
		return tuning, f
	}
	a, f := tune()
	if b, _ := tune(); a != b {
		t.Errorf("tuned twice: %+v and %+v", a, b)
	}
	if err := a.Valid(); err != nil || a.NFE != experiments.DenseSteps*4+4 || a.Points != 400 {
		t.Errorf("%v: %d calls on %d points", err, a.NFE, a.Points)
	}
	var j experiments.Judged
	if err := json.Unmarshal([]byte(a.Judged), &j); err != nil || !j.Better || !(j.RMSE < j.AgainstRMSE) || j.Against == "" || !(j.Median <= j.RMSE && j.RMSE <= j.Worst) {
		t.Errorf("judged %+v (%v)", j, err)
	}
	s := fit.Runs[0].Sampling
	if _, err := f.Sample(t.Context(), s, time.Now); err == nil {
		t.Error("a sampling without coefficients is drawn from")
	}
	var rows []ode.Row
	if err := json.Unmarshal([]byte(a.Table), &rows); err != nil {
		t.Fatal(err)
	}
	s.Solver = s.Solver.With(ode.TableOf(s.Times(), rows))
	if got, err := f.Sample(t.Context(), s, time.Now); err != nil || got.MaxNFE != 4 {
		t.Errorf("%d velocity calls (%v), want 4", got.MaxNFE, err)
	}
}
