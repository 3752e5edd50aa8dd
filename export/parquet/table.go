package parquet

import (
	"fmt"
	"strconv"
	"time"
)

// table is a table whose columns come as its rows need them.
type table struct {
	columns []column
	at      map[string]int // of the columns, by name
	rows    [][]any        // a row ends with its last value; nil is absent
}

// column is a column of values of one kind.
type column struct {
	name string
	kind kind
}

// kind is what the values of a column are.
type kind int

const (
	unknown kind = iota
	truth
	whole
	natural // 64 bits without a sign
	real
	moment
	text
)

// cell is a value of a row, with the name of its column. A nil value is absent, and makes no column.
type cell struct {
	name  string
	value any // a bool, int64, uint64, float64, time.Time or string, or absent
}

// absent is an absent value of a kind, for columns that a table has in any case.
type absent kind

// add adds a row.
func (t *table) add(cells ...cell) {
	if t.at == nil {
		t.at = map[string]int{}
	}
	row := make([]any, len(t.columns))
	for _, c := range cells {
		if c.value == nil {
			continue
		}
		i, ok := t.at[c.name]
		if !ok {
			i = len(t.columns)
			t.at[c.name] = i
			t.columns = append(t.columns, column{name: c.name})
		}
		if i >= len(row) {
			row = append(row, make([]any, i+1-len(row))...)
		}
		t.columns[i].kind = common(t.columns[i].kind, kindOf(c.value))
		if _, none := c.value.(absent); !none {
			row[i] = c.value
		}
	}
	t.rows = append(t.rows, row)
}

// value returns a value of a row, as one of the kind of its column; nil if it is absent.
func (t *table) value(row []any, j int) any {
	if j >= len(row) || row[j] == nil {
		return nil
	}
	switch want := t.columns[j].kind; {
	case want == kindOf(row[j]):
		return row[j]
	case want == real:
		return float64(row[j].(int64))
	default:
		return words(row[j])
	}
}

func kindOf(value any) kind {
	switch x := value.(type) {
	case absent:
		return kind(x)
	case bool:
		return truth
	case int64:
		return whole
	case uint64:
		return natural
	case float64:
		return real
	case time.Time:
		return moment
	case string:
		return text
	}
	panic(fmt.Sprintf("parquet: a value is a %T", value))
}

// common returns the kind that holds values of both.
func common(a, b kind) kind {
	switch {
	case a == b || b == unknown:
		return a
	case a == unknown:
		return b
	case a == whole && b == real || a == real && b == whole:
		return real
	default:
		return text
	}
}

// words returns a value as a text, from which the same value can be read.
func words(value any) string {
	switch x := value.(type) {
	case float64:
		switch s := strconv.FormatFloat(x, 'g', -1, 64); s {
		case "NaN":
			return "nan"
		case "+Inf":
			return "inf"
		case "-Inf":
			return "-inf"
		default:
			return s
		}
	case time.Time:
		return x.UTC().Format("2006-01-02T15:04:05.000000Z")
	default:
		return fmt.Sprint(x)
	}
}
