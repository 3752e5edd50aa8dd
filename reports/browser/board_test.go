package browser_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"flowsweep/reports/browser"
)

var desk = browser.View{Width: 1440, Height: 900}

// board is a table as it stands in a page: its settings and, for each column but the first, what it is sorted by.
type board struct {
	Names []string
	Keys  [][]string
	Sorts []string // aria-sort of each heading
}

const readBoard = `(() => {
  const table = document.querySelector("#leaderboard table"), rows = [...document.querySelectorAll("#leaderboard tbody tr[data-s]")].filter((r) => r.closest("table") === table || r.closest("details"));
  return { Names: rows.map((r) => r.cells[0].title), Keys: rows.map((r) => [...r.cells].slice(1).map((c) => c.dataset.sort ?? "")),
    Sorts: [...table.tHead.rows[0].cells].map((c) => c.getAttribute("aria-sort") ?? "") };
})()`

// showAll presses the button that shows all settings.
func showAll(t *testing.T, tab *browser.Tab) {
	t.Helper()
	value[bool](t, tab, `(() => { const more = document.querySelector("#leaderboard button.more"); if (!more.hidden) more.click(); return true; })()`)
}

// TestSort sorts the leaderboard by each column, up, down and back, by clicks, and compares it with the order of the same numbers in a
// page without scripts.
func TestSort(t *testing.T) {
	t.Parallel()
	page := sweeps[0].page(t)
	still := desk
	still.NoScripts = true
	plain := value[board](t, open(t, page, still), readBoard)
	tab := open(t, page, desk)
	showAll(t, tab)
	first := value[board](t, tab, readBoard)
	if len(plain.Names) < 24 || !slices.Equal(slices.Sorted(slices.Values(first.Names)), slices.Sorted(slices.Values(plain.Names))) {
		t.Fatalf("%d settings without scripts, with them %d", len(plain.Names), len(first.Names))
	}
	for column := 1; column < len(first.Sorts); column++ {
		var numbers []float64
		for _, keys := range plain.Keys {
			numbers = append(numbers, key(t, keys[column-1]))
		}
		slices.Sort(numbers)
		for _, order := range []string{"ascending", "descending", ""} {
			if err := tab.Click(fmt.Sprintf("#leaderboard thead th:nth-child(%d) button", column+1)); err != nil {
				t.Fatal(err)
			}
			got := value[board](t, tab, readBoard)
			for i, sort := range got.Sorts {
				if want := map[bool]string{true: order}[i == column]; sort != want {
					t.Errorf("column %d, %s: heading %d says %q", column, order, i, sort)
				}
			}
			if order == "" {
				if !slices.Equal(got.Names, first.Names) {
					t.Errorf("column %d: the third click does not bring the first order back", column)
				}
				continue
			}
			var shown []float64
			for _, keys := range got.Keys {
				shown = append(shown, key(t, keys[column-1]))
			}
			if want := ordered(numbers, order == "descending"); !slices.Equal(shown, want) {
				t.Errorf("column %d, %s: got %v, want %v", column, order, shown, want)
			}
		}
	}
}

// key is what a cell is sorted by.
func key(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// ordered returns sorted numbers in either direction. Infinity stands for what is not known, which is always last.
func ordered(sorted []float64, down bool) []float64 {
	list := slices.Clone(sorted)
	n := slices.IndexFunc(list, func(x float64) bool { return math.IsInf(x, 1) })
	if n < 0 {
		n = len(list)
	}
	if down {
		slices.Reverse(list[:n])
	}
	return list
}

// TestTyping filters by keys that are pressed, also by words, and shows the rows that are left.
func TestTyping(t *testing.T) {
	t.Parallel()
	tab := open(t, sweeps[0].page(t), desk)
	showAll(t, tab)
	if err := tab.Click("#leaderboard input[type=search]"); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"heun 4", " ="} {
		if err := tab.Press(text); err != nil {
			t.Fatal(err)
		}
		value[bool](t, tab, `new Promise((done) => setTimeout(() => done(true), 250))`)
		got := value[board](t, tab, readBoard)
		if len(got.Names) == 0 || len(got.Names) > 12 {
			t.Errorf("%q leaves %d settings", text, len(got.Names))
		}
		for _, name := range got.Names {
			if !strings.Contains(name, "heun") { // a condition with a fault leaves what there was
				t.Errorf("%q leaves %q", text, name)
			}
		}
	}
	if wrong := value[string](t, tab, `document.querySelector("#leaderboard .wrong:not([hidden])")?.textContent ?? ""`); !strings.Contains(wrong, "^") {
		t.Errorf("a fault is told as %q", wrong)
	}
}

// TestPaging turns the pages of all runs, and counts that each run is there once.
func TestPaging(t *testing.T) {
	t.Parallel()
	tab := open(t, sweeps[0].page(t), desk)
	value[bool](t, tab, `document.querySelector("#all-runs").open = true`)
	type state struct {
		Runs                []string
		Where               string
		Before, After, Gone bool
	}
	const read = `(() => { const box = document.querySelector("#all-runs .pager"), [before, after] = box.querySelectorAll("button"), column = document.querySelector("#all-runs th[data-column=run]").cellIndex;
		return { Runs: [...document.querySelectorAll("#all-runs tbody tr")].map((r) => r.cells[column].textContent), Where: box.querySelector("[role=status]").textContent, Before: !before.disabled, After: !after.disabled, Gone: box.hidden }; })()`
	seen := map[string]bool{}
	for i, want := range []struct {
		where         string
		before, after bool
	}{{"1 to 50 of 72", false, true}, {"51 to 72 of 72", true, false}} {
		got := value[state](t, tab, read)
		if got.Where != want.where || got.Before != want.before || got.After != want.after || got.Gone {
			t.Errorf("page %d: got %q, backwards %t, forwards %t", i+1, got.Where, got.Before, got.After)
		}
		for _, run := range got.Runs {
			seen[run] = true
		}
		if got.After {
			if err := tab.Click("#all-runs .pager button:last-of-type"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(seen) != 72 {
		t.Errorf("%d runs are on the pages, want 72", len(seen))
	}
	if got := filtered(t, tab, "#all-runs", "seed = 2"); got.Matches != 24 || !value[state](t, tab, read).Gone {
		t.Errorf("the filter leaves %d, want 24 on one page", got.Matches)
	}
}
