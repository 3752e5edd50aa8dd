package experiments

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/given"
)

// flowers has rows of two kinds, of which those of every class differ in width.
func flowers(kind func(i int) string) string {
	text := "width,age,kind\n"
	for i := range 60 {
		text += fmt.Sprintf("%d,%d,%s\n", 100*(i%3)+i, i, kind(i))
	}
	return text
}

func threeKinds(i int) string { return []string{"b", "a", "c"}[i%3] }

// TestClassesStayWithTheirRows: draws, training rows and held-out rows of a file with a label have the class of their row, whether it is
// in a column, in a file of its own, or words or numbers.
func TestClassesStayWithTheirRows(t *testing.T) {
	t.Parallel()
	labels := "kind\n"
	for i := range 60 {
		labels += threeKinds(i) + "\n"
	}
	numbered := strings.NewReplacer("b\n", "-1\n", "a\n", "2\n", "c\n", "10\n").Replace(flowers(threeKinds))
	files := map[string]string{"f.csv": flowers(threeKinds), "labels.csv": labels, "n.csv": numbered}
	for text, classes := range map[string][]string{
		"{file: f.csv, columns: [width], label: kind}":                                             {"a", "b", "c"},
		"{file: n.csv, columns: [width], label: kind}":                                             {"-1", "2", "10"},
		"{file: f.csv, columns: [width], exclude: [kind], label: {file: labels.csv}}":              nil, // f.csv has a column of that name
		"{file: n.csv, columns: [width], label: {column: kind}, noise: 0.001, standardise: false}": {"-1", "2", "10"},
	} {
		p := folder(files, nil)
		to, err := p.Target(text)
		if classes == nil {
			if err == nil || !strings.Contains(err.Error(), `f.csv has a column "kind" too: rename the label`) {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(to.Given.Classes) != fmt.Sprint(classes) || math.Abs(to.Given.Shares[0]-1./3) > .1 {
			t.Errorf("%s: classes %v in the shares %v", text, to.Given.Classes, to.Given.Shares)
		}
		order := map[string]int{"a": 1, "b": 0, "c": 2, "-1": 0, "2": 1, "10": 2}
		check := func(what string, x flow.Batch) {
			for i := range x.Len() {
				row := to.Decode(x.Slice(i, i+1)).Row(0)[0]
				if got := given.ClassOf(x.GivenTo(i)); got < 0 || order[classes[got]] != int(math.Round(row))/100 {
					t.Errorf("%s: %s: width %g is of class %d of %v", text, what, row, got, classes)
				}
			}
		}
		check("draws", to.Sample(200, flow.NewStream(1, "draws")))
		check("rows", to.Rows.All())
		check("held-out rows", to.Held.All())
		only := to.Only(1)
		if n := to.Rows.Len(); only.Rows.Len() >= n || only.Rows.Len() < n/4 || only.Held.Len() == 0 {
			t.Errorf("%s: class 1 has %d of %d rows", text, only.Rows.Len(), n)
		}
		x := only.Sample(50, flow.NewStream(1, "draws"))
		check("draws of a class", x)
		if k := given.ClassOf(x.GivenTo(7)); k != 1 {
			t.Errorf("%s: a draw of class 1 is of class %d", text, k)
		}
		if a, b := Form(to), Form(only); a == b || !json.Valid([]byte(b)) {
			t.Errorf("a class has the form %s, as the whole: %s", b, a)
		}
	}
}

// TestStoredConditionsComeBack: the setting that is read from the store has the same keys, classes and rows.
func TestStoredConditionsComeBack(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"{file: f.csv, columns: [width], label: kind}", "{file: f.csv, columns: [width], condition: [age]}",
		"{name: gaussians, label: component}", "linear-gaussian", "{name: checkerboard, label: colour}",
	} {
		spec, err := folder(map[string]string{"f.csv": flowers(threeKinds)}, nil).Parse("a.yaml",
			[]byte("name: a\ntarget: "+text+"\ntrain: {drop: 0.2}\nsample: {guidance: [0, 1, 3]}\n"))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range spec.Settings {
			content := map[string]string{}
			for _, f := range s.Contents() {
				var of struct{ SHA256 string }
				if err := json.Unmarshal([]byte(Form(s.Target)), &of); err != nil {
					t.Fatal(err)
				}
				content[of.SHA256] = string(f.Content)
			}
			back, err := folder(content, nil).Setting([]byte(Form(s.Recipe)), []byte(Form(s.Sample)))
			if err != nil {
				t.Fatal(err)
			}
			if back.Form() != s.Form() || Form(back.Target.Given) != Form(s.Target.Given) {
				t.Errorf("%s comes back as %s, given %s, want %s", s.Form(), back.Form(), Form(back.Target.Given), Form(s.Target.Given))
			}
			if a, b := back.Target.Sample(20, flow.NewStream(3, "x")), s.Target.Sample(20, flow.NewStream(3, "x")); fmt.Sprint(a) != fmt.Sprint(b) {
				t.Errorf("%s: draws differ", text)
			}
		}
	}
}

// TestNumbersAreScaled: numbers that models are conditional on are those of the rows, scaled by the training rows.
func TestNumbersAreScaled(t *testing.T) {
	t.Parallel()
	to, err := folder(map[string]string{"f.csv": flowers(threeKinds)}, nil).Target("{file: f.csv, columns: [width], condition: [age]}")
	if err != nil {
		t.Fatal(err)
	}
	x := to.Rows.All()
	sum, square := 0., 0.
	for i := range x.Len() {
		z := x.GivenTo(i)
		width, age := to.Decode(x.Slice(i, i+1)).Row(0)[0], to.Given.Values(z)[0]
		if z[0] != 1 || math.Abs(math.Mod(width-age+.5, 100)-.5) > 1e-9 {
			t.Errorf("width %g stands with the age %g", width, age)
		}
		sum, square = sum+z[1], square+z[1]*z[1]
	}
	n := float64(x.Len())
	if math.Abs(sum/n) > 1e-12 || math.Abs(square/n-1) > 1e-12 {
		t.Errorf("the scaled ages have mean %g and mean square %g", sum/n, square/n)
	}
}

// TestWrongConditions: what cannot be is one error.
func TestWrongConditions(t *testing.T) {
	t.Parallel()
	many := "x,id\n"
	for i := range 20_000 {
		many += fmt.Sprintf("%d,c%d\n", i%7, i%10_000)
	}
	files := map[string]string{
		"many.csv": many, "f.csv": flowers(threeKinds), "one.csv": flowers(func(int) string { return "a" }),
		"lonely.csv":     flowers(func(i int) string { return map[bool]string{true: "lonely", false: "a"}[i == 7] }),
		"gap.csv":        flowers(func(i int) string { return map[bool]string{true: "", false: threeKinds(i)}[i == 7] }),
		"everything.csv": flowers(func(i int) string { return []string{"all", "a"}[i%2] }),
		"three.csv":      "kind\na\nb\na\n",
	}
	for spec, want := range map[string]string{
		"target: {file: many.csv, label: id}":                                    "\"id\" has 10000 classes, and at most 1000 can be learnt",
		"target: {file: one.csv, label: kind}":                                   "all rows have the same \"kind\", a",
		"target: {file: everything.csv, label: kind}":                            "a class of \"kind\" is named \"all\", which stands for every class",
		"target: {file: lonely.csv, label: kind}":                                "only one row has the kind \"lonely\"",
		"target: {file: gap.csv, label: kind}":                                   "there is no kind",
		"target: {file: f.csv, label: width, columns: [age], condition: [kind]}": "label and condition exclude each other",
		"target: {file: f.csv, columns: [width], condition: [kind]}":             "kind",
		"target: {file: f.csv, columns: [width], condition: [width]}":            "is learnt, as it is among the columns",
		"target: {file: f.csv, columns: [width], condition: [age, age]}":         "named twice",
		"target: {file: f.csv, label: {file: three.csv, column: kind}}":          "three.csv has 3 rows and f.csv 60",
		"target: {file: f.csv, label: {file: f.csv}}":                            "say which of them is the label",
		"target: {file: f.csv, columns: [width], condition: [age], mixture: 2}":  "its velocity given numbers is not known",
		"target: {file: f.csv, columns: [width], label: kind, mixture: 30}":      "do not fit the",
		"target: moons\nsource: {file: f.csv, label: kind}":                      "a source has no classes",
		"target: moons\ntrain: {drop: 0.1}":                                      "drop is for targets with a label or condition",
		"target: {name: moons, label: crescent}\nsample: {guidance: 0.5}":        "guidance 0.5 needs a net that has also learnt the whole distribution",
		"target: {name: moons, label: crescent}\nsample: {label: uper}":          "unknown crescent \"uper\" (have upper, lower): did you mean \"upper\"?",
		"target: linear-gaussian\nsample: {label: x}":                            "not conditional on classes",
		"target: {name: gaussians, count: 4000, label: component}":               "4000 classes are too many",
		"target: {name: moons, label: crescent}\ntrain: {drop: 1}":               "drop must be below 1",
		"target: {name: moons, label: upper}":                                    "unknown label \"upper\" (have crescent)",
	} {
		_, err := folder(files, nil).Parse("a.yaml", []byte("name: a\n"+spec+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "a.yaml:") != 1 {
			t.Errorf("%s: got %v, want one error with %q", spec, err, want)
		}
	}
}

// TestFewHeldOutRowsOfAClass: a class that is measured with few rows is a caution, not an error.
func TestFewHeldOutRowsOfAClass(t *testing.T) {
	t.Parallel()
	to, err := folder(map[string]string{"f.csv": flowers(threeKinds)}, nil).Target("{file: f.csv, columns: [width], label: kind}")
	if err != nil || len(to.Cautions) == 0 || !strings.Contains(strings.Join(to.Cautions, " "), "fewer than 10 rows are held out of each kind of a (") {
		t.Errorf("cautions %q, %v", to.Cautions, err)
	}
}

// TestMixedTargets: of targets with and without classes, only those with some have what conditions need.
func TestMixedTargets(t *testing.T) {
	t.Parallel()
	spec, err := Parse("a.yaml", []byte("name: a\ntarget: [moons, {name: moons, label: crescent}]\ntrain: {drop: 0.1}\nsample: {guidance: [0, 2]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range spec.Settings {
		got = append(got, fmt.Sprint(Form(s.Target)+" ", s.Train.Drop, s.Sample.Guidance.IsZero(), s.Sample.Guidance))
	}
	want := []string{
		`{"name":"moons","noise":0.05} 0 true 0`,
		`{"name":"moons","noise":0.05,"label":"crescent"} 0.1 false 0`, `{"name":"moons","noise":0.05,"label":"crescent"} 0.1 false 2`,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("settings %q, want %q", got, want)
	}
}
