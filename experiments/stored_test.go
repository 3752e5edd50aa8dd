package experiments

import (
	"encoding/json"
	"testing"
)

// TestStoredSettingsRoundTrip checks that a stored fit and run are read as the same setting, for every kind of target.
func TestStoredSettingsRoundTrip(t *testing.T) {
	t.Parallel()
	for _, target := range []string{
		"moons", "{name: moons, noise: 0}", "{name: gaussians, count: 3, radius: 0, std: 1e-300}",
		"{name: gaussians, means: [[1, 2, 3], [-4, 5e-7, 6]]}", "{name: checkerboard, scale: 2}",
	} {
		spec, err := Parse("spec.yaml", []byte("name: a\ntarget: "+target+"\nseeds: [7]\nsample: {solver: heun, steps: 3, count: 9}\n"))
		if err != nil {
			t.Fatal(err)
		}
		want := spec.Settings[0]
		recipe, err := json.Marshal(struct {
			Recipe
			Seed uint64 `json:"seed"`
		}{want.Recipe, 7})
		if err != nil {
			t.Fatal(err)
		}
		sampling, err := json.Marshal(want.Sample)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parser{}.Setting(recipe, sampling)
		if err != nil {
			t.Errorf("%s: %v", target, err)
			continue
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if string(a) != string(b) || got.Target.Dim() != want.Target.Dim() {
			t.Errorf("%s comes back as %s, want %s", target, a, b)
		}
	}
	if _, err := (Parser{}).Setting([]byte(`{"target": "gone"}`), nil); err == nil {
		t.Error("an unknown target is read")
	}
}
