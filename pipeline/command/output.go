package command

import (
	"encoding/json"
	"io"
	"os"

	"flowsweep/pipeline/table"
)

// Output remembers the first error, so that lost output is never taken for written. All its errors are OutputErrors.
type Output struct {
	W   io.Writer
	Err error
}

func (c *Output) Write(b []byte) (int, error) {
	n, err := c.W.Write(b)
	if err != nil {
		err = &OutputError{err}
	}
	if c.Err == nil {
		c.Err = err
	}
	return n, err
}

// PrintJSON prints v, indented, and a newline.
func PrintJSON(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// PrintTable prints the named columns of the rows in this order, the first of which is the key of a row, within the width of
// the terminal if w is one.
func PrintTable(w io.Writer, t table.Table, columns []string, order []int) error {
	return t.Print(w, columns, order, WidthOf(w))
}

// WidthOf returns the width of the terminal that w writes to, or 0 if there is none.
func WidthOf(w io.Writer) int {
	if c, ok := w.(*Output); ok {
		w = c.W
	}
	if f, ok := w.(*os.File); ok {
		return table.Width(f)
	}
	return 0
}
