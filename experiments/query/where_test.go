package query

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// whereCases are what testdata/where.json has: tables, and conditions with the rows that meet them or the error. The page's own
// form of the language, reports/sheet/query.js, is tested with the same.
type whereCases struct {
	Tables map[string]whereTable
	Cases  []struct {
		Of, Where, Error string
		Rows             []int
	}
}

// whereTable is a table as pages have it.
type whereTable struct {
	Columns []struct {
		Key, Also string
		Aside     bool
		Kinds     []string // the first is that of a cell that does not say
	}
	Rows [][]any // null, a text, a list of texts, or an object with a kind and a value
}

func readCases(t *testing.T) (all whereCases) {
	t.Helper()
	raw, err := os.ReadFile("testdata/where.json")
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Cases) < 150 {
		t.Fatalf("%d cases", len(all.Cases))
	}
	return all
}

var kindWords = []string{"text", "number", "bool", "null", "list"}

// fields returns the fields of a row.
func (w whereTable) fields(row []any) ([]Field, error) {
	var fields []Field
	for i, c := range w.Columns {
		f := Field{Key: c.Key, Also: c.Also, Aside: c.Aside, Kind: Null}
		switch cell := row[i].(type) {
		case string:
			f.Value, f.Kind = cell, Kind(slices.Index(kindWords, c.Kinds[0]))
		case []any:
			f.Value, f.Kind = "[...]", List
			for _, item := range cell {
				f.Items = append(f.Items, item.(string))
			}
		case map[string]any:
			f.Value, f.Kind = cell["value"].(string), Kind(slices.Index(kindWords, cell["kind"].(string)))
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func TestWhere(t *testing.T) {
	t.Parallel()
	all := readCases(t)
	for _, c := range all.Cases {
		table := all.Tables[c.Of]
		w, err := Parse(c.Where)
		var got []int
		if err == nil {
			numbers := make([]int, len(table.Rows))
			for i := range numbers {
				numbers[i] = i
			}
			got, err = Filter(w, numbers, func(i int) ([]Field, error) { return table.fields(table.Rows[i]) })
		}
		said := ""
		if err != nil {
			said = err.Error()
		}
		if said != c.Error || !slices.Equal(got, c.Rows) {
			t.Errorf("%s: %s:\ngot %v %s\nwant %v %s", c.Of, c.Where, got, said, c.Rows, c.Error)
		}
	}
}

// TestWhereShowsThePlace checks of every error that its caret is under the text.
func TestWhereShowsThePlace(t *testing.T) {
	t.Parallel()
	for _, c := range readCases(t).Cases {
		lines := strings.Split(c.Error, "\n")
		if c.Error != "" && (len(lines) != 3 || !strings.HasPrefix(c.Error, "column ") || !strings.HasSuffix(lines[2], "^") || len([]rune(lines[2])) > len([]rune(lines[1]))+1) {
			t.Errorf("%s: the error shows no place:\n%s", c.Where, c.Error)
		}
	}
}

func TestWhereOfNoRows(t *testing.T) {
	t.Parallel()
	w, err := Parse("gone = 1")
	if kept, err2 := Filter(w, nil, row.all); err != nil || err2 != nil || kept != nil { // nobody knows the fields
		t.Errorf("got %v, %v, %v", kept, err, err2)
	}
}
