package experiments

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestRungs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		min, eta, steps int
		want            string
	}{
		{1000, 3, 10000, "[1000 3000 9000]"},
		{1000, 3, 9000, "[1000 3000]"},
		{1000, 2, 1000, "[]"},
		{0, 3, 1000, "[]"},
		{1, 1000, 1_000_000_000, "[1 1000 1000000]"},
	} {
		if got := fmt.Sprint((EarlyStop{MinIter: c.min, Eta: c.eta}).Rungs(c.steps)); got != c.want {
			t.Errorf("from %d, times %d, up to %d: %s, want %s", c.min, c.eta, c.steps, got, c.want)
		}
	}
}

// oneSeed returns a bracket of candidates a, b, c, ... of one fit each, with the same name and so many steps.
func oneSeed(n, steps int) []Bracket {
	var b Bracket
	for i := range n {
		b.Candidates = append(b.Candidates, Candidate{Fits: []string{string(rune('a' + i))}, Steps: steps})
	}
	return []Bracket{b}
}

// values returns what is known of fits a, b, c, ... at a rung.
func values(step int, list ...float64) map[string]Reached {
	m := map[string]Reached{}
	for i, v := range list {
		m[string(rune('a'+i))] = Reached{Values: map[int]float64{step: v}, Step: step}
	}
	return m
}

func TestHalve(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	twoSeeds := []Bracket{{[]Candidate{{[]string{"a", "b"}, 100}, {[]string{"c", "d"}, 100}}}}
	change := func(m map[string]Reached, key string, to Reached) map[string]Reached { m[key] = to; return m }
	for _, c := range []struct {
		name            string
		brackets        []Bracket
		reached         map[string]Reached
		wanted, stopped string
	}{
		{"nothing is known", oneSeed(3, 100), nil, "a:10 b:10 c:10", ""},
		{"the best third goes on", oneSeed(6, 100), values(10, 6, 5, 4, 3, 2, 1), "e:30 f:30", "a:10 b:10 c:10 d:10"},
		{"rounded up", oneSeed(4, 100), values(10, 1, 2, 3, 4), "a:30 b:30", "c:10 d:10"},
		{"of equal ones the first", oneSeed(3, 100), values(10, 2, 2, 2), "", "b:10 c:10"},
		{"NaN and infinite come last", oneSeed(4, 100), values(10, nan, inf, 7, 9), "c:30 d:30", "a:10 b:10"},
		{"the last of all is not stopped", oneSeed(1, 100), nil, "", ""},
		{"nor is one that is NaN", oneSeed(2, 100), values(10, nan, nan), "", "b:10"},
		{"one value is missing", oneSeed(3, 100), change(values(10, 1, 2, 3), "b", Reached{Step: 7}), "b:10", ""},
		{"one has failed", oneSeed(3, 100), change(values(10, 1, 2, 3), "a", Reached{Failed: true}), "", "a:10 c:10"},
		{"one is beyond, unmeasured", oneSeed(3, 100), change(values(10, 1, 2, 3), "c", Reached{Step: 100}), "", "b:10"},
		{"seeds are judged together", twoSeeds, change(values(10, 1, 9, 4, 5), "a", Reached{Values: map[int]float64{10: 1}, Step: 10}), "", "a:10 b:10"},
		{"a short training ends before the rung", []Bracket{{append(oneSeed(3, 100)[0].Candidates, Candidate{[]string{"d"}, 10})}}, values(10, 1, 2, 3), "", "b:10 c:10"},
		{"brackets on their own", append(oneSeed(2, 100), Bracket{[]Candidate{{[]string{"x"}, 100}, {[]string{"y"}, 100}}}), values(10, 1, 2), "x:10 y:10", "b:10"},
	} {
		h := EarlyStop{MinIter: 10, Eta: 3}.Halve(c.brackets, c.reached)
		if got := stepsText(h.Wanted); got != c.wanted {
			t.Errorf("%s: wants %q, want %q", c.name, got, c.wanted)
		}
		if got := stepsText(h.Stopped); got != c.stopped {
			t.Errorf("%s: stopped %q, want %q", c.name, got, c.stopped)
		}
	}
}

// TestHalveToTheEnd: three rungs, one candidate less at each than the rung before keeps.
func TestHalveToTheEnd(t *testing.T) {
	t.Parallel()
	e, brackets, reached := EarlyStop{MinIter: 1000, Eta: 3}, oneSeed(20, 10000), map[string]Reached{}
	var rungs []string
	for range 5 {
		h := e.Halve(brackets, reached)
		if len(h.Wanted) == 0 {
			for _, r := range h.Rungs {
				rungs = append(rungs, fmt.Sprintf("%d: %d of %d", r.Step, r.Kept, r.Compared))
			}
			break
		}
		for key, step := range h.Wanted {
			r := reached[key]
			if r.Values == nil {
				r.Values = map[int]float64{}
			}
			r.Values[step], r.Step = float64(key[0]), step
			reached[key] = r
		}
	}
	if got, want := strings.Join(rungs, ", "), "1000: 7 of 20, 3000: 3 of 7, 9000: 1 of 3"; got != want {
		t.Errorf("rungs %q, want %q", got, want)
	}
}

func stepsText(m map[string]int) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s:%d", key, m[key]))
	}
	return strings.Join(parts, " ")
}

func TestEarlyStopOfASpec(t *testing.T) {
	t.Parallel()
	const head = "name: a\ntarget: moons\ntrain: {steps: 100}\n"
	for _, c := range []struct{ name, text, place, says string }{
		{"whole", head + "early_stop: {type: hyperband, metric: excess-loss, min_iter: 10, eta: 4}", "", ""},
		{"defaults", head + "early_stop: {metric: held-out-loss, min_iter: 10}", "", ""},
		{"no metric", head + "early_stop: {min_iter: 10}", "a.yaml:4:13", "no metric"},
		{"another metric", head + "early_stop: {metric: mmd, min_iter: 10}", "a.yaml:4:22", "held-out-loss"},
		{"a metric that the coupling rules out", head + "coupling: ot\nearly_stop: {metric: excess-loss, min_iter: 10}", "a.yaml:5:22", "exact velocity"},
		{"too late", head + "early_stop: {metric: excess-loss, min_iter: 100}", "a.yaml:4:45", "more than 100 steps"},
		{"eta 1", head + "early_stop: {metric: excess-loss, min_iter: 10, eta: 1}", "a.yaml:4:54", "2"},
		{"a list", head + "early_stop: {metric: excess-loss, min_iter: [10, 20]}", "a.yaml:4:45", ""},
	} {
		s, err := Parse("a.yaml", []byte(c.text+"\n"))
		if (err == nil) != (c.place == "") || err != nil && !(strings.Contains(err.Error(), c.place) && strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: error %v, want one at %q that says %q", c.name, err, c.place, c.says)
		}
		if err == nil && (s.EarlyStop.Type != "hyperband" || s.EarlyStop.MinIter != 10) {
			t.Errorf("%s: got %+v", c.name, s.EarlyStop)
		}
	}
	plain, err := Parse("a.yaml", []byte(head))
	if err != nil || plain.EarlyStop.On() {
		t.Fatalf("a spec without early_stop: %+v, %v", plain.EarlyStop, err)
	}
}

// TestBrackets: seeds are one candidate, a teacher does not compete, and losses of other couplings are not compared.
func TestBrackets(t *testing.T) {
	t.Parallel()
	text := `name: a
target: moons
train: {steps: 100}
net: {width: [8, 16]}
path: [condot, cosine]
coupling: %s
seeds: 2
sample: {solver: [euler, midpoint]}
early_stop: {metric: %s, min_iter: 10}
`
	for _, c := range []struct{ coupling, metric, want string }{
		{"independent", "excess-loss", "[[2 2 2 2]]"},
		{"independent", "held-out-loss", "[[2 2] [2 2]]"},
		{"[independent, ot]", "held-out-loss", "[[2 2] [2 2] [2 2] [2 2]]"},
	} {
		s, err := Parse("a.yaml", []byte(fmt.Sprintf(text, c.coupling, c.metric)))
		if err != nil {
			t.Fatal(err)
		}
		plan, err := s.Plan()
		if err != nil {
			t.Fatal(err)
		}
		var sizes [][]int
		for _, b := range plan.Brackets() {
			var of []int
			for _, candidate := range b.Candidates {
				of = append(of, len(candidate.Fits))
			}
			sizes = append(sizes, of)
		}
		if got := fmt.Sprint(sizes); got != c.want {
			t.Errorf("%s by %s: brackets %s, want %s", c.coupling, c.metric, got, c.want)
		}
		before := plan.Fits[0].Key
		s.EarlyStop = EarlyStop{}
		if plain, err := s.Plan(); err != nil || plain.Fits[0].Key != before {
			t.Errorf("early_stop changes the key of a fit (%v)", err)
		}
	}
	plan := Plan{Spec: Spec{EarlyStop: EarlyStop{Metric: "excess-loss", MinIter: 1, Eta: 2}}, Fits: []Fit{{Key: "a"}, {Key: "b", Teacher: "a"}}}
	plan.Fits[0].Recipe.Train.Steps, plan.Fits[1].Recipe.Train.Steps = 10, 20
	if got := fmt.Sprint(plan.Brackets()); got != "[{[{[a] 0} {[b] 20}]}]" {
		t.Errorf("a teacher competes: %s", got)
	}
}
