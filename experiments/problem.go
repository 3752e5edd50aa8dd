package experiments

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Problem is one thing that is wrong with a spec, at the place where it is written.
type Problem struct {
	File    string
	Line    int    // from 1
	Column  int    // from 1, in characters
	Message string // what is wrong and what to do
	Source  string // the line itself
}

// Error returns the place and the message, then the line, or the part of a very long one, with a caret under the column.
func (p Problem) Error() string {
	line, at := []rune(strings.Map(printable, p.Source)), p.Column-1
	if from := at - shownBefore; len(line) > shownLine && from > 0 {
		line, at = line[min(from, len(line)):], shownBefore
	}
	line = line[:min(len(line), shownLine)]
	return fmt.Sprintf("%s:%d:%d: %s\n    %s\n    %s^", p.File, p.Line, p.Column, p.Message, string(line), blank(string(line), at))
}

// shownLine is how much of a line is shown, and shownBefore how much of a longer one stands before the column.
const (
	shownLine   = 160
	shownBefore = 80
)

// Problems is everything that is wrong with a spec, in the order it is written.
type Problems []Problem

// Error returns every problem, one after the other.
func (p Problems) Error() string {
	texts := make([]string, len(p))
	for i, problem := range p {
		texts[i] = problem.Error()
	}
	return strings.Join(texts, "\n")
}

// sorted returns the problems by place, each once however many ways led to it.
func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(p)
}

func printable(r rune) rune {
	if r != '\t' && unicode.IsControl(r) {
		return unicode.ReplacementChar
	}
	return r
}

// blank returns white space as wide as the first n characters of the line, so that a caret lands under the next one.
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

// unknown says that a word is none of the known ones, and which of them was probably meant.
func unknown(kind, word string, known []string) string {
	text := fmt.Sprintf("unknown %s %q (have %s)", kind, word, strings.Join(known, ", "))
	if near := nearest(word, known); near != "" {
		text += fmt.Sprintf(": did you mean %q?", near)
	}
	return text
}

// nearest returns the known word with the fewest edits from word, the first of equals, or "" where that takes more than
// two edits and more than a third of its letters.
func nearest(word string, known []string) string {
	letters := []rune(strings.ToLower(word))
	best, fewest := "", min(len(letters)-1, max(2, len(letters)/3))+1
	for _, k := range known {
		if n := edits(letters, []rune(k)); n < fewest {
			best, fewest = k, n
		}
	}
	return best
}

// edits returns the least number of letters to insert, delete or replace that makes a of b (the Levenshtein distance).
func edits(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i, x := range a {
		for j, y := range b {
			replace := d[i][j]
			if x != y {
				replace++
			}
			d[i+1][j+1] = min(d[i][j+1]+1, d[i+1][j]+1, replace)
		}
	}
	return d[len(a)][len(b)]
}
