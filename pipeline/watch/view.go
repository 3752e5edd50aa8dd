package watch

import (
	"fmt"
	"slices"
	"strings"

	"flowsweep/experiments"
	"flowsweep/pipeline/table"
	"flowsweep/reports/number"
)

// The parts of the screen that scroll, in order.
const (
	paneFits = iota
	paneBest
	paneFailures
	panes
)

// pane is a part of the screen that scrolls.
type pane struct {
	title string
	fixed int // lines at its start that stay when it scrolls
	lines []string
}

// screen returns what is shown, as many lines as there is room for, and none wider than the terminal.
func (m Model) screen() string {
	width, height := max(m.width, 1), max(m.height, 1)
	lines := m.top(width)
	bottom := m.bottom(width)
	room := height - len(lines) - len(bottom)
	switch {
	case m.help:
		lines = append(lines, helpLines(width)...)
	case m.have && room > 0:
		for _, part := range m.parts(width, room) {
			lines = append(lines, part...)
		}
	}
	lines = lines[:min(len(lines), max(height-len(bottom), 0))]
	for len(lines)+len(bottom) < height {
		lines = append(lines, "")
	}
	return strings.Join(append(lines, bottom...)[:height], "\n")
}

// top returns the header, or why there is none.
func (m Model) top(width int) []string {
	var lines []string
	if m.have {
		lines = header(m.snap, width, m.paint)
	} else if m.err == nil {
		lines = []string{"reading the store …"}
	}
	if m.err != nil {
		for _, line := range wrap(m.err.Error(), width) {
			lines = append(lines, m.paint.paint(bad, line))
		}
	}
	if s := m.snap; s.Problem != "" {
		for _, line := range wrap("The filter cannot be used: "+s.Problem, width) {
			lines = append(lines, m.paint.paint(bad, line))
		}
	} else if s.Filter != "" {
		lines = append(lines, short(fmt.Sprintf("Only what meets %s: %d fits are hidden", s.Filter, s.Hidden), width))
	}
	return lines
}

// bottom returns the line of the keys, or that of the filter which is typed.
func (m Model) bottom(width int) []string {
	if m.editing {
		text := "/" + m.typed
		if over := table.Wide(text) + 1 - width; over > 0 { // its end is what is being typed
			runes := []rune(text)
			text = string(runes[min(over, len(runes)):])
		}
		return []string{text + "▏"}
	}
	keys := []string{"q quit", "? help", "s sort", "/ filter", "tab pane"}
	return []string{m.paint.paint(faint, join(width, " · ", keys...))}
}

// least is the height at which all panes are shown.
const least = 15

// parts returns the panes within so many lines: all of them, or the one that has the keys.
func (m Model) parts(width, room int) (parts [][]string) {
	fits, best, failures := m.fitPane(width), m.bestPane(width), m.failurePane(width)
	all := []pane{fits, best, failures}
	if room < least {
		return [][]string{m.scrolled(all[m.pane], m.pane, room)}
	}
	heights := m.heights(all, room)
	for i, p := range all {
		parts = append(parts, m.scrolled(p, i, heights[i]))
	}
	return parts
}

// heights divides the room among the panes: settings get up to a third of it, failures up to a quarter, and what neither needs
// goes to the fits, and back.
func (m Model) heights(all []pane, room int) []int {
	need := make([]int, panes)
	for i, p := range all {
		need[i] = 1 + len(p.lines)
	}
	h := []int{0, min(need[paneBest], room/3), min(need[paneFailures], room/4)}
	h[paneFits] = min(need[paneFits], room-h[paneBest]-h[paneFailures])
	for _, i := range []int{paneBest, paneFailures} {
		h[i] += min(need[i]-h[i], room-h[0]-h[1]-h[2])
	}
	return h
}

// scrolled returns the title of a pane and as many of its lines as there is room for.
func (m Model) scrolled(p pane, index, height int) []string {
	if height <= 0 {
		return nil
	}
	body := p.lines[p.fixed:]
	room := max(height-1-p.fixed, 0)
	from := min(m.offset[index], max(len(body)-room, 0))
	to := min(from+room, len(body))
	title := p.title
	if len(body) > room {
		title += fmt.Sprintf(", %d to %d of %d", min(from+1, to), to, len(body))
	}
	mark := "  "
	if m.pane == index {
		mark = "▸ "
	}
	lines := []string{m.paint.paint(bold, short(mark+title, m.width))}
	lines = append(lines, p.lines[:min(p.fixed, height-1)]...)
	return append(lines, body[from:to]...)
}

func (m Model) fitPane(width int) pane {
	fits := m.fits()
	p := pane{title: fmt.Sprintf("Fits (%s), by %s", number.Whole(len(fits)), fitOrders[m.sort[paneFits]]), fixed: 1}
	if len(fits) == 0 {
		p.fixed, p.lines = 0, []string{short("none", width)}
		return p
	}
	p.lines = rows(fitColumns(fits, width), len(fits), width, m.paint)
	return p
}

// fits returns the fits in the order in which they are shown.
func (m Model) fits() []Fit {
	fits := slices.Clone(m.snap.Fits)
	sortFits(fits, fitOrders[m.sort[paneFits]])
	return fits
}

func (m Model) bestPane(width int) pane {
	best := slices.Clone(m.snap.Best)
	sortBest(best, bestOrders[m.sort[paneBest]])
	so := "Best settings so far"
	if m.snap.State != experiments.Running {
		so = "Best settings"
	}
	count := number.Whole(m.snap.Settings)
	if m.snap.Settings > len(best) {
		count = fmt.Sprintf("%d of %s", len(best), count)
	}
	p := pane{title: fmt.Sprintf("%s (%s), by %s", so, count, bestOrders[m.sort[paneBest]]), fixed: 1}
	if len(best) == 0 {
		p.fixed, p.lines = 0, []string{short("none as yet", width)}
		return p
	}
	p.lines = rows(bestColumns(best, m.snap.Metric, width), len(best), width, m.paint)
	return p
}

func (m Model) failurePane(width int) pane {
	p := pane{title: fmt.Sprintf("Failures (%d)", len(m.snap.Failures))}
	for _, f := range m.snap.Failures {
		for i, line := range wrap(f.What+": "+f.Why, width-len(gap)) {
			if i > 0 {
				line = gap + line
			}
			p.lines = append(p.lines, line)
		}
	}
	return p
}

// helpLines says what the keys do.
func helpLines(width int) (lines []string) {
	for _, k := range [][2]string{
		{"tab, ← →", "to the next or the previous pane"},
		{"↑ ↓, page up, page down, home, end", "scroll the pane"},
		{"s", "sort the pane by something else"},
		{"/", "show only what meets a condition, as in --where (width = 64 and mmd < 0.01), or what contains a text; enter keeps it, esc drops it"},
		{"?", "this help, and back"},
		{"q, ctrl-c", "quit; the sweep goes on"},
	} {
		lines = append(lines, wrap(k[0]+": "+k[1], width)...)
	}
	return lines
}
