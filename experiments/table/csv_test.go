package table

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

func ExampleTable_Points() {
	t, _ := DecodeCSV([]byte("x,y\n1,2.5\n3,-4e-1\n"), Options{})
	b, err := t.Points(t.Names())
	fmt.Println(t.Names(), b.Len(), b.Data, err)
	// Output: [x y] 2 [1 2.5 3 -0.4] <nil>
}

// decodePoints returns the points of comma-separated values, and the names of their columns.
func decodePoints(file []byte) (b flow.Batch, columns []string, err error) {
	t, err := DecodeCSV(file, Options{})
	if err != nil {
		return b, nil, err
	}
	b, err = t.Points(t.Names())
	return b, t.Names(), err
}

func TestCSVRoundTrip(t *testing.T) {
	t.Parallel()
	want := flow.Batch{Dim: 2, Data: []float64{1. / 3, -1e-300, math.Inf(1), math.Inf(-1), math.Pi, 0}}
	got, columns, err := decodePoints(flow.EncodeCSV(want, []string{"a", `b "c", d`}))
	if err != nil || !slices.Equal(got.Data, want.Data) || got.Dim != 2 || columns[1] != `b "c", d` {
		t.Errorf("read back %v with columns %q: %v", got, columns, err)
	}
	got, columns, err = decodePoints(flow.EncodeCSV(flow.Batch{Dim: 1, Data: []float64{math.NaN()}}, nil))
	if err != nil || columns[0] != "0" || !math.IsNaN(got.Data[0]) {
		t.Errorf("NaN comes back as %v with columns %q: %v", got, columns, err)
	}
}

func TestDecodePoints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "the file is empty"},
		{"names alone", "x,y\n", "there are no rows"},
		{"a word", "x\n1\ntwo\n", `"x" is not numeric: line 3 says "two"`},
		{"an empty cell", "1,\n", `"1" is not numeric: it has no numbers`},
		{"a number that is missing", "x,y\n1,2\nNA,4\n5,\n", `line 3, column "x": "NA"`},
		{"two gaps", "x,y\n1,\nNA,4\n", `line 2, column "y": ""`},
		{"ragged", "1,2\n3\n", "line 2"},
		{"spaces and a byte order mark", "\ufeff 1, 2 \r\n3,4\r\n", ""},
		{"too large for a float", "1e999\n", ""},
	} {
		b, _, err := decodePoints([]byte(c.text))
		if c.want == "" && (err != nil || b.Len() == 0) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, error %v, want %q", c.name, b, err, c.want)
		}
	}
}

func FuzzDecodeCSV(f *testing.F) {
	for _, text := range []string{
		"x,y\n1,2\n", "1,\"2\n3\"", "x;y\r1,5;2\r", "# a b\n1 2\n", "sep=;\n1;2", "\xff\xfe1\x00,\x002\x00", ",a\n0,5\n1,x\n", "0,1\n.5,.5\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		table, err := DecodeCSV(file, Options{})
		if err != nil {
			return
		}
		for _, c := range table.Columns {
			if len(c.Values) != table.Len() || c.Texts != nil && len(c.Texts) != table.Len() || len(table.Lines) != table.Len() {
				t.Errorf("column %q has %d values and %d texts in %d rows", c.Name, len(c.Values), len(c.Texts), table.Len())
			}
		}
		columns := table.Names()
		b, err := table.Points(columns)
		if err != nil {
			return
		}
		if b.Len()*b.Dim != len(b.Data) || len(columns) != b.Dim {
			t.Errorf("%d numbers in %d rows of %d, columns %q", len(b.Data), b.Len(), b.Dim, columns)
		}
		table, err = DecodeCSV(flow.EncodeCSV(b, nil), Options{Header: NoNames})
		if err != nil {
			t.Fatal(err)
		}
		again, err := table.Points(table.Names())
		if err != nil || again.Len() != b.Len() {
			t.Errorf("%v comes back as %v: %v", b, again, err)
		}
	})
}
