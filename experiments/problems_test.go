package experiments

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/metric"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/problem"
)

// TestProblems checks the full text of problems: the place, what is wrong, valid and similar names, the line and the
// caret.
func TestProblems(t *testing.T) {
	// The lists of names are inserted, so that a new solver does not change this test.
	var solvers []string
	for _, s := range append(slices.Clone(ode.Solvers), ode.Tuned) {
		solvers = append(solvers, s.Name)
	}
	var metrics []string
	for _, m := range metric.Metrics {
		metrics = append(metrics, m.Name)
	}
	names := strings.NewReplacer("METRICS", strings.Join(metrics, ", "), "SOLVERS", strings.Join(solvers, ", "), "PATHS", strings.Join(familyNames(flow.PathFamilies), ", "),
		"TARGETS", strings.Join(targetNames(), ", "))
	for _, c := range []struct{ name, text, want string }{
		{"unknown solver", "name: a\ntarget: moons\nsample: {solver: [rk5], steps: 4}\n", `
a.yaml:3:19: unknown solver "rk5" (have SOLVERS): did you mean "rk4"?
    sample: {solver: [rk5], steps: 4}
                      ^`},
		{"unknown solver in a mapping", "name: a\ntarget: moons\nsample: {solver: {name: hune}}\n", `
a.yaml:3:25: unknown solver "hune" (have SOLVERS): did you mean "heun"?
    sample: {solver: {name: hune}}
                            ^`},
		{"nothing near", "name: a\ntarget: moons\npath: straight\n", `
a.yaml:3:7: unknown path "straight" (have PATHS)
    path: straight
          ^`},
		{"unknown key", "name: a\ntarget: moons\nnet:\n  widht: 8\n", `
a.yaml:4:3: unknown key "widht" (have name, width, depth, heads, activation): did you mean "width"?
      widht: 8
      ^`},
		{"unknown parameter", "name: a\ntarget: {name: moons, nose: 1}\n", `
a.yaml:2:23: unknown key "nose" (have name, noise, label): did you mean "noise"?
    target: {name: moons, nose: 1}
                          ^`},
		{"unknown activation", "name: a\ntarget: moons\nnet: {activation: RELU6}\n", `
a.yaml:3:19: unknown activation "RELU6" (have elu, silu, gelu, tanh, relu): did you mean "relu"?
    net: {activation: RELU6}
                      ^`},
		{"key twice", "name: a\ntarget: moons\nname: b\n", `
a.yaml:3:1: the key "name" is here twice: leave one out
    name: b
    ^`},
		{"key twice, and wrong the first time", "name: a\ntarget: moons\nmetrics: [mmm]\nmetrics: [mmm]\n", `
a.yaml:3:11: unknown metric "mmm" (have METRICS): did you mean "mmd"?
    metrics: [mmm]
              ^
a.yaml:4:1: the key "metrics" is here twice: leave one out
    metrics: [mmm]
    ^`},
		{"zip twice", "name: a\ntarget: moons\nzip: [{net: {width: 8}}]\nzip: [{}]\n", `
a.yaml:4:1: the key "zip" is here twice: leave one out
    zip: [{}]
    ^
a.yaml:4:6: zip takes one value, not a list
    zip: [{}]
         ^`},
		{"missing", "seeds: 2\n", `
a.yaml:1:1: the spec has no name: add it
    seeds: 2
    ^
a.yaml:1:1: the spec has no target: add it
    seeds: 2
    ^`},
		{"target without a name", "name: a\ntarget: {noise: 1}\n", `
a.yaml:2:9: the target has no name: add it
    target: {noise: 1}
            ^`},
		{"half", "name: a\ntarget: moons\nsample: {steps: 1.5}\n", `
a.yaml:3:17: steps must be a whole number
    sample: {steps: 1.5}
                    ^`},
		{"number in quotes", "name: a\ntarget: moons\nsample: {steps: \"4\"}\n", `
a.yaml:3:17: steps must be a whole number
    sample: {steps: "4"}
                    ^`},
		{"too large", "name: a\ntarget: moons\nsample: {steps: 1e300}\n", `
a.yaml:3:17: steps must be at most 1000000
    sample: {steps: 1e300}
                    ^`},
		{"below the least", "name: a\ntarget: moons\nreference: {count: 1}\n", `
a.yaml:3:20: count must be at least 2
    reference: {count: 1}
                       ^`},
		{"not above", "name: a\ntarget: moons\ntrain: {rate: 0}\n", `
a.yaml:3:15: rate must be above 0
    train: {rate: 0}
                  ^`},
		{"infinite", "name: a\ntarget: moons\ntrain: {rate: .inf}\n", `
a.yaml:3:15: rate must be a finite number
    train: {rate: .inf}
                  ^`},
		{"rate in quotes", "name: a\ntarget: moons\ntrain: {rate: '0.1'}\n", `
a.yaml:3:15: rate must be a finite number
    train: {rate: '0.1'}
                  ^`},
		{"infinite by its tag", "name: a\ntarget: moons\ntrain: {rate: !!float inf}\n", `
a.yaml:3:15: rate must be a finite number
    train: {rate: !!float inf}
                  ^`},
		{"not a number", "name: a\ntarget: {name: moons, noise: .nan}\n", `
a.yaml:2:30: noise must be a finite number
    target: {name: moons, noise: .nan}
                                 ^`},
		{"negative seed", "name: a\ntarget: moons\nseeds: [0, -1]\n", `
a.yaml:3:12: seeds must be at least 0
    seeds: [0, -1]
               ^`},
		{"empty list", "name: a\ntarget: moons\nnet: {width: []}\n", `
a.yaml:3:14: an empty list sweeps nothing: give at least one value
    net: {width: []}
                 ^`},
		{"value twice", "name: a\ntarget: moons\ntrain: {rate: [1e-3, 2e-3, 0.001]}\n", `
a.yaml:3:28: entry 3 of the list repeats entry 1: give each value once
    train: {rate: [1e-3, 2e-3, 0.001]}
                               ^`},
		{"target twice", "name: a\ntarget: [moons, {name: moons, noise: [0.1, 0.05]}]\n", `
a.yaml:2:17: entry 2 of the list repeats entry 1: give each value once
    target: [moons, {name: moons, noise: [0.1, 0.05]}]
                    ^`},
		{"list within a list", "name: a\ntarget: moons\nnet: {width: [8, [16]]}\n", `
a.yaml:3:18: a list within a list: write its values in the outer list
    net: {width: [8, [16]]}
                     ^`},
		{"list where one value belongs", "name: a\ntarget: moons\nchoose: {rule: [best]}\n", `
a.yaml:3:16: rule takes one value, not a list
    choose: {rule: [best]}
                   ^`},
		{"no value", "name: a\ntarget: moons\nnet:\n", `
a.yaml:3:5: net is empty: give it a value, or leave the key out
    net:
        ^`},
		{"name", "name: two moons\ntarget: moons\n", `
a.yaml:1:7: name must be at most 64 letters, digits, dots, dashes and underscores, a letter or digit first
    name: two moons
          ^`},
		{"number for a name", "name: 2024\ntarget: moons\n", `
a.yaml:1:7: name must be a word: put it in quotes
    name: 2024
          ^`},
		{"rule without its share", "name: a\ntarget: moons\nchoose: {rule: within}\n", `
a.yaml:3:16: the rule within needs a share: add one, such as within: 5%
    choose: {rule: within}
                   ^`},
		{"share without its rule", "name: a\ntarget: moons\nchoose: {rule: best, within: 5%}\n", `
a.yaml:3:30: the rule best does not use within: leave one of them out
    choose: {rule: best, within: 5%}
                                 ^`},
		{"no share", "name: a\ntarget: moons\nchoose: {within: 5 percent}\n", `
a.yaml:3:18: within must be a share, such as 5% or 0.05
    choose: {within: 5 percent}
                     ^`},
		{"metric that is not measured", "name: a\ntarget: moons\nmetrics: mmd\nchoose: {metric: sliced-w2}\n", `
a.yaml:4:18: unknown metric "sliced-w2" (have mmd)
    choose: {metric: sliced-w2}
                     ^`},
		{"means and count", "name: a\ntarget: {name: gaussians, count: 2, means: [[0], [1]]}\n", `
a.yaml:2:34: means and count exclude each other: leave one out
    target: {name: gaussians, count: 2, means: [[0], [1]]}
                                     ^`},
		{"ragged means", "name: a\ntarget: {name: gaussians, means: [[0], [1, 2]]}\n", `
a.yaml:2:34: means: row 2 has 2 numbers, but the first has 1: all means must have the same dimension, at least 1
    target: {name: gaussians, means: [[0], [1, 2]]}
                                     ^`},
		{"flat means", "name: a\ntarget: {name: gaussians, means: [0, 1]}\n", `
a.yaml:2:35: means must be rows of numbers, such as [[0, 0], [1, 1]]
    target: {name: gaussians, means: [0, 1]}
                                      ^`},
		{"value behind an alias", "name: a\ntarget: moons\nnet: {width: &w 0}\nsample: {steps: *w}\n", `
a.yaml:3:14: steps must be at least 1
    net: {width: &w 0}
                 ^
a.yaml:3:14: width must be at least 1
    net: {width: &w 0}
                 ^`},
		{"once, however often it is used", "name: a\ntarget: moons\nnet: [{width: &w 0}, {width: *w, depth: 2}]\n", `
a.yaml:3:15: width must be at least 1
    net: [{width: &w 0}, {width: *w, depth: 2}]
                  ^`},
		{"list that holds itself", "name: a\ntarget: &t [moons, *t]\n", `
a.yaml:2:20: *t stands within what it names: write it out
    target: &t [moons, *t]
                       ^`},
		{"tag", "name: a\ntarget: !best moons\n", `
a.yaml:2:9: the tag !best means nothing here: leave it out
    target: !best moons
            ^`},
		{"tabs and wide letters", "name: a\ntarget: moons\nnet: {\"größe\": 1,\t\"宽\": 2}\n", `
a.yaml:3:7: unknown key "größe" (have name, width, depth, heads, activation)
    net: {"größe": 1,	"宽": 2}
          ^
a.yaml:3:19: unknown key "宽" (have name, width, depth, heads, activation)
    net: {"größe": 1,	"宽": 2}
                     	^`},
		{"behind a wide letter", "{宽: 1, name: a, target: 2}", `
a.yaml:1:2: unknown key "宽" (have name, target, source, path, coupling, net, train, zip, random, when, seeds, sample, metrics, baselines, reference, choose, early_stop, engine)
    {宽: 1, name: a, target: 2}
     ^
a.yaml:1:25: unknown target "2" (have TARGETS)
    {宽: 1, name: a, target: 2}
                             ^`},
		{"carriage returns and a byte order mark", "\ufeffname: a b\r\ntarget: moon\r\n", `
a.yaml:1:7: name must be at most 64 letters, digits, dots, dashes and underscores, a letter or digit first
    name: a b
          ^
a.yaml:2:9: unknown target "moon" (have TARGETS): did you mean "moons"?
    target: moon
            ^`},
		{"not YAML", "name: a\ntarget: {name: moons\n", `
a.yaml:2:21: not YAML: did not find expected ',' or '}' while parsing a flow mapping
    target: {name: moons
                        ^`},
		{"unknown anchor", "name: a\ntarget: *t\n", `
a.yaml:2:9: not YAML: unknown anchor 't' referenced
    target: *t
            ^`},
		{"control character", "name: a\ntarget: \"mö\x07ons\"\n", `
a.yaml:2:12: not a text in UTF-8: remove the character '\a'
    target: "mö` + "\ufffd" + `ons"
               ^`},
		{"second document", "name: a\ntarget: moons\n---\nname: b\n", `
a.yaml:3:1: a second document: give each spec a file of its own
    ---
    ^`},
		{"list for a spec", "- name: a\n", `
a.yaml:1:1: the spec must be a mapping of keys to values
    - name: a
    ^`},
		{"too many seeds", "name: a\ntarget: moons\nsample: {steps: [1, 2]}\nseeds: 500001\n", `
a.yaml:4:8: the lists multiply to 1,000,002 runs: at most 1,000,000
    seeds: 500001
           ^`},
		{"all at once", "nam: a\ntarget: mons\nseeds: 1.5\nsample: {solver: [rk5, heun], stesp: 4}\n", `
a.yaml:1:1: the spec has no name: add it
    nam: a
    ^
a.yaml:1:1: unknown key "nam" (have name, target, source, path, coupling, net, train, zip, random, when, seeds, sample, metrics, baselines, reference, choose, early_stop, engine): ` +
			`did you mean "name"?
    nam: a
    ^
a.yaml:2:9: unknown target "mons" (have TARGETS): did you mean "moons"?
    target: mons
            ^
a.yaml:3:8: seeds must be a whole number
    seeds: 1.5
           ^
a.yaml:4:19: unknown solver "rk5" (have SOLVERS): did you mean "rk4"?
    sample: {solver: [rk5, heun], stesp: 4}
                      ^
a.yaml:4:31: unknown key "stesp" (have solver, steps, tolerance, grid, path, guidance, label, sde, count): did you mean "steps"?
    sample: {solver: [rk5, heun], stesp: 4}
                                  ^`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("a.yaml", []byte(c.text))
			if err == nil {
				t.Fatal("got no error")
			}
			if got, want := "\n"+err.Error(), names.Replace(c.want); got != want {
				t.Errorf("got%s\nwant%s", got, want)
			}
			var problems problem.List
			if !errors.As(err, &problems) {
				t.Errorf("got a %T, want problem.List", err)
			}
		})
	}
}
