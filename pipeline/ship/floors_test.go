package ship

import (
	"math"
	"strings"
	"testing"

	"flowsweep/experiments"
	"flowsweep/reports"
)

// TestFloors: the floor of one Gaussian of standard deviation r is r pi/2 along the straight path (oracle.Floor), and its
// entropy log(r sqrt(2 pi e)) a dimension; where the closed form does not hold, the reason is told.
func TestFloors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec string
		loss float64
		why  string
	}{
		"standard":    {"target: {name: gaussian, std: 1}", math.Pi / 2, ""},
		"narrow":      {"target: {name: gaussian, std: 0.5}", math.Pi / 4, ""},
		"other times": {"target: {name: gaussian, std: 1}\ntrain: {times: logit-normal}", 0, ""},
		"ot":          {"target: {name: gaussian, std: 1}\ncoupling: ot", math.NaN(), "the coupling ot has another floor"},
		"source":      {"target: moons\nsource: circles", math.NaN(), "they start from circles"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, err := experiments.Parse("a.yaml", []byte("name: a\n"+c.spec+"\nmetrics: [mmd"+map[bool]string{true: ", nll]", false: "]"}[c.why == ""]))
			if err != nil {
				t.Fatal(err)
			}
			known := floors{spec: spec, known: map[string]reports.Floor{}}
			got := known.of(spec.Settings[0].Recipe)
			if !strings.Contains(got.Why, c.why) || (got.Why == "") != (c.why == "") {
				t.Errorf("the reason for no floor is %q, want %q in it", got.Why, c.why)
			}
			if name == "other times" {
				// 1/(t^2 + (1-t)^2) is the loss at t: times near the middle, where it is highest, raise the mean.
				if math.Abs(got.HeldOut-math.Pi/2) > 1e-6 || !(got.Loss > got.HeldOut+.05) {
					t.Errorf("the floor is %g at the times trained at and %g at even times, want more than pi/2 and pi/2", got.Loss, got.HeldOut)
				}
				return
			}
			// Exact for one Gaussian, by quadrature within 1e-9.
			if math.IsNaN(c.loss) != math.IsNaN(got.Loss) || math.Abs(got.Loss-c.loss) > 1e-6 {
				t.Errorf("the floor is %g, want %g", got.Loss, c.loss)
			}
			if want := math.Log(2*math.Pi*math.E) + 2*math.Log(c.loss/(math.Pi/2)); c.why == "" && math.Abs(got.Entropy-want) > 1e-9 {
				t.Errorf("the entropy is %g, want %g", got.Entropy, want)
			}
			if again := known.of(spec.Settings[0].Recipe); c.why == "" && again != got || len(known.known) != 1 {
				t.Errorf("the floor is computed again: %+v and %+v", got, again)
			}
		})
	}
}

// TestFloorsOfConditionalNets: of a net given x, the floor of the linear Gaussian is s pi/2 with the standard deviation s of the
// posterior, and where a share p of the points is given nothing, that of the prior N(0, I), pi/2, takes that share.
func TestFloorsOfConditionalNets(t *testing.T) {
	t.Parallel()
	s, log := math.Sqrt(.3/1.3), math.Log(2*math.Pi*math.E)/2
	for name, c := range map[string]struct {
		spec                   string
		loss, heldOut, entropy float64
	}{
		"given":  {"target: linear-gaussian", s * math.Pi / 2, s * math.Pi / 2, log + math.Log(s)},
		"drop":   {"target: linear-gaussian\ntrain: {drop: 0.2}", (.8*s + .2) * math.Pi / 2, s * math.Pi / 2, log + math.Log(s)},
		"labels": {"target: {name: gaussians, label: component, std: 0.5}", math.Pi / 4, math.Pi / 4, 2 * (log + math.Log(.5))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, err := experiments.Parse("a.yaml", []byte("name: a\n"+c.spec+"\nmetrics: [mmd, nll]"))
			if err != nil {
				t.Fatal(err)
			}
			got := floors{spec: spec, known: map[string]reports.Floor{}}.of(spec.Settings[0].Recipe)
			for what, v := range map[string][2]float64{"loss": {got.Loss, c.loss}, "held-out loss": {got.HeldOut, c.heldOut}, "entropy": {got.Entropy, c.entropy}} {
				if math.Abs(v[0]-v[1]) > 1e-9 || got.LossSE > 1e-9 {
					t.Errorf("the floor of the %s is %g, want %g exactly", what, v[0], v[1])
				}
			}
		})
	}
}

// TestSiblingsAreSampledAlike: beside the chosen samples stand those of the same net along the same path and grid, whatever the steps.
func TestSiblingsAreSampledAlike(t *testing.T) {
	t.Parallel()
	spec, err := experiments.Parse("a.yaml", []byte(`name: a
target: moons
sample:
  - {solver: [midpoint, dopri5], steps: [1, 2, 3, 4, 5, 6, 8], tolerance: [1e-3, 1e-5]}
  - {solver: midpoint, steps: 8, grid: cosine}
  - {solver: midpoint, steps: 8, path: vp}
`))
	if err != nil {
		t.Fatal(err)
	}
	var results []experiments.Result
	for i, s := range spec.Settings {
		results = append(results, experiments.Result{Fit: "f", Run: experiments.Form(i), State: experiments.Finished, Setting: s, NFE: experiments.Calls(s.Sample.Steps)})
	}
	chosen := results[6] // midpoint, 8 steps
	got := siblings(results, chosen)
	if len(got) != maxPanels || got[0].NFE != 1 || got[maxPanels-1].Run != chosen.Run {
		t.Errorf("beside 8 steps stand %d runs: the cheapest and the chosen are missing", len(got))
	}
	for _, r := range got {
		if s := r.Setting.Sample; s.Solver.Name != "midpoint" || s.Grid.Name != "uniform" || s.Path.Name != "" {
			t.Errorf("beside midpoint on the uniform grid stands %s", experiments.Form(s))
		}
	}
	if got := siblings(results, results[7]); len(got) != 2 {
		t.Errorf("dopri5 stands beside %d runs, want both tolerances", len(got))
	}
}
