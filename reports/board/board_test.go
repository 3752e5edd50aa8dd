package board_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"flowsweep/reports/board"
)

func note(first board.Row) (whole, note string) { return "", fmt.Sprintf("best %g", first.Mean) }

// shape says what a board holds: the name of each group with the settings and ranks of its rows.
func shape(groups []board.Group) string {
	var list []string
	for _, g := range groups {
		text := fmt.Sprintf("%d %s (%s):", g.At, g.Name, g.Note)
		for _, r := range g.Rows {
			text += fmt.Sprintf(" %d#%d", r.Setting, r.Rank)
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}

func rowsOf(of string, means ...float64) (rows []board.Row) {
	for i, m := range means {
		recipe := ""
		if of != "" {
			recipe = of[i : i+1]
		}
		rows = append(rows, board.Row{Setting: i, Of: recipe, Mean: m})
	}
	return rows
}

func TestGrouped(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	baseline := board.Row{Setting: 9, Baseline: true, Mean: 0}
	for name, c := range map[string]struct {
		rows []board.Row
		want string
	}{
		"nothing":                 {nil, ""},
		"one recipe":              {rowsOf("", 3, 1, 2), "0  (): 1#1 2#2 0#3"},
		"two, by their best":      {rowsOf("aabb", 3, 2, 4, 1), "0 b (best 1): 3#1 2#4; 1 a (best 2): 1#2 0#3"},
		"a recipe each":           {rowsOf("abcd", 3, 2, 4, 1), "0  (): 3#1 1#2 0#3 2#4"},
		"equal keep their order":  {rowsOf("aabb", 1, 1, 1, 1), "0 a (best 1): 0#1 1#2; 1 b (best 1): 2#3 3#4"},
		"not finite, last":        {rowsOf("", nan, 5, inf, -2), "0  (): 3#1 1#2 0#0 2#0"},
		"baselines have no rank":  {append(rowsOf("", 3, 1), baseline), "0  (): 1#1 0#2; 1 Baselines (from no net): 9#0"},
		"baselines are no recipe": {append(rowsOf("aab", 3, 1, 2), baseline), "0  (): 1#1 2#2 0#3; 1 Baselines (from no net): 9#0"},
		"baselines alone":         {[]board.Row{baseline}, "0 Baselines (from no net): 9#0"},
	} {
		if got := shape(board.Grouped(c.rows, note)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// TestFirst: the ten best are always open, and the chosen one; two more are not worth closing.
func TestFirst(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{1: 1, 12: 12, 13: 11, 40: 11} {
		means := make([]float64, n)
		for i := range means {
			means[i] = float64(i)
		}
		rows := rowsOf(strings.Repeat("ab", 20), means...)
		rows[n-1].Chosen = true
		b := board.Board{Groups: board.Grouped(rows, note)}
		rest := 0
		if r := b.Rest(); r != nil {
			rest = r.Len()
		}
		if first := b.First(); first.Len() != want || rest != n-want {
			t.Errorf("%d settings: %d open and %d closed, want %d open", n, first.Len(), rest, want)
		}
		chosen := func(r board.Row) bool { return r.Chosen }
		if !slices.ContainsFunc(b.First().Groups, func(g board.Group) bool { return slices.ContainsFunc(g.Rows, chosen) }) {
			t.Errorf("%d settings: the chosen one is closed", n)
		}
	}
}

// TestLimited: the last settings are left out, but not the chosen one.
func TestLimited(t *testing.T) {
	t.Parallel()
	means := make([]float64, board.MaxRows+5)
	for i := range means {
		means[i] = float64(i)
	}
	rows := rowsOf("", means...)
	rows[len(rows)-1].Chosen = true
	rows = append(rows, board.Row{Baseline: true, Mean: math.Inf(1)})
	b := board.Board{Groups: board.Grouped(rows, note)}.Limited()
	if b.Len() != board.MaxRows+2 || b.Cut != 4 {
		t.Errorf("%d rows, %d cut", b.Len(), b.Cut)
	}
}
