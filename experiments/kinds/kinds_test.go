package kinds

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

func ExampleLearn() {
	columns := []Column{
		{Name: "age", Values: []float64{31, 47, 18, 62}},
		{Name: "region", Values: make([]float64, 4), Texts: []string{"north", "south", "north", "east"}},
	}
	var list []Kind
	rows := flow.NewBatch(4, 2)
	for j, kind := range []Kind{Integer, Categorical} {
		kind, values, err := kind.Take(columns[j])
		if err != nil {
			fmt.Println(err)
		}
		for i, v := range values {
			rows.Row(i)[j] = v
		}
		list = append(list, kind)
	}
	code := Learn([]string{"age", "region"}, list, rows)
	fmt.Println(code.Coordinates())
	fmt.Println(code.Encode(rows).Row(1))
	fmt.Print(string(code.AppendCSV(nil, code.Decode(flow.Batch{Dim: 4, Data: []float64{46.6, .1, .3, .2, 90, .4, .1, .2}}), []string{"age", "region"}, 0)))
	// Output:
	// [age region=east region=north region=south]
	// [47 0 0 0.5]
	// age,region
	// 47,north
	// 62,east
}

// mixed returns rows of every kind, and their code.
func mixed(t *testing.T, n int, seed uint64) (flow.Batch, Code) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	share, err := Of("bounded", "-2", "3")
	if err != nil {
		t.Fatal(err)
	}
	region, err := Of("categorical", "north", "south", "east")
	if err != nil {
		t.Fatal(err)
	}
	rows := flow.NewBatch(n, 7)
	for i := range n {
		copy(rows.Row(i), []float64{
			r.NormFloat64() * 1e3, math.Exp(10 * r.NormFloat64()), -2 + 5*r.Float64(), float64(r.IntN(41) - 20), float64(r.IntN(3)), 7, float64(r.IntN(1e6)),
		})
	}
	copy(rows.Row(0), []float64{0, 1e-30, -2, -20, 0, 7, 0})
	copy(rows.Row(1), []float64{0, 1e30, 3, 20, 2, 7, 1e6})
	names := []string{"real", "positive", "bounded", "integer", "category", "constant", "count"}
	return rows, Learn(names, []Kind{Real, Positive, share, Integer, region, Constant, Integer}, rows)
}

// TestRoundTrip: decoding undoes encoding, exactly but for the rounding of logs and logits: 1e-13 of a value, or of the range over the
// smallest slope of the squeezed logistic function, which is 1e-3.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rows, code := mixed(t, 2000, 1)
	codes := code.Encode(rows)
	if codes.Dim != 8 || code.Width() != 8 || code.Dim() != 7 {
		t.Fatalf("codes have %d coordinates, want 8", codes.Dim)
	}
	again := code.Decode(codes)
	for i, want := range rows.Data {
		allowed := 0.
		switch i % rows.Dim {
		case 1:
			allowed = 1e-13 * want
		case 2:
			allowed = 1e-13 * 5
		}
		if got := again.Data[i]; !(math.Abs(got-want) <= allowed) {
			t.Errorf("column %s: %g comes back as %g", code.Columns()[i%rows.Dim].Name, want, got)
		}
	}
	if !slices.Equal(code.Project(codes).Data, codes.Data) {
		t.Error("the codes of rows are projected elsewhere")
	}
	// So does the noise of training, which stays within the cell of a whole number.
	r := rand.New(rand.NewPCG(3, 0))
	for i := range codes.Len() {
		for k, width := range code.Grains() {
			codes.Row(i)[k] += width * (r.Float64() - .5)
		}
	}
	for i, got := range code.Decode(codes).Data {
		if j := i % rows.Dim; j == 3 && got != rows.Data[i] {
			t.Errorf("%g with noise comes back as %g", rows.Data[i], got)
		}
	}
	if grains := code.Grains(); !slices.Equal(grains, []float64{0, 0, 0, 1, 0, 0, 0, 0}) {
		t.Errorf("noise of widths %v: want it for the integer column alone whose deviation is small", grains)
	}
}

// TestDecodeAnything: whatever a net gives, values are those of their column.
func TestDecodeAnything(t *testing.T) {
	t.Parallel()
	_, code := mixed(t, 200, 2)
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1e300, 1e300, 1e-300, .5, -.5, 1.5, 20.5, 1e18, -7}
	r := rand.New(rand.NewPCG(5, 0))
	codes := flow.NewBatch(5000, code.Width())
	for i := range codes.Data {
		codes.Data[i] = odd[r.IntN(len(odd))]
		if r.IntN(3) == 0 {
			codes.Data[i] = r.NormFloat64() * math.Exp(10*r.NormFloat64())
		}
	}
	rows := code.Decode(codes)
	projected := code.Project(codes)
	for i := range rows.Len() {
		row := rows.Row(i)
		whole := func(x, low, high float64) bool { return x == math.Trunc(x) && low <= x && x <= high }
		if row[1] <= 0 || math.IsInf(row[1], 0) || !(row[2] >= -2 && row[2] <= 3) || !whole(row[3], -20, 20) || !whole(row[4], 0, 2) || row[5] != 7 || !whole(row[6], 0, 1e6) {
			t.Fatalf("%v comes out as %v", codes.Row(i), row)
		}
		if !flow.Finite(codes.Row(i)...) {
			if !slices.EqualFunc(projected.Row(i), codes.Row(i), func(a, b float64) bool { return a == b || a != a && b != b }) {
				t.Fatalf("%v, which is not finite, is projected to %v", codes.Row(i), projected.Row(i))
			}
			continue
		}
		again := code.Decode(flow.Batch{Dim: code.Width(), Data: projected.Row(i)}).Data
		for j, x := range row {
			if math.Abs(again[j]-x) > 1e-13*max(5, math.Abs(x)) {
				t.Fatalf("%v is projected to %v, whose row is %v and not %v", codes.Row(i), projected.Row(i), again, row)
			}
		}
	}
}

// TestKnownCodes compares codes with values worked out by hand.
func TestKnownCodes(t *testing.T) {
	t.Parallel()
	share, _ := Of("bounded", "0", "100")
	code := Learn([]string{"income", "share"}, []Kind{Positive, share}, flow.Batch{Dim: 2, Data: []float64{1, 50, math.E, 0, 10, 100}})
	got := code.Encode(flow.Batch{Dim: 2, Data: []float64{math.E, 50, 1, 0, 10, 100}}).Data
	edge := math.Log(.999 / .001)
	for i, want := range []float64{1, 0, 0, -edge, math.Log(10), edge} {
		if math.Abs(got[i]-want) > 1e-12 { // rounding of a logit at .001
			t.Errorf("code %d is %g, want %g", i, got[i], want)
		}
	}
}

// TestLogVolumes compares the change of volumes with differences of decoded points.
func TestLogVolumes(t *testing.T) {
	t.Parallel()
	share, _ := Of("bounded", "-1", "4")
	rows := flow.Batch{Dim: 4, Data: []float64{3, .2, 0, 7, -1, 5, 3.9, 7}}
	code := Learn([]string{"x", "income", "share", "constant"}, []Kind{Real, Positive, share, Constant}, rows)
	const h = 1e-5
	for i, got := range code.LogVolumes(rows) {
		want := 0.
		for k := range code.Width() {
			up, down := code.Encode(rows.Slice(i, i+1)), code.Encode(rows.Slice(i, i+1))
			up.Data[k] += h
			down.Data[k] -= h
			want += math.Log((code.Decode(up).Data[k] - code.Decode(down).Data[k]) / (2 * h))
		}
		if math.Abs(got-want) > 1e-7 { // central differences are right to h squared, and 1e-16 / h
			t.Errorf("row %d: the log volume is %.9g, want %.9g", i, got, want)
		}
	}
}

// TestMiss: the distance to the nearest point of a value is 0 for its own, grows with the code, and is that to the edge for rounded values.
func TestMiss(t *testing.T) {
	t.Parallel()
	rows, code := mixed(t, 300, 3)
	codes, unit := code.Encode(rows), slices.Repeat([]float64{2}, code.Width())
	at := func(i, j int) []float64 {
		from := code.At(j)
		return codes.Row(i)[from : from+code.Columns()[j].Width()]
	}
	for i := range rows.Len() {
		for j, c := range code.Columns() {
			if off := c.Miss(at(i, j), unit[:c.Width()], rows.Row(i)[j]); !(off <= 1e-12) {
				t.Fatalf("%s: %g misses its own code by %g", c.Name, rows.Row(i)[j], off)
			}
		}
	}
	column := code.Columns()
	for _, c := range []struct {
		of   Coder
		code []float64
		x    float64
		want float64
	}{
		{column[0], []float64{3}, 4, .5},
		{column[1], []float64{0}, math.E, .5},
		{column[3], []float64{3.4}, 4, .05},
		{column[3], []float64{3.4}, 3, 0},
		{column[3], []float64{1e9}, 20, 0},
		{column[3], []float64{3}, 3.5, math.Inf(1)},
		{column[3], []float64{21}, 21, math.Inf(1)},
		{column[4], []float64{.1, .3, .2}, 1, 0},
		{column[4], []float64{.1, .3, .2}, 2, .025},
		{column[4], []float64{.1, .3, .2}, 3, math.Inf(1)},
		{column[5], nil, math.NaN(), math.Inf(1)},
	} {
		if got := c.of.Miss(c.code, unit[:len(c.code)], c.x); !(math.Abs(got-c.want) <= 1e-12 || got == c.want) {
			t.Errorf("%s: %v misses %g by %g, want %g", c.of.Name, c.code, c.x, got, c.want)
		}
	}
}

// TestGuess: kinds of columns as people have them.
func TestGuess(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 0))
	column := func(n int, of func(i int) float64) Column {
		c := Column{Name: "c", Values: make([]float64, n)}
		for i := range c.Values {
			c.Values[i] = of(i)
		}
		return c
	}
	words := func(list ...string) Column {
		return Column{Name: "c", Texts: list, Values: slices.Repeat([]float64{math.NaN()}, len(list))}
	}
	for _, c := range []struct {
		name   string
		column Column
		want   string
	}{
		{"ages", column(100, func(i int) float64 { return float64(18 + i*7%60) }), `"integer"`},
		{"ages with gaps", column(100, func(i int) float64 {
			if i%9 == 0 {
				return math.NaN()
			}
			return float64(18 + i*7%60)
		}), `"integer"`},
		{"few rows", column(20, func(i int) float64 { return float64(i) }), `"real"`},
		{"masses in whole grams", column(100, func(int) float64 { return math.Round(5e4 + 1e3*r.NormFloat64()) }), `"real"`},
		{"incomes", column(200, func(int) float64 { return math.Exp(10 + .8*r.NormFloat64()) }), `"positive"`},
		{"heights", column(200, func(int) float64 { return 170 + 10*r.NormFloat64() }), `"real"`},
		{"normal", column(200, func(int) float64 { return r.NormFloat64() }), `"real"`},
		{"shares", column(200, func(int) float64 { return r.Float64() }), `{"bounded":[0,1]}`},
		{"small shares", column(200, func(int) float64 { return .01 + .01*r.Float64() }), `"real"`},
		{"one number", column(3, func(int) float64 { return 4 }), `"constant"`},
		{"flags", column(100, func(i int) float64 { return float64(i % 2) }), `"integer"`},
		{"nothing", column(60, func(int) float64 { return math.NaN() }), `"real"`},
		{"an infinite value", column(60, func(i int) float64 { return math.Inf(i) }), `"real"`},
		{"words", words("a", "b", "a", "b"), `"categorical"`},
		{"one word", words("a", "", "a"), `"categorical"`},
		{"names", words("a", "b", "c", "a"), `it has 3 different values in 4 rows, too many for categories`},
		{"a number with a unit", words("8.8g", "7", "5", "6"), `3 of its 4 values are numbers, and "8.8g" is not: correct it`},
	} {
		kind, err := Guess(c.column)
		got := fmt.Sprint(err)
		if err == nil {
			text, err := json.Marshal(kind)
			if err != nil {
				t.Fatal(err)
			}
			got = string(text)
		}
		if got != c.want {
			t.Errorf("%s: guessed %s, want %s", c.name, got, c.want)
		}
	}
}

// TestTake: values that are not of a declared kind are named with their row.
func TestTake(t *testing.T) {
	t.Parallel()
	share, _ := Of("bounded", "0", "1")
	sizes, _ := Of("categorical", "S", "M")
	for _, c := range []struct {
		kind   Kind
		column Column
		row    int // of a BadValue
		want   string
	}{
		{Integer, Column{Values: []float64{1, math.NaN(), 2.5}}, 2, "2.5 is not a whole number"},
		{Positive, Column{Values: []float64{1, 0}}, 1, "0 is not a positive number of 32 bits"},
		{share, Column{Values: []float64{1, 0, -.5}}, 2, "-0.5 is not between the bounds 0 and 1"},
		{Bounded, Column{Values: []float64{1}}, -1, "takes two bounds"},
		{Constant, Column{Values: []float64{1, 1, 2}}, 2, "2 and 1 before it: it is not constant"},
		{Real, Column{Values: make([]float64, 1), Texts: []string{"x"}}, -1, `it holds words, such as "x": use categorical`},
		{sizes, Column{Values: make([]float64, 2), Texts: []string{"M", "L"}}, -1, `it has the value "L", which is none of its categories (S, M)`},
	} {
		_, _, err := c.kind.Take(c.column)
		bad := (*BadValue)(nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &bad) != (c.row >= 0) || bad != nil && bad.Row != c.row {
			t.Errorf("%s: got %v, want %q at row %d", c.kind.Name, err, c.want, c.row)
		}
	}
	kind, values, err := Categorical.Take(Column{Values: []float64{10, 9, 10, math.NaN()}})
	if err != nil || !slices.Equal(kind.Categories, []string{"9", "10"}) || !slices.Equal(values[:3], []float64{1, 0, 1}) || !math.IsNaN(values[3]) {
		t.Errorf("numbers as categories: %v, %v, %v", kind.Categories, values, err)
	}
}

// TestJSON: kinds and codes are read as they were written, and damaged ones are not read.
func TestJSON(t *testing.T) {
	t.Parallel()
	_, code := mixed(t, 100, 4)
	text, err := json.Marshal(code)
	if err != nil {
		t.Fatal(err)
	}
	var again Code
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	for j, c := range code.Columns() {
		d := again.Columns()[j]
		d.Kind.rules = c.Kind.rules // functions are not compared
		if c.Kind.Name != d.Kind.Name || !reflect.DeepEqual(c, d) {
			t.Errorf("%+v is read as %+v", c, d)
		}
	}
	for _, bad := range []string{`"reel"`, `{"bounded":[1]}`, `{"bounded":[2,1]}`, `{"integer":[1]}`, `[]`, `{}`, `{"categorical":["a","a"]}`} {
		var k Kind
		if err := json.Unmarshal([]byte(bad), &k); err == nil {
			t.Errorf("%s is read as %+v", bad, k)
		}
	}
	for _, bad := range []string{`[{"name":"a","low":0,"high":1}]`, `[{"name":"a","kind":"integer","low":2,"high":1}]`, `{}`} {
		if err := json.Unmarshal([]byte(bad), &again); err == nil {
			t.Errorf("%s is read as a code", bad)
		}
	}
}
