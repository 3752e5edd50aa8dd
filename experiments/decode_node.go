package experiments

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"reflect"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/problem"
	"flowsweep/experiments/target"
)

// decoder walks the nodes of one YAML text and collects what is wrong with it.
type decoder struct {
	file     string
	lines    []string
	problems problem.List
	seeds    big.Int    // that every setting is run with
	longest  *yaml.Node // the list of the most values
	length   uint64     // of it

	open   func(path string) ([]byte, error)
	tables map[string]target.Table // of files, by path
	files  []DataFile              // in the order they were first named
}

// breaks turns every line break of YAML into one.
var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

const byteOrderMark = "\ufeff"

func newDecoder(file string, text []byte) *decoder {
	lines := strings.Split(breaks.Replace(strings.TrimPrefix(string(text), byteOrderMark)), "\n")
	return &decoder{file: file, lines: lines, seeds: *big.NewInt(1), tables: map[string]target.Table{}}
}

// load returns the root of the text, or notes problems.
func (d *decoder) load(text []byte) *yaml.Node {
	for i, line := range d.lines {
		if at := strings.IndexFunc(line, unreadable); at >= 0 {
			d.at(i+1, utf8.RuneCountInString(line[:at])+1, "not a text in UTF-8: remove the character %q", []rune(line[at:])[0])
			return nil
		}
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		d.syntax(err)
		return nil
	}
	var docs [2]yaml.Node
	for i := range docs {
		err := loader.Load(&docs[i])
		switch {
		case err == io.EOF && i == 0:
			d.at(1, 1, "nothing is written here")
			return nil
		case err == io.EOF:
			d.longest = follow(docs[0].Content[0])
			return d.longest
		case err != nil:
			d.syntax(err)
			return nil
		case i > 0:
			d.at(docs[i].Line, docs[i].Column, "a second document: give each spec a file of its own")
		}
	}
	return nil
}

func unreadable(r rune) bool {
	return r == utf8.RuneError || r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0
}

// syntax notes what the YAML library says of a text that is none.
func (d *decoder) syntax(err error) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		d.at(1, 1, "not YAML: %v", err)
		return
	}
	message := load.Message
	if load.ContextMsg != "" {
		message += " " + load.ContextMsg
	}
	line, column := load.Mark.Line, load.Mark.Column
	// A text that breaks off is at fault behind its last line: show that line, and its end.
	for line > len(d.lines) || line > 1 && d.lines[line-1] == "" {
		line--
		column = utf8.RuneCountInString(d.lines[line-1]) + 1
	}
	d.at(line, column, "not YAML: %s", message)
}

// problem notes what is wrong at a node, and returns no alternatives.
func (d *decoder) problem(n *yaml.Node, format string, args ...any) alternatives {
	d.at(n.Line, n.Column, format, args...)
	return alternatives{}
}

func (d *decoder) at(line, column int, format string, args ...any) {
	line, column = min(max(line, 1), len(d.lines)), max(column, 1)
	d.problems = append(d.problems, problem.Problem{
		File: d.file, Line: line, Column: column, Message: fmt.Sprintf(format, args...), Source: d.lines[line-1],
	})
}

// counted remembers the node if it is the list of the most values so far.
func (d *decoder) counted(n *yaml.Node, values uint64) {
	if values > d.length {
		d.longest, d.length = n, values
	}
}

// keys returns the values of a mapping by key, and whether it is a mapping at all.
func (d *decoder) keys(n *yaml.Node, what string) (map[string]*yaml.Node, bool) {
	if n.Kind != yaml.MappingNode {
		d.problem(n, "%s must be a mapping of keys to values", what)
		return nil, false
	}
	nodes := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		k := follow(n.Content[i])
		if k.Kind != yaml.ScalarNode {
			d.problem(k, "a key must be one word")
			continue
		}
		if nodes[k.Value] != nil {
			d.problem(n.Content[i], "the key %q is here twice: leave one out", k.Value)
			continue
		}
		nodes[k.Value] = n.Content[i+1]
	}
	return nodes, true
}

// known notes the keys of a mapping that are not among the known ones.
func (d *decoder) known(n *yaml.Node, known []string) {
	have := map[string]bool{}
	for _, k := range known {
		have[k] = true
	}
	for i := 0; i < len(n.Content); i += 2 {
		if k := follow(n.Content[i]); k.Kind == yaml.ScalarNode && !have[k.Value] {
			d.problem(k, "%s", problem.Unknown("key", k.Value, known))
		}
	}
}

// follow returns what an alias stands for, and any other node as it is.
func follow(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// depth returns how deep lists nest in a node, by their first entries; an alias may make that endless.
func depth(n *yaml.Node) int {
	levels := 0
	for n = follow(n); n.Kind == yaml.SequenceNode && levels < 8; levels++ {
		if len(n.Content) == 0 {
			return levels + 1
		}
		n = follow(n.Content[0])
	}
	return levels
}

// ownDepth returns how deep lists nest in a single value of the type.
func ownDepth(t reflect.Type) int {
	levels := 0
	for ; t.Kind() == reflect.Slice; levels++ {
		t = t.Elem()
	}
	return levels
}

// keysOf returns the keys that set the fields of a struct, in its order.
func keysOf(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = fieldOf(t.Field(i), field{}).name
	}
	return keys
}

// fieldOf returns the field of a struct. Whatever lies in a swept field is swept too.
func fieldOf(sf reflect.StructField, in field) field {
	name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
	return field{name: name, tag: sf.Tag, swept: in.swept || sf.Tag.Get("swept") != ""}
}
