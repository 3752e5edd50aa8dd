package experiments

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestStoredKeys(t *testing.T) {
	t.Parallel()
	for _, spec := range []string{
		plainSpec,
		"name: a\ntarget: {name: gaussians, count: 8, radius: 5, std: 0.5}\nseeds: [18446744073709551615]\nreference: {seed: 3}\n",
		"name: a\ntarget: moons\ntrain: {ema: 0.9}\ncoupling: ot\nsample: {solver: dopri5, tolerance: 1e-4}\n",
	} {
		plan := planned(t, spec)
		fit := plan.Fits[0]
		config, err := json.Marshal(struct {
			Recipe
			Seed uint64 `json:"seed"`
		}{fit.Recipe, fit.Seed})
		if err != nil {
			t.Fatal(err)
		}
		if !IsKeyOfFit(fit.Key, config) {
			t.Errorf("%q: %s is not the key of %s", spec, fit.Key, config)
		}
		if other := strings.Replace(string(config), `"width":64`, `"width":65`, 1); other == string(config) || IsKeyOfFit(fit.Key, []byte(other)) {
			t.Errorf("%q: %s is the key of another width", spec, fit.Key)
		}
		run := fit.Runs[0]
		sampling, err := json.Marshal(run.Sampling)
		if err != nil {
			t.Fatal(err)
		}
		if !IsKeyOfRun(run.Key, fit.Key, sampling, plan.Spec.Reference.Seed) {
			t.Errorf("%q: %s is not the key of %s", spec, run.Key, sampling)
		}
		if IsKeyOfRun(run.Key, fit.Key, sampling, plan.Spec.Reference.Seed+1) || IsKeyOfRun(run.Key, fit.Key, sampling[1:], plan.Spec.Reference.Seed) {
			t.Errorf("%q: %s is the key of another run", spec, run.Key)
		}
	}
}
