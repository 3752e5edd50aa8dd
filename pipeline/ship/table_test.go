package ship

import (
	"bytes"
	"testing"
)

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
		if got := Cell(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	table := Table{Columns: []string{"run", "=error"}, Cells: []map[string]string{{"run": "-1", "=error": "=HYPERLINK(1)"}}}
	var b bytes.Buffer
	if err := table.CSV(&b, []int{0}); err != nil || b.String() != "run,'=error\n-1,'=HYPERLINK(1)\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}
