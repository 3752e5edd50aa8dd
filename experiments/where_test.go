package experiments

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func ExampleParseWhere() {
	spec, err := Parse("a.yaml", []byte("name: a\ntarget: moons\nsample: {solver: [euler, heun], steps: [1, 2, 4]}\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := spec.Plan()
	if err != nil {
		fmt.Println(err)
		return
	}
	var results []Result
	for _, run := range plan.Fits[0].Runs {
		results = append(results, Result{Setting: Setting{Recipe: plan.Fits[0].Recipe, Sample: run.Sampling}})
	}
	w, err := ParseWhere(`solver = "heun" and steps >= 2`)
	if err != nil {
		fmt.Println(err)
		return
	}
	kept, err := w.Filter(results)
	for _, r := range kept {
		fmt.Println(r.Setting.Sample.Solver.Name, r.Setting.Sample.Steps)
	}
	fmt.Println(err)
	_, err = ParseWhere(`solver = "heun" and steps => 2`)
	fmt.Println(err)
	// Output:
	// heun 2
	// heun 4
	// <nil>
	// column 28: expected a number, a text in quotes, true or false, and not ">"
	//   solver = "heun" and steps => 2
	//                              ^
}

// whereResults are runs 0 to 3 with seeds that a float64 does not tell apart, and metrics that are not finite or missing.
func whereResults(tb testing.TB) []Result {
	tb.Helper()
	spec, err := Parse("a.yaml", []byte("name: a\ntarget: {name: moons, noise: 0.1}\nnet: {width: 64}\ntrain: {rate: 1e-3}\n"+
		"sample: {solver: [euler, heun], steps: [1, 8]}\n"))
	if err != nil {
		tb.Fatal(err)
	}
	plan, err := spec.Plan()
	if err != nil {
		tb.Fatal(err)
	}
	var list []Result
	metrics := []Value{{Name: "mmd", Value: 0.5}, {Name: "mmd", Value: math.NaN()}, {Name: "mmd", Value: math.Inf(1)}, {Name: "sliced-w2", Value: -2e-3}}
	for i, run := range plan.Fits[0].Runs { // euler 1, euler 8, heun 1, heun 8
		list = append(list, Result{
			Sweep: "a", Run: fmt.Sprint("r", i), Fit: "f", State: []State{Finished, Finished, Failed, Queued}[i], Seed: 1<<63 + uint64(i),
			Setting: Setting{Recipe: plan.Fits[0].Recipe, Sample: run.Sampling}, Metrics: []Value{metrics[i]}, NFE: Calls(i),
			Error: []string{"", "nan", `it says "no"`, "= nan"}[i],
		})
	}
	return list
}

func TestWhere(t *testing.T) {
	t.Parallel()
	results := whereResults(t)
	for text, want := range map[string]string{
		`nfe = 2`:                       "2",
		`nfe == 2`:                      "2",
		`nfe != 2`:                      "0 1 3",
		`nfe < 2`:                       "0 1",
		`nfe <= 2`:                      "0 1 2",
		`nfe > 2`:                       "3",
		`nfe >= 2.0e0`:                  "2 3",
		`nfe>=2 and nfe<3`:              "2",
		`nfe > -1`:                      "0 1 2 3",
		`nfe < +.5`:                     "0",
		`solver = "heun"`:               "2 3",
		`solver = 'heun'`:               "2 3",
		`solver != "heun"`:              "0 1",
		`solver ~ "eu"`:                 "0 1 2 3",
		`solver ~ "eul"`:                "0 1",
		`solver > "f"`:                  "2 3",
		`error = "it says \"no\""`:      "2",
		`error ~ '"no"'`:                "2",
		`error = "= nan"`:               "3",
		`error = ""`:                    "0",
		`error = "nan"`:                 "1", // a text, outside of metrics
		`state = "finished"`:            "0 1",
		`target = "moons"`:              "0 1 2 3", // an object's name
		`target.noise = 0.1`:            "0 1 2 3",
		`noise < 0.1`:                   "",
		`net.width = 64`:                "0 1 2 3",
		`width >= 64 and steps = 8`:     "1 3",
		`train.rate = 1e-3`:             "0 1 2 3",
		`train.steps > 1 and steps = 1`: "0 2", // steps is a whole name, and train.steps ends so
		// A seed is a whole number of 64 bits.
		`seed = 9223372036854775809`:  "1",
		`seed > 9223372036854775809`:  "2 3",
		`seed != 9223372036854775808`: "1 2 3",
		// What is missing is never met, NaN but by !=, and infinity is a number.
		`metrics.mmd < 1`:            "0",
		`metrics.mmd > 1`:            "2",
		`metrics.mmd != 0.5`:         "1 2",
		`not metrics.mmd < 1`:        "1 2 3",
		`metrics.mmd = nan`:          "1",
		`metrics.mmd != nan`:         "0 2",
		`metrics.mmd < nan`:          "",
		`metrics.mmd = inf`:          "2",
		`mmd = INF or mmd = NaN`:     "1 2",
		`metrics.mmd > -inf`:         "0 2",
		`metrics.mmd >= inf`:         "2",
		`sliced-w2 = -2e-3`:          "3",
		`metrics.sliced-w2 < -0.001`: "3",
		// not binds more than and, and more than or.
		`nfe = 0 or nfe = 1 and nfe = 2`:                                "0",
		`(nfe = 0 or nfe = 1) and nfe = 1`:                              "1",
		`not nfe = 0 and nfe < 2`:                                       "1",
		`not (nfe = 0 and nfe < 2)`:                                     "1 2 3",
		`NOT NOT nfe = 0 Or not(nfe=0 or nfe=1)`:                        "0 2 3",
		"\tnfe\n=\r1 ":                                                  "1",
		strings.Repeat("(", 400) + "nfe = 3" + strings.Repeat(")", 400): "3",
	} {
		w, err := ParseWhere(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		kept, err := w.Filter(results)
		var got []string
		for _, r := range kept {
			got = append(got, r.Run[1:])
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestWhereErrors(t *testing.T) {
	t.Parallel()
	results := whereResults(t)
	for _, c := range []struct{ text, caret, want string }{
		{``, `^`, "column 1: expected a field and not the end"},
		{`nfe`, `   ^`, "column 4: expected a comparison"},
		{`nfe <`, `     ^`, "not the end"},
		{`nfe < 1 nfe`, `        ^`, `expected and, or, or the end, not "nfe"`},
		{`nfe < 1 and`, `           ^`, "expected a field"},
		{`and nfe < 1`, `^`, `expected a field and not "and"`},
		{`(nfe < 1`, `        ^`, "expected ) and not the end"},
		{`nfe < 1)`, `       ^`, `not ")"`},
		{`solver = heun`, `         ^`, `write "heun"`},
		{`solver = "heun`, `         ^`, "without its closing quote"},
		{`nfe ~ 3`, `    ^`, "~ looks for a text"},
		{`nfe < true`, `    ^`, "= and != alone"},
		{`nfe = 1e999`, `      ^`, "no number that a float64 holds"},
		{`nfe = 1.2.3`, `      ^`, "no number"},
		{`nfe = 12abc`, `      ^`, `"12abc" is neither a number nor a field`},
		{`nfe = 1e`, `      ^`, `"1e" is neither`},
		{`nfe & 1`, `    ^`, `unexpected '&'`},
		{`größe § 1`, `      ^`, `column 7: unexpected '§'`},
		{"\tnfe ! 1", "\t    ^", `unexpected '!'`},
		{strings.Repeat("not ", 501) + "nfe = 1", strings.Repeat(" ", 2000) + "^", "nested more than 500 deep"},
		// Of the fields.
		{`metrics.mdm < 1`, `^`, `unknown field "metrics.mdm": did you mean "metrics.mmd"?`},
		{`nfe = 1 or witdh = 3`, `           ^`, `unknown field "witdh": did you mean "width"?`},
		{`zzzzzzzz = 3`, `^`, `(have commit, count, coupling,`},
		{`net = 3`, `    ^`, "net is a text here, which a number is never"},
		{`batch = 1 and solver = 3`, `                     ^`, "solver is a text here, which a number is never"},
		{`nfe = "3"`, `    ^`, "nfe is a number here, which a text is never"},
		{`nfe = true`, `    ^`, "nfe is a number here, which true or false is never"},
	} {
		w, err := ParseWhere(c.text)
		if err == nil {
			_, err = w.Filter(results)
		}
		if err == nil {
			t.Errorf("%s: got no error, want %q", c.text, c.want)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != 3 || !strings.Contains(lines[0], c.want) || lines[1] != "  "+c.text || lines[2] != "  "+c.caret {
			t.Errorf("%s:\n%v\nwant %q and a caret at %d", c.text, err, c.want, len(c.caret))
		}
	}
	w, err := ParseWhere("gone = 1")
	if kept, err2 := w.Filter(nil); err != nil || err2 != nil || kept != nil { // nobody knows the fields
		t.Errorf("of no results: got %v, %v, %v", kept, err, err2)
	}
	doubtful := whereResults(t)
	doubtful[0].Metrics = append(doubtful[0].Metrics, Value{Name: "batch", Value: 1})
	if w, err = ParseWhere("batch = 1"); err == nil {
		_, err = w.Filter(doubtful)
	}
	if err == nil || !strings.Contains(err.Error(), "may be metrics.batch or train.batch: write more of it") {
		t.Errorf("a name that ends two fields: %v", err)
	}
}

// A field may be a number for one run and a text for another: a comparison is with those it can be with.
func TestWhereOfMixedTypes(t *testing.T) {
	t.Parallel()
	row := map[string]any{"x": "text", "b": true}
	for text, want := range map[string]bool{
		`x = 1`: false, `x != 1`: false, `not x = 1`: true, `x = "text"`: true, `x = true`: false, `b = true`: true, `b != true`: false, `b = "true"`: false,
		`gone = 1`: false, `gone != 1`: false,
	} {
		w, err := ParseWhere(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.root.meets(row, map[string]string{"x": "x", "b": "b"}); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// FuzzWhere: no text makes the parser panic, each error shows a place within the text, and the negation of a condition
// that holds is met by just the other results.
func FuzzWhere(f *testing.F) {
	for _, text := range []string{
		`metrics.mmd < 0.01 and solver = "heun"`, `not (nfe = 0 or nfe != nan)`, `seed = 18446744073709551615`, `mmd = -inf`,
		`error ~ "\"" or error = ''`, `((((`, `nfe=1e`, "\xff = 1", `a = "`, `+`, `-`, `.`, `nfe = .`, `nfe < 1 and and`,
	} {
		f.Add(text)
	}
	results := whereResults(f)
	f.Fuzz(func(t *testing.T, text string) {
		w, err := ParseWhere(text)
		var kept []Result
		if err == nil {
			kept, err = w.Filter(results)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "column ") || !strings.HasSuffix(err.Error(), "^") {
				t.Errorf("%q: the error shows no place: %v", text, err)
			}
			return
		}
		negated, err := ParseWhere("not (" + text + ")")
		if err != nil {
			if strings.Contains(err.Error(), "deep") {
				return
			}
			t.Fatalf("%q holds, its negation is an error: %v", text, err)
		}
		others, err := negated.Filter(results)
		if err != nil || len(kept)+len(others) != len(results) {
			t.Errorf("%q: %d of %d results meet it and %d its negation (%v)", text, len(kept), len(results), len(others), err)
		}
		for _, a := range kept {
			for _, b := range others {
				if a.Run == b.Run {
					t.Errorf("%q: %s meets it and its negation", text, a.Run)
				}
			}
		}
	})
}
