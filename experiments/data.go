package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"flowsweep/experiments/declare"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/target"
)

// MaxDataSize is the maximum size of a data file, in bytes.
const MaxDataSize = 256 << 20

// DataFile is the name and content of a data file.
type DataFile struct {
	Name    string // the path in the spec, or the role in a recipe
	Content []byte
}

// Contents returns the data files of the recipe. Its JSON holds only their sha256.
func (r Recipe) Contents() []DataFile {
	var list []DataFile
	if r.Target.Content != nil {
		list = append(list, DataFile{"target.npy", r.Target.Content})
	}
	if r.Source.From.Content != nil {
		list = append(list, DataFile{"source.npy", r.Source.From.Content})
	}
	return list
}

// sourceFile is a data file used as a source. It is not rescaled, so that noise is in the units of the file, and no
// rows are held out.
type sourceFile struct {
	File    string   `json:"file" text:"any" required:"yes" doc:"path of a .csv or .npy file, relative to the folder of the spec"`
	Columns []string `json:"columns" doc:"names of the columns, or their numbers from 0 if the file has no names; default: all numeric columns"`
	Noise   float64  `json:"noise" min:"0" doc:"standard deviation of the Gaussian noise added to every draw"`
}

// fileTargets returns the family of targets from data files.
func fileTargets(data *dataFiles) declare.Family[target.Target] {
	return declare.Family[target.Target]{
		Name: target.FileName, Default: target.DefaultFile, Refused: refusedFileKeys,
		Make: func(params any, at declare.Place) (target.Target, error) {
			return data.target(params.(target.File), at)
		},
	}
}

// fileSources returns the family of sources from data files.
func fileSources(data *dataFiles) declare.Family[Source] {
	return declare.Family[Source]{
		Name: target.FileName, Default: sourceFile{}, Refused: refusedFileKeys,
		Make: func(params any, at declare.Place) (Source, error) {
			f := params.(sourceFile)
			from, err := data.target(target.File{File: f.File, Columns: f.Columns, Noise: f.Noise}, at)
			return Source{From: from}, err
		},
	}
}

// refusedFileKeys are keys that a data file does not take, and why.
var refusedFileKeys = map[string]string{"label": "models conditional on a label are not supported yet: leave it out"}

// dataFiles are the data files named in a text. Each is read once.
type dataFiles struct {
	open   func(path string) ([]byte, error)
	tables map[string]target.Table // by path
	files  []DataFile              // in order of first use
}

// target returns the target of a data file. Errors are shown at the wrong parameter.
func (d *dataFiles) target(f target.File, at declare.Place) (target.Target, error) {
	file := at.Key("file").Word(f.File)
	table, err := d.table(f.File)
	if err != nil {
		return target.Target{}, file.Errorf("%v", err)
	}
	names, known := f.Columns, table.Names()
	if len(names) == 0 {
		if names = table.Numeric(); len(names) == 0 {
			return target.Target{}, file.Errorf("%s has no numeric columns", f.File)
		}
	}
	for i, name := range names {
		columns := at.Key("columns")
		switch {
		case !slices.Contains(known, name):
			return target.Target{}, columns.Word(name).Errorf("%s", problem.Unknown("column", name, known))
		case slices.Contains(names[:i], name):
			return target.Target{}, columns.Errorf("the column %q is repeated: leave one out", name)
		}
	}
	rows, err := table.Rows(names)
	if err != nil {
		return target.Target{}, err
	}
	data := target.Data{Columns: names, Rows: rows, Standardise: f.Standardise, Noise: f.Noise, Holdout: f.Holdout}
	return data.Make()
}

// table returns the table in a data file.
func (d *dataFiles) table(path string) (target.Table, error) {
	if t, ok := d.tables[path]; ok {
		return t, nil
	}
	form := strings.ToLower(filepath.Ext(path))
	if form != ".csv" && form != ".npy" {
		return target.Table{}, fmt.Errorf("%q is neither .csv nor .npy: convert it to one of them", path)
	}
	if d.open == nil {
		return target.Table{}, errors.New("files are not allowed here")
	}
	content, err := d.open(path)
	if err != nil {
		return target.Table{}, err
	}
	if len(content) > MaxDataSize {
		return target.Table{}, fmt.Errorf("%s has %d bytes: at most %d: leave rows or columns out", path, len(content), MaxDataSize)
	}
	t, err := target.Decode(path, content)
	if err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	d.tables[path] = t
	d.files = append(d.files, DataFile{path, content})
	return t, nil
}

// Source is the distribution at t = 0: standard normal noise, or a target of the same dimension as the target.
type Source struct {
	From target.Target // N(0, I) if it has no name
}

// Noise is N(0, I).
var Noise Source

// Gaussian reports whether the source is N(0, I), as the exact velocity, the score and the likelihood require.
func (s Source) Gaussian() bool { return s.From.Name == "" }

// MarshalJSON returns the form of the source in a spec: "noise", or a target.
func (s Source) MarshalJSON() ([]byte, error) {
	if s.Gaussian() {
		return json.Marshal(noiseName)
	}
	return json.Marshal(s.From)
}

// Fill draws one point into each row of dst, (n, d). Row i is the point with id first + i of the stream.
func (s Source) Fill(dst flow.Batch, stream *flow.Stream, first uint64) {
	if s.Gaussian() {
		stream.Normal(dst, first)
		return
	}
	s.From.Fill(dst, stream, first)
}

// check returns an error if the source cannot be used with a target and a path.
func (s Source) check(t target.Target, p flow.Path) error {
	switch {
	case s.Gaussian():
		return nil
	case s.From.Dim() != t.Dim():
		return fmt.Errorf("the source %s has dimension %d and the target %s %d: use the same for both", s.From.Name, s.From.Dim(), t.Name, t.Dim())
	case p.Gaussian:
		return fmt.Errorf("the path %s starts from Gaussian noise: leave source out, or use another path", p.Name)
	default:
		return nil
	}
}

// noiseName is the name of N(0, I) in a spec.
const noiseName = "noise"
