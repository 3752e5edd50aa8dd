package experiments

import (
	crypto "crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/problem"
)

// people is a data file with two units and a column of words.
var people = func() string {
	lines := []string{"height (cm),weight,who"}
	for i := range 20 {
		lines = append(lines, fmt.Sprintf("%d,%g,p%d", 150+3*i, 50+1.5*float64(i*i%11), i))
	}
	return strings.Join(lines, "\n") + "\n"
}()

// folder returns a parser that reads the files by name and counts how often it opens one.
func folder(files map[string]string, opened *int) Parser {
	return Parser{Open: func(path string) ([]byte, error) {
		if opened != nil {
			*opened++
		}
		text, ok := files[path]
		if !ok {
			return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
		}
		return []byte(text), nil
	}}
}

func ExampleParser_Target() {
	p := Parser{Open: func(string) ([]byte, error) {
		return []byte("x,y\n0,1\n1,2\n2,9\n3,4\n4,5\n5,1\n6,3\n7,2\n8,7\n9,9\n"), nil
	}}
	data, err := p.Target("{file: points.csv, columns: [y, x], holdout: 0.3}")
	fmt.Println(data.Columns, data.Held.Len(), "held out", err)
	_, err = p.Target("{file: points.csv, columns: [x, z]}")
	fmt.Println(err)
	// Output:
	// [y x] 3 held out <nil>
	// target:1:33: unknown column "z" (have x, y)
	//     {file: points.csv, columns: [x, z]}
	//                                     ^
}

func TestDataErrorsAtTheirPlace(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"people.csv": people, "words.csv": "a,b\nx,y\n", "gaps.csv": "x,y\n1,\n2,2\n,3\n4,4\n", "ragged.csv": "x,y\n1\n",
		"flat.csv": "x,y\n1,1\n2,1\n3,1\n4,1\n5,1\n6,1\n7,1\n8,1\n9,1\n10,1\n", "short.csv": "x\n1\n2\n", "empty.npy": string(flow.EncodeNPY(flow.Batch{Dim: 2})),
	}
	for _, c := range []struct{ name, target, want, under string }{
		{"no such file", "{file: gone.csv}", "open gone.csv: file does not exist", "gone.csv"},
		{"the second of two files", "{file: [people.csv, gone.csv]}", "open gone.csv", "gone.csv"},
		{"another ending", "{file: people.xlsx}", `"people.xlsx" is none of .csv, .tsv, .txt, .npy, .npz, .parquet: convert it`, "people.xlsx"},
		{"no such column", "{file: people.csv, columns: [weight, wieght]}", `unknown column "wieght" (have height (cm), weight, who): did you mean "weight"?`, "wieght"},
		{"words", "{file: people.csv, columns: [weight, who]}", `columns: "who": it has 20 different values in 20 rows, too many for categories`, "who]"},
		{"words as numbers", "{file: people.csv, columns: {weight: real, who: integer}}", `columns: "who": it holds words, such as "p0": use categorical, or leave it out`, "who:"},
		{"no such kind", "{file: people.csv, columns: {weight: reel}}", `unknown kind "reel" (have real, positive, bounded, integer, categorical, constant): did you mean "real"?`, "reel"},
		{"bounds that are crossed", "{file: people.csv, columns: {weight: {bounded: [9, 1]}}}", `the bounds 9 and 1 are not two numbers, the lower first`, "{bounded"},
		{"a value out of bounds", "{file: people.csv, columns: {weight: {bounded: [0, 60]}}}", `columns: "weight": 63.5 is not between the bounds 0 and 60: move these, or leave the row out (in line 5)`, "weight"},
		{"no whole number", "{file: people.csv, columns: {weight: integer}}", `columns: "weight": 51.5 is not a whole number: use real, or leave the row out (in line 3)`, "weight"},
		{"not constant", "{file: people.csv, columns: {weight: constant}}", `columns: "weight": 51.5 and 50 before it: it is not constant (in line 3)`, "weight"},
		{"nothing but words", "{file: words.csv}", "words.csv has no numeric columns", "words.csv"},
		{"one column twice", "{file: people.csv, columns: [weight, weight]}", `"weight" is repeated`, "[weight"},
		{"gaps", "{file: gaps.csv}", "file: 2 of 4 rows have an empty cell, NaN or Inf in the columns x, y, the first is in line 2", "gaps.csv"},
		{"ragged", "{file: ragged.csv}", "ragged.csv: decode csv: line 2 has 1 columns", "ragged.csv"},
		{"constant, and declared real", "{file: flat.csv, columns: {x: real, y: real}}", `constant over the training rows: "y"`, "y: real"},
		{"nothing but a constant", "{file: flat.csv, columns: [y]}", `every column is constant, so that there is nothing to learn`, "[y]"},
		{"too few", "{file: short.csv, holdout: 0.2}", "holdout: 0.2 of 2 rows is 0", "0.2"},
		{"all held out", "{file: people.csv, holdout: 1}", "holdout must be below 1", "1}"},
		{"an empty file of points", "{file: empty.npy}", "empty.npy: ", "empty.npy"},
		{"not NumPy", "{file: people.npy}", "people.npy: decode npy: not a NumPy file", "people.npy"},
		{"a label of its own for each row", "{file: people.csv, label: who}", `label: only one row has the who "p0", and a class needs several`, "who"},
		{"a label that is no column", "{file: people.csv, label: whom}", `unknown column "whom"`, "whom"},
		{"a label that is learnt too", "{file: people.csv, columns: [weight], label: weight}", `the column "weight" is learnt, as it is among the columns`, "weight}"},
		{"no file", "{name: file}", "the target file has no file: add it", "{name"},
		{"only the name", "file", "the target file has no file: add it", "file"},
		{"another family's file", "{name: moons, file: people.csv}", `unknown key "file"`, "file:"},
		{"an unknown key", "{file: people.csv, standardize: true}", `did you mean "standardise"?`, "standardize"},
		{"neither true nor false", "{file: people.csv, standardise: yes}", "standardise must be true or false", "yes"},
		{"negative noise", "{file: people.csv, noise: -1}", "noise must be at least 0", "-1"},
		{"columns of columns", "{file: people.csv, columns: [{a: 1}]}", "columns must be a list of names", "{a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := files
			if c.name == "not NumPy" {
				files = map[string]string{"people.npy": people}
			}
			_, err := folder(files, nil).Parse("a.yaml", []byte("name: a\ntarget: "+c.target+"\n"))
			var problems problem.List
			if !errors.As(err, &problems) || len(problems) != 1 {
				t.Fatalf("got %v, want one problem", err)
			}
			p := problems[0]
			if !strings.Contains(p.Message, c.want) {
				t.Errorf("got %q, want %q", p.Message, c.want)
			}
			if line := []rune(p.Source); p.Line != 2 || !strings.HasPrefix(string(line[p.Column-1:]), c.under) {
				t.Errorf("the caret is in line %d, column %d, want it under %q:\n%v", p.Line, p.Column, c.under, err)
			}
		})
	}
	if _, err := Parse("a.yaml", []byte("name: a\ntarget: {file: people.csv}\n")); err == nil || !strings.Contains(err.Error(), "files are not allowed here") {
		t.Errorf("without Open: %v", err)
	}
	large := Parser{Open: func(string) ([]byte, error) { return make([]byte, MaxDataSize+1), nil }}
	if _, err := large.Target("{file: large.csv}"); err == nil || !strings.Contains(err.Error(), "at most 268435456: leave rows or columns out") {
		t.Errorf("a file that is too large: %v", err)
	}
}

// TestSweptData checks that all parts of a target from a file can be swept, and that each file is read once and kept
// with the spec.
func TestSweptData(t *testing.T) {
	t.Parallel()
	opened := 0
	p := folder(map[string]string{"a.csv": people, "b.csv": "1,2\n3,4\n5,7\n7,6\n9,1\n2,2\n0,5\n4,3\n8,8\n6,9\n"}, &opened)
	spec, err := p.Parse("s.yaml", []byte(`
name: s
target:
  - {file: a.csv, columns: [[weight], [height (cm), weight]], standardise: [true, false]}
  - {file: b.csv, columns: [1, 0], noise: [0, 0.1]}
  - {name: file, file: b.csv, columns: 0, holdout: 0}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range spec.Settings {
		text, err := json.Marshal(s.Target)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), `,"rows"`)
		got = append(got, rest)
	}
	want := []string{
		`:20,"columns":["weight"],"standardise":true,"noise":0,"holdout":0.2}`,
		`:20,"columns":["weight"],"standardise":false,"noise":0,"holdout":0.2}`,
		`:20,"columns":["height (cm)","weight"],"standardise":true,"noise":0,"holdout":0.2}`,
		`:20,"columns":["height (cm)","weight"],"standardise":false,"noise":0,"holdout":0.2}`,
		`:10,"columns":["1","0"],"standardise":true,"noise":0,"holdout":0.2}`,
		`:10,"columns":["1","0"],"standardise":true,"noise":0.1,"holdout":0.2}`,
		`:10,"columns":["0"],"standardise":true,"noise":0,"holdout":0}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if opened != 2 || len(spec.Files) != 2 || spec.Files[0].Name != "a.csv" || string(spec.Files[0].Content) != people {
		t.Errorf("%d files were opened and %d are kept, want 2 and both", opened, len(spec.Files))
	}
}

// TestKeysOfData checks that keys depend on the numbers that are used, not on the path, the format or the rest of the
// file.
func TestKeysOfData(t *testing.T) {
	t.Parallel()
	plain := "x,y,z\n1,2,a\n3,4,b\n5,7,c\n7,6,d\n9,1,e\n2,2,f\n0,5,g\n4,3,h\n8,8,i\n6,9,j\n"
	fit := func(path, content, columns string) (fit, reference string) {
		t.Helper()
		spec, err := folder(map[string]string{path: content}, nil).Parse("a.yaml",
			[]byte("name: a\ntarget: {file: '"+path+"', columns: "+columns+"}\nsample: {count: 9}\n"))
		if err != nil {
			t.Fatal(err)
		}
		plan, err := spec.Plan()
		if err != nil {
			t.Fatal(err)
		}
		return plan.Fits[0].Key, plan.Fits[0].Runs[0].Reference
	}
	key, reference := fit("plain.csv", plain, "[x, y]")
	for _, c := range []struct{ name, path, content, columns string }{
		{"another path", "/some/where else.csv", plain, "[x, y]"},
		{"another form of the same numbers", "plain.csv", strings.NewReplacer("3,", "3.0,", "\n", "\r\n").Replace(plain), "[x, y]"},
		{"a change to a column that is not used", "plain.csv", strings.Replace(plain, "4,b", "4,q", 1), "[x, y]"},
		{"a column more", "plain.csv", strings.ReplaceAll(plain, "\n", ",7\n"), "[x, y]"},
	} {
		if k, r := fit(c.path, c.content, c.columns); k != key || r != reference {
			t.Errorf("%s: the key is %s, and of the reference %s, want %s and %s", c.name, k, r, key, reference)
		}
	}
	for _, c := range []struct{ name, content, columns string }{
		{"a number", strings.Replace(plain, "3,4,b", "3,4.5,b", 1), "[x, y]"},
		{"the order of rows", strings.Replace(plain, "1,2,a\n3,4,b", "3,4,b\n1,2,a", 1), "[x, y]"},
		{"the order of columns", plain, "[y, x]"},
		{"a row less", strings.Replace(plain, "3,4,b\n", "", 1), "[x, y]"},
	} {
		if k, r := fit("plain.csv", c.content, c.columns); k == key || r == reference {
			t.Errorf("%s does not change the key", c.name)
		}
	}
}

// TestStoredDataRoundTrip checks that a stored recipe is read with its data files, as a target and as a source,
// whatever the names of the columns.
func TestStoredDataRoundTrip(t *testing.T) {
	t.Parallel()
	p := folder(map[string]string{"a.csv": people, "b.csv": "1,2\n3,4\n5,7\n7,6\n9,1\n2,2\n0,5\n4,3\n8,8\n6,9\n"}, nil)
	for _, text := range []string{
		"target: {file: a.csv, noise: 0.1}",
		"target: {file: b.csv, columns: [1, 0], standardise: false, holdout: 0.5}",
		"target: {file: a.csv, columns: ['height (cm)', weight]}\nsource: {file: b.csv, noise: 0.5}",
		"target: moons\nsource: {file: b.csv}",
	} {
		spec, err := p.Parse("a.yaml", []byte("name: a\n"+text+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		want := spec.Settings[0]
		recipe, err := json.Marshal(want.Recipe)
		if err != nil {
			t.Fatal(err)
		}
		var asked []string
		stored := Parser{Open: func(sha256 string) ([]byte, error) {
			asked = append(asked, sha256)
			for _, c := range want.Recipe.Contents() {
				if fmt.Sprintf("%x", crypto.Sum256(c.Content)) == sha256 {
					return c.Content, nil
				}
			}
			return nil, fs.ErrNotExist
		}}
		got, err := stored.Setting(recipe, nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		a, _ := json.Marshal(got.Recipe)
		if string(a) != string(recipe) {
			t.Errorf("%s comes back as\n%s, want\n%s", text, a, recipe)
		}
		if x, y := got.Target.Sample(5, flow.NewStream(1, "x")), want.Target.Sample(5, flow.NewStream(1, "x")); !slices.Equal(x.Data, y.Data) {
			t.Errorf("%s draws %v, want %v", text, x.Data, y.Data)
		}
		if len(asked) != len(want.Recipe.Contents()) {
			t.Errorf("%s: asked for %v", text, asked)
		}
		if _, err := (Parser{}).Setting(recipe, nil); err == nil {
			t.Errorf("%s is read without its data", text)
		}
		if _, err := folder(nil, nil).Setting(recipe, nil); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the error of Open is lost: %v", text, err)
		}
	}
}

// TestSourceOfData checks that a source from a file is neither rescaled nor held out.
func TestSourceOfData(t *testing.T) {
	t.Parallel()
	p := folder(map[string]string{"a.csv": people}, nil)
	spec, err := p.Parse("a.yaml", []byte("name: a\ntarget: moons\nsource: {file: a.csv}\n"))
	if err != nil {
		t.Fatal(err)
	}
	from := spec.Settings[0].Source.From
	if !from.Units.Identity() || from.Held.Len() != 0 || from.Dim() != 2 {
		t.Errorf("the source is rescaled by %v and holds out %d rows", from.Units, from.Held.Len())
	}
	for _, key := range []string{"standardise: true", "holdout: 0.2"} {
		if _, err := p.Parse("a.yaml", []byte("name: a\ntarget: moons\nsource: {file: a.csv, "+key+"}\n")); err == nil {
			t.Errorf("a source takes %s", key)
		}
	}
	if _, err := p.Parse("a.yaml", []byte("name: a\ntarget: moons\nsource: {file: a.csv, columns: weight}\n")); err == nil || !strings.Contains(err.Error(), "dimension") {
		t.Errorf("a source of another dimension: %v", err)
	}
}
