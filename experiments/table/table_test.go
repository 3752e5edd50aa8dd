package table

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

func ExampleDecodeCSV() {
	t, err := DecodeCSV([]byte("height,weight,species\n1.7,60,a\n1.8,,b\n"), Options{})
	fmt.Println(t.Names(), t.Numeric(), t.Columns[0].Values, err)
	_, err = t.Rows([]string{"height", "weight"})
	fmt.Println(err)
	// Output:
	// [height weight species] [height weight] [1.7 1.8] <nil>
	// file: 1 of 2 rows have an empty cell, NaN or Inf in the columns height, weight, the first is in line 3, column "weight": fill in or leave out these rows, or leave out columns
}

func TestDecodeCSVNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text     string
		names, numeric string
		rows           int
	}{
		{"names", "x,y\n1,2\n3,4\n", "x y", "x y", 2},
		{"no names", "1,2\n3,4\n", "0 1", "0 1", 2},
		{"names that are numbers, and one that is not", "id,2019,2020\n1,2,3\n4,5,6\n", "id 2019 2020", "id 2019 2020", 2},
		{"a column of words and no names", "1,setosa\n2,virginica\n", "0 1", "0", 2},
		{"a column of words with a name", "x,species\n1,setosa\n2,virginica\n", "x species", "x", 2},
		{"a row of one line", "1,2", "0 1", "0 1", 1},
		{"the first row is missing", "NaN,NA\n3,4\n", "0 1", "0 1", 2},
		{"a name is missing", "x,,z\n1,2,3\n", "x  z", "x  z", 1},
		{"spaces, a byte order mark and a blank line", "\ufeff x , y \r\n 1 , 2 \r\n\r\n3,4\r\n", "x y", "x y", 2},
		{"quotes", "\"a, b\",\"say \"\"c\"\"\"\n1,2\n", `a, b say "c"`, `a, b say "c"`, 1},
		{"a column without numbers", "x,y\n1,\n2,NA\n", "x y", "x", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := DecodeCSV([]byte(c.text), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if names := strings.Join(got.Names(), " "); names != c.names {
				t.Errorf("columns %q, want %q", names, c.names)
			}
			if numeric := strings.Join(got.Numeric(), " "); numeric != c.numeric {
				t.Errorf("columns of numbers %q, want %q", numeric, c.numeric)
			}
			if len(got.Lines) != c.rows {
				t.Errorf("%d rows, want %d", len(got.Lines), c.rows)
			}
			for _, column := range got.Columns {
				if len(column.Values) != c.rows {
					t.Errorf("%d values of %q, want %d", len(column.Values), column.Name, c.rows)
				}
			}
		})
	}
}

func TestDecodeCSVErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "the file is empty"},
		{"names alone", "x,y\n", "there are no rows"},
		{"ragged", "x,y\n1,2\n3\n", "line 3"},
		{"a quote left open", "x,y\n1,\"2\n", "line 2"},
		{"one name twice", "x,x\n1,2\n", `two columns are named "x"`},
		{"a name that moves the cursor", "x,\"y\x1b[2J\"\n1,2\n", `the name "y\x1b[2J" of column 1`},
	} {
		if _, err := DecodeCSV([]byte(c.text), Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestTableRows(t *testing.T) {
	t.Parallel()
	table, err := DecodeCSV([]byte("a,b,c,d\n1,-0,x,1\n2,5e-1,y,Inf\n3,1e999,,nan\n"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := table.Rows([]string{"a"})
	if err != nil || !slices.Equal(got.Data, []float64{1, 2, 3}) || got.Dim != 1 {
		t.Errorf("column a is %v: %v", got, err)
	}
	for _, c := range []struct {
		columns []string
		want    string
	}{
		{[]string{"b"}, "file: 1 of 3 rows have an empty cell, NaN or Inf in the columns b, the first is in line 4"},
		{[]string{"a", "d"}, "file: 2 of 3 rows have an empty cell, NaN or Inf in the columns a, d, the first is in line 3"},
		{[]string{"c"}, `columns: "c" is not numeric: line 2 says "x"`},
		{[]string{"e"}, `columns: there is no column "e" (have a, b, c, d)`},
	} {
		if _, err := table.Rows(c.columns); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q", c.columns, err, c.want)
		}
	}
	table = Of(flow.Batch{Dim: 2, Data: []float64{1, 2, math.Copysign(0, -1), math.NaN()}})
	got, err = table.Rows([]string{"0"})
	if err != nil || math.Signbit(got.Data[1]) {
		t.Errorf("-0 is read as %v (%v), want 0: equal data must have the same key", got.Data, err)
	}
	if _, err := table.Rows([]string{"1", "0"}); err == nil || !strings.Contains(err.Error(), "the first is row 1, from 0") {
		t.Errorf("a file without lines: got %v", err)
	}
}

// TestTooManyNumbers: a table that is too large is an error before memory is allocated for it.
func TestTooManyNumbers(t *testing.T) {
	t.Parallel()
	table := Table{Columns: []Column{{Name: "x", Values: make([]float64, MaxNumbers/2+1)}}}
	if _, err := table.Rows([]string{"x", "x"}); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("got %v", err)
	}
}

func ExampleTable_Place() {
	t, _ := DecodeCSV([]byte("x\n\n1\n2\n"), Options{})
	fmt.Println(t.Place(1), "or", Of(flow.NewBatch(2, 1)).Place(1))
	// Output: in line 4 or row 1, from 0
}
