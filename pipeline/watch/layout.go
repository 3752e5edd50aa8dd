package watch

import (
	"slices"
	"strings"

	"flowsweep/experiments/problem"
	"flowsweep/pipeline/table"
)

// gap separates columns.
const gap = "  "

// cells is a column of a table on the screen.
type cells struct {
	name  string
	rank  int // of columns that do not all fit, those of the lowest ranks are shown
	right bool
	text  []string
	least int // the width to which it may be shortened; 0 for not at all
	// draw makes a cell as wide as there is room, between least and most columns; nil for text.
	draw  func(row, width int) string
	most  int
	style func(row int) style
}

// natural returns the width that a column would have, and the least that it can have.
func (c cells) natural() (want, least int) {
	if c.draw != nil {
		return c.most, max(c.least, table.Wide(c.name))
	}
	want = table.Wide(c.name)
	for _, t := range c.text {
		want = max(want, table.Wide(t))
	}
	if c.least > 0 {
		return want, min(want, c.least)
	}
	return want, want
}

// empty reports whether a column says nothing.
func (c cells) empty() bool {
	return c.draw == nil && !slices.ContainsFunc(c.text, func(t string) bool { return t != "" })
}

// fit returns the columns that there is room for, in order, and their widths.
func fit(columns []cells, width int) (shown []cells, widths []int) {
	byRank := make([]int, 0, len(columns))
	for i, c := range columns {
		if !c.empty() || i == 0 {
			byRank = append(byRank, i)
		}
	}
	slices.SortStableFunc(byRank, func(a, b int) int { return columns[a].rank - columns[b].rank })
	used, take := -len(gap), []int{}
	for _, i := range byRank {
		if _, least := columns[i].natural(); used+len(gap)+least <= width {
			used += len(gap) + least
			take = append(take, i)
		}
	}
	slices.Sort(take)
	for _, i := range take {
		_, least := columns[i].natural()
		shown, widths = append(shown, columns[i]), append(widths, least)
	}
	for i := range shown { // what is left goes to the label, then to drawings
		want, least := shown[i].natural()
		more := min(max(want-least, 0), width-used)
		widths[i] += more
		used += more
	}
	return shown, widths
}

// rows returns the heading and n rows of the columns, none wider than width.
func rows(columns []cells, n, width int, p painter) []string {
	shown, widths := fit(columns, width)
	var lines []string
	for row := -1; row < n; row++ {
		var b strings.Builder
		for i, c := range shown {
			text, how := c.name, faint
			if row >= 0 {
				how = plain
				if c.style != nil {
					how = c.style(row)
				}
				if c.draw != nil {
					text = c.draw(row, widths[i])
				} else {
					text = c.text[row]
				}
			}
			text = ends(text, widths[i])
			pad := strings.Repeat(" ", widths[i]-table.Wide(text))
			switch {
			case c.right:
				text = pad + p.paint(how, text)
			case i < len(shown)-1:
				text = p.paint(how, text) + pad
			default:
				text = p.paint(how, text)
			}
			if i > 0 {
				b.WriteString(gap)
			}
			b.WriteString(text)
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return lines
}

// short returns a text in at most this width: its first words and … if it is wider, or where not even one fits, the ends of it.
func short(text string, width int) string {
	text = problem.Printable(text)
	if table.Wide(text) <= width {
		return text
	}
	kept := ""
	for _, word := range strings.Fields(text) {
		next := word
		if kept != "" {
			next = kept + " " + word
		}
		if table.Wide(next)+2 > width {
			break
		}
		kept = next
	}
	if kept = strings.TrimRight(kept, " ·,:;"); kept == "" {
		return table.Shorten(text, width)
	}
	return kept + " …"
}

// ends is short for labels, which often begin alike: it leaves out parts in the middle.
func ends(text string, width int) string {
	const between = " · "
	text = problem.Printable(text)
	parts := strings.Split(text, between)
	shortened := func(start, end int) string {
		return strings.TrimSpace(strings.Join(parts[:start], between) + " … " + strings.Join(parts[end:], between))
	}
	if table.Wide(text) <= width || len(parts) < 2 || table.Wide(shortened(1, len(parts))) > width {
		return short(text, width)
	}
	start, end := 1, len(parts)
	for turn, stuck := 0, 0; stuck < 2 && end-start > 1; turn++ { // from the end and from the start, by turns
		s, e := start, end-1
		if turn%2 == 1 {
			s, e = start+1, end
		}
		if stuck++; table.Wide(shortened(s, e)) <= width {
			start, end, stuck = s, e, 0
		}
	}
	return shortened(start, end)
}

// join joins as many of the parts as fit.
func join(width int, separator string, list ...string) string {
	text := ""
	for _, part := range list {
		next := part
		if text != "" && part != "" {
			next = text + separator + part
		}
		if part == "" || text != "" && table.Wide(next) > width {
			continue
		}
		text = next
	}
	return short(text, width)
}

// wrap returns a text in lines of at most this width, between words.
func wrap(text string, width int) []string {
	return strings.Split(table.Wrap("", problem.Printable(text), width), "\n")
}

// clean returns a text on one line, without what a terminal would obey.
func clean(text string) string { return problem.Printable(strings.Join(strings.Fields(text), " ")) }
