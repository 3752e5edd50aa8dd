package parquet

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
)

// groupRows is the number of rows of a row group.
const groupRows = 1 << 17

// parquet writes the table as Parquet.
func (t *table) parquet(to *os.File) error {
	node := ordered{Group: parquet.Group{}}
	for _, c := range t.columns {
		node.Group[c.name] = parquet.Optional(leaf(c.kind))
		node.names = append(node.names, c.name)
	}
	w := parquet.NewGenericWriter[any](to, parquet.NewSchema("table", node), parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(groupRows),
		parquet.CreatedBy("flowsweep", "", ""))
	for part := range slices.Chunk(t.rows, 1024) {
		rows := make([]parquet.Row, len(part))
		for i, row := range part {
			for j := range t.columns {
				rows[i] = append(rows[i], level(t.value(row, j), j))
			}
		}
		if _, err := w.WriteRows(rows); err != nil {
			return err
		}
	}
	return w.Close()
}

// leaf returns the type of a column.
func leaf(k kind) parquet.Node {
	switch k {
	case truth:
		return parquet.Leaf(parquet.BooleanType)
	case whole:
		return parquet.Int(64)
	case natural:
		return parquet.Uint(64)
	case real:
		return parquet.Leaf(parquet.DoubleType)
	case moment:
		return parquet.Timestamp(parquet.Microsecond)
	default:
		return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	}
}

// level returns a value of column j, which is null if it is nil.
func level(value any, j int) parquet.Value {
	switch x := value.(type) {
	case nil:
		return parquet.NullValue().Level(0, 0, j)
	case time.Time:
		value = x.UnixMicro()
	case uint64:
		value = int64(x) // the same bits
	}
	return parquet.ValueOf(value).Level(0, 1, j)
}

// ordered is a group whose fields have an order of their own. Those of a parquet.Group are sorted by name.
type ordered struct {
	parquet.Group
	names []string
}

// Fields returns the fields in that order.
func (o ordered) Fields() []parquet.Field {
	at := map[string]int{}
	for i, name := range o.names {
		at[name] = i
	}
	fields := o.Group.Fields()
	slices.SortFunc(fields, func(a, b parquet.Field) int { return at[a.Name()] - at[b.Name()] })
	return fields
}

// csv writes the table as CSV.
func (t *table) csv(to *os.File) error {
	w := csv.NewWriter(to)
	record := make([]string, len(t.columns))
	for j, c := range t.columns {
		record[j] = harmless(c.name)
	}
	if err := w.Write(record); err != nil {
		return err
	}
	for _, row := range t.rows {
		for j, c := range t.columns {
			record[j] = ""
			if value := t.value(row, j); value != nil {
				record[j] = words(value)
			}
			if c.kind == text {
				record[j] = harmless(record[j])
			}
		}
		if err := w.Write(record); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// harmless returns a text that no spreadsheet takes for a formula: a quote, which marks plain text, is put before what starts like one,
// as in all CSV files of the program.
func harmless(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return text
	}
	return "'" + text
}
