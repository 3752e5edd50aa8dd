// Package problem reports mistakes in a text that a person wrote: the place, the line with a caret under it, and the word
// that was probably meant.
//
//	problem.Problem{File: "spec.yaml", Line: 3, Column: 7, Source: line, Message: problem.Unknown("solver", "rk5", solvers)}
package problem

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Problem is a mistake in a text, and its place.
type Problem struct {
	File    string
	Line    int    // from 1
	Column  int    // from 1, in characters
	Message string // what is wrong, and what to do
	Source  string // the line itself
}

// Error returns the place and the message, then the line with a caret under the column. A very long line is cut.
func (p Problem) Error() string {
	line, at := []rune(strings.Map(printable, p.Source)), p.Column-1
	if from := at - shownBefore; len(line) > shownLine && from > 0 {
		line, at = line[min(from, len(line)):], shownBefore
	}
	line = line[:min(len(line), shownLine)]
	return fmt.Sprintf("%s:%d:%d: %s\n    %s\n    %s^", p.File, p.Line, p.Column, p.Message, string(line), blank(string(line), at))
}

// Of a line, shownLine characters are shown, and of a longer one shownBefore of them come before the column.
const (
	shownLine   = 160
	shownBefore = 80
)

// List holds all mistakes in a text.
type List []Problem

// Error returns every problem, one after another.
func (l List) Error() string {
	texts := make([]string, len(l))
	for i, problem := range l {
		texts[i] = problem.Error()
	}
	return strings.Join(texts, "\n")
}

// Sorted returns the problems in the order of the text, without duplicates. It reorders the list in place.
func (l List) Sorted() List {
	slices.SortStableFunc(l, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(l)
}

func printable(r rune) rune {
	if r != '\t' && unicode.IsControl(r) {
		return unicode.ReplacementChar
	}
	return r
}

// blank returns white space as wide as the first n characters of the line, so that a caret after it is under the next one.
func blank(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n--; n < 0 {
			break
		}
		switch {
		case r == '\t':
			b.WriteByte('\t')
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}
