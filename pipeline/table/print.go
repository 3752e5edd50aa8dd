package table

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"flowsweep/experiments/problem"
	"flowsweep/experiments/query"
)

// maxCell is the largest width of a printed cell.
const maxCell = 60

// gap separates columns.
const gap = "  "

// Print prints the columns of the rows in this order for people, with numbers to four digits and long cells shortened. With a
// width above 0 no line is wider: what does not fit goes into further blocks below, each of which starts with the first column,
// the key of a row.
func (t Table) Print(w io.Writer, columns []string, order []int, width int) error {
	if len(columns) == 0 {
		return nil
	}
	out := bufio.NewWriter(w)
	for k, block := range t.blocks(columns, order, width) {
		if k > 0 {
			out.WriteByte('\n')
		}
		for line := range len(order) + 1 {
			var text strings.Builder
			for _, c := range block {
				text.WriteString(c.cells[line])
				text.WriteString(strings.Repeat(" ", c.width-Wide(c.cells[line])) + gap)
			}
			out.WriteString(strings.TrimRight(text.String(), " ") + "\n")
		}
	}
	return out.Flush()
}

// printed is a column as it is printed.
type printed struct {
	cells []string // the heading and a cell for each row
	width int
	about string // the metric that it belongs to, or ""
}

// blocks returns the columns in the blocks that they are printed in: one unless the width, above 0, is too small.
func (t Table) blocks(columns []string, order []int, width int) [][]printed {
	list := make([]printed, len(columns))
	limit := maxCell
	for j, c := range columns {
		switch {
		case width > 0 && j == 0 && len(columns) > 1: // so that a key and one other column fit side by side
			limit = max(1, min(maxCell, (width-len(gap))/2))
		case width > 0 && j == 0:
			limit = min(maxCell, width)
		case width > 0:
			limit = max(1, min(maxCell, width-len(gap)-list[0].width))
		}
		list[j] = t.printed(c, order, limit)
	}
	if width <= 0 {
		return [][]printed{list}
	}
	return fold(list, width)
}

// fold distributes columns over blocks that are at most this wide, each of which starts with the first column. A
// p-value stays beside its metric if a block has room for both.
func fold(list []printed, width int) [][]printed {
	key := list[0]
	var blocks [][]printed
	block, used := []printed{key}, key.width
	for i := 1; i < len(list); {
		n, need := 1, len(gap)+list[i].width
		if i+1 < len(list) && list[i].about != "" && list[i+1].about == list[i].about {
			if both := need + len(gap) + list[i+1].width; key.width+both <= width {
				n, need = 2, both
			}
		}
		if used+need > width && len(block) > 1 {
			blocks = append(blocks, block)
			block, used = []printed{key}, key.width
		}
		block, used = append(block, list[i:i+n]...), used+need
		i += n
	}
	return append(blocks, block)
}

// printed returns a column with cells of at most this width.
func (t Table) printed(column string, order []int, limit int) printed {
	heading, about := headingOf(column)
	p := printed{about: about}
	add := func(text string) {
		text = Shorten(problem.Printable(text), limit)
		p.cells, p.width = append(p.cells, text), max(p.width, Wide(text))
	}
	add(heading)
	for _, i := range order {
		add(text(t.Cells[i][column]))
	}
	return p
}

// headingOf returns the short name of a column, and the metric that it is a value or p-value of.
func headingOf(column string) (heading, about string) {
	if metric, ok := strings.CutPrefix(column, "metrics."); ok {
		return metric, metric
	}
	if metric, ok := strings.CutPrefix(column, "metrics_p."); ok {
		return "p", metric
	}
	return column, ""
}

// text returns a cell for people: fractions to four digits, lists with commas.
func text(f query.Field) string {
	switch {
	case f.Kind == query.List:
		return strings.Join(f.Items, ", ")
	case f.Kind == query.Number && strings.ContainsAny(f.Value, ".eE"):
		if x, err := strconv.ParseFloat(f.Value, 64); err == nil {
			return strconv.FormatFloat(x, 'g', 4, 64)
		}
	}
	return f.Value
}
