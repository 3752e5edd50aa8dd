package table

import (
	"os"
	"strconv"
	"strings"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// Width returns the number of columns of a terminal, or 0 if the file is none. The environment variable COLUMNS has the last
// word, as in other programs.
func Width(f *os.File) int {
	if !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		return n
	}
	return 80
}

// Wide returns the number of terminal columns that a text takes: 2 for each letter of Chinese, 0 for a combining accent.
func Wide(text string) int { return runewidth.StringWidth(text) }

// Shorten returns the text with … in place of its middle if it is wider than the limit. Both ends remain, as keys and labels
// often begin alike.
func Shorten(text string, limit int) string {
	if Wide(text) <= limit {
		return text
	}
	room := limit - Wide("…")
	if room <= 0 {
		return runewidth.Truncate(text, limit, "")
	}
	start := runewidth.Truncate(text, (room+1)/2, "")
	end := runewidth.TruncateLeft(text, Wide(text)-room+Wide(start), "")
	return start + "…" + end
}

// Wrap breaks a text between its words into lines of at most this width, and starts all but the first with an indent of spaces.
// The first has a prefix as wide as the indent. Words that are wider are shortened. A width of 0 leaves the text whole.
func Wrap(prefix, text string, width int) string {
	if width <= 0 {
		return prefix + text
	}
	indent := strings.Repeat(" ", Wide(prefix))
	room := max(1, width-len(indent))
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		word = Shorten(word, room)
		if line != "" && Wide(line)+1+Wide(word) > room {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return Shorten(prefix, width) + strings.Join(append(lines, line), "\n"+indent)
}
