package ask

import (
	"bufio"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"flowsweep/experiments"
	"flowsweep/experiments/query"
	"flowsweep/pipeline/table"
)

// ForPeople returns a form of tables, within a width of columns if that is above 0. Rows come in blocks with headings and widths of their
// own, so that it does not matter how many there are.
func ForPeople(w io.Writer, width int) Form { return &tables{w: w, width: width} }

// blockRows is the number of rows in a block.
const blockRows = 1000

type tables struct {
	w      io.Writer
	width  int
	block  table.Table
	blocks int
}

func (t *tables) Columns(names []string) error {
	t.block.Columns = names
	return nil
}

func (t *tables) Row(values []any) error {
	row := make(map[string]query.Field, len(values))
	for i, v := range values {
		row[t.block.Columns[i]] = fieldOf(t.block.Columns[i], v)
	}
	t.block.Cells = append(t.block.Cells, row)
	if len(t.block.Cells) < blockRows {
		return nil
	}
	return t.print()
}

func (t *tables) End() error {
	if t.blocks > 0 && len(t.block.Cells) == 0 {
		return nil
	}
	return t.print()
}

// print prints the rows of the block.
func (t *tables) print() error {
	if t.blocks++; t.blocks > 1 {
		if _, err := io.WriteString(t.w, "\n"); err != nil {
			return err
		}
	}
	order, err := t.block.Order("")
	if err != nil {
		return err
	}
	err = t.block.Print(t.w, t.block.Columns, order, t.width)
	t.block.Cells = nil
	return err
}

// fieldOf returns a value as a cell of a table.
func fieldOf(column string, value any) query.Field {
	f := query.Field{Key: column}
	switch v := value.(type) {
	case nil:
		f.Kind = query.Null
	case int64:
		f.Value, f.Kind = strconv.FormatInt(v, 10), query.Number
	case float64:
		f.Value, f.Kind = experiments.Number(v).String(), query.Number
	case []byte:
		f.Value = fmt.Sprintf("%d bytes", len(v))
	default:
		f.Value = fmt.Sprint(v)
	}
	return f
}

// AsCSV returns a form for programs: all digits, NULL as nothing, bytes in base64, and no text that a spreadsheet takes for a formula.
func AsCSV(w io.Writer) Form { return &separated{csv.NewWriter(w)} }

type separated struct{ w *csv.Writer }

func (s *separated) Columns(names []string) error {
	plain := make([]string, len(names))
	for i, name := range names {
		plain[i] = table.Plain(name)
	}
	return s.w.Write(plain)
}

func (s *separated) Row(values []any) error {
	record := make([]string, len(values))
	for i, value := range values {
		switch v := value.(type) {
		case string:
			record[i] = table.Plain(v)
		case []byte:
			record[i] = base64.StdEncoding.EncodeToString(v)
		default:
			record[i] = fieldOf("", v).Value
		}
	}
	return s.w.Write(record)
}

func (s *separated) End() error {
	s.w.Flush()
	return s.w.Error()
}

// AsJSON returns a form for programs: an array of objects. Numbers have all digits, and those that are not finite are strings, as are
// bytes, in base64.
func AsJSON(w io.Writer) Form { return &objects{w: bufio.NewWriter(w)} }

type objects struct {
	w     *bufio.Writer
	names [][]byte
	rows  int
}

func (o *objects) Columns(names []string) error {
	for _, name := range names {
		text, err := json.Marshal(name)
		if err != nil {
			return err
		}
		o.names = append(o.names, text)
	}
	return nil
}

func (o *objects) Row(values []any) error {
	start := "[\n  {"
	if o.rows++; o.rows > 1 {
		start = ",\n  {"
	}
	o.w.WriteString(start)
	for i, value := range values {
		if x, ok := value.(float64); ok {
			value = experiments.Number(x)
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if i > 0 {
			o.w.WriteByte(',')
		}
		fmt.Fprintf(o.w, "\n    %s: %s", o.names[i], text)
	}
	_, err := o.w.WriteString("\n  }")
	return err // a bufio.Writer keeps the first
}

func (o *objects) End() error {
	end := "\n]\n"
	if o.rows == 0 {
		end = "[]\n"
	}
	o.w.WriteString(end)
	return o.w.Flush()
}
