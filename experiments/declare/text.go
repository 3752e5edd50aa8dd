package declare

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"flowsweep/experiments/problem"
)

// Text is a YAML text and the problems found in it so far.
type Text struct {
	file     string
	lines    []string
	root     *yaml.Node // nil if the text is not YAML
	problems problem.List

	kinds  map[reflect.Type]Kind
	random func(seed uint64, place string, k uint64) *rand.Rand

	resolved func(document any) any

	sections map[string][]string // by key, see sectionsOf
	drawn    map[*yaml.Node]bool // mappings that a Random drew, in which ranges may stand
	faulty   map[*yaml.Node]bool // ranges with mistakes
	older    bool                // see Language.Older
	cautions []string
	partial  bool // variants with mistakes were left out, and with them what they set

	runs    big.Int    // alternatives times seeds
	repeats big.Int    // seeds
	longest *yaml.Node // list
	length  uint64     // of the longest list
}

// breaks replaces all line breaks of YAML by newlines.
var breaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

const byteOrderMark = "\ufeff"

// Read parses a text. The file name is used in error messages only.
func Read(file string, text []byte, l Language) *Text {
	t := &Text{file: file, kinds: l.kinds(), random: l.Random, resolved: l.Resolved, older: l.Older, drawn: map[*yaml.Node]bool{}, faulty: map[*yaml.Node]bool{}, repeats: *big.NewInt(1)}
	if e, ok := encodingOf(text); ok {
		t.lines = linesOf(e.decode(text))
		t.problemAt(1, 1, "this text is in %s: save it as UTF-8", e.name)
		return t
	}
	t.lines = linesOf(strings.TrimPrefix(string(text), byteOrderMark))
	if root := t.load(text); root != nil && t.resolve(root) {
		t.root = root
	}
	t.longest = t.root
	return t
}

func linesOf(text string) []string { return strings.Split(breaks.Replace(text), "\n") }

// Root returns the place of the whole text.
func (t *Text) Root() Place { return Place{t.root} }

// Problem records a problem.
func (t *Text) Problem(at Place, format string, args ...any) { t.problem(at.node, format, args...) }

// Valid reports whether no problem has been found in the values of the given keys or, without keys, anywhere.
func (t *Text) Valid(keys ...string) bool {
	if len(keys) == 0 {
		return len(t.problems) == 0
	}
	return !slices.ContainsFunc(t.problems, func(p problem.Problem) bool {
		return slices.ContainsFunc(keys, func(key string) bool {
			value, ok := valueOf(t.root, key)
			return ok && holdsPlace(value, p.Line, p.Column)
		})
	})
}

// Err returns a problem.List of the problems found so far, in the order of the text, or nil. More than MaxRuns runs are a
// problem too.
func (t *Text) Err() error {
	list := slices.Clone(t.problems)
	if t.runs.Cmp(big.NewInt(MaxRuns)) > 0 {
		list = append(list, t.problemOf(t.longest.Line, t.longest.Column, fmt.Sprintf("the lists multiply to %s runs: at most %s",
			grouped(&t.runs), grouped(big.NewInt(MaxRuns)))))
	}
	if len(list) == 0 {
		return nil
	}
	return list.Sorted()
}

// Cautions returns what is valid but does not do what it seems to, a sentence each.
func (t *Text) Cautions() []string { return t.cautions }

// load returns the root of a text, or nil if it is not YAML.
func (t *Text) load(text []byte) *yaml.Node {
	for i, line := range t.lines {
		if at := strings.IndexFunc(line, unreadable); at >= 0 {
			t.problemAt(i+1, utf8.RuneCountInString(line[:at])+1, "not a text in UTF-8: remove the character %q", []rune(line[at:])[0])
			return nil
		}
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text))
	if err != nil {
		t.syntax(err)
		return nil
	}
	var docs [2]yaml.Node
	for i := range docs {
		err := loader.Load(&docs[i])
		switch {
		case err == io.EOF && i == 0:
			t.problemAt(1, 1, "nothing is written here")
			return nil
		case err == io.EOF:
			return follow(docs[0].Content[0])
		case err != nil:
			t.syntax(err)
			return nil
		case i > 0:
			t.problemAt(docs[i].Line, docs[i].Column, "a second document: give each spec a file of its own")
		}
	}
	return nil
}

func unreadable(r rune) bool {
	return r == utf8.RuneError || r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0
}

// syntax records a syntax error.
func (t *Text) syntax(err error) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		t.problemAt(1, 1, "not YAML: %v", err)
		return
	}
	message := load.Message
	if load.ContextMsg != "" {
		message += " " + load.ContextMsg
	}
	line, column := load.Mark.Line, load.Mark.Column
	// If the text ends too early, the mark is past the last line. Show the end of that line instead.
	for line > len(t.lines) || line > 1 && t.lines[line-1] == "" {
		line--
		column = utf8.RuneCountInString(t.lines[line-1]) + 1
	}
	t.problemAt(line, column, "not YAML: %s", message)
}

// problem records a problem at a node, and returns no alternatives.
func (t *Text) problem(n *yaml.Node, format string, args ...any) alternatives {
	t.problemAt(n.Line, n.Column, format, args...)
	return alternatives{}
}

func (t *Text) problemAt(line, column int, format string, args ...any) {
	t.problems = append(t.problems, t.problemOf(line, column, fmt.Sprintf(format, args...)))
}

func (t *Text) problemOf(line, column int, message string) problem.Problem {
	line, column = min(max(line, 1), len(t.lines)), max(column, 1)
	return problem.Problem{File: t.file, Line: line, Column: column, Message: message, Source: t.lines[line-1]}
}

// counted remembers the longest list.
func (t *Text) counted(n *yaml.Node, values uint64) {
	if values > t.length {
		t.longest, t.length = n, values
	}
}
