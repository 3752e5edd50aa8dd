package experiments

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/table"
	"flowsweep/experiments/target"
	"flowsweep/experiments/target/datasets"
)

// namedData is the form in a spec of a data set that has a name: that of a file, without what says how to read one.
type namedData struct {
	Columns     []kinds.Choice `json:"columns" doc:"as for a file"`
	Exclude     []string       `json:"exclude" doc:"as for a file"`
	Standardise target.Scaling `json:"standardise" doc:"as for a file"`
	Noise       float64        `json:"noise" min:"0" doc:"as for a file"`
	Holdout     float64        `json:"holdout" min:"0" below:"1" doc:"as for a file"`
	Mixture     int            `json:"mixture" min:"0" doc:"as for a file"`
	Label       target.Label   `json:"label" excludes:"condition" doc:"as for a file"`
	Condition   []string       `json:"condition" doc:"as for a file"`
}

// datasetTargets returns the families of the data sets that have a name.
func datasetTargets(data *dataFiles) (list []declare.Family[target.Target]) {
	for _, set := range datasets.Datasets {
		of := target.DefaultFile
		list = append(list, declare.Family[target.Target]{
			Name: set.Name, Default: namedData{Exclude: set.Left, Standardise: of.Standardise, Holdout: of.Holdout},
			Make: func(params any, at declare.Place) (target.Target, error) {
				p, f := params.(namedData), of
				f.File, f.Columns, f.Exclude, f.Standardise = set.File, p.Columns, p.Exclude, p.Standardise
				f.Noise, f.Holdout, f.Mixture, f.Label, f.Condition = p.Noise, p.Holdout, p.Mixture, p.Label, p.Condition
				if len(p.Columns) == 0 {
					f.Shape = sizes(set.Images)
				}
				return data.take(f, &set, data.real, at)
			},
		})
	}
	return list
}

// heldLast puts the rows that a column marks as held out last, and returns how many they are: 0 without a column.
func heldLast(t table.Table, column string) (table.Table, int, error) {
	if column == "" {
		return t, 0, nil
	}
	var first, last []int
	for i, v := range t.Columns[slices.Index(t.Names(), column)].Values {
		switch v {
		case 0:
			first = append(first, i)
		case 1:
			last = append(last, i)
		default:
			return t, 0, fmt.Errorf("the column %q is neither 0 nor 1 %s: it is 1 in the rows to hold out, and 0 in others", column, t.Place(i))
		}
	}
	if len(last) == 0 {
		return t, 0, fmt.Errorf("the column %q is 1 in no row, so that none would be held out", column)
	}
	return t.Take(append(first, last...)), len(last), nil
}

// sizes returns a shape as a spec has it.
func sizes(shape []int) (list []float64) {
	for _, n := range shape {
		list = append(list, float64(n))
	}
	return list
}

// What a file may hold whose rows are read as they are needed. A row costs 8 bytes of memory, and some more while its target is made.
const (
	MaxArrayNumbers = 2_000_000_000
	MaxArrayRows    = 10_000_000
)

// LargeFiles opens data files that may be larger than memory: NumPy arrays whose rows are read as they are needed.
type LargeFiles struct {
	open  func(path string) (*io.SectionReader, error)
	above int // numbers
	made  *madeTargets
}

// madeTargets are the targets of files, each of which takes passes over all of one.
type madeTargets struct {
	mu   sync.Mutex
	list map[string]target.Target // by the file and all that is said of it
}

// NewLargeFiles returns files that are opened by a function: by the path in a spec, or by the sha256 in a recipe. It returns nil for what
// it does not have, which is then read by Parser.Open.
func NewLargeFiles(open func(path string) (*io.SectionReader, error)) *LargeFiles {
	return &LargeFiles{open: open, above: table.MaxNumbers, made: &madeTargets{list: map[string]target.Target{}}}
}

// With returns files that another function opens. Where it returns the same reader for a file, its target is not worked out again.
func (l *LargeFiles) With(open func(path string) (*io.SectionReader, error)) *LargeFiles {
	return &LargeFiles{open, l.above, l.made}
}

// Above sets the numbers above which rows stay in their file, which are otherwise as many as are ever trained on in memory. The target
// is the same on both sides, but has a law in memory only.
func (l *LargeFiles) Above(numbers int) *LargeFiles {
	l.above = numbers
	return l
}

// stored returns the array of a stored recipe whose rows stay in its file, or nil if there is none.
func (l *LargeFiles) stored(sum string) (*flow.ArrayFile, error) {
	if l == nil {
		return nil, nil
	}
	file, err := l.open(sum)
	if file == nil || err != nil {
		return nil, err
	}
	return flow.OpenArray(file)
}

// array returns the array in a file whose rows are read as they are needed, or nil if the file becomes a table in memory: since it is none
// in C order, or small enough.
func (d *dataFiles) array(f target.File, set *datasets.Dataset) (*flow.ArrayFile, error) {
	if a := d.arrays[f.File]; a != nil {
		return a, nil
	}
	if set != nil || d.large == nil || !strings.HasSuffix(strings.ToLower(f.File), ".npy") {
		return nil, nil
	}
	file, err := d.large.open(f.File)
	if file == nil || err != nil {
		return nil, err
	}
	a, err := flow.OpenArray(file)
	if err != nil {
		if file.Size() <= MaxDataSize {
			err = nil // a table may hold it, or says why not
		}
		return nil, err
	}
	fits := file.Size() <= MaxDataSize && a.Rows <= table.MaxCells/a.Dim && a.Dim <= table.MaxColumns
	columns := a.Dim - len(f.Exclude)
	if len(f.Columns) > 0 {
		columns = len(f.Columns)
	}
	if fits && (a.Rows <= d.large.above/max(columns, 1) || f.Missing == "drop" || f.Held != "") {
		return nil, nil
	}
	if !slices.ContainsFunc(d.files, func(of DataFile) bool { return of.Name == f.File }) {
		d.files = append(d.files, DataFile{Name: f.File, Large: file})
	}
	d.arrays[f.File] = a
	return a, nil
}

// takeArray returns the target of an array whose rows stay in its file.
func (d *dataFiles) takeArray(a *flow.ArrayFile, f target.File, real bool, at declare.Place) (made target.Target, err error) {
	heads := table.Heads(a)
	if err := checkArray(a, f); err != nil {
		return made, at.Key("file").Word(f.File).Errorf("%s: %v", f.File, err)
	}
	if err := checkNames(heads, f, at); err != nil {
		return made, err
	}
	names, choices, places := chosenOf(heads, f, real)
	made, err = d.large.made.of(a, f, real, func() (target.Target, error) {
		taken, err := target.TakeColumns(target.Columns{Array: a, At: places}, choices, f.Columns, f.Shape != nil && len(f.Columns) == 0 && !real)
		return makeTaken(f, taken, err, 0, at)
	})
	if err != nil {
		return made, err
	}
	made.File, made.ColumnNotes = a.File(), slices.Clone(made.ColumnNotes)
	for i := range made.ColumnNotes {
		made.ColumnNotes[i].File = f.File
	}
	for _, note := range append(heads.Describe(names, heads.Rest(names, f.Exclude)), inFileNote(made)) {
		made.Notes = append(made.Notes, f.File+": "+note)
	}
	return made, nil
}

// of returns the target of an array, which is made if there is none yet.
func (m *madeTargets) of(a *flow.ArrayFile, f target.File, real bool, do func() (target.Target, error)) (target.Target, error) {
	f.File = fmt.Sprintf("%p", a.File())
	form, err := json.Marshal([]any{f, real})
	if err != nil {
		return target.Target{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if made, ok := m.list[string(form)]; ok {
		return made, nil
	}
	made, err := do()
	if err == nil {
		m.list[string(form)] = made
	}
	return made, err
}

// chosenOf returns the columns of an array that a file asks for, all real if that is said, and their places in the array. Kinds that are not
// declared are not known yet.
func chosenOf(heads table.Table, f target.File, real bool) (names []string, choices []kinds.Choice, places []int) {
	choices = slices.Clone(f.Columns)
	at := map[string]int{}
	for j, name := range heads.Names() {
		at[name] = j
		if len(f.Columns) == 0 && !slices.Contains(f.Exclude, name) {
			choices = append(choices, kinds.Choice{Column: name})
		}
	}
	for j, c := range choices {
		if real {
			choices[j].Kind = kinds.Real
		}
		names, places = append(names, c.Column), append(places, at[c.Column])
	}
	return names, choices, places
}

// checkArray returns an error unless rows that stay in their file can be what the spec wants.
func checkArray(a *flow.ArrayFile, f target.File) error {
	switch {
	case a.Rows > MaxArrayRows || a.Rows > MaxArrayNumbers/a.Dim || a.Dim > table.MaxColumns:
		return fmt.Errorf("%d rows of %d numbers are too many: at most %d numbers, %d rows and %d columns", a.Rows, a.Dim, MaxArrayNumbers, MaxArrayRows, table.MaxColumns)
	case len(f.Given()) > 0 || f.Label.File != "":
		return fmt.Errorf("rows that stay in their file, of more than %d numbers, have no label or condition: use fewer rows", table.MaxNumbers)
	case f.Mixture > 0:
		return fmt.Errorf("a mixture is fitted to at most %d numbers, and it has %d rows of %d: use fewer", table.MaxNumbers, a.Rows, a.Dim)
	case f.Missing == "drop":
		return fmt.Errorf("rows with a missing value are dropped of files with at most %d bytes and %d numbers: drop them before it is saved", MaxDataSize, table.MaxCells)
	case f.Held != "":
		return fmt.Errorf("a column says which rows are held out in files with at most %d bytes and %d numbers: use holdout", MaxDataSize, table.MaxCells)
	default:
		return nil
	}
}

// inFileNote says what is different of rows that stay in their file.
func inFileNote(t target.Target) string {
	return fmt.Sprintf("it has more than %d numbers, so its rows are read from it as they are needed, and must stay as they are: the exact velocity is not worked out, and baselines, marginals and trained.npy are of %d training rows at random",
		table.MaxNumbers, min(target.SomeOf(t.Dim()), t.Rows.Len()))
}
