package table

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"flowsweep/experiments/flow"
)

// decodeNPY returns the table in a NumPy file: a row for each index of the first axis.
func decodeNPY(file []byte, _ Options) (Table, error) {
	b, form, err := flow.DecodeArray(file, MaxCells, MaxColumns)
	if err != nil {
		return Table{}, err
	}
	t := Of(b)
	t.describe(form, b.Dim)
	for j := range t.Columns {
		c := &t.Columns[j]
		c.numbers = len(c.Values)
		c.finish(t)
	}
	return t, nil
}

// describe notes what the file says of its numbers, which become d columns.
func (t *Table) describe(form flow.Array, d int) {
	t.Type = form.Type
	if len(form.Shape) > 2 {
		t.Shape = form.Shape[1:]
		t.Notes = append(t.Notes, fmt.Sprintf("rows of the shape %s are read as %d columns", shapeText(t.Shape), d))
	}
}

// Heads returns the table of an array whose rows stay in its file: its columns have no values.
func Heads(a *flow.ArrayFile) Table {
	t := Of(flow.Batch{Dim: a.Dim})
	t.elsewhere = a.Rows
	t.describe(a.Array, a.Dim)
	return t
}

func shapeText(shape []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", " x "), "[]")
}

// maxArrays is the largest number of arrays in a .npz file.
const maxArrays = 4096

// decodeNPZ returns the table in the array of a .npz file that the options name, or in its only one.
func decodeNPZ(file []byte, o Options) (Table, error) {
	if n := bytes.Count(file, []byte("PK\x01\x02")); n > maxArrays {
		return Table{}, fmt.Errorf("decode npz: it has more than %d arrays: save those to use on their own", maxArrays)
	}
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return Table{}, fmt.Errorf("decode npz: %w: is it complete?", err)
	}
	var names []string
	var found *zip.File
	for _, f := range archive.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok {
			continue
		}
		if names = append(names, name); o.Array == "" || o.Array == name {
			found = f
		}
	}
	switch {
	case len(names) == 0:
		return Table{}, errors.New("decode npz: it has no arrays")
	case o.Array == "" && len(names) > 1:
		return Table{}, fmt.Errorf("array: the file has %d: say which, as in array: %s (have %s)", len(names), names[0], Listed(names))
	case found == nil:
		return Table{}, fmt.Errorf("array: there is no %q (have %s)", o.Array, Listed(names))
	}
	array, err := readEntry(found)
	if err != nil {
		return Table{}, fmt.Errorf("decode npz: %w", err)
	}
	t, err := decodeNPY(array, o)
	if err == nil && len(names) > 1 {
		t.Notes = append(t.Notes, fmt.Sprintf("the array %s of %s", strings.TrimSuffix(found.Name, ".npy"), Listed(names)))
	}
	return t, err
}

// readEntry reads a file of an archive.
func readEntry(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	content, err := readBounded(r, "the array "+quoted(f.Name))
	if errors.Is(err, io.EOF) {
		err = errors.New("the file ends too early: copy it again")
	}
	return content, err
}
