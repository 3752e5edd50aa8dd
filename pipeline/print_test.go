package pipeline

import (
	"bytes"
	"testing"

	"flowsweep/pipeline/ship"
)

func TestTablesPrintNoEscapes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	table := ship.Table{Columns: []string{"run"}, Cells: []map[string]string{{"run": "\x1b[2Jx"}}}
	if err := printTable(&b, table, table.Columns, []int{0}); err != nil || bytes.ContainsRune(b.Bytes(), 0x1b) {
		t.Errorf("got %q, %v, want no escape", b.String(), err)
	}
}
