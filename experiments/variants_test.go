package experiments

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// cells returns the width, rate and solver of each setting of a sweep.
func cells(t *testing.T, text string) []string {
	t.Helper()
	spec, err := Parse("a.yaml", []byte("name: a\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, s := range spec.Settings {
		list = append(list, fmt.Sprintf("%s w%d r%g %s/%d", s.Target.Name, s.Net.Width, s.Train.Rate, s.Sample.Solver.Name, s.Sample.Steps))
	}
	return list
}

func TestZip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"pairs", "target: moons\nzip:\n  - {net: {width: 8}, train: {rate: 0.1}}\n  - {net: {width: 16}, train: {rate: 0.2}}\n", []string{
			"moons w8 r0.1 midpoint/8", "moons w16 r0.2 midpoint/8",
		}},
		{"laid over what is there, products within", "target: moons\nsample: {steps: 4}\nzip: [{sample: {solver: [euler, heun]}}, {net: {width: 8}, sample: {solver: rk4}}]\n", []string{
			"moons w64 r0.001 euler/4", "moons w64 r0.001 heun/4", "moons w8 r0.001 rk4/4",
		}},
		{"the target too", "zip: [{target: moons}, {target: {name: circles}}]\n", []string{"moons w64 r0.001 midpoint/8", "circles w64 r0.001 midpoint/8"}},
		{"the same twice is once", "target: moons\nzip: [{net: {width: 64}}, {train: {rate: 0.001}}]\n", []string{"moons w64 r0.001 midpoint/8"}},
	} {
		if got := cells(t, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func TestRandom(t *testing.T) {
	t.Parallel()
	text := func(count, seed int) string {
		return fmt.Sprintf(`target: moons
net: {depth: 2}
random: {count: %d, seed: %d, net: {width: {whole: [3, 5]}}, train: {rate: {log: [1e-4, 1e-2]}, decay: 0}, sample: {solver: [euler, heun, rk4]}}
`, count, seed)
	}
	many := cells(t, text(200, 1))
	if len(many) != 200 {
		t.Fatalf("%d settings of 200 draws", len(many))
	}
	// Each of three widths and solvers is drawn in a third of 200 cases, within 33, which is 5 standard deviations.
	// Half of the rates are below the middle of the logarithms, within 35.
	count := map[string]int{}
	low := 0
	for _, cell := range many {
		var width int
		var rate float64
		var solver string
		if _, err := fmt.Sscanf(cell, "moons w%d r%g %s", &width, &rate, &solver); err != nil {
			t.Fatal(err)
		}
		count[fmt.Sprint(width)]++
		count[solver]++
		if rate < 1e-4 || rate > 1e-2 {
			t.Errorf("rate %g", rate)
		}
		if rate < 1e-3 {
			low++
		}
	}
	if len(count) != 6 {
		t.Errorf("drew %v", count)
	}
	for what, n := range count {
		if n < 33 || n > 100 {
			t.Errorf("%s was drawn %d times out of 200", what, n)
		}
	}
	if low < 65 || low > 135 {
		t.Errorf("%d of 200 rates are below 1e-3", low)
	}
	if few := cells(t, text(20, 1)); !slices.Equal(few, many[:20]) {
		t.Error("the first 20 draws of 200 are not those of 20")
	}
	if other := cells(t, text(20, 2)); slices.Equal(other, many[:20]) {
		t.Error("another seed draws the same settings")
	}
}

func TestCombineProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"set twice", "target: moons\nnet: {width: 8}\nzip: [{net: {width: 16}}]\n", "a.yaml:4:14: width has a value on line 3 too: leave one out"},
		{"not swept", "target: moons\nzip: [{seeds: 3}]\n", "a.yaml:3:8: seeds cannot differ between the runs of a sweep"},
		{"no list", "target: moons\nzip: {net: {width: 3}}\n", "a.yaml:3:6: zip must be a list"},
		{"a typo", "target: moons\nzip: [{net: {widht: 3}}]\n", `a.yaml:3:14: unknown key "widht"`},
		{"no count", "target: moons\nrandom: {net: {width: [3, 4]}}\n", "a.yaml:3:9: random has no count"},
		{"too many", "target: moons\nrandom: {count: 10001}\n", "a.yaml:3:17: count must be at most 10000"},
		{"a range the wrong way", "target: moons\nrandom: {count: 2, train: {rate: {log: [1, 0.1]}}}\n", "a.yaml:3:40: log takes two numbers, the lower first, both above 0"},
		{"a drawn number out of bounds", "target: moons\nrandom: {count: 2, net: {width: {whole: [-3, -1]}}}\n", "width must be at least 1"},
		{"nothing else", "zip: [{net: {width: 8}}]\n", "the spec has no target"},
		{"an alias that holds itself", "target: moons\nnet: &n {net: *n}\nzip: [{net: *n}]\n", "a.yaml:"},
		{"an alias that draws itself", "target: moons\nrandom: {count: 2, net: &n {width: 3, net: *n}}\n", "a.yaml:"},
	} {
		_, err := Parse("a.yaml", []byte("name: a\n"+c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got\n%v\nwant %q in it", c.name, err, c.want)
		}
	}
}
