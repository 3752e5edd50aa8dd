package experiments

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/table"
	"flowsweep/experiments/target"
	"flowsweep/experiments/target/datasets"
)

// MaxDataSize is the maximum size of a data file, in bytes.
const MaxDataSize = 256 << 20

// MaxHeldSize is the size in bytes of the Content of a target with the most numbers that are held in memory.
const MaxHeldSize = 8*table.MaxNumbers + 128

// TooLarge returns the error for a file of more bytes than that.
func TooLarge(path string, size int64) error {
	return fmt.Errorf("%s has %d bytes: at most %d: leave rows or columns out, or convert it to %s", path, size, MaxDataSize, table.RowByRow)
}

// fileTargets returns the family of targets from data files.
func fileTargets(data *dataFiles) declare.Family[target.Target] {
	return declare.Family[target.Target]{
		Name: target.FileName, Default: target.DefaultFile,
		Make: func(params any, at declare.Place) (target.Target, error) {
			return data.take(params.(target.File), nil, data.real, at)
		},
	}
}

// dataFiles are the data files named in a text. Each is read once, in each way that is asked for.
type dataFiles struct {
	open   func(path string) ([]byte, error)
	large  *LargeFiles
	real   bool // see Parser.Real
	tables map[readAs]table.Table
	arrays map[string]*flow.ArrayFile // of a stored recipe, whose rows are read as they are needed, by path
	files  []DataFile                 // in order of first use
}

// readAs is a data file and how it is read.
type readAs struct {
	path string
	set  bool // a file of package datasets
	how  table.Options
}

// newDataFiles returns the data files of a text, of which none is read yet.
func newDataFiles(p Parser) *dataFiles {
	return &dataFiles{open: p.Open, large: p.Large, real: p.Real, tables: map[readAs]table.Table{}, arrays: map[string]*flow.ArrayFile{}}
}

// take returns the target of a data file, or of a data set, all of whose columns are real if that is said. Errors are shown at the
// wrong parameter.
func (d *dataFiles) take(f target.File, set *datasets.Dataset, real bool, at declare.Place) (target.Target, error) {
	if err := f.Reading().Check(); err != nil {
		return target.Target{}, err
	}
	real = real || f.Mixture > 0
	a, err := d.array(f, set)
	if a != nil {
		return d.takeArray(a, f, real, at)
	}
	var t table.Table
	if err == nil {
		t, err = d.table(f.File, set, f.Reading())
	}
	if err != nil {
		return target.Target{}, at.Key("file").Word(f.File).Errorf("%v", err)
	}
	if t, err = d.labels(t, &f); err != nil {
		return target.Target{}, at.Key("label").Errorf("%v", err)
	}
	return d.takeTable(t, f, real, at)
}

// takeTable is take for a table that holds all that the file names.
func (d *dataFiles) takeTable(t table.Table, f target.File, real bool, at declare.Place) (target.Target, error) {
	if f.Held != "" {
		f.Exclude = append(slices.Clone(f.Exclude), f.Held)
	}
	choices, left, err := chosen(t, f, real, at)
	if err != nil {
		return target.Target{}, err
	}
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = c.Column
	}
	t, dropped, err := complete(t, f, append(slices.Clone(names), f.Given()...))
	if err != nil {
		return target.Target{}, err
	}
	t, held, err := heldLast(t, f.Held)
	if err != nil {
		return target.Target{}, at.Key("held").Errorf("%v", err)
	}
	if f.Shape != nil && len(f.Columns) == 0 && !real {
		choices = target.Pixels(t, choices)
	}
	made, err := d.made(f, t, choices, held, at)
	left = slices.DeleteFunc(left, func(l table.Left) bool { return slices.Contains(f.Given(), l.Name) })
	for _, note := range append(t.Describe(names, left), dropped...) {
		made.Notes = append(made.Notes, f.File+": "+note)
	}
	return made, err
}

// made returns the target of the chosen columns of a table, of which the last rows are held out if that is said.
func (d *dataFiles) made(f target.File, t table.Table, choices []kinds.Choice, held int, at declare.Place) (target.Target, error) {
	taken, err := target.Take(t, choices, f.Columns)
	if err == nil {
		err = taken.Condition(t, f)
	}
	return makeTaken(f, taken, err, held, at)
}

// makeTaken returns the target of what was taken of a file, with the error of that, if any.
func makeTaken(f target.File, taken target.Taken, err error, held int, at declare.Place) (target.Target, error) {
	bad, gap := (*target.ColumnError)(nil), (*table.GapError)(nil)
	switch {
	case errors.As(err, &bad):
		return target.Target{}, at.Key("columns").Word(bad.Column).Errorf("%v", err)
	case errors.As(err, &gap) && gap.Missing && taken.InFile == nil:
		return target.Target{}, fmt.Errorf("%w, or say missing: drop", err)
	case err != nil:
		return target.Target{}, err
	}
	taken.Standardise, taken.Noise, taken.Holdout, taken.HeldLast, taken.Mixture = f.Standardise, f.Noise, f.Holdout, held, f.Mixture
	if taken.Shape, err = f.Sizes(); err != nil {
		return target.Target{}, err
	}
	return taken.Make(f.File)
}

// chosen returns the columns of a table that a file asks for, with their kinds, all real if that is said, and those left out.
func chosen(t table.Table, f target.File, real bool, at declare.Place) (list []kinds.Choice, left []table.Left, err error) {
	if err := checkNames(t, f, at); err != nil {
		return nil, nil, err
	}
	f.Exclude = append(slices.Clone(f.Exclude), f.Given()...)
	file := at.Key("file").Word(f.File)
	if len(f.Columns) == 0 {
		if list, left, err = target.Default(t, f.Exclude, real); err != nil {
			return nil, nil, file.Errorf("%s: %v", f.File, err)
		}
		if len(list) == 0 {
			return nil, nil, file.Errorf("%s has no numeric columns, nor one of words that repeat%s", f.File, table.Reasons(left))
		}
		return list, left, nil
	}
	var names []string
	for _, c := range f.Columns {
		names = append(names, c.Column)
		if real {
			c.Kind = kinds.Real
		}
		if !c.Kind.Known() {
			if c.Kind, err = target.Guess(t, c.Column); err != nil {
				return nil, nil, at.Key("columns").Word(c.Column).Errorf("columns: %q: %v", c.Column, err)
			}
		}
		list = append(list, c)
	}
	return list, t.Rest(names, f.Exclude), nil
}

// checkNames returns an error if a column that is named is not there, or is named twice.
func checkNames(t table.Table, f target.File, at declare.Place) error {
	known := t.Names()
	is := func(name string) func(kinds.Choice) bool {
		return func(c kinds.Choice) bool { return c.Column == name }
	}
	for i, name := range f.Given() {
		place := at.Key("label")
		if f.Label == (target.Label{}) {
			place = at.Key("condition").Word(name)
		}
		switch {
		case !slices.Contains(known, name):
			return place.Errorf("%s", problem.Unknown("column", name, known))
		case slices.ContainsFunc(f.Columns, is(name)):
			return place.Errorf("the column %q is learnt, as it is among the columns, and models cannot be conditional on it too: leave one out", name)
		case slices.Contains(f.Given()[:i], name):
			return place.Errorf("the column %q is named twice: leave one out", name)
		}
	}
	if f.Held != "" && !slices.Contains(known, f.Held) {
		return at.Key("held").Errorf("%s", problem.Unknown("column", f.Held, known))
	}
	for i, name := range f.Exclude {
		if !slices.Contains(known, name) {
			return at.Key("exclude").Word(name).Errorf("%s", problem.Unknown("column", name, known))
		}
		if slices.ContainsFunc(f.Columns, is(name)) || slices.Contains(f.Exclude[:i], name) {
			return at.Key("exclude").Word(name).Errorf("the column %q is named twice, in columns or exclude: leave one out", name)
		}
	}
	for i, c := range f.Columns {
		columns := at.Key("columns")
		switch {
		case !slices.Contains(known, c.Column):
			return columns.Word(c.Column).Errorf("%s", problem.Unknown("column", c.Column, known))
		case slices.ContainsFunc(f.Columns[:i], is(c.Column)):
			return columns.Errorf("the column %q is repeated: leave one out", c.Column)
		}
	}
	return nil
}

// complete drops the rows with a missing value in the named columns, if the file asks for that, and says so.
func complete(t table.Table, f target.File, names []string) (table.Table, []string, error) {
	if f.Missing != "drop" {
		return t, nil, nil
	}
	whole, first, left := t.Complete(names)
	switch {
	case left == 0:
		return t, nil, nil
	case whole.Len() == 0:
		return t, nil, fmt.Errorf("missing: all %d rows have a missing value in the columns %s: exclude columns", left, table.Listed(names))
	}
	return whole, []string{fmt.Sprintf("%d of %d rows are dropped for a missing value, the first %s", left, t.Len(), t.Place(first))}, nil
}

// table returns the table in a data file.
func (d *dataFiles) table(path string, set *datasets.Dataset, how table.Options) (table.Table, error) {
	as := readAs{path, set != nil, how}
	if t, ok := d.tables[as]; ok {
		return t, nil
	}
	if set != nil {
		t, err := table.Decode(path, set.Read(), how)
		d.tables[as] = t
		return t, err
	}
	if table.Extension(path) == "" {
		return table.Table{}, fmt.Errorf("%q is none of %s: convert it to one of them", path, strings.Join(table.Extensions(), ", "))
	}
	if d.open == nil {
		return table.Table{}, errors.New("files are not allowed here")
	}
	content, err := d.content(path)
	if err != nil {
		return table.Table{}, err
	}
	t, err := table.Decode(path, content, how)
	if err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	d.tables[as] = t
	return t, nil
}

// content returns the content of a data file.
func (d *dataFiles) content(path string) ([]byte, error) {
	if i := slices.IndexFunc(d.files, func(f DataFile) bool { return f.Name == path }); i >= 0 {
		return d.files[i].Content, nil
	}
	content, err := d.open(path)
	if err != nil {
		return nil, err
	}
	if len(content) > MaxDataSize {
		return nil, TooLarge(path, int64(len(content)))
	}
	d.files = append(d.files, DataFile{Name: path, Content: content})
	return content, nil
}
