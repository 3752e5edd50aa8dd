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
