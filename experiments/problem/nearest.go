package problem

import (
	"fmt"
	"strings"
)

// Unknown returns the message that a word is not a known one, with the word that was probably meant.
func Unknown(kind, word string, known []string) string {
	text := fmt.Sprintf("unknown %s %q (have %s)", kind, word, strings.Join(known, ", "))
	if near := Nearest(word, known); near != "" {
		text += fmt.Sprintf(": did you mean %q?", near)
	}
	return text
}

// Nearest returns the known word that is the fewest edits away, or the first of several, or "" if that is more than two
// edits and more than a third of the letters.
func Nearest(word string, known []string) string {
	letters := []rune(strings.ToLower(word))
	best, fewest := "", min(len(letters)-1, max(2, len(letters)/3))+1
	for _, k := range known {
		if n := edits(letters, []rune(k)); n < fewest {
			best, fewest = k, n
		}
	}
	return best
}

// edits returns the optimal string alignment distance: the fewest letters to insert, delete, replace or swap with their
// neighbour to turn b into a.
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
			if i > 0 && j > 0 && x == b[j-1] && a[i-1] == y {
				d[i+1][j+1] = min(d[i+1][j+1], d[i-1][j-1]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
