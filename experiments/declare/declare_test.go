package declare

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/problem"
)

// method is a value that is picked by name.
type method struct{ name string }

func (m method) MarshalText() ([]byte, error) { return []byte(m.name), nil }

// shape is a value that a family makes.
type shape struct{ text string }

// MarshalJSON returns its name and its parameters.
func (s shape) MarshalJSON() ([]byte, error) {
	form := map[string]any{"name": "file", "text": s.text}
	var radius float64
	if n, _ := fmt.Sscanf(s.text, "ring %g", &radius); n == 1 {
		form = map[string]any{"name": "ring", "radius": radius, "text": s.text}
	}
	return json.Marshal(form)
}

// The parameters of the families of shapes.
type (
	ring struct {
		Radius float64   `json:"radius" above:"0" doc:"its radius"`
		Points []float64 `json:"points" excludes:"radius"`
	}
	file struct {
		File    string   `json:"file" text:"any" required:"yes"`
		Columns []string `json:"columns"`
	}
)

// bound is a value that one number says.
type bound struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// document is what the texts under test stand for.
type document struct {
	Name   string   `json:"name" required:"yes"`
	Shape  shape    `json:"shape" swept:"yes"`
	Size   size     `json:"size" swept:"yes" doc:"how large"`
	Zip    Zip      `json:"zip" example:"[{size: {width: 1}}]"`
	Random Random   `json:"random"`
	When   When     `json:"when" example:"[{if: {size: {width: 1}}, then: {size: {exact: true}}}]"`
	Seeds  []uint64 `json:"seeds" repeats:"yes"`
	Using  []method `json:"using"`
}

type size struct {
	Width int     `json:"width" min:"1" max:"100"`
	Bound bound   `json:"bound"`
	Unit  string  `json:"unit" oneof:"mm cm"`
	Exact bool    `json:"exact"`
	Share float64 `json:"share" percent:"yes"`
}

var methods = []method{{"euler"}, {"heun"}}

var language = Language{
	Kinds: []Kind{
		Words("method", methods, func(m method) string { return m.name }),
		Short("bound", `above:"0"`, func(x float64) bound { return bound{-x, x} }),
		Families("shape", []Family[shape]{
			{Name: "ring", Default: ring{Radius: 1}, Make: func(params any, _ Place) (shape, error) {
				r := params.(ring)
				if r.Radius > 9 {
					return shape{}, fmt.Errorf("radius: %g is too large", r.Radius)
				}
				return shape{fmt.Sprintf("ring %g %v", r.Radius, r.Points)}, nil
			}},
			{
				Name: "file", Default: file{}, Refused: map[string]string{"label": "there are no labels yet"},
				Make: func(params any, at Place) (shape, error) {
					f := params.(file)
					for _, c := range f.Columns {
						if c == "gone" {
							return shape{}, at.Key("columns").Word(c).Errorf("there is no column %q", c)
						}
					}
					return shape{fmt.Sprint(f.File, f.Columns)}, nil
				},
			},
		}),
	},
	Random: func(seed uint64, place string, k uint64) *rand.Rand {
		return rand.New(rand.NewPCG(seed, k+uint64(len(place))))
	},
}

func defaults() document {
	return document{Shape: shape{"ring 1 []"}, Size: size{Width: 8, Unit: "mm"}, Seeds: []uint64{0}, Using: methods[:1]}
}

func Example() {
	type options struct {
		Solver method `json:"solver" swept:"yes"`
		Steps  int    `json:"steps" swept:"yes" min:"1"`
	}
	language := Language{Kinds: []Kind{Words("solver", methods, func(m method) string { return m.name })}}
	text := Read("options.yaml", []byte("solver: [euler, heun]\nsteps: [1, 8]\n"), language)
	for _, o := range Values(text, "the options", options{}) {
		fmt.Println(o.Solver.name, o.Steps)
	}
	fmt.Println(text.Err())

	text = Read("options.yaml", []byte("solver: huen\n"), language)
	Values(text, "the options", options{})
	fmt.Println(text.Err())
	// Output:
	// euler 1
	// euler 8
	// heun 1
	// heun 8
	// <nil>
	// options.yaml:1:9: unknown solver "huen" (have euler, heun): did you mean "heun"?
	//     solver: huen
	//             ^
}

func ExampleSchema() {
	type options struct {
		Solver string `json:"solver" swept:"yes" oneof:"euler heun" doc:"which"`
	}
	text, err := json.Marshal(Schema(Language{}, options{Solver: "euler"})["properties"])
	fmt.Println(string(text), err)
	// Output:
	// {"solver":{"anyOf":[{"enum":["euler","heun"]},{"items":{"enum":["euler","heun"]},"minItems":1,"type":"array","uniqueItems":true}],"default":"euler","description":"which"}} <nil>
}

// line returns what a document holds in one line.
func line(t *testing.T, d *document) string {
	t.Helper()
	size, err := json.Marshal(d.Size)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %s %v %v", d.Shape.text, size, d.Seeds, d.Using)
}

// TestValues: how each kind of value is written, as a person may write it. What is wanted is how the line of the defaults
// changes, for each alternative.
func TestValues(t *testing.T) {
	t.Parallel()
	const plain = `ring 1 [] {"width":8,"bound":{"low":0,"high":0},"unit":"mm","exact":false,"share":0} [0] [{euler}]`
	type change struct{ from, to string }
	for _, c := range []struct {
		name, text string
		want       []change
	}{
		{"defaults", "", []change{{}}},
		{"words", "using: [heun, {name: euler}]", []change{{"[{euler}]", "[{heun} {euler}]"}}},
		{"one word for a list", "using: heun", []change{{"[{euler}]", "[{heun}]"}}},
		{"a family by its name", "shape: ring", []change{{}}},
		{"a family and its parameters, swept", "shape: {name: ring, radius: [1, 2]}", []change{{}, {"ring 1", "ring 2"}}},
		{"what a family requires says its name", "shape: {file: x.csv, columns: 3}", []change{{"ring 1 []", "x.csv[3]"}}},
		{"a short form", "size: {bound: 2}", []change{{`"low":0,"high":0`, `"low":-2,"high":2`}}},
		{"a short form in full", "size: {bound: {low: 1, high: 3}}", []change{{`"low":0,"high":0`, `"low":1,"high":3`}}},
		{"a share", "size: {share: 50%}", []change{{`"share":0`, `"share":0.5`}}},
		{"a flag", "size: {exact: true}", []change{{"false", "true"}}},
		{"how many seeds", "seeds: 3", []change{{"[0]", "[0 1 2]"}}},
		{"a product, its last field fastest", "size: {width: [8, 9], exact: [false, true]}", []change{
			{}, {"false", "true"}, {"8", "9"}, {`8,"bound":{"low":0,"high":0},"unit":"mm","exact":false`, `9,"bound":{"low":0,"high":0},"unit":"mm","exact":true`},
		}},
		{"variants over what is there", "size: {unit: mm}\nzip: [{size: {width: 1}}, {size: {width: 2}}]", []change{{"8", "1"}, {"8", "2"}}},
		{"draws", "random: {count: 3, size: {width: [4]}}", []change{{"8", "4"}, {"8", "4"}, {"8", "4"}}},
	} {
		text := Read("a.yaml", []byte("name: a\n"+c.text), language)
		var got, want []string
		for _, d := range Values(text, "the text", defaults()) {
			got = append(got, line(t, d))
		}
		for _, to := range c.want {
			want = append(want, strings.Replace(plain, to.from, to.to, 1))
		}
		if err := text.Err(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\n%v\nwant\n%s", c.name, strings.Join(got, "\n"), err, strings.Join(want, "\n"))
		}
	}
}

// TestProblems: what is wrong is said at its place.
func TestProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"shape: {name: ring, radius: 1, points: [1]}": "1:29: points and radius exclude each other: leave one out",
		"shape: {name: ring, radius: [2, 10]}":        "1:29: radius: 10 is too large",
		"shape: {file: x, columns: [a, gone]}":        `1:31: there is no column "gone"`,
		"shape: {file: x, label: y}":                  "1:25: there are no labels yet",
		"shape: {columns: [a]}":                       "1:8: the shape has no name: add it",
		"shape: file":                                 "1:8: the shape file has no file: add it",
		"size: {bound: 0}":                            "1:15: bound must be above 0",
		"seeds: 1000001":                              "1:8: the lists multiply to 1,000,001 runs: at most 1,000,000",
		"zip: []":                                     "1:6: zip must be a list of parts of a spec, such as [{size: {width: 1}}]",
		"zip: [{seeds: 2}]":                           "1:8: seeds cannot differ between the runs of a sweep: write it outside (shape, size may be here)",
		"zip: [{size: {width: 1}}]\nsize: {width: 2}": "1:15: width has a value on line 2 too: leave one out",
		"random: {size: {width: 2}}":                  "1:9: random has no count: say how many variants to draw",
		"random: {count: 1}\nrandom: {count: 1}":      `2:1: the key "random" is here twice: leave one out`,
		"using: [{name: heun, order: 2}]":             `1:22: unknown key "order" (have name)`,
		"size: {exact: maybe}":                        "1:15: exact must be true or false",
		"size: {width: 1e2, unit: inch}":              `1:26: unknown unit "inch" (have mm, cm)`,
	} {
		r := Read("a.yaml", []byte(text+"\nname: a\n"), language)
		Values(r, "the text", defaults())
		var list problem.List
		if err := r.Err(); !errors.As(err, &list) || !strings.HasPrefix(list[0].Error(), "a.yaml:"+want) {
			t.Errorf("%s: got\n%v\nwant %s", text, err, want)
		}
	}
}

// TestAfterChecks: a reader of several alternatives finds the place of what it checks itself.
func TestAfterChecks(t *testing.T) {
	t.Parallel()
	r := Read("a.yaml", []byte("name: a\nusing: [euler, heun]\nsize: {width: 0}\n"), language)
	Values(r, "the text", defaults())
	if r.Valid() || !r.Valid("using") || r.Valid("size") || !r.Valid("using", "shape") {
		t.Errorf("valid: all %v, using %v, size %v", r.Valid(), r.Valid("using"), r.Valid("size"))
	}
	root := r.Root()
	if !root.Key("size").Has("width") || root.Key("size").Has("unit") || root.Has("shape") {
		t.Error("Has does not tell what is written")
	}
	r.Problem(root.Key("using").Entry(1), "no heun here")
	r.Problem(root.Key("shape"), "no shape")
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "a.yaml:2:16: no heun here") || !strings.Contains(err.Error(), "a.yaml:1:1: no shape") {
		t.Errorf("got %v", err)
	}
}

func TestValue(t *testing.T) {
	t.Parallel()
	got, ok := Value(Read("m", []byte("{name: heun}"), language), "method", method{}, "methods instead of one")
	if !ok || got.name != "heun" {
		t.Errorf("got %v, %v", got, ok)
	}
	r := Read("m", []byte("[heun, euler]"), language)
	if _, ok = Value(r, "method", method{}, "methods instead of one"); ok || !strings.HasPrefix(r.Err().Error(), "m:1:1: 2 methods instead of one") {
		t.Errorf("got %v, %v", ok, r.Err())
	}
}
