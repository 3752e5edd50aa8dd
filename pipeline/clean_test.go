package pipeline

import (
	"bytes"
	"testing"
)

func TestClean(t *testing.T) {
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
		if got := clean(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestCellsOfCSV(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":              "",
		"euler":         "euler",
		"-1.5e-3":       "-1.5e-3",
		"+2":            "+2",
		"-inf":          "-inf",
		"=1+1":          "'=1+1",
		"@SUM(A1)":      "'@SUM(A1)",
		"-2+cmd|' /C'":  "'-2+cmd|' /C'",
		"+a":            "'+a",
		"\t=1":          "'\t=1",
		"x=1":           "x=1",
		"'=1":           "'=1",
		"name, \"quote": "name, \"quote",
	} {
		if got := cellOf(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	table := rows{columns: []string{"run", "=error"}, cells: []map[string]string{{"run": "-1", "=error": "=HYPERLINK(1)"}}}
	var b bytes.Buffer
	if err := table.csv(&b, []int{0}); err != nil || b.String() != "run,'=error\n-1,'=HYPERLINK(1)\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
	b.Reset()
	table = rows{columns: []string{"run"}, cells: []map[string]string{{"run": "\x1b[2Jx"}}}
	if err := table.print(&b, table.columns, []int{0}); err != nil || bytes.ContainsRune(b.Bytes(), 0x1b) {
		t.Errorf("got %q, %v, want no escape", b.String(), err)
	}
}
