package experiments

import (
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

// LargestData is the largest size of a data file, in bytes.
const LargestData = 256 << 20

// DataFile is a data file.
type DataFile struct {
	Name    string // the path in the spec, or the role in a recipe
	Content []byte
}

// Contents returns the data that the JSON of the recipe names by their sha256 only.
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

// sourceFile is a data file as a source. It is not rescaled, so that noise has the units of the file, and no rows are held
// out.
type sourceFile struct {
	File    string   `json:"file" text:"any" required:"yes" doc:"path of a .csv or .npy file, from the folder of the spec"`
	Columns []string `json:"columns" doc:"names of the columns, or their numbers from 0 where the file has no names; all columns of numbers if left out"`
	Noise   float64  `json:"noise" min:"0" doc:"standard deviation of Gaussian noise on every draw"`
}

// fileTargets returns the family of targets from data files.
func fileTargets(data *dataFiles) declare.Family[target.Target] {
	return declare.Family[target.Target]{
		Name: target.FileName, Default: target.DefaultFile, Refused: refusedOfFiles,
		Make: func(params any, at declare.Place) (target.Target, error) {
			return data.target(params.(target.File), at)
		},
	}
}

// fileSources returns the family of sources from data files.
func fileSources(data *dataFiles) declare.Family[Source] {
	return declare.Family[Source]{
		Name: target.FileName, Default: sourceFile{}, Refused: refusedOfFiles,
		Make: func(params any, at declare.Place) (Source, error) {
			f := params.(sourceFile)
			from, err := data.target(target.File{File: f.File, Columns: f.Columns, Noise: f.Noise}, at)
			return Source{From: from}, err
		},
	}
}

var refusedOfFiles = map[string]string{"label": "models that are conditional on a label are not there yet: leave it out"}

// dataFiles are the data files that a text names, each read once.
type dataFiles struct {
	open   func(path string) ([]byte, error)
	tables map[string]target.Table // by path
	files  []DataFile              // in order of first use
}

// target returns the target of a data file. Errors are at the place of the wrong parameter.
func (d *dataFiles) target(f target.File, at declare.Place) (target.Target, error) {
	file := at.Key("file").Word(f.File)
	table, err := d.table(f.File)
	if err != nil {
		return target.Target{}, file.Errorf("%v", err)
	}
	names, known := f.Columns, table.Names()
	if len(names) == 0 {
		if names = table.Numeric(); len(names) == 0 {
			return target.Target{}, file.Errorf("%s has no column of numbers", f.File)
		}
	}
	for i, name := range names {
		columns := at.Key("columns")
		switch {
		case !slices.Contains(known, name):
			return target.Target{}, columns.Word(name).Errorf("%s", problem.Unknown("column", name, known))
		case slices.Contains(names[:i], name):
			return target.Target{}, columns.Errorf("the column %q is here twice: leave one out", name)
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
		return target.Table{}, fmt.Errorf("%q: data are read as .csv or .npy: give the file one of these endings", path)
	}
	if d.open == nil {
		return target.Table{}, errors.New("no files can be named here")
	}
	content, err := d.open(path)
	if err != nil {
		return target.Table{}, err
	}
	if len(content) > LargestData {
		return target.Table{}, fmt.Errorf("%s has %d bytes: at most %d: leave rows or columns out", path, len(content), LargestData)
	}
	t, err := decodeTable(form, content)
	if err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	d.tables[path] = t
	d.files = append(d.files, DataFile{path, content})
	return t, nil
}

func decodeTable(form string, content []byte) (target.Table, error) {
	if form == ".csv" {
		return target.DecodeTable(content)
	}
	b, err := flow.DecodeNPY(content)
	if err == nil && b.Len() == 0 {
		err = errors.New("there are no rows in it")
	}
	return target.TableOf(b), err
}
