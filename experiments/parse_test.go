package experiments

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/target"
)

func ExampleParse() {
	spec, err := Parse("two.yaml", []byte("{name: two, target: moons, net: {width: [16, 64]}, seeds: 3}"))
	fmt.Println(len(spec.Settings), "settings,", spec.Seeds, "chosen by", spec.Choose.Metric, err)

	_, err = Parse("bad.yaml", []byte("{name: bad, target: mons}"))
	fmt.Println(err)
	// Output:
	// 2 settings, [0 1 2] chosen by mmd <nil>
	// bad.yaml:1:21: unknown target "mons" (have moons, gaussians, checkerboard, circles, gaussian, linear-gaussian, pinwheel, s-curve, spirals, swiss-roll, file, iris, wine, breast-cancer, digits): did you mean "moons"?
	//     {name: bad, target: mons}
	//                         ^
}

func ExampleParser_Target_inline() {
	ring, err := Parser{}.Target("{name: gaussians, count: 4}")
	fmt.Println(ring.Name, ring.Dim(), ring.Params, err)
	// Output:
	// gaussians 2 {4 5 0.5 [] ring 2 } <nil>
}

// settings returns the settings of a sweep, one line each.
func settings(t *testing.T, text string) []string {
	t.Helper()
	spec, err := Parse("a.yaml", []byte("name: a\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, s := range spec.Settings {
		line := fmt.Sprintf("%s%v w%d %s r%g %s/%d", s.Target.Name, s.Target.Params, s.Net.Width,
			s.Net.Activation.Name, s.Train.Rate, s.Sample.Solver.Name, s.Sample.Steps)
		lines = append(lines, strings.ReplaceAll(line, " }", "}")) // of targets without a label
	}
	return lines
}

func TestSweepOrder(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"one cell of defaults", "target: moons", []string{"moons{0.05} w64 elu r0.001 midpoint/8"}},
		{"solver and steps innermost", "sample: {steps: [1, 2], solver: [rk4, euler]}\nnet: {width: [8, 4]}\ntarget: moons", []string{
			"moons{0.05} w8 elu r0.001 rk4/1", "moons{0.05} w8 elu r0.001 rk4/2",
			"moons{0.05} w8 elu r0.001 euler/1", "moons{0.05} w8 elu r0.001 euler/2",
			"moons{0.05} w4 elu r0.001 rk4/1", "moons{0.05} w4 elu r0.001 rk4/2",
			"moons{0.05} w4 elu r0.001 euler/1", "moons{0.05} w4 elu r0.001 euler/2",
		}},
		{"whole mappings", "target: moons\nnet: [{width: 8}, {width: [16, 32], activation: tanh}]", []string{
			"moons{0.05} w8 elu r0.001 midpoint/8", "moons{0.05} w16 tanh r0.001 midpoint/8",
			"moons{0.05} w32 tanh r0.001 midpoint/8",
		}},
		{"targets", "target: [moons, {name: gaussians, std: [0.1, 0.2]}]", []string{
			"moons{0.05} w64 elu r0.001 midpoint/8", "gaussians{8 5 0.1 [] ring 2} w64 elu r0.001 midpoint/8",
			"gaussians{8 5 0.2 [] ring 2} w64 elu r0.001 midpoint/8",
		}},
		{"one value of many rows", "target: {name: gaussians, means: [[0], [1]]}", []string{
			"gaussians{2 0 0.5 [[0] [1]]  1} w64 elu r0.001 midpoint/8",
		}},
		{"rows swept", "target: {name: gaussians, means: [[[0], [1]], [[2, 3]]]}", []string{
			"gaussians{2 0 0.5 [[0] [1]]  1} w64 elu r0.001 midpoint/8", "gaussians{1 0 0.5 [[2 3]]  2} w64 elu r0.001 midpoint/8",
		}},
		{"lists by alias", "target: moons\nnet: {width: &two [1, 2]}\nsample: {steps: *two}", []string{
			"moons{0.05} w1 elu r0.001 midpoint/1", "moons{0.05} w1 elu r0.001 midpoint/2",
			"moons{0.05} w2 elu r0.001 midpoint/1", "moons{0.05} w2 elu r0.001 midpoint/2",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := settings(t, c.text); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// TestSweepTooLarge checks that a sweep is counted before it is expanded, as this one would not fit in memory.
func TestSweepTooLarge(t *testing.T) {
	numbers := make([]string, 1000)
	for i := range numbers {
		numbers[i] = fmt.Sprint(i + 1)
	}
	list := "&n [" + strings.Join(numbers, ", ") + "]"
	text := "name: a\ntarget: moons\nnet: {width: " + list + ", depth: *n}\ntrain: {steps: *n, batch: *n}\n" +
		"seeds: 18446744073709551615\n"
	_, err := Parse("a.yaml", []byte(text))
	const want = "a.yaml:5:8: the lists multiply to 18,446,744,073,709,551,615,000,000,000,000 runs: at most 1,000,000\n" +
		"    seeds: 18446744073709551615\n           ^"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	spec, err := Parse("a.yaml", []byte("name: a\ntarget: moons\nnet: {width: [1, 2]}\nseeds: 5e5"))
	if n := len(spec.Settings) * len(spec.Seeds); err != nil || n != declare.MaxRuns {
		t.Errorf("got %d runs, %v: want %d", n, err, declare.MaxRuns)
	}
}

func TestParseTarget(t *testing.T) {
	if _, err := (Parser{}).Target("{name: gaussians, means: [[1, 2, 3], [0, 0, 1]]}"); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"":                                   "target:1:1: nothing is written here",
		"mons":                               "target:1:1: unknown target \"mons\" (have " + strings.Join(targetNames(), ", ") + ")",
		"{name: gaussians, std: [0.1, 0.2]}": "target:1:1: 2 targets instead of one: give every parameter a single value",
		"[moons, checkerboard]":              "target:1:1: 2 targets instead of one: give every parameter a single value",
	} {
		_, err := Parser{}.Target(text)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// targetNames returns the names of the targets in specs.
func targetNames() []string {
	return append(familyNames(target.Families), target.FileName, "iris", "wine", "breast-cancer", "digits")
}

// familyNames returns the names of families.
func familyNames[T any](all []flow.Family[T]) []string {
	var names []string
	for _, f := range all {
		names = append(names, f.Name)
	}
	return names
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("specs/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte("{name: a, target: moons, zip: [{net: {width: 3}}], random: {count: 3, train: {rate: {log: [1, 2]}}}}"))
		f.Add(text)
	}
	f.Add([]byte("name: a\ntarget: &t [moons, {name: gaussians, means: [[0], [1]], std: *t}]\nnet: &n [*n, {width: [1, .nan]}]"))
	f.Add([]byte("x-net: &n {width: 3, depth: 1}\nname: größe\ntarget: moons\nnet: {<<: [*n, {activation: silu}], width: [4, 5]}\nzip: [{train: &t {rate: 1e-3}}, {train: {<<: *t, rate: 1e-2}}]"))
	f.Add([]byte("x-0: &a {b: 1}\nx-1: &b {c: *a, d: *a, <<: *a}\nx-2: &c {<<: [*a, *b], e: *b}\nname: a\n<<: *c\ntarget: {<<: *c, name: moons}"))
	f.Add([]byte("\xff\xfen\x00a\x00m\x00e\x00:\x00 \x00a\x00"))
	f.Add([]byte(conditional))
	f.Add([]byte("name: a\ntarget: moons\nrandom: {cuont: 3, train: {rate: {lgo: [1, 2]}}, net: {width: {whole: [3, 4]}}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		spec, err := Parse("a.yaml", text)
		if err == nil {
			again, err := Parse("b.yaml", []byte(spec.Text))
			if err != nil || len(again.Settings) != len(spec.Settings) || len(spec.Settings) == 0 {
				t.Errorf("got %d settings, then %d, %v", len(spec.Settings), len(again.Settings), err)
			}
			return
		}
		var problems problem.List
		if !errors.As(err, &problems) || len(problems) == 0 {
			t.Fatalf("got a %T of %d, want problem.List", err, len(problems))
		}
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Message == "" || p.Column > len([]rune(p.Source))+1 {
				t.Errorf("got a problem at %d:%d of %q: %q", p.Line, p.Column, p.Source, p.Message)
			}
		}
	})
}
