package pipeline

import (
	"strconv"
	"strings"
	"unicode"
)

// clean returns text from a spec or a store as a terminal may show it, in one line: what would move the cursor, change
// colours or turn the direction of writing is escaped as in Go.
func clean(text string) string {
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

// cellOf returns a text as a cell of CSV that no spreadsheet takes for a formula: one that begins as formulas do, and
// is no number, gets a quote before it, which spreadsheets take for "this is text".
// See https://owasp.org/www-community/attacks/CSV_Injection.
func cellOf(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return text
	}
	return "'" + text
}
