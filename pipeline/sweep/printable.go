package sweep

import (
	"strconv"
	"strings"
	"unicode"
)

// Printable returns text from a spec or a store as a terminal may show it, in one line: what would move the cursor, change
// colours or turn the direction of writing is escaped as in Go.
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
