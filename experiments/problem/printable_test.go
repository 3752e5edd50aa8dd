package problem

import "testing"

func TestPrintable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                          "",
		"width 8 · depth 1 ± é 名":   "width 8 · depth 1 ± é 名",
		"\x1b[31mred\x1b[0m":        `\x1b[31mred\x1b[0m`, // colours
		"a\rb\nc\td":                `a\rb\nc\td`,
		"a\u202etxt.exe":            `a\u202etxt.exe`, // right to left
		"zero\u200bwidth\u2028line": `zero\u200bwidth\u2028line`,
		"\x9b2J":                    "\ufffd2J", // no UTF-8
		"bell\a\x00":                `bell\a\x00`,
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
