package table

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/flow"
)

// zeros returns what compresses to a thousandth: n zeros, through a compressor.
func zeros(n int, to func(w io.Writer) io.WriteCloser) []byte {
	var b bytes.Buffer
	w := to(&b)
	part := bytes.Repeat([]byte("0\n"), 1<<19)
	for range n >> 20 {
		w.Write(part)
	}
	w.Close()
	return b.Bytes()
}

func gzipTo(w io.Writer) io.WriteCloser {
	z, _ := gzip.NewWriterLevel(w, flate.BestSpeed)
	return z
}

// npzOf returns a zip archive of these files, of which each is written by a function.
func npzOf(names []string, write func(name string, w io.Writer)) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			panic(err)
		}
		write(name, w)
	}
	z.Close()
	return b.Bytes()
}

func npy(rows, dim int) []byte {
	b := flow.NewBatch(rows, dim)
	for i := range b.Data {
		b.Data[i] = float64(i)
	}
	return flow.EncodeNPY(b)
}

// TestHostile: files that are damaged, or made to take memory, are each one clear error, which is short, within a stated
// memory. It is the sum of all that was ever allocated, and so more than what was used at a time.
func TestHostile(t *testing.T) { // not in parallel, since it measures the memory of the process
	const mega = 1 << 20
	whole := npzOf([]string{"x.npy"}, func(_ string, w io.Writer) { w.Write(npy(1000, 3)) })
	bomb := zeros(300<<20, gzipTo)
	zipBomb := npzOf([]string{"x.npy"}, func(_ string, w io.Writer) {
		part := make([]byte, mega)
		for range 300 {
			w.Write(part)
		}
	})
	parquet := fixture(t, "snappy-1.parquet")
	for _, c := range []struct {
		name, file string
		content    []byte
		want       string
		memory     uint64 // bytes beside the file
	}{
		{"10 million columns", "a.csv", bytes.Repeat([]byte("1,"), 10_000_000), "line 1 has more than 65536 columns: leave columns out", 64 * mega},
		{"10 million names", "a.csv", append(bytes.Repeat([]byte("x;"), 10_000_000), '\n', '1'), "line 1 has more than 65536 columns", 64 * mega},
		{"10 million columns of an array", "a.npy", npy(1, 10_000_000), "rows of 10000000 numbers are too wide: at most 65536", mega},
		{"an unclosed quote", "a.csv", append([]byte("x,y\n1,2\n3,\"4\n"), bytes.Repeat([]byte("5,6\n"), 4*mega)...), "line 3: a quote is opened there and never closed", 128 * mega},
		{"quotes a million deep", "a.csv", []byte("x,y\n1," + strings.Repeat(`"`, 2*mega+1) + "\n"), "line 2: a quote is opened there and never closed", 16 * mega},
		{"quotes a million deep that close", "a.csv", []byte("x,y\n1," + strings.Repeat(`"`, 2*mega) + "\n2,3\n4,5\n6,7\n"), "", 64 * mega},
		{"text after a quote", "a.csv", []byte("x,y\n1,\"2\" 3\n"), "line 2: text follows a closing quote", mega},
		{"a name of a million letters", "a.csv", []byte(strings.Repeat("x", mega) + ",y\n1,2\n"), "the name of column 0 has 1048576 letters", 16 * mega},
		{"a cell of a million letters", "a.csv", []byte("x,y\n" + strings.Repeat("1,2\n", 20) + "1," + strings.Repeat("w", mega) + "\n"), "", 16 * mega},
		{"ragged lines", "a.csv", []byte("1,2\n3,4,5\n"), "line 2 has 3 columns, but the first line has 2", mega},
		{"zero bytes", "a.csv", []byte("1,2\n\x00\x00"), "byte 4 is 0, so it is not text", mega},
		{"half of UTF-16", "a.csv", []byte("\xff\xfex"), "the file is empty", mega},
		{"nothing", "a.csv", nil, "the file is empty", mega},
		{"nothing but comments", "a.csv", []byte("# a\n# b\n"), "the file is empty", mega},
		{"a gzip bomb", "a.csv.gz", bomb, "holds more than 268435456 bytes once it is inflated", 2048 * mega},
		{"a cut gzip file", "a.csv.gz", bomb[:len(bomb)/300], "gzip: the file ends too early", 64 * mega},
		{"gzip of nothing", "a.csv.gz", []byte("\x1f\x8b"), "gzip", mega},
		{"a zip bomb", "a.npz", zipBomb, "holds more than 268435456 bytes once it is inflated", 2048 * mega},
		{"a cut zip file", "a.npz", whole[:len(whole)-9], "decode npz: zip: not a valid zip file: is it complete?", mega},
		{"a zip file with a changed byte", "a.npz", changed(whole, len(whole)/2), "decode npz", mega},
		{"ten thousand arrays", "a.npz", bytes.Repeat([]byte("PK\x01\x02"), 10_000), "it has more than 4096 arrays", mega},
		{"a cut array", "a.npy", npy(1000, 3)[:5000], "bytes do not hold 1000 rows of 3 numbers", mega},
		{"an array in text", "a.npy", []byte("1,2\n"), "not a NumPy file", mega},
		{"Parquet cut in its footer", "a.parquet", parquet[:len(parquet)-100], "the file ends too early, or is damaged", mega},
		{"Parquet cut in its rows", "a.parquet", slices.Concat(parquet[:2000], parquet[len(parquet)-3000:]), "decode parquet", 16 * mega},
		{"Parquet named .csv", "a.csv", parquet, "it is a Parquet file, whatever its name: name it .parquet", mega},
		{"Excel named .csv", "a.csv", whole, "it is a zip archive, such as of NumPy or Excel, whatever its name", mega},
	} {
		if testing.Short() && c.memory > 1024*mega {
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := Decode(c.file, c.content, Options{})
		runtime.ReadMemStats(&after)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %.300v, want %q", c.name, err, c.want)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > c.memory || used > MaxMemory {
			t.Errorf("%s takes %d MB, want at most %d", c.name, used/mega, c.memory/mega)
		}
		if err == nil {
			_, _, err = got.Default(nil)
		}
		if err != nil && len(err.Error()) > 500 {
			t.Errorf("%s: an error of %d letters", c.name, len(err.Error()))
		}
	}
}

func changed(file []byte, at int) []byte {
	file = bytes.Clone(file)
	file[at] ^= 0x40
	return file
}

// TestTooManyCells: what would take more memory than is stated is an error before it does.
func TestTooManyCells(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads 134 MB")
	}
	if _, err := Decode("a.csv", bytes.Repeat([]byte("1\n"), MaxCells+2), Options{}); err == nil || !strings.Contains(err.Error(), "there are more than 67108864 cells") {
		t.Errorf("too many rows give %v", err)
	}
}

// TestNPZ: the only array is read, one of several by its name, and there is a list of them.
func TestNPZ(t *testing.T) {
	t.Parallel()
	file := func(names ...string) []byte {
		return npzOf(names, func(name string, w io.Writer) { w.Write(npy(len(name), 2)) })
	}
	for _, c := range []struct {
		name  string
		file  []byte
		array string
		rows  int
		want  string
	}{
		{"one", file("x.npy"), "", 5, ""},
		{"one by name", file("x.npy"), "x", 5, ""},
		{"one of two", file("x.npy", "label.npy"), "label", 9, ""},
		{"none of two", file("x.npy", "label.npy"), "", 0, "array: the file has 2: say which, as in array: x (have x, label)"},
		{"an unknown one", file("x.npy", "label.npy"), "y", 0, `array: there is no "y" (have x, label)`},
		{"no array", file("readme.txt"), "", 0, "it has no arrays"},
	} {
		got, err := Decode("a.npz", c.file, Options{Array: c.array})
		if c.want == "" && (err != nil || got.Len() != c.rows) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %d rows, %v, want %q", c.name, got.Len(), err, c.want)
		}
	}
}

// TestArrays: an array of more than two axes keeps the shape of a row and the type of its numbers.
func TestArrays(t *testing.T) {
	t.Parallel()
	header := fmt.Sprintf("%-117s\n", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 2, 3), }")
	got, err := Decode("digits.npy", []byte("\x93NUMPY\x01\x00\x76\x00"+header+"\x00\x01\x02\x03\x04\x05\xff\x00\x00\x00\x00\x00"), Options{})
	if err != nil || !slices.Equal(got.Shape, []int{1, 2, 3}) || got.Type != "uint8" || len(got.Columns) != 6 || got.Columns[0].Values[1] != 255 {
		t.Errorf("%v: %v", got, err)
	}
	if note := strings.Join(got.Notes, "; "); note != "rows of the shape 1 x 2 x 3 are read as 6 columns" {
		t.Errorf("it says %q", note)
	}
	got, err = Decode("nan.npy", flow.EncodeNPY(flow.Batch{Dim: 2, Data: []float64{1, math.NaN(), 2, math.NaN()}}), Options{})
	names, left, _ := got.Default(nil)
	if err != nil || !slices.Equal(names, []string{"0"}) || Reasons(left) != ` ("1": it has no numbers)` {
		t.Errorf("a column of NaN: %q, left out %v: %v", names, left, err)
	}
	if names, _, err := got.PointColumns(); err != nil || len(names) != 2 {
		t.Errorf("samples of NaN: %q, %v", names, err)
	}
}

func FuzzDecodeArrays(f *testing.F) {
	f.Add("a.npy", npy(3, 2))
	f.Add("a.npz", npzOf([]string{"x.npy"}, func(_ string, w io.Writer) { w.Write(npy(3, 2)) }))
	f.Add("a.csv.gz", []byte(gzipOf("x,y\n1,2\n")))
	f.Fuzz(func(t *testing.T, name string, file []byte) {
		if !slices.Contains([]string{".npy", ".npz", ".csv"}, Extension(name)) {
			return
		}
		got, err := Decode(name, file, Options{})
		for _, c := range got.Columns {
			if err == nil && len(c.Values) != got.Len() {
				t.Errorf("column %q has %d values in %d rows", c.Name, len(c.Values), got.Len())
			}
		}
	})
}
