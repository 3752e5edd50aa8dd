package table_test

import (
	"strings"
	"testing"

	"flowsweep/pipeline/table"
)

func TestShorten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"abcdefgh", 8, "abcdefgh"},
		{"abcdefgh", 7, "abc…fgh"},
		{"abcdefgh", 6, "abc…gh"},
		{"abcdefgh", 2, "a…"},
		{"abcdefgh", 1, "a"},
		{"abcdefgh", 0, ""},
		{"流匹配流匹配", 7, "流…匹配"}, // a letter is two columns wide, and none is cut in half
		{"e\u0301e\u0301e\u0301e\u0301", 3, "e\u0301…e\u0301"},
		{"", 0, ""},
	} {
		if got := table.Shorten(c.text, c.limit); got != c.want || table.Wide(got) > c.limit {
			t.Errorf("%q to %d: got %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width int
		want  string
	}{
		{0, "caution   one two three-and-four"},
		{32, "caution   one two three-and-four"},
		{31, "caution   one two\n          three-and-four"},
		{20, "caution   one two\n          three…four"},
		{13, "caution   one\n          two\n          t…r"},
	} {
		got := table.Wrap("caution   ", "one two three-and-four", c.width)
		if got != c.want {
			t.Errorf("width %d: got %q, want %q", c.width, got, c.want)
		}
		for _, line := range strings.Split(got, "\n") {
			if c.width > 0 && table.Wide(line) > c.width {
				t.Errorf("width %d: %q", c.width, line)
			}
		}
	}
}
