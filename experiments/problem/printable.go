package problem

import (
	"strconv"
	"strings"
	"unicode"
)

// Printable returns text from a spec or store as a terminal may show it, on one line: anything that moves the cursor,
// changes colours or turns the direction of writing is escaped as in Go.
func Printable(text string) string {
	ok := func(r rune) bool { return unicode.IsPrint(r) && r != unicode.ReplacementChar }
	if strings.IndexFunc(text, func(r rune) bool { return !ok(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if ok(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
