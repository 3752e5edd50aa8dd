package points

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"flowsweep/experiments/disk"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/table"
	"flowsweep/pipeline/command"
	"flowsweep/pipeline/draw"
	printed "flowsweep/pipeline/table"
)

// pointsFile is a file of points, one per row.
type pointsFile struct {
	path  string
	table table.Table
	have  []string // the columns of points in it
}

// maxPointsSize is the maximum size of a file of points, in bytes.
const maxPointsSize = 1 << 30

// readPoints reads a file of points, and says on stderr which columns are left out, unless some are asked for. Its errors are usage errors.
func (a *app) readPoints(path string, asked []string) (pointsFile, error) {
	f := pointsFile{path: path}
	var err error
	if f.table, err = a.readTable(path); err != nil {
		return f, err
	}
	var left []table.Left
	if f.have, left, err = f.table.PointColumns(); err != nil {
		if f.have, left = f.table.Numeric(), nil; len(asked) == 0 {
			return f, command.Usage(fmt.Errorf("%s: %w", path, printable(err)))
		}
	}
	if len(f.have) == 0 {
		return f, command.Usage(fmt.Errorf("%s has no numeric columns%s", path, problem.Printable(table.Reasons(left))))
	}
	if len(asked) > 0 {
		left = nil
	}
	for _, note := range f.table.Remarks(left) {
		fmt.Fprintf(a.Stderr, "%s: %s\n", path, problem.Printable(note))
	}
	return f, nil
}

// points returns the rows of the named columns.
func (f pointsFile) points(columns []string) (flow.Batch, error) {
	b, err := f.table.Points(columns)
	if err != nil {
		return b, command.Usage(fmt.Errorf("%s: %w", f.path, err))
	}
	return b, nil
}

func (a *app) printSaved(path string, n, dim int) error {
	_, err := fmt.Fprintf(a.Stdout, "samples   %s: %d points of dimension %d\n", path, n, dim)
	return err
}

// savePoints writes n points to a .npy, .csv or .parquet file as draw makes them, part by part. The last two start with the names of
// the columns, if they have any. A .npy file holds 32-bit floats, unless the points are in units that need more or rows of a table, and
// the numbers of categories, which are texts in the others. The file appears once all is written.
func savePoints(path string, n int, columns []string, units flow.Units, code kinds.Code, draw func(each func(part flow.Batch) error) error) error {
	form, err := pointsForm(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make the output folder: %w", err)
	}
	if form == ".parquet" {
		return disk.Write(path, 0o644, func(w io.Writer) error { return writeParquet(w, columns, code, draw) })
	}
	appendNPY := flow.AppendNPY
	if len(units.Coarse()) > 0 || !code.Identity() {
		appendNPY = flow.AppendNPY64
	}
	head, first, content := headOf(columns), 0, []byte(nil)
	return disk.Write(path, 0o644, func(w io.Writer) error {
		return draw(func(part flow.Batch) error {
			content = content[:0]
			if form == ".csv" {
				content = code.AppendCSV(content, part, head, first)
			} else {
				content = appendNPY(content, part, n, first)
			}
			first += part.Len()
			_, err := w.Write(content)
			return err
		})
	})
}

// writeParquet writes points as a Parquet file of 64-bit floats or, with a code, of integers and texts too.
func writeParquet(to io.Writer, columns []string, code kinds.Code, draw func(each func(part flow.Batch) error) error) error {
	var w *table.Writer
	err := draw(func(part flow.Batch) error {
		t := table.Of(part)
		if w == nil {
			if columns == nil {
				columns = t.Names()
			}
			w = table.NewWriter(to, columns, parquetKinds(code, part.Dim))
		}
		for j, c := range code.Columns() {
			if c.Kind.Categories == nil {
				continue
			}
			for _, x := range t.Columns[j].Values {
				t.Columns[j].Texts = append(t.Columns[j].Texts, c.Text(x))
			}
		}
		return w.Write(t)
	})
	if err != nil || w == nil {
		return err
	}
	return w.Close()
}

// parquetKinds says how columns of rows are written, of which there are dim.
func parquetKinds(code kinds.Code, dim int) []table.Kind {
	list := make([]table.Kind, dim) // all Real
	for j, c := range code.Columns() {
		switch {
		case c.Kind.Categories != nil:
			list[j] = table.Text
		case c.Kind.Discrete:
			list[j] = table.Whole
		}
	}
	return list
}

// headOf returns the header of a .csv file, or nil if a reader would take it for numbers.
func headOf(columns []string) []string {
	for _, name := range columns {
		if _, err := strconv.ParseFloat(name, 64); err == nil {
			return nil
		}
	}
	var safe []string
	for _, name := range columns {
		safe = append(safe, printed.Plain(name))
	}
	return safe
}

// pointsForm returns the format in which to write points, from the extension of a file.
func pointsForm(path string) (string, error) {
	form := strings.ToLower(filepath.Ext(path))
	if form != ".npy" && form != ".csv" && form != ".parquet" {
		return "", command.Usage(fmt.Errorf("%q: points are written as .npy, .csv or .parquet: use one of these extensions", path))
	}
	return form, nil
}

// start returns the points to start from.
func (a *app) start(f sampleFlags, from draw.From) (draw.Start, error) {
	if f.noise == "" {
		if f.count < 1 {
			return draw.Start{}, command.Usage(fmt.Errorf("--count %d: must be at least 1", f.count))
		}
		x0, err := from.Noise(f.count, f.seed)
		return x0, command.Usage(printable(err))
	}
	file, err := a.readPoints(f.noise, nil)
	if err != nil {
		return draw.Start{}, err
	}
	x0, err := file.points(file.have)
	if err == nil && x0.Dim != from.Dim {
		err = command.Usage(fmt.Errorf("%s holds points of dimension %d, and the %s takes %d", f.noise, x0.Dim, from.Name, from.Dim))
	}
	return draw.At(x0), err
}
