package ship

import (
	"slices"
	"testing"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/ode"
)

func TestSamplerGrid(t *testing.T) {
	t.Parallel()
	edm, err := ode.EDMGrid{Rho: 7, SigmaMin: .002, SigmaMax: 80}.Make()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		sample experiments.Sampling
		nfe    int
		want   []float64
	}{
		"the run's own":        {experiments.Sampling{Solver: ode.Heun, Steps: 5, Grid: edm}, 10, edm.Times(5)},
		"as dear as the run":   {experiments.Sampling{Solver: ode.Dopri5}, 28, ode.Uniform(4)},
		"rounded up":           {experiments.Sampling{Solver: ode.Dopri5}, 29, ode.Uniform(5)},
		"of one step at least": {experiments.Sampling{Solver: ode.Bosh3}, 0, ode.Uniform(1)},
	} {
		r := experiments.Result{NFE: experiments.Calls(c.nfe), Setting: experiments.Setting{Sample: c.sample}}
		if got := samplerGrid(r); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if !hasSampler(r) {
			t.Errorf("%s: no sampler", name)
		}
		r.Setting.Target.Units.Curves = []flow.Curve{{}}
		if hasSampler(r) {
			t.Errorf("%s: a sampler in units that no graph converts to", name)
		}
	}
}
