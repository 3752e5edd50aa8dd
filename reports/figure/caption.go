package figure

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// minRest is the least number of letters that is worth folding: about three lines of a telephone.
const minRest = 120

// Lead returns the first sentence of the caption, which is always in view: all of it if little follows.
func (f Figure) Lead() string {
	for at := 0; ; {
		i := strings.Index(f.Caption[at:], ". ")
		if i < 0 {
			return f.Caption
		}
		at += i + len(". ")
		rest := f.Caption[at:]
		if utf8.RuneCountInString(rest) < minRest {
			return f.Caption
		}
		if first, _ := utf8.DecodeRuneInString(rest); unicode.IsUpper(first) {
			return f.Caption[:at]
		}
	}
}

// Rest returns what follows the first sentence of the caption, which narrow pages fold, if it is long.
func (f Figure) Rest() string { return f.Caption[len(f.Lead()):] }
