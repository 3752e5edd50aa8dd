package target

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/table"
)

// mixedTable is a table of ages, incomes, regions and a constant, with names that do not repeat.
func mixedTable(t *testing.T, n int) table.Table {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	text := strings.Builder{}
	text.WriteString("age,income,region,country,name\n")
	for i := range n {
		fmt.Fprintf(&text, "%d,%.2f,%s,7,p%d\n", 18+r.IntN(60), math.Exp(9+1.2*r.NormFloat64()), []string{"north", "south", "east"}[r.IntN(3)], i)
	}
	read, err := table.DecodeCSV([]byte(text.String()), table.Options{Header: table.AutoHeader})
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func taken(t *testing.T, read table.Table, declared []kinds.Choice, scaling Scaling) Target {
	t.Helper()
	choices, _, err := Default(read, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	if declared != nil {
		choices = nil
	}
	for _, c := range declared {
		if !c.Kind.Known() {
			if c.Kind, err = Guess(read, c.Column); err != nil {
				t.Fatal(err)
			}
		}
		choices = append(choices, c)
	}
	data, err := Take(read, choices, declared)
	if err != nil {
		t.Fatal(err)
	}
	data.Standardise, data.Holdout = scaling, .2
	made, err := data.Make("mixed.csv")
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestCodedTarget: on every scale, draws are rows with the noise of whole numbers, all sets of rows decode to rows of the table, and
// projecting leaves them to the bit.
func TestCodedTarget(t *testing.T) {
	t.Parallel()
	read := mixedTable(t, 300)
	lines := map[string]bool{}
	for i := range 300 {
		lines[fmt.Sprintf("%g %.2f %s", read.Columns[0].Values[i], read.Columns[1].Values[i], read.Columns[2].Texts[i])] = true
	}
	for _, scaling := range Scalings {
		made := taken(t, read, nil, scaling)
		if made.Dim() != 5 || made.Width() != 4 || made.Law != nil || made.Atoms {
			t.Fatalf("%s: dimension %d of %d columns, law %v, atoms %v", scaling.Name, made.Dim(), made.Width(), made.Law, made.Atoms)
		}
		for name, rows := range map[string]flow.Batch{"rows": made.Rows.All(), "held": made.Held.All(), "draws": made.Sample(500, flow.NewStream(1, "draws"))} {
			decoded := made.Decode(rows)
			for i := range decoded.Len() {
				row := decoded.Row(i)
				line := fmt.Sprintf("%g %.2f %s", row[0], row[1], made.Code.Columns()[2].Text(row[2]))
				if !lines[line] || row[3] != 7 {
					t.Fatalf("%s: %s: %v, %s, is no row of the table", scaling.Name, name, row, line)
				}
			}
			exact := slices.Equal(made.Project(rows).Data, rows.Data)
			if exact == (name == "draws") {
				t.Errorf("%s: %s stay as they are: %v", scaling.Name, name, exact)
			}
		}
		truth := made.Truth(200, flow.NewStream(1, "draws"))
		if !slices.Equal(made.Project(truth).Data, truth.Data) {
			t.Errorf("%s: projecting twice is not projecting once", scaling.Name)
		}
		for j, oneHot := range made.Code.OneHot() {
			if _, std := made.Rows.All().Moments(); oneHot && !(std[j] < .3) {
				t.Errorf("%s: the category %d is scaled to a standard deviation of %g", scaling.Name, j, std[j])
			}
		}
	}
}

// TestGrains: the noise of draws is uniform in the cell of a whole number, so its variance is 1/12 of a unit, within five standard errors.
func TestGrains(t *testing.T) {
	t.Parallel()
	made := taken(t, mixedTable(t, 300), nil, Standardised)
	const n = 20_000
	draws := made.Sample(n, flow.NewStream(3, "draws"))
	ages, blurred := made.Decode(draws), made.Units.Apply(draws)
	sum, square := 0., 0.
	for i := range n {
		e := blurred.Row(i)[0] - ages.Row(i)[0]
		if !(math.Abs(e) <= .5+1e-9) {
			t.Fatalf("the noise %g leaves the cell", e)
		}
		sum, square = sum+e/n, square+e*e/n
	}
	if math.Abs(sum) > 5*math.Sqrt(1./12/n) || math.Abs(square-1./12) > 5*math.Sqrt(1./180/n) {
		t.Errorf("the noise has mean %g and variance %g, want 0 and 1/12", sum, square)
	}
	// An integer that is much finer than its scatter takes none, and so keeps the law of its rows.
	read := mixedTable(t, 300)
	for i := range read.Columns[0].Values {
		read.Columns[0].Values[i] *= 1000
	}
	fine := taken(t, read, []kinds.Choice{{Column: "age", Kind: kinds.Integer}, {Column: "region"}}, Standardised)
	if fine.Code.Grains() != nil || fine.Law == nil {
		t.Error("whole thousands have noise, or no law")
	}
}

// TestRealTableStaysAsItWas: columns that are real, guessed or declared, are the target that they were before there were kinds: the
// same parameters, rows and draws.
func TestRealTableStaysAsItWas(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	rows := flow.NewBatch(200, 2)
	for i := range rows.Data {
		rows.Data[i] = r.NormFloat64()
	}
	before, err := Data{Columns: []string{"0", "1"}, Rows: rows, Standardise: Standardised, Holdout: .2}.Make()
	if err != nil {
		t.Fatal(err)
	}
	for _, choices := range [][]kinds.Choice{nil, {{Column: "0"}, {Column: "1"}}, {{Column: "0", Kind: kinds.Real}, {Column: "1", Kind: kinds.Real}}} {
		made := taken(t, table.Of(rows), choices, Standardised)
		a, err := json.Marshal(before)
		b, err2 := json.Marshal(made)
		if err != nil || err2 != nil || string(a) != string(b) || strings.Contains(string(b), "kinds") {
			t.Errorf("%s is not %s (%v, %v)", b, a, err, err2)
		}
		stream := flow.NewStream(1, "draws")
		if !slices.Equal(made.Sample(9, stream).Data, before.Sample(9, stream).Data) || !slices.Equal(made.Rows.All().Data, before.Rows.All().Data) || !made.Code.Identity() || made.Law == nil {
			t.Error("the draws, rows or law are others")
		}
	}
}

// TestDefault: what becomes of every column, with and without kinds.
func TestDefault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		real    bool
		exclude []string
		want    []string
	}{
		{false, nil, []string{
			"age integer", "income positive", "region categorical", "country constant", "name: it has 100 different values in 100 rows, too many for categories",
		}},
		{false, []string{"age", "region"}, []string{
			"income positive", "country constant", "age: excluded", "region: excluded", "name: it has 100 different values in 100 rows, too many for categories",
		}},
		{true, nil, []string{"age real", "income real", "country real", `region: line 2 says "`, `name: line 2 says "p0"`}},
	} {
		choices, left, err := Default(mixedTable(t, 100), c.exclude, c.real)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, choice := range choices {
			got = append(got, choice.Column+" "+choice.Kind.Name)
		}
		for _, l := range left {
			got = append(got, l.Name+": "+l.Why)
		}
		if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
			t.Errorf("real %v, without %v: %q, want %q", c.real, c.exclude, got, c.want)
		}
	}
	if _, err := Take(mixedTable(t, 100), []kinds.Choice{{Column: "name", Kind: kinds.Categorical}}, nil); err != nil {
		t.Errorf("names that are declared categorical: %v", err)
	}
}

// TestMissingWords: words for a missing value are no categories, and their rows have a gap.
func TestMissingWords(t *testing.T) {
	t.Parallel()
	read, err := table.DecodeCSV([]byte("x,group\n1,a\n2,NA\n3,b\n4,a\n5,b\n"), table.Options{Header: table.AutoHeader})
	if err != nil {
		t.Fatal(err)
	}
	choices, _, err := Default(read, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	gap := (*table.GapError)(nil)
	if _, err := Take(read, choices, nil); !errors.As(err, &gap) || !gap.Missing {
		t.Errorf("a missing category: %v, want a GapError", err)
	}
	whole, _, _ := read.Complete([]string{"x", "group"})
	data, err := Take(whole, choices, nil)
	if err != nil || data.Rows.Len() != 4 || !slices.Equal(data.Kinds[1].Categories, []string{"a", "b"}) {
		t.Errorf("%d rows of the categories %v (%v), want 4 of a and b", data.Rows.Len(), data.Kinds[1].Categories, err)
	}
}
