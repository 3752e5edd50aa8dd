package experiments

import (
	"encoding/json"
	"math"
	"strings"
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

func TestValidTuning(t *testing.T) {
	t.Parallel()
	good := Tuning{
		Key: "0123456789abcdef", Fit: "fedcba9876543210", Of: `{"calls":8}`, Table: `[[1,2.5],{"a":-3}]`, Judged: `{"p":"nan"}`,
		NFE: 512, Points: 400,
	}
	if err := good.Valid(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Tuning){
		"its key is not one":                          func(x *Tuning) { x.Key = "0123456789ABCDEF" },
		"the key of its fit is not one":               func(x *Tuning) { x.Fit += "00" },
		"it has 0 points":                             func(x *Tuning) { x.Points = 0 },
		"it has 400 points of noise with -1 velocity": func(x *Tuning) { x.NFE = -1 },
		"it took NaN seconds":                         func(x *Tuning) { x.Seconds = math.NaN() },
		"it took +Inf seconds":                        func(x *Tuning) { x.Seconds = math.Inf(1) },
		"what was tuned: ":                            func(x *Tuning) { x.Of = "" },
		"its coefficients: ":                          func(x *Tuning) { x.Table = "[1e999]" },
		"its coefficients are not all finite":         func(x *Tuning) { x.Table = `[1,{"a":[2,"nan"]}]` },
		"how it was judged: ":                         func(x *Tuning) { x.Judged = `{"rmse":}` },
	} {
		bad := good
		change(&bad)
		if err := bad.Valid(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
