package experiments

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/net"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/target"
)

func ExampleSpec_Plan() {
	spec, err := Parse("a.yaml", []byte("{name: a, target: moons, seeds: 2, sample: {steps: [1, 2, 4]}}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := spec.Plan()
	fmt.Println(len(plan.Fits), "fits,", plan.Runs(), "runs", err)
	// Output:
	// 2 fits, 6 runs <nil>
}

// planned returns the plan of a spec.
func planned(t *testing.T, text string) Plan {
	t.Helper()
	spec, err := Parse("a.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// keys returns all keys of a plan, in order.
func keys(p Plan) []string {
	var all []string
	for _, f := range p.Fits {
		all = append(all, f.Key)
		for _, r := range f.Runs {
			all = append(all, r.Key, r.Reference)
		}
	}
	return all
}

const plainSpec = "name: a\ntarget: {name: moons, noise: 0}\ntrain: {steps: 1000, rate: 0.001}\nsample: {solver: heun, steps: 4}\nseeds: 2\n"

// TestKeysUnchanged checks that keys do not depend on how a spec is written.
func TestKeysUnchanged(t *testing.T) {
	want := keys(planned(t, plainSpec))
	for _, c := range []struct{ name, text string }{
		{"comments", "# the moons\n" + plainSpec + "# end\n"},
		{"the name of the sweep", "name: b\n" + plainSpec[8:]},
		{"key order", "seeds: 2\nsample: {steps: 4, solver: heun}\ntrain: {rate: 0.001, steps: 1000}\ntarget: {noise: 0, name: moons}\nname: a\n"},
		{"quotes", "name: \"a\"\ntarget: {'name': 'moons', noise: 0}\ntrain: {steps: 1000, rate: 0.001}\nsample: {solver: \"heun\", steps: 4}\nseeds: 2\n"},
		{"notation of numbers", "name: a\ntarget: {name: moons, noise: -0.0}\ntrain: {steps: 1e3, rate: 1e-3}\nsample: {solver: heun, steps: 4.0}\nseeds: 2\n"},
		{"defaults written out", plainSpec + "path: condot\ncoupling: {name: independent}\nnet: {width: 64, depth: 3, activation: elu}\nreference: {count: 2000, seed: 0}\n"},
		{"seeds listed", plainSpec[:len(plainSpec)-len("seeds: 2\n")] + "seeds: [0, 1]\n"},
		{"metrics and choice", plainSpec + "metrics: [mmd]\nchoose: {metric: mmd}\n"},
		{"block style", "name: a\ntarget:\n    name: moons\n    noise: 0\ntrain:\n    steps: 1000\n    rate: 0.001\nsample:\n    solver: heun\n    steps: 4\nseeds: 2\n"},
	} {
		if got := keys(planned(t, c.text)); !slices.Equal(got, want) {
			t.Errorf("%s: got keys %v, want %v", c.name, got, want)
		}
	}
}

// TestRevisionsHaveTheirOwnVersions checks that fits whose meaning has changed since version 1 have another key than then,
// one for each set of changes, and only they: couplings that meet equal points, and averaged weights.
func TestRevisionsHaveTheirOwnVersions(t *testing.T) {
	for _, c := range []struct {
		spec string
		want int
	}{
		{"target: {name: moons, noise: 0.05}\ncoupling: ot", 1},
		{"target: {name: moons, noise: 0}\ncoupling: independent", 1},
		{"target: {name: moons, noise: 0}\ncoupling: sinkhorn", 1},
		{"target: checkerboard\ncoupling: ot", 1},
		{"target: moons\ntrain: {ema: 0}", 1},
		{"target: {name: moons, noise: 0}\ncoupling: ot", 6},
		{"target: {name: pinwheel, radial: 0, tangential: 0}\ncoupling: ot", 6},
		{"target: checkerboard\nsource: {name: circles, noise: 0}\ncoupling: ot", 6},
		{"target: moons\ntrain: {ema: 0.9}", 3},
		{"target: {name: moons, noise: 0}\ncoupling: ot\ntrain: {ema: 0.9}", 8},
	} {
		fit := planned(t, "name: a\n"+c.spec+"\n").Fits[0]
		for version := 1; version <= newestFitVersion(); version++ {
			k, err := key("fit", version, fit.Recipe, fit.Seed)
			if err != nil || (k == fit.Key) != (version == c.want) {
				t.Errorf("%q: the key is that of version %d: %v, want version %d (%v)", c.spec, version, k == fit.Key, c.want, err)
			}
		}
	}
}

// TestKeysChange checks that every number and name of a setting changes the keys that depend on it, and no others.
func TestKeysChange(t *testing.T) {
	base := planned(t, plainSpec)
	fit, run := base.Fits[0], base.Fits[0].Runs[0]
	changed := func(s Spec) (Fit, Run) {
		plan, err := s.Plan()
		if err != nil {
			t.Fatal(err)
		}
		return plan.Fits[0], plan.Fits[0].Runs[0]
	}
	for name, recipe := range variants(base.Spec.Settings[0].Recipe) {
		s := base.Spec
		s.Settings = []Setting{{Recipe: recipe, Sample: s.Settings[0].Sample}}
		if f, r := changed(s); f.Key == fit.Key || r.Key == run.Key {
			t.Errorf("recipe %s: the key of the fit or of its run is the same as before", name)
		}
	}
	for name, sample := range variants(base.Spec.Settings[0].Sample) {
		s := base.Spec
		s.Settings = []Setting{{Recipe: s.Settings[0].Recipe, Sample: sample}}
		if f, r := changed(s); f.Key != fit.Key || r.Key == run.Key || r.Reference != run.Reference {
			t.Errorf("sample %s: want another run of the same fit against the same reference", name)
		}
	}
	for name, reference := range variants(base.Spec.Reference) {
		s := base.Spec
		s.Reference = reference
		// The seed is also that of the noise, so it changes the key of a run; the count does not.
		f, r := changed(s)
		if f.Key != fit.Key || r.Reference == run.Reference || (r.Key == run.Key) != (name == ".Count") {
			t.Errorf("reference %s: got fit %s, run %s, reference %s", name, f.Key, r.Key, r.Reference)
		}
	}
	if base.Fits[0].Key == base.Fits[1].Key {
		t.Error("two seeds have the same key")
	}
}

// variants returns, for each number and name in v, a copy of v in which it is changed, by its path.
func variants[T any](v T) map[string]T {
	all := map[string]T{}
	for _, path := range paths(reflect.ValueOf(&v).Elem(), nil) {
		changed := v
		at, name := reflect.ValueOf(&changed).Elem(), ""
		for _, i := range path {
			name += "." + at.Type().Field(i).Name
			at = at.Field(i)
		}
		change(at)
		all[name] = changed
	}
	return all
}

// The types of values that are selected by name, and of those that are made by families.
var (
	wordTypes = []reflect.Type{
		reflect.TypeFor[ode.Solver](), reflect.TypeFor[net.Architecture](), reflect.TypeFor[net.Activation](),
	}
	familyTypes = []reflect.Type{
		reflect.TypeFor[target.Target](), reflect.TypeFor[flow.Path](), reflect.TypeFor[flow.Coupling](), reflect.TypeFor[flow.Times](),
		reflect.TypeFor[ode.Grid](),
	}
)

// paths returns the field indices that lead to each number and name. Of values with a name it returns only the name,
// and the parameters if they have any.
func paths(v reflect.Value, to []int) [][]int {
	if v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[Source]() || v.Type() == reflect.TypeFor[flow.Guidance]() {
		return [][]int{to}
	}
	var all [][]int
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		named := slices.Contains(wordTypes, v.Type()) && name != "Name"
		made := slices.Contains(familyTypes, v.Type()) && name != "Name" && name != "Params"
		unnamed := name == "Params" && v.FieldByName("Name").String() == ""
		if named || made || unnamed {
			continue
		}
		all = append(all, paths(v.Field(i), append(slices.Clone(to), i))...)
	}
	return all
}

func change(v reflect.Value) {
	switch {
	case v.CanInt():
		v.SetInt(v.Int() + 1)
	case v.CanUint():
		v.SetUint(v.Uint() + 1)
	case v.CanFloat():
		v.SetFloat(v.Float() + 0.25)
	case v.Kind() == reflect.String:
		v.SetString(v.String() + "x")
	case v.Type() == reflect.TypeFor[Source]():
		v.Set(reflect.ValueOf(Source{From: target.Target{Name: "moons", Params: target.Moons{}}}))
	case v.Type() == reflect.TypeFor[flow.Guidance]():
		v.Set(reflect.ValueOf(flow.Guided(.25)))
	case v.Kind() == reflect.Interface:
		v.Set(reflect.ValueOf(target.Moons{Noise: 0.25}))
	default:
		panic("cannot change a " + v.Type().String())
	}
}

// TestTargetKeys checks that every parameter of every family of targets changes the key.
func TestTargetKeys(t *testing.T) {
	for _, family := range target.Families {
		v := reflect.New(reflect.TypeOf(family.Default)).Elem()
		seen := map[string]string{}
		for i := -1; i < v.NumField(); i++ {
			v.Set(reflect.ValueOf(family.Default))
			name := "default"
			if i >= 0 && v.Field(i).Kind() == reflect.Slice {
				name = v.Type().Field(i).Name
				v.Field(i).Set(reflect.ValueOf([][]float64{{1, 2}}))
			} else if i >= 0 {
				name = v.Type().Field(i).Name
				change(v.Field(i))
			}
			if name == "Layout" { // one of two words, and a grid needs a square number of means
				v.Set(reflect.ValueOf(target.Gaussians{Count: 4, Layout: "grid"}))
			}
			made, err := v.Interface().(flow.Maker[target.Target]).Make()
			if err != nil {
				t.Fatal(err)
			}
			k, err := key("target", made)
			if err != nil {
				t.Fatal(err)
			}
			if seen[k] != "" {
				t.Errorf("%s: %s and %s have the same key", family.Name, name, seen[k])
			}
			seen[k] = name
		}
	}
}

func TestFitsAreShared(t *testing.T) {
	plan := planned(t, "name: a\ntarget: moons\nseeds: 2\nnet: {width: [8, 16]}\nsample: {solver: [euler, rk4], steps: [1, 2, 4], count: [10, 20]}\n")
	if len(plan.Fits) != 4 || plan.Runs() != 48 {
		t.Fatalf("got %d fits and %d runs, want 4 and 48", len(plan.Fits), plan.Runs())
	}
	seen := map[string]bool{}
	for _, f := range plan.Fits {
		for _, r := range f.Runs {
			if seen[r.Key] {
				t.Errorf("run %s is in the plan twice", r.Key)
			}
			seen[r.Key] = true
			if r.Reference != plan.Fits[0].Runs[0].Reference {
				t.Errorf("run %s has another reference, though its target is the same", r.Key)
			}
		}
	}
	// Within a fit the last of the lists varies fastest.
	for i, want := range []string{"euler/1/10", "euler/1/20", "euler/2/10", "euler/2/20"} {
		s := plan.Fits[1].Runs[i].Sampling
		if got := fmt.Sprintf("%s/%d/%d", s.Solver.Name, s.Steps, s.Count); got != want {
			t.Errorf("run %d: got %s, want %s", i, got, want)
		}
	}
}
