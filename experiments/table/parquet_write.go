package table

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// Kind says how the values of a column are written.
type Kind int

// The kinds: 64-bit floats, 64-bit integers, and texts.
const (
	Real Kind = iota
	Whole
	Text
)

// Writer writes a Parquet file part by part.
type Writer struct {
	to      *parquet.GenericWriter[any]
	kinds   []Kind
	columns int
	rows    []parquet.Row
}

// groupRows is the number of rows of a row group, which the writer holds in memory.
const groupRows = 1 << 17

// NewWriter returns a writer of columns with these names and kinds, in this order. The file is whole after Close.
func NewWriter(to io.Writer, names []string, kinds []Kind) *Writer {
	node := ordered{Group: parquet.Group{}}
	for j, name := range names {
		column := map[Kind]parquet.Node{Real: parquet.Leaf(parquet.DoubleType), Whole: parquet.Leaf(parquet.Int64Type), Text: parquet.String()}[kinds[j]]
		if kinds[j] != Real {
			column = parquet.Optional(column) // a missing value is null; of floats it is NaN
		}
		node.Group[name] = column
		node.names = append(node.names, name)
	}
	schema := parquet.NewSchema("table", node)
	w := parquet.NewGenericWriter[any](to, schema, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(groupRows),
		parquet.CreatedBy("flowsweep", "", ""))
	return &Writer{to: w, kinds: kinds, columns: len(names)}
}

// ordered is a group whose fields have an order of their own. Those of a parquet.Group are sorted by name.
type ordered struct {
	parquet.Group
	names []string
}

func (o ordered) Fields() []parquet.Field {
	fields := o.Group.Fields()
	slices.SortStableFunc(fields, func(a, b parquet.Field) int {
		return slices.Index(o.names, a.Name()) - slices.Index(o.names, b.Name())
	})
	return fields
}

// Write appends the rows of a table with these columns, in this order: the values of columns of numbers, the texts of
// others. A value that is no number is null in a column of integers, and so is an empty text.
func (w *Writer) Write(part Table) error {
	if len(part.Columns) != w.columns {
		return fmt.Errorf("write parquet: %d columns, want %d", len(part.Columns), w.columns)
	}
	for first := 0; first < part.Len(); first += 1024 {
		w.rows = w.rows[:0]
		for i := first; i < min(first+1024, part.Len()); i++ {
			row := make(parquet.Row, w.columns)
			for j, c := range part.Columns {
				row[j] = w.value(c, i, j)
			}
			w.rows = append(w.rows, row)
		}
		if _, err := w.to.WriteRows(w.rows); err != nil {
			return fmt.Errorf("write parquet: %w", err)
		}
	}
	return nil
}

// value returns cell i of a column, the j-th.
func (w *Writer) value(c Column, i, j int) parquet.Value {
	switch kind := w.kinds[j]; {
	case kind == Real:
		return parquet.DoubleValue(c.Values[i]).Level(0, 0, j)
	case kind == Whole && math.Abs(c.Values[i]) < 1<<63:
		return parquet.Int64Value(int64(math.Round(c.Values[i]))).Level(0, 1, j)
	case kind == Text && c.Texts[i] != "":
		return parquet.ByteArrayValue([]byte(c.Texts[i])).Level(0, 1, j)
	default:
		return parquet.NullValue().Level(0, 0, j)
	}
}

// Close writes what is left, and the end of the file.
func (w *Writer) Close() error {
	if err := w.to.Close(); err != nil {
		return fmt.Errorf("write parquet: %w", err)
	}
	return nil
}
