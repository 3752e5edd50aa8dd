package experiments

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/problem"
)

// TestHints: a mistyped word at each level of a spec brings up the word that is valid right there, or the section where it is.
func TestHints(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"tagret: moons":                              `unknown key "tagret" (have name, target, ...): did you mean "target"?`,
		"target: {nmae: moons}":                      `unknown key "nmae" (have name, file): did you mean "name"?`,
		"target: {fiel: x.csv}":                      `unknown key "fiel" (have name, file): did you mean "file"?`,
		"target: moosn":                              `did you mean "moons"?`,
		"target: {noise: 0.1}":                       `the target has no name: add it`,
		"path: {name: polynomial, pwoer: 2}":         `did you mean "power"?`,
		"path: {nmae: polynomial}":                   `did you mean "name"?`,
		"net: {activation: sliu}":                    `did you mean "silu"?`,
		"net: {name: mpl}":                           `did you mean "mlp"?`,
		"net: {widht: 8}":                            `did you mean "width"?`,
		"sample: {solver: {nmae: heun}}":             `unknown key "nmae" (have name): did you mean "name"?`,
		"sample: {rate: 1}":                          `unknown key "rate" (have solver, steps, tolerance, grid, path, guidance, label, sde, count): it belongs in train`,
		"sample: {metrics: mmd}":                     `it belongs at the top level`,
		"steps: 3":                                   `it belongs in train or in sample`,
		"width: 8":                                   `it belongs in net`,
		"widht: 8":                                   `unknown key "widht" (have name, target, ...)`,
		"train: {rate: {log: [1, 2]}}":               `rate must be a finite number: the range log belongs in random`,
		"train: {steps: {whole: [1, 2]}}":            `steps must be a whole number: the range whole belongs in random`,
		"train: {steps: {int: [1, 2]}}":              `steps must be a whole number, or a list such as {from: 2, to: 10, by: 2}: ranges (log, log-whole, uniform, whole) belong in random`,
		"net: {width: {from: 2, ot: 4}}":             `unknown key "ot" (have from, to, by, times): did you mean "to"?`,
		"train: {rate: {a: 1}}":                      `rate must be a finite number`,
		"baselines: [kdee]":                          `did you mean "kde"?`,
		"baselines: [{nmae: kde}]":                   `did you mean "name"?`,
		"metrics: [mmd, sliced-w]":                   `did you mean "sliced-w2"?`,
		"choose: {metrc: mmd}":                       `did you mean "metric"?`,
		"choose: {max_nfe: 3}":                       `did you mean "max-nfe"?`,
		"choose: {metric: mdm}":                      `unknown metric "mdm" (have mmd, sliced-w2): did you mean "mmd"?`,
		"choose: {rule: bset}":                       `did you mean "best"?`,
		"reference: {cuont: 3}":                      `did you mean "count"?`,
		"target: {file: a.csv, standardise: robsut}": `standardise must be true or false, or one of: robust, quantile: did you mean "robust"?`,

		"zip: [{tran: {rate: 1}}]":                                       `unknown key "tran" (have target, source, path, coupling, net, train, sample): did you mean "train"?`,
		"zip: [{train: {raet: 1}}]":                                      `did you mean "rate"?`,
		"zip: [{width: 3}]":                                              `it belongs in net`,
		"zip: [{steps: 3}]":                                              `it belongs in train or in sample`,
		"zip: [{seeds: 3}]":                                              `seeds cannot differ between the runs of a sweep: write it outside (target, source, path, coupling, net, train, sample may be here)`,
		"zip: [{sedes: 3}]":                                              `unknown key "sedes" (have target, source, path, coupling, net, train, sample)`,
		"zip: [{mertics: mmd}]":                                          `unknown key "mertics" (have target, source, path, coupling, net, train, sample)`,
		"zip: [{taget: moons}]":                                          `did you mean "target"?`,
		"zip: [{sample: {solver: huen}}]":                                `did you mean "heun"?`,
		"zip: [{target: {nmae: moons}}]":                                 `did you mean "name"?`,
		"zip: [{net: {name: mlp, depht: 3}}]":                            `did you mean "depth"?`,
		"random: {cuont: 3}":                                             `did you mean "count"?`,
		"random: {count: 3, sede: 3}":                                    `did you mean "seed"?`,
		"random: {count: 3, nte: {width: [3]}}":                          `did you mean "net"?`,
		"random: {count: 3, choose: {rule: best}}":                       `choose cannot differ between the runs of a sweep`,
		"random: {count: 3, net: {widht: [3]}}":                          `did you mean "width"?`,
		"random: {count: 3, train: {rate: {lgo: [1, 2]}}}":               `unknown range "lgo" (have log, log-whole, uniform, whole): did you mean "log"?`,
		"random: {count: 3, net: {width: {hwole: [1, 2]}}}":              `unknown range "hwole" (have log, log-whole, uniform, whole): did you mean "whole"?`,
		"random: {count: 3, net: {width: {int: [1, 2]}}}":                `unknown range "int" (have log, log-whole, uniform, whole): did you mean "whole"?`,
		"random: {count: 3, net: {width: {lograndint: [1, 2]}}}":         `did you mean "log-whole"?`,
		"random: {count: 3, train: {rate: {loguniform: [1, 2]}}}":        `did you mean "log"?`,
		"random: {count: 3, sample: {tolerance: {lgo: [1e-5, 1e-3]}}}":   `unknown range "lgo" (have log, log-whole, uniform, whole): did you mean "log"?`,
		"random: {count: 3, sample: {tolerance: {rtoll: [1e-5, 1e-3]}}}": `unknown key "rtoll" (have atol, rtol): did you mean "rtol"?`,
	} {
		full := "name: a\n" + text + "\n"
		if !strings.Contains(text, "target") && !strings.Contains(text, "tagret") {
			full += "target: moons\n"
		}
		_, err := Parse("a.yaml", []byte(full))
		var list problem.List
		if !errors.As(err, &list) {
			t.Errorf("%s: got %v", text, err)
			continue
		}
		at := slices.IndexFunc(list, func(p problem.Problem) bool { return p.Line == 2 })
		if at < 0 || len(list) > 1 && !strings.HasPrefix(text, "tagret") {
			t.Errorf("%s: got %d problems, the first %s", text, len(list), list[0])
			continue
		}
		got := manyKeys.ReplaceAllString(list[at].Message, "(have name, target, ...)")
		if !strings.Contains(got, want) || strings.Contains(got, "did you mean") && !strings.Contains(want, "did you mean") {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
}

// manyKeys matches the keys of a spec.
var manyKeys = regexp.MustCompile(`\(have name, target, source[^)]*\)`)
