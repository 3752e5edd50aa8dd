package table_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"flowsweep/experiments/query"
	"flowsweep/pipeline/table"
)

func ExampleTable() {
	var t table.Table
	t.Add(query.Field{Key: "run", Value: "9402645135369e19"}, query.Field{Key: "metrics.mmd", Value: "0.123456789", Kind: query.Number})
	t.Add(query.Field{Key: "run", Value: "1234567890123456"}, query.Field{Key: "metrics.mmd", Value: "1.5e-05", Kind: query.Number})
	order, err := t.Order("mmd")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Print(os.Stdout, t.Columns, order, 0))
	// Output:
	// run               mmd
	// 1234567890123456  1.5e-05
	// 9402645135369e19  0.1235
	// <nil>
}

// looksLikeNumbers are keys that a float64 holds, whole names, and tags.
var looksLikeNumbers = []string{"9402645135369e19", "1234567890123456", "12345678901234e5", "0000000000000000", "1e5", "inf", "nan", "0x1p-2", "1_000.5"}

func TestTextStaysAsItIs(t *testing.T) {
	t.Parallel()
	var tb table.Table
	for _, key := range looksLikeNumbers {
		tb.Add(query.Field{Key: "run", Value: key}, query.Field{Key: "tags", Value: "[]", Kind: query.List, Items: []string{key}})
	}
	order, err := tb.Order("run")
	if err != nil {
		t.Fatal(err)
	}
	var text, csv bytes.Buffer
	if err := tb.Print(&text, []string{"run", "tags"}, order, 40); err != nil {
		t.Fatal(err)
	}
	if err := tb.CSV(&csv, []string{"run"}, order); err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(looksLikeNumbers))
	for i, line := range strings.Split(strings.TrimSpace(text.String()), "\n")[1:] {
		if got := strings.Fields(line); len(got) != 2 || got[0] != want[i] || got[1] != want[i] {
			t.Errorf("line %q, want the key and the tag %s", line, want[i])
		}
	}
	if got := strings.Fields(csv.String())[1:]; !slices.Equal(got, want) {
		t.Errorf("CSV %q, want %q", got, want)
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	var tb table.Table
	for i, v := range []string{"10", "nan", "9", "-1e-5", ""} {
		mmd := query.Field{Key: "metrics.mmd", Value: v, Kind: query.Number}
		if v == "" {
			mmd.Kind = query.Null
		}
		tb.Add(query.Field{Key: "run", Value: fmt.Sprint("r", i)}, query.Field{Key: "train.steps", Value: fmt.Sprint(10 - i), Kind: query.Number},
			query.Field{Key: "steps", Value: fmt.Sprint(i), Kind: query.Number, Also: "sample.steps"}, mmd)
	}
	for name, want := range map[string]string{
		"": "[0 1 2 3 4]", "mmd": "[3 2 0 1 4]", "-metrics.mmd": "[0 2 3 1 4]", "-run": "[4 3 2 1 0]",
		"steps": "[0 1 2 3 4]", "sample.steps": "[0 1 2 3 4]", "train.steps": "[4 3 2 1 0]", // 10 after 9
	} {
		if order, err := tb.Order(name); err != nil || fmt.Sprint(order) != want {
			t.Errorf("by %q: %v, %v, want %s", name, order, err, want)
		}
	}
	if _, err := tb.Order("gone"); err == nil || !strings.Contains(err.Error(), "metrics.mmd") {
		t.Errorf("error %v, want one that lists the columns", err)
	}
	if order, err := (table.Table{}).Order("gone"); err != nil || len(order) != 0 {
		t.Errorf("without rows: %v, %v", order, err)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	var tb table.Table
	tb.Add(query.Field{Key: "steps", Also: "sample.steps"}, query.Field{Key: "path.power", Value: "2"}, query.Field{Key: "sample_path.power", Value: "3"})
	if got, err := tb.Select([]string{"path.power", "sample.steps"}); err != nil || !slices.Equal(got, []string{"path.power", "steps"}) {
		t.Errorf("got %v, %v", got, err)
	}
	for names, want := range map[string]string{
		"power": "path.power or sample_path.power", "steps sample.steps": "steps, which is there already", "stepz": `did you mean "steps"`,
	} {
		if got, err := tb.Select(strings.Fields(names)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v, want the error %q", names, got, err, want)
		}
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "euler": "euler", "-1.5e-3": "'-1.5e-3", "=1+1": "'=1+1", "@SUM(A1)": "'@SUM(A1)", "-2+cmd|' /C'": "'-2+cmd|' /C'",
		"+a": "'+a", "\t=1": "'\t=1", "x=1": "x=1", "'=1": "'=1", "name, \"quote": "name, \"quote",
	} {
		if got := table.Plain(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	var tb table.Table
	tb.Add(query.Field{Key: "run", Value: "a"}, query.Field{Key: "=error", Value: "=HYPERLINK(1)"}, query.Field{Key: "mmd", Value: "-inf", Kind: query.Number},
		query.Field{Key: "steps", Kind: query.Null}, query.Field{Key: "note", Kind: query.Null, Aside: true})
	var b bytes.Buffer
	if err := tb.CSV(&b, tb.Columns, []int{0}); err != nil || b.String() != "run,'=error,mmd,steps\na,'=HYPERLINK(1),-inf,\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}
