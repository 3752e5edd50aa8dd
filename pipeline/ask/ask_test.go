package ask

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func ExampleForm() {
	form := AsJSON(os.Stdout)
	fmt.Println(form.Columns([]string{"run", "mmd"}), form.Row([]any{"5ea831fe30fb06bd", 0.25}), form.End())
	// Output:
	// [
	//   {
	//     "run": "5ea831fe30fb06bd",
	//     "mmd": 0.25
	//   }
	// ]
	// <nil> <nil> <nil>
}

func TestDistinct(t *testing.T) {
	t.Parallel()
	got := distinct([]string{"a", "a:1", "a", "b", "a", "", ""})
	if want := []string{"a", "a:1", "a:2", "b", "a:3", "", ":1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// values are all that SQLite has, at their limits.
var values = []any{nil, int64(math.MaxInt64), int64(math.MinInt64), 0.1, 0.0, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1), "", "=1", "a\nb,\"c\"\x1b", "\xff", []byte{}, []byte{0, 255}}

// write writes rows of the values in a form.
func write(t *testing.T, form Form, rows int) {
	t.Helper()
	names := make([]string, len(values))
	for i := range names {
		names[i] = fmt.Sprint("c", i)
	}
	if err := form.Columns(names); err != nil {
		t.Fatal(err)
	}
	for range rows {
		if err := form.Row(values); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.End(); err != nil {
		t.Fatal(err)
	}
}

func TestJSONHasEveryValue(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{0, 1, 3} {
		var b bytes.Buffer
		write(t, AsJSON(&b), rows)
		var got []map[string]json.RawMessage
		if err := json.Unmarshal(b.Bytes(), &got); err != nil || len(got) != rows || got == nil {
			t.Fatalf("%d rows: %d, %v", rows, len(got), err)
		}
		for _, row := range got {
			for i, want := range []string{
				"null", "9223372036854775807", "-9223372036854775808", "0.1", "0", "5e-324", `"inf"`, `"-inf"`, `""`, `"=1"`, `"a\nb,\"c\"\u001b"`, `"\ufffd"`, `""`, `"AP8="`,
			} {
				if key := fmt.Sprint("c", i); string(row[key]) != want {
					t.Errorf("%s: got %s, want %s", key, row[key], want)
				}
			}
		}
	}
}

func TestCSVHasEveryValue(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	write(t, AsCSV(&b), 2)
	got, err := csv.NewReader(&b).ReadAll()
	want := []string{"", "9223372036854775807", "-9223372036854775808", "0.1", "0", "5e-324", "inf", "-inf", "", "'=1", "a\nb,\"c\"\x1b", "\xff", "", "AP8="}
	if err != nil || len(got) != 3 || !slices.Equal(got[2], want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestTablesComeInBlocks(t *testing.T) {
	t.Parallel()
	for rows, blocks := range map[int]int{0: 1, 1: 1, blockRows: 1, blockRows + 1: 2, 2 * blockRows: 2} {
		var b bytes.Buffer
		write(t, ForPeople(&b, 0), rows)
		text := b.String()
		if strings.Count(text, "c0  c1") != blocks || strings.Count(text, "\n") != rows+2*blocks-1 || strings.Contains(text, "\x1b") || strings.HasSuffix(text, "\n\n") {
			t.Errorf("%d rows: %d headings and %d lines, want %d blocks", rows, strings.Count(text, "c0  c1"), strings.Count(text, "\n"), blocks)
		}
	}
}

// TestRowsAreNotKept writes many rows in each form, and checks that memory does not grow with them.
func TestRowsAreNotKept(t *testing.T) {
	for name, form := range map[string]Form{"table": ForPeople(io.Discard, 80), "json": AsJSON(io.Discard), "csv": AsCSV(io.Discard)} {
		heap := func() int {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return int(m.HeapAlloc)
		}
		before := heap()
		if err := form.Columns([]string{"text"}); err != nil {
			t.Fatal(err)
		}
		for i := range 20_000 {
			if err := form.Row([]any{fmt.Sprint(i, strings.Repeat("x", 1000))}); err != nil {
				t.Fatal(err)
			}
		}
		if grown := heap() - before; grown > 10<<20 {
			t.Errorf("%s: 20 MB of rows take %d MB", name, grown>>20)
		}
		runtime.KeepAlive(form)
	}
}
