package job

import (
	"encoding/json"
	"errors"
	"slices"
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

// TestTuneGrid tunes a grid twice, to the same bits. With 4 steps on this curved flow it is better than even steps. Even steps are
// kept with 1, where there is nothing to find, and where 8 points are too few for what is found on them to hold on others.
func TestTuneGrid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		solver string  // with its steps and points
		curved float32 // factor of the weights: the larger, the more curved the paths
		better bool
	}{
		{"midpoint, steps: 4, grid: {name: tuned, points: 200}", 3, true},
		{"midpoint, steps: 1, grid: {name: tuned, points: 200}", 3, false},
		{"midpoint, steps: 8, grid: {name: tuned, points: 8}", 5, false},
	} {
		fit := plan(t, "name: a\ntarget: {name: gaussians, means: [[-2, 0], [2, 1]], std: 0.3}\nnet: {width: 16, depth: 2}\n"+
			"sample: {solver: "+c.solver+", count: 50}\n").Fits[0]
		s := fit.Runs[0].Sampling
		tune := func() experiments.Tuning {
			weights := velocity.Init(fit.Recipe.VelocityNet(), 1)
			for i := range weights {
				weights[i] *= c.curved
			}
			f, err := Open(engine.Go, fit, weights, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			tuning, err := f.Tune(t.Context(), s, func() time.Time { return time.Time{} })
			if err != nil {
				t.Fatal(err)
			}
			return tuning
		}
		a := tune()
		if !testing.Short() {
			if b := tune(); a != b {
				t.Errorf("tuned twice: %+v and %+v", a, b)
			}
		}
		var j experiments.Judged
		var ts []float64
		err := errors.Join(a.Valid(), json.Unmarshal([]byte(a.Judged), &j), json.Unmarshal([]byte(a.Table), &ts))
		if err != nil || !j.Grid || j.Better != c.better || len(ts) != s.Steps+1 || (KeptEven(a) == "") != c.better {
			t.Errorf("%s: %v, judged %+v (%v); %s", c.solver, ts, j, err, KeptEven(a))
		}
		if even := slices.Equal(ts, ode.Uniform(s.Steps)); even == c.better {
			t.Errorf("%s: the times %v are taken, and better is %v", c.solver, ts, c.better)
		}
	}
}
