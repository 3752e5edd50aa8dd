package table

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestParquet reads files that pyarrow wrote, in all of its compressions and both forms of pages: see testdata/make.py.
func TestParquet(t *testing.T) {
	t.Parallel()
	numbers := map[string]func(k float64) float64{
		"double":  func(k float64) float64 { return k / 2 },
		"float":   func(k float64) float64 { return k / 4 },
		"half":    func(k float64) float64 { return k / 2 },
		"int8":    func(k float64) float64 { return k - 20 },
		"int64":   func(k float64) float64 { return k * (1 << 40) },
		"uint32":  func(k float64) float64 { return k + 1<<31 },
		"uint64":  func(k float64) float64 { return 1<<63 + 4096*k },
		"decimal": func(k float64) float64 { return k / 100 },
		"bool":    func(k float64) float64 { return map[bool]float64{true: 1}[int(k)%3 == 0] },
	}
	files, err := filepath.Glob("testdata/*-[12].parquet")
	if err != nil || len(files) != 12 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, path := range files {
		got, err := Decode(path, fixture(t, filepath.Base(path)), Options{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		names, left, err := got.Default(nil)
		if err != nil || len(names) != len(numbers) || got.Len() != 40 {
			t.Errorf("%s: %d rows of %q: %v", path, got.Len(), names, err)
		}
		const want = ` ("text": row 0, from 0 says "red"; "category": row 0, from 0 says "a"; "date": it holds dates or times; ` +
			`"list", "struct": it is nested: each row holds a list or a struct; "bytes": it holds raw bytes)`
		if Reasons(left) != want {
			t.Errorf("%s leaves out%s, want%s", path, Reasons(left), want)
		}
		for _, c := range got.Columns {
			of, ok := numbers[c.Name]
			if !ok {
				continue
			}
			for k, v := range c.Values {
				gap := c.Name == "double" && k == 5 || c.Name == "int64" && k == 7
				if want := of(float64(k)); v != want && !gap || gap != math.IsNaN(v) {
					t.Errorf("%s: row %d of %s is %g, want %g", path, k, c.Name, v, want)
				}
			}
		}
		text := got.Columns[slices.Index(got.Names(), "text")]
		if text.Texts[2] != "blue é" || text.Texts[3] != "" || !text.Missing(3) || text.Missing(4) {
			t.Errorf("%s: the texts are %q", path, text.Texts)
		}
		if _, err := got.Rows([]string{"list"}); err == nil || !strings.Contains(err.Error(), `"list" is not numeric: it is nested`) {
			t.Errorf("%s: a nested column gives %v", path, err)
		}
		if _, err := got.Rows([]string{"double"}); err == nil || !strings.Contains(err.Error(), `1 of 40 rows have an empty cell, NaN or Inf in the columns double, the first is row 5, from 0`) {
			t.Errorf("%s: a null gives %v", path, err)
		}
		if _, err := got.Points([]string{"int64"}); err == nil || !strings.Contains(err.Error(), `row 7, from 0, column "int64"`) {
			t.Errorf("%s: a null among points gives %v", path, err)
		}
	}
}

func TestParquetEncodings(t *testing.T) {
	t.Parallel()
	got, err := Decode("a.parquet", fixture(t, "delta.parquet"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for k := range 40 {
		if got.Columns[0].Values[k] != float64(k*k-100) || got.Columns[1].Texts[k] != fmt.Sprintf("t%d", k%7) || got.Columns[2].Values[k] != float64(k)/8 {
			t.Errorf("row %d is %g, %q, %g", k, got.Columns[0].Values[k], got.Columns[1].Texts[k], got.Columns[2].Values[k])
		}
	}
	if _, err := Decode("a.parquet", fixture(t, "front.parquet"), Options{}); err == nil || !strings.Contains(err.Error(), `column "text": its encoding DELTA_BYTE_ARRAY is not read`) {
		t.Errorf("an encoding whose size nobody can tell gives %v", err)
	}
	got, err = Decode("a.parquet", fixture(t, "pandas.parquet"), Options{})
	if names, left, _ := got.Default(nil); err != nil || !slices.Equal(names, []string{"x"}) || !strings.Contains(Reasons(left), "it numbers the rows") {
		t.Errorf("pandas: %q, left out %v: %v", names, left, err)
	}
}

func ExampleNewWriter() {
	var file bytes.Buffer
	w := NewWriter(&file, []string{"weight", "count", "kind"}, []Kind{Real, Whole, Text})
	err := w.Write(Table{Columns: []Column{{Values: []float64{1.5, 2}}, {Values: []float64{7, math.NaN()}}, {Values: []float64{0, 0}, Texts: []string{"oak", "elm"}}}})
	fmt.Println(err, w.Close())
	t, err := Decode("trees.parquet", file.Bytes(), Options{})
	fmt.Println(t.Names(), t.Columns[0].Values, t.Columns[1].Values, t.Columns[2].Texts, err)
	// Output:
	// <nil> <nil>
	// [weight count kind] [1.5 2] [7 NaN] [oak elm] <nil>
}

// TestParquetRoundTrip: many rows, written in parts of several row groups, read back as the same bits.
func TestParquetRoundTrip(t *testing.T) {
	t.Parallel()
	const n = groupRows + 5000
	var file bytes.Buffer
	w := NewWriter(&file, []string{"x"}, []Kind{Real})
	values := make([]float64, n)
	for i := range values {
		values[i] = math.Sin(float64(i))
	}
	values[n-1] = math.Inf(-1)
	for first := 0; first < n; first += 3000 {
		if err := w.Write(Table{Columns: []Column{{Values: values[first:min(n, first+3000)]}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := Decode("a.parquet", file.Bytes(), Options{})
	if err != nil || !slices.Equal(got.Columns[0].Values, values) {
		t.Errorf("%d rows come back as %d: %v", n, got.Len(), err)
	}
}

// TestParquetDamaged: a file with a byte changed, or cut, is an error or a table, never a panic; what is cut is an error.
func TestParquetDamaged(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"snappy-1.parquet", "gzip-2.parquet", "delta.parquet", "zstd-2.parquet", "lz4-1.parquet", "brotli-1.parquet"} {
		file := fixture(t, name)
		step := 17
		if testing.Short() {
			step = 151
		}
		for at := 0; at < len(file); at += step {
			if _, err := Decode(name, file[:at], Options{}); err == nil {
				t.Errorf("%s: the first %d bytes are read", name, at)
			}
			damaged := bytes.Clone(file)
			damaged[at] ^= byte(1 + at%255)
			got, err := Decode(name, damaged, Options{})
			if err == nil && slices.ContainsFunc(got.Columns, func(c Column) bool { return len(c.Values) != got.Len() }) {
				t.Errorf("%s: byte %d changed gives columns of different lengths", name, at)
			}
		}
	}
}

// TestParquetLies: lengths that a page declares are not believed.
func TestParquetLies(t *testing.T) {
	t.Parallel()
	run := func(n uint64, rest ...byte) []byte { return append(binary.AppendUvarint(nil, n<<1), rest...) }
	for _, c := range []struct {
		name string
		err  error
		bad  bool
	}{
		{"runs of as many values", checkRuns(append(run(30, 1), run(70, 0)...), 1, 100), false},
		{"a run of a billion values", checkRuns(run(1e9, 1), 1, 100), true},
		{"many runs that are too long together", checkRuns(bytes.Repeat(run(90, 1), 30), 1, 100), true},
		{"groups of eight", checkRuns([]byte{13<<1 | 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, 1, 100), false},
		{"a billion groups of eight", checkRuns(binary.AppendUvarint(nil, 1e9<<1|1), 1, 100), true},
		{"groups without end", checkRuns(binary.AppendUvarint(nil, 1<<63|1), 0, 100), true},
		{"delta of as many values", checkDelta(128, 4, 100), false},
		{"delta of a billion values", checkDelta(128, 4, 1e9), true},
		{"delta in huge blocks", checkDelta(1<<30, 4, 100), true},
		{"delta in no parts", checkDelta(128, 0, 100), true},
	} {
		if (c.err != nil) != c.bad {
			t.Errorf("%s: %v", c.name, c.err)
		}
	}
	w := thriftWalk{data: append([]byte{0x19, 0xfc}, binary.AppendUvarint(nil, 1e9)...)} // field 1: a list of structs
	if err := w.structure(0); err == nil || !strings.Contains(err.Error(), "more than 1048576 entries") {
		t.Errorf("a list of a billion structs gives %v", err)
	}
	w = thriftWalk{data: bytes.Repeat([]byte{0x1c}, 1<<20)}
	if err := w.structure(0); err == nil || !strings.Contains(err.Error(), "nested too deep") {
		t.Errorf("a million structs in each other give %v", err)
	}
}

// checkDelta checks a page of 100 values that declares these sizes.
func checkDelta(block, parts, values uint64) error {
	head := binary.AppendUvarint(binary.AppendUvarint(binary.AppendUvarint(nil, block), parts), values)
	return checkValues(head, 5, 100)
}

func FuzzDecodeParquet(f *testing.F) {
	for _, name := range []string{"snappy-1.parquet", "gzip-2.parquet", "delta.parquet", "pandas.parquet"} {
		f.Add(fixture(f, name))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := Decode("a.parquet", file, Options{})
		for _, c := range got.Columns {
			if err == nil && (len(c.Values) != got.Len() || c.Texts != nil && len(c.Texts) != got.Len()) {
				t.Errorf("column %q has %d values in %d rows", c.Name, len(c.Values), got.Len())
			}
		}
	})
}
