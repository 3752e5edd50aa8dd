package experiments

import (
	"encoding/json"
	"strings"
	"testing"
)

// sampled returns the sampling of each setting of a sweep, as JSON.
func sampled(t *testing.T, text string) []string {
	t.Helper()
	spec, err := Parse("a.yaml", []byte("name: a\ntarget: moons\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	var forms []string
	for _, s := range spec.Settings {
		form, err := json.Marshal(s.Sample)
		if err != nil {
			t.Fatal(err)
		}
		forms = append(forms, string(form))
	}
	return forms
}

// TestSamplingHoldsWhatApplies checks that adaptive solvers have no steps and other solvers no tolerance, so that a
// product of steps and tolerances has no duplicates.
func TestSamplingHoldsWhatApplies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"steps and tolerances", "sample: {solver: [heun, dopri5], steps: [1, 2], tolerance: [1e-3, {atol: 1e-6, rtol: 0}]}", []string{
			`{"solver":"heun","steps":1,"grid":"uniform","count":2000}`, `{"solver":"heun","steps":2,"grid":"uniform","count":2000}`,
			`{"solver":"dopri5","tolerance":{"atol":0.001,"rtol":0.001},"count":2000}`,
			`{"solver":"dopri5","tolerance":{"atol":0.000001,"rtol":0},"count":2000}`,
		}},
		{"grids", "sample: {solver: euler, steps: 3, grid: [cosine, {name: explicit, times: [0, 0.5, 1]}]}", []string{
			`{"solver":"euler","steps":3,"grid":"cosine","count":2000}`,
			`{"solver":"euler","steps":2,"grid":{"name":"explicit","times":[0,0.5,1]},"count":2000}`,
		}},
		{"an explicit grid has its own steps", "sample: {solver: euler, steps: [3, 4], grid: {name: explicit, times: [0, 0.5, 1]}}", []string{
			`{"solver":"euler","steps":2,"grid":{"name":"explicit","times":[0,0.5,1]},"count":2000}`,
		}},
		{"another path than the trained", "path: [condot, cosine]\nsample: {path: [cosine, {name: polynomial, power: 3}]}", []string{
			`{"solver":"midpoint","steps":8,"grid":"uniform","path":"cosine","count":2000}`,
			`{"solver":"midpoint","steps":8,"grid":"uniform","path":{"name":"polynomial","power":3},"count":2000}`,
			`{"solver":"midpoint","steps":8,"grid":"uniform","count":2000}`,
			`{"solver":"midpoint","steps":8,"grid":"uniform","path":{"name":"polynomial","power":3},"count":2000}`,
		}},
		{"noise on the way, of which 0 is none", "sample: {solver: euler, sde: {noise: [0, 0.5]}}", []string{
			`{"solver":"euler","steps":8,"grid":"uniform","count":2000}`, `{"solver":"euler","steps":8,"grid":"uniform","sde":{"noise":0.5},"count":2000}`,
		}},
	} {
		if got := sampled(t, c.text); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// TestCheckTogether checks the errors for parts that are valid by themselves but not together.
func TestCheckTogether(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"decay without adamw", "train: {decay: 0.1}", "a.yaml:3:16: the optimizer adam has no decay"},
		{"a source of another dimension", "source: {name: gaussians, means: [[0]]}", "a.yaml:3:9: the source gaussians has dimension 1 and the target moons 2"},
		{"a diffusion path from data", "path: linear-vp\nsource: gaussians", "a.yaml:4:9: the path linear-vp starts from Gaussian noise"},
		{"a tolerance nobody takes", "sample: {solver: heun, tolerance: 1e-3}", "a.yaml:3:35: no solver here takes a tolerance"},
		{"steps nobody takes", "sample: {solver: tsit5, steps: 4}", "a.yaml:3:32: adaptive solvers choose their own steps: use tolerance instead, or leave steps out"},
		{"a grid nobody takes", "sample: {solver: tsit5, grid: cosine}", "a.yaml:3:31: adaptive solvers choose their own steps: use tolerance instead, or leave grid out"},
		{"a grid that does not rise", "sample: {grid: {name: explicit, times: [0, 0.5, 0.5, 1]}}", "a.yaml:3:40: times: "},
		{"a tolerance of 0", "sample: {solver: tsit5, tolerance: 0}", "a.yaml:3:36: tolerance must be above 0"},
		{"a path's parameter", "path: {name: polynomial, power: 0}", "a.yaml:3:33: power must be above 0"},
		{"noise that the solver does not add", "sample: {solver: [euler, rk4], sde: {noise: [0, 0.5]}}", "a.yaml:3:45: rk4 adds no noise to its steps: use euler or heun, or noise 0"},
		{"noise with adaptive steps", "sample: {solver: dopri5, sde: {noise: 1}}", "a.yaml:3:39: dopri5 adds no noise to its steps: use euler or heun"},
		{"noise without a score", "coupling: ot\nsample: {solver: euler, sde: {noise: 1}}", "a.yaml:4:38: noise on the way needs the score, which the velocity does not give for the coupling ot: leave out sde, or use independent"},
		{"noise with a source", "source: gaussians\nsample: {solver: euler, sde: {noise: 1}}", "a.yaml:4:38: noise on the way needs the score, which the velocity gives only for a flow from noise"},
		{"noise and the flow from the same noise", "sample: {solver: euler, sde: {noise: [0, 1]}}\nmetrics: [mmd, path-rmse]", "a.yaml:4:16: path-rmse compares samples with the flow from the same noise, from which noise on the way (sde) leads away: leave out one of them"},
		{"negative noise", "sample: {solver: euler, sde: {noise: -1}}", "a.yaml:3:38: noise must be at least 0"},
		{"times with a typo", "train: {times: logitnormal}", `did you mean "logit-normal"?`},
	} {
		_, err := Parse("a.yaml", []byte("name: a\ntarget: moons\n"+c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error\n%v\nwant %q in it", c.name, err, c.want)
		}
	}
}

// TestFormsRoundTrip checks that settings are read back unchanged from their stored form.
func TestFormsRoundTrip(t *testing.T) {
	t.Parallel()
	spec, err := Parse("a.yaml", []byte(`
name: a
target: moons
source: [noise, {name: gaussians, radius: 2}]
path: [condot, cosine, {name: polynomial, power: [0.5, 3]}, {name: custom, alpha: quadratic, sigma: cosine}]
coupling: [independent, {name: sinkhorn, epsilon: 0.1}]
train: {times: [uniform, {name: logit-normal, mean: -0.5}]}
sample: {solver: [midpoint, bosh3], tolerance: [1e-3, 1e-4], grid: [edm, uniform, {name: explicit, times: [0, 0.25, 1]}], path: [condot, cosine]}
`))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range spec.Settings {
		recipe, err := json.Marshal(s.Recipe)
		if err != nil {
			t.Fatal(err)
		}
		sampling, err := json.Marshal(s.Sample)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parser{}.Setting(recipe, sampling)
		if err != nil {
			t.Fatalf("%s: %v", s.Form(), err)
		}
		if back.Form() != s.Form() {
			t.Errorf("stored %s, read back %s", s.Form(), back.Form())
		}
		if seen[s.Form()] {
			t.Errorf("%s is in the sweep twice", s.Form())
		}
		seen[s.Form()] = true
	}
	// 2 sources, 5 paths, 2 couplings, 2 times; along 2 paths each, 3 grids or 2 tolerances.
	if want := 2 * 5 * 2 * 2 * 2 * (3 + 2); len(spec.Settings) != want {
		t.Errorf("%d settings, want %d", len(spec.Settings), want)
	}
}

func TestExactMMDNeedsAMixture(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{"moons": "", "checkerboard": "a.yaml:3:16: mmd-exact needs a mixture of Gaussians, which checkerboard is not"} {
		_, err := Parse("a.yaml", []byte("name: a\ntarget: "+target+"\nmetrics: [mmd, mmd-exact]\n"))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", target, err, want)
		}
	}
}
