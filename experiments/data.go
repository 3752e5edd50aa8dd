package experiments

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/flow"
	"flowsweep/experiments/problem"
	"flowsweep/experiments/target"
)

// Parser reads specs that name files of data.
type Parser struct {
	// Open returns the content of the file at a path as the spec has it. Its errors are shown at that place in the spec. A
	// nil Open finds no file.
	Open func(path string) ([]byte, error)
}

// LargestData is the size of data file that is read, in bytes.
const LargestData = 256 << 20

// DataFile is the content of a file of data.
type DataFile struct {
	Name    string // the path as the spec has it, or what it is to a recipe
	Content []byte
}

// Contents returns what the recipe's form names by its sha256 and does not hold.
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

// sourceFile is a target.File as a source. It is neither rescaled, so that noise is given in the units of the file, nor
// measured against.
type sourceFile struct {
	File    string   `json:"file" text:"any" required:"yes" doc:"path of a .csv or .npy file, from the folder of the spec"`
	Columns []string `json:"columns" doc:"names of the columns, or their numbers from 0 where the file has no names; all columns of numbers if left out"`
	Noise   float64  `json:"noise" min:"0" doc:"standard deviation of Gaussian noise on every draw"`
}

// resolve returns the parameters of a family with the rows of the file that they name, if they do, and whether there is
// nothing wrong with it.
func (d *decoder) resolve(params any, n *yaml.Node, nodes map[string]*yaml.Node) (resolved any, ok bool) {
	var f target.File
	switch p := params.(type) {
	case target.File:
		f = p
	case sourceFile:
		f = target.File{File: p.File, Columns: p.Columns, Noise: p.Noise}
	default:
		return params, true
	}
	at := spelled(nodes["file"], f.File)
	table, err := d.table(f.File)
	if err != nil {
		d.problem(at, "%v", err)
		return nil, false
	}
	names, known := f.Columns, table.Names()
	if len(names) == 0 {
		if names = table.Numeric(); len(names) == 0 {
			d.problem(at, "%s has no column of numbers", f.File)
			return nil, false
		}
	}
	for i, name := range names {
		switch {
		case !slices.Contains(known, name):
			d.problem(spelled(nodes["columns"], name), "%s", problem.Unknown("column", name, known))
			return nil, false
		case slices.Contains(names[:i], name):
			d.problem(nodes["columns"], "the column %q is here twice: leave one out", name)
			return nil, false
		}
	}
	rows, err := table.Rows(names)
	if err != nil {
		d.problem(fault(err, n, nodes), "%v", err)
		return nil, false
	}
	return target.Data{Columns: names, Rows: rows, Standardise: f.Standardise, Noise: f.Noise, Holdout: f.Holdout}, true
}

// table returns the content of a data file, which is read once.
func (d *decoder) table(path string) (target.Table, error) {
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

// spelled returns the first scalar within a node that says just this, and the node itself where none does.
func spelled(n *yaml.Node, word string) *yaml.Node {
	n = follow(n)
	for _, c := range n.Content {
		if s := spelled(c, word); s.Kind == yaml.ScalarNode && s.Value == word {
			return s
		}
	}
	return n
}

// quoted finds the first word in quotes.
var quoted = regexp.MustCompile(`"[^"]*"`)

// fault returns the node of the parameter that an error begins with, of a list the entry that it quotes, and the whole
// where it begins with none.
func fault(err error, n *yaml.Node, nodes map[string]*yaml.Node) *yaml.Node {
	param, message, ok := strings.Cut(err.Error(), ": ")
	if !ok || nodes[param] == nil {
		return n
	}
	return spelled(nodes[param], strings.Trim(quoted.FindString(message), `"`))
}

// names returns one list of the names of columns, which may be numbers.
func (d *decoder) names(n *yaml.Node, f field) alternatives {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	names := make([]string, len(nodes))
	for i, c := range nodes {
		if c = follow(c); c.Kind != yaml.ScalarNode || c.Tag == "!!null" {
			return d.problem(c, "%s must be a list of names, such as [x, y]", f.name)
		}
		names[i] = c.Value
	}
	return one(reflect.ValueOf(names))
}
