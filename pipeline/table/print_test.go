package table_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"flowsweep/experiments/query"
	"flowsweep/pipeline/table"
)

func TestPrintHasNoEscapes(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	var tb table.Table
	tb.Add(query.Field{Key: "run", Value: "\x1b[2Jx\ny"})
	if err := tb.Print(&b, tb.Columns, []int{0}, 0); err != nil || bytes.ContainsRune(b.Bytes(), 0x1b) || strings.Count(b.String(), "\n") != 2 {
		t.Errorf("got %q, %v, want no escape and two lines", b.String(), err)
	}
}

// wideTable has long, wide and combining texts, many numbers, and rows with absent cells.
func wideTable() (tb table.Table) {
	for i := range 3 {
		fields := []query.Field{
			{Key: "run", Value: fmt.Sprintf("%016d", i)},
			{Key: "setting", Value: strings.Repeat(fmt.Sprint("width ", 64+i, " · "), 100)},
			{Key: "note", Value: strings.Repeat("流匹配", 40) + "e\u0301"},
		}
		for j := range 12 {
			fields = append(fields,
				query.Field{Key: fmt.Sprint("metrics.metric-", j), Value: fmt.Sprint(1e-5 * float64(7*i+j)), Kind: query.Number},
				query.Field{Key: fmt.Sprint("metrics_p.metric-", j), Value: "0.0123456", Kind: query.Number})
		}
		tb.Add(fields[:len(fields)-4*i]...)
	}
	return tb
}

func TestLinesAreWithinTheWidth(t *testing.T) {
	t.Parallel()
	tb := wideTable()
	for width := 4; width < 400; width++ {
		var b bytes.Buffer
		if err := tb.Print(&b, tb.Columns, []int{2, 0, 1}, width); err != nil {
			t.Fatal(err)
		}
		var headings []string
		for k, block := range strings.Split(b.String(), "\n\n") {
			lines := strings.Split(strings.TrimSuffix(block, "\n"), "\n")
			if len(lines) != 4 {
				t.Fatalf("width %d: block %d has %d lines, want a heading and 3 rows", width, k, len(lines))
			}
			for i, line := range lines {
				if table.Wide(line) > width {
					t.Errorf("width %d: a line is %d wide: %q", width, table.Wide(line), line)
				}
				key := fmt.Sprintf("%016d", []int{2, 0, 1}[max(i-1, 0)])
				if i > 0 && width >= 2*16+2 && !strings.HasPrefix(line+"  ", key+"  ") {
					t.Errorf("width %d: %q does not start with the key %s", width, line, key)
				}
			}
			headings = append(headings, strings.Fields(lines[0])[1:]...)
		}
		if width >= 60 && len(headings) != len(tb.Columns)-1 {
			t.Errorf("width %d: %d columns, want each of %d once", width, len(headings), len(tb.Columns)-1)
		}
	}
}

// A p alone says nothing, so it stands after its metric.
func TestPValuesStandBesideTheirMetrics(t *testing.T) {
	t.Parallel()
	tb := wideTable()
	for width := 40; width < 200; width++ {
		var b bytes.Buffer
		if err := tb.Print(&b, tb.Columns, nil, width); err != nil {
			t.Fatal(err)
		}
		for _, heading := range strings.Split(b.String(), "\n\n") {
			if fields := strings.Fields(heading); fields[1] == "p" {
				t.Errorf("width %d: a block starts with a p-value: %q", width, heading)
			}
		}
	}
}

func TestOffATerminalNothingIsFolded(t *testing.T) {
	t.Parallel()
	tb := wideTable()
	var b bytes.Buffer
	if err := tb.Print(&b, tb.Columns, []int{0, 1, 2}, 0); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 4 || len(strings.Fields(lines[0])) != len(tb.Columns) {
		t.Errorf("got %d lines, %q", len(lines), lines[0])
	}
	for _, cell := range strings.Split(lines[1], "  ") {
		if cell = strings.TrimSpace(cell); table.Wide(cell) > 60 {
			t.Errorf("a cell is %d wide: %q", table.Wide(cell), cell)
		}
	}
	if !strings.Contains(lines[1], "…") || !strings.Contains(lines[1], "width 64 · width 64") {
		t.Errorf("got %q, want the label shortened in its middle", lines[1])
	}
}
