package query

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func ExampleFilter() {
	type run struct {
		Solver string             `json:"solver"`
		Steps  int                `json:"steps"`
		Metric map[string]float64 `json:"metrics"`
	}
	runs := []run{
		{"euler", 8, map[string]float64{"mmd": 0.2}},
		{"heun", 2, map[string]float64{"mmd": 0.3}},
		{"heun", 8, map[string]float64{"mmd": 0.1}},
	}
	condition, err := Parse(`solver = "heun" and mmd < 0.2`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(Filter(condition, runs, Flatten))
	_, err = Parse(`solver = "heun" and steps => 2`)
	fmt.Println(err)
	// Output:
	// [{heun 8 map[mmd:0.1]}] <nil>
	// column 28: expected a number, a text in quotes, true or false, and not ">"
	//   solver = "heun" and steps => 2
	//                              ^
}

func ExampleFlatten() {
	fields, err := Flatten(json.RawMessage(`{"target": {"name": "moons", "noise": 0.10}, "seed": 7, "means": [1, 2]}`))
	for _, f := range fields {
		fmt.Printf("%s = %s (%s)\n", f.Key, f.Value, f.Kind)
	}
	fmt.Println(err)
	// Output:
	// target = moons (a text)
	// target.noise = 0.10 (a number)
	// seed = 7 (a number)
	// means = [1,2] (a text)
	// <nil>
}

// row is a row of a table under test.
type row struct {
	name   string
	fields []Field
}

func (r row) all() ([]Field, error) { return r.fields, nil }

// rowOf returns a row of a JSON object. What its metrics hold as a text is a number that JSON does not have.
func rowOf(tb testing.TB, name, object string) row {
	tb.Helper()
	fields, err := Flatten(json.RawMessage(object))
	if err != nil {
		tb.Fatal(err)
	}
	for i := range fields {
		if strings.HasPrefix(fields[i].Key, "metrics.") {
			fields[i].Kind = Number
		}
		if fields[i].Key == "tags" {
			fields[i].Also = "tag"
		}
	}
	return row{name, fields}
}

// runRows are rows 0 to 3 with seeds that a float64 does not tell apart, and metrics that are not finite or missing.
func runRows(tb testing.TB) []row {
	tb.Helper()
	var rows []row
	for i, own := range []string{
		`"run": "9402645135369e19", "tags": [], "state": "finished", "solver": "euler", "steps": 1, "metrics": {"mmd": 0.5}, "error": ""`,
		`"run": "1234567890123456", "tags": ["bad", "good"], "state": "finished", "solver": "euler", "steps": 8, "metrics": {"mmd": "nan"}, "error": "nan"`,
		`"run": "12345678901234e5", "tags": ["1e5", "good"], "tolerance": 1e-3, "state": "failed", "solver": "heun", "steps": 1, "metrics": {"mmd": "inf"}, "error": "it says \"no\""`,
		`"run": "c0ffee0000000000", "tags": [], "state": "queued", "solver": "heun", "steps": 8, "metrics": {"sliced-w2": -0.002}, "error": "= nan"`,
	} {
		rows = append(rows, rowOf(tb, fmt.Sprint(i), fmt.Sprintf(`{"seed": %d, "nfe": %d, "commit": "", "count": 2000,
			"target": {"name": "moons", "noise": 0.1, "columns": ["x", "y"]}, "coupling": "independent", "net": {"name": "mlp", "width": 64},
			"train": {"steps": 10000, "batch": 256, "rate": 0.001}, "nothing": null, %s}`, 1<<63+uint64(i), i, own)))
	}
	return rows
}

func TestWhere(t *testing.T) {
	t.Parallel()
	rows := runRows(t)
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
		// A key that looks like a number is a text.
		`run = "9402645135369e19"`:    "0",
		`run = "1234567890123456"`:    "1",
		`run = "12345678901234e5"`:    "2",
		`run ~ "1234567890"`:          "1 2",
		`run > "9"`:                   "0 3",
		`run = "94026451353690e18"`:   "",
		`run != "1234567890123456.0"`: "0 1 2 3",
		// What is absent is unknown, and so is its negation. NaN meets only !=, and infinity is a number.
		`not steps <= 2`:                     "1 3",
		`tolerance = 1e-3`:                   "2",
		`not tolerance = 1e-3`:               "",
		`tolerance != 1e-3`:                  "",
		`tolerance = 1e-3 or nfe = 0`:        "0 2",
		`not (tolerance = 1e-3 and nfe = 0)`: "1 2 3",
		`not (tolerance = 1 or nfe >= 0)`:    "",
		`not (tolerance != 1 and nfe < 0)`:   "0 1 2 3",
		`nothing = 1 or not nothing = 1`:     "",
		`nothing = "x" or nothing = true`:    "",
		// A list meets a comparison if one of its texts does.
		`tag = "good"`:                   "1 2",
		`tags = "good"`:                  "1 2",
		`tag != "good"`:                  "0 3",
		`not tag = "good"`:               "0 3",
		`tag ~ "oo"`:                     "1 2",
		`tag = "[\"good\"]"`:             "",
		`tag = "1e5"`:                    "2",
		`tag != "good" and tag != "1e5"`: "0 3",
		`metrics.mmd < 1`:                "0",
		`metrics.mmd > 1`:                "2",
		`metrics.mmd != 0.5`:             "1 2",
		`not metrics.mmd < 1`:            "1 2",
		`not metrics.mmd < nan`:          "0 1 2",
		`metrics.mmd = nan`:              "1",
		`metrics.mmd != nan`:             "0 2",
		`metrics.mmd < nan`:              "",
		`metrics.mmd = inf`:              "2",
		`mmd = INF or mmd = NaN`:         "1 2",
		`metrics.mmd > -inf`:             "0 2",
		`metrics.mmd >= inf`:             "2",
		`sliced-w2 = -2e-3`:              "3",
		`metrics.sliced-w2 < -0.001`:     "3",
		// not binds more than and, and more than or.
		`nfe = 0 or nfe = 1 and nfe = 2`:                                "0",
		`(nfe = 0 or nfe = 1) and nfe = 1`:                              "1",
		`not nfe = 0 and nfe < 2`:                                       "1",
		`not (nfe = 0 and nfe < 2)`:                                     "1 2 3",
		`NOT NOT nfe = 0 Or not(nfe=0 or nfe=1)`:                        "0 2 3",
		"\tnfe\n=\r1 ":                                                  "1",
		strings.Repeat("(", 400) + "nfe = 3" + strings.Repeat(")", 400): "3",
	} {
		w, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		kept, err := Filter(w, rows, row.all)
		var got []string
		for _, r := range kept {
			got = append(got, r.name)
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestWhereErrors(t *testing.T) {
	t.Parallel()
	rows := runRows(t)
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
		{`12abc = 1`, `^`, `"12abc" is neither a number nor a field`},
		{`nfe = 12abc`, `      ^`, `"12abc" is neither a number nor a text, which stands in quotes`},
		{`nfe = 1e`, `      ^`, `"1e" is neither`},
		{`nfe & 1`, `    ^`, `unexpected '&'`},
		{`größe § 1`, `      ^`, `column 7: unexpected '§'`},
		{"\tnfe ! 1", "\t    ^", `unexpected '!'`},
		{strings.Repeat("not ", 501) + "nfe = 1", strings.Repeat(" ", 2000) + "^", "nested more than 500 deep"},
		// Of the fields.
		{`metrics.mdm < 1`, `^`, `unknown field "metrics.mdm": did you mean "metrics.mmd"?`},
		{`nfe = 1 or witdh = 3`, `           ^`, `unknown field "witdh": did you mean "width"?`},
		{`zzzzzzzz = 3`, `^`, `(have commit, count, coupling,`},
		{`net = 3`, `    ^`, `net is a text here, which a number is never: a text stands in quotes: write "3"`},
		{`batch = 1 and solver = 3`, `                     ^`, "solver is a text here, which a number is never"},
		{`nfe = "3"`, `    ^`, "nfe is a number here, which a text is never: write 3"},
		{`nfe = "three"`, `    ^`, "nfe is a number here, which a text is never"},
		{`run = 9402645135369e19`, `    ^`, `run is a text here, which a number is never: a text stands in quotes: write "9402645135369e19"`},
		{`run = 94026a5135369e19`, `      ^`, `"94026a5135369e19" is neither a number nor a text, which stands in quotes`},
		{`tags = 7`, `     ^`, `tags is a list here, which a number is never: a text stands in quotes: write "7"`},
		{`tags < "a"`, `     ^`, "tags is a list: compare it with =, != or ~"},
		{`target.columns = true`, `               ^`, "target.columns is a list here"},
		{`train = 1`, `^`, `"train" may be train.batch or train.rate or train.steps: write more of it`},
		{`nfe = true`, `    ^`, "nfe is a number here, which true or false is never"},
	} {
		w, err := Parse(c.text)
		if err == nil {
			_, err = Filter(w, rows, row.all)
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
	w, err := Parse("gone = 1")
	if kept, err2 := Filter(w, nil, row.all); err != nil || err2 != nil || kept != nil { // nobody knows the fields
		t.Errorf("of no rows: got %v, %v, %v", kept, err, err2)
	}
	doubtful := runRows(t)
	doubtful[0].fields = append(doubtful[0].fields, Field{Key: "metrics.batch", Value: "1", Kind: Number})
	if w, err = Parse("batch = 1"); err == nil {
		_, err = Filter(w, doubtful, row.all)
	}
	if err == nil || !strings.Contains(err.Error(), "may be metrics.batch or train.batch: write more of it") {
		t.Errorf("a name that ends two fields: %v", err)
	}
}

// A field may be a number in one row and a text in another: a comparison is with those it can be with.
func TestWhereOfMixedTypes(t *testing.T) {
	t.Parallel()
	rows := []row{
		rowOf(t, "0", `{"x": "text", "b": true}`),
		rowOf(t, "1", `{"x": 1, "b": "true", "gone": 1}`),
		rowOf(t, "2", `{"x": true}`),
	}
	for text, want := range map[string]bool{
		`x = 1`: false, `x != 1`: false, `not x = 1`: false, `not x = "t"`: true, `x = "text"`: true, `x = true`: false, `b = true`: true, `b != true`: false, `b = "true"`: false,
		`gone = 1`: false, `gone != 1`: false,
	} {
		w, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := Filter(w, rows, row.all)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(kept) > 0 && kept[0].name == "0"; got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// A key that only says more about another one is meant by its whole name alone.
func TestWhereOfAnnotations(t *testing.T) {
	t.Parallel()
	rows := []row{rowOf(t, "0", `{"metrics": {"mmd": 1}, "metrics_se": {"mmd": 2}, "other_se": {"w2": 3}}`)}
	for _, text := range []string{`mmd = 1`, `metrics_se.mmd = 2`, `w2 = 3`} {
		w, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if kept, err := Filter(w, rows, row.all); len(kept) != 1 {
			t.Errorf("%s: got %d rows, %v, want the one", text, len(kept), err)
		}
	}
}

// FuzzWhere: no text makes the parser panic, each error shows a place within the text, no row meets both a condition and its
// negation, and a row that meets neither lacks a field that the condition names.
func FuzzWhere(f *testing.F) {
	for _, text := range []string{
		`metrics.mmd < 0.01 and solver = "heun"`, `not (nfe = 0 or nfe != nan)`, `seed = 18446744073709551615`, `mmd = -inf`,
		`error ~ "\"" or error = ''`, `((((`, `nfe=1e`, "\xff = 1", `a = "`, `+`, `-`, `.`, `nfe = .`, `nfe < 1 and and`,
		`tag = "good" and tolerance < 1`, `not tolerance < 1 or run = "9402645135369e19"`, `nothing = 1`,
	} {
		f.Add(text)
	}
	rows := runRows(f)
	f.Fuzz(func(t *testing.T, text string) {
		w, err := Parse(text)
		var kept []row
		if err == nil {
			kept, err = Filter(w, rows, row.all)
		}
		if err != nil {
			if !strings.HasPrefix(err.Error(), "column ") || !strings.HasSuffix(err.Error(), "^") {
				t.Errorf("%q: the error shows no place: %v", text, err)
			}
			return
		}
		negated, err := Parse("not (" + text + ")")
		if err != nil {
			if strings.Contains(err.Error(), "deep") {
				return
			}
			t.Fatalf("%q holds, its negation is an error: %v", text, err)
		}
		others, err := Filter(negated, rows, row.all)
		if err != nil {
			t.Fatalf("%q holds, its negation is an error: %v", text, err)
		}
		met := map[string]int{}
		for _, r := range slices.Concat(kept, others) {
			met[r.name]++
		}
		for _, r := range rows {
			if n := met[r.name]; n == 2 || n == 0 && !r.lacks(t, w.root) {
				t.Errorf("%q: row %s meets it or its negation %d times, which of the two is known: %v", text, r.name, n, !r.lacks(t, w.root))
			}
		}
	})
}

// lacks reports whether the row has no value for a field that the condition names.
func (r row) lacks(t *testing.T, n *node) bool {
	if n == nil {
		return false
	}
	if n.left != nil {
		return r.lacks(t, n.left) || r.lacks(t, n.right)
	}
	var names Names
	for _, other := range runRows(t) {
		for _, f := range other.fields {
			names.Add(f)
		}
	}
	key, err := names.Key(n.field.text)
	if err != nil {
		t.Fatal(err)
	}
	return !slices.ContainsFunc(r.fields, func(f Field) bool { return f.Key == key && f.Kind != Null })
}

// TestWhereOfClasses: the name of a metric of one class ends in that of the class, in quotes if it is no word.
func TestWhereOfClasses(t *testing.T) {
	t.Parallel()
	rows := []row{rowOf(t, "a", `{"metrics": {"mmd": 3, "mmd@Gentoo": 1, "mmd@tall one": 2, "mmd@0": 5}}`)}
	for text, want := range map[string]int{
		"mmd@Gentoo < 2": 1, "mmd@Gentoo > 2": 0, `mmd@"Gentoo" < 2`: 1, `mmd@"tall one" = 2 and mmd@0 = 5`: 1, `metrics.mmd@'tall one' > 2`: 0, "mmd = 3": 1,
	} {
		condition, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got, err := Filter(condition, rows, row.all); err != nil || len(got) != want {
			t.Errorf("%s: %d rows (%v), want %d", text, len(got), err, want)
		}
	}
	for _, text := range []string{`mmd@"tall one < 2`, "mmd@tall one < 2", `mmd@Gentu < 2`} {
		condition, err := Parse(text)
		if err == nil {
			_, err = Filter(condition, rows, row.all)
		}
		if err == nil {
			t.Errorf("%s is no error", text)
		}
	}
}
