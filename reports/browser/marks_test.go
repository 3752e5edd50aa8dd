package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"flowsweep/reports/browser"
)

// mark is the first mark of a setting in the first figure of quality, which is in most others, too.
const mark = "#quality svg .hit[data-s]"

// about is what a page shows of marks.
type about struct {
	Tip      string // the text beside a mark, if it can be seen
	Inside   bool   // of the window
	Setting  string // of the mark
	Picked   []string
	Pressed  int // buttons of ranks that are pressed
	Sections []string
}

var readMarks = fmt.Sprintf(`(() => {
  const tip = document.querySelector(".tip"), shown = tip && !tip.hidden && tip.checkVisibility(), box = tip?.getBoundingClientRect();
  const picked = [...document.querySelectorAll(".picked")];
  return { Tip: shown ? tip.textContent : "", Inside: shown && box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight,
    Setting: document.querySelector(%q).dataset.s, Picked: [...new Set(picked.map((e) => e.dataset.s))],
    Pressed: document.querySelectorAll("button.rank[aria-pressed=true]").length, Sections: [...new Set(picked.map((e) => e.closest("section").id))] };
})()`, mark)

// textOfMark is what the mark says in a page without scripts.
func textOfMark(t *testing.T, page string) string {
	t.Helper()
	still := desk
	still.NoScripts = true
	text := value[string](t, open(t, page, still), fmt.Sprintf(`document.querySelector(%q + " title").textContent`, mark))
	if !strings.Contains(text, "step") || !strings.ContainsAny(text, "0123456789") {
		t.Fatalf("a mark says %q, want a setting and a value", text)
	}
	return text
}

// TestHover points at a mark, which says what it stands for, clicks on it, which marks its setting everywhere, and takes that back.
func TestHover(t *testing.T) {
	t.Parallel()
	page := sweeps[0].page(t)
	want := textOfMark(t, page)
	tab := open(t, page, desk)
	if got := value[about](t, tab, readMarks); got.Tip != "" || len(got.Picked) > 0 {
		t.Fatalf("before anything is pointed at: %+v", got)
	}
	if err := tab.Hover(mark); err != nil {
		t.Fatal(err)
	}
	if got := value[about](t, tab, readMarks); got.Tip != want || !got.Inside || len(got.Picked) > 0 {
		t.Errorf("pointing at a mark: %+v, want %q", got, want)
	}
	if err := tab.Click(mark); err != nil {
		t.Fatal(err)
	}
	got := value[about](t, tab, readMarks)
	if len(got.Picked) != 1 || got.Picked[0] != got.Setting || got.Pressed != 1 || len(got.Sections) < 2 {
		t.Errorf("after a click: %+v, want the setting in two sections or more", got)
	}
	if err := tab.Press("\x1b"); err != nil {
		t.Fatal(err)
	}
	if got := value[about](t, tab, readMarks); got.Tip != "" || len(got.Picked) > 0 || got.Pressed > 0 {
		t.Errorf("after Escape: %+v", got)
	}
}

// TestTouch taps a mark in a narrow window.
func TestTouch(t *testing.T) {
	t.Parallel()
	page := sweeps[0].page(t)
	want := textOfMark(t, page)
	tab := open(t, page, browser.View{Width: 390, Height: 844, Touch: true})
	if err := tab.Tap(mark); err != nil {
		t.Fatal(err)
	}
	if got := value[about](t, tab, readMarks); got.Tip != want || !got.Inside || len(got.Picked) != 1 || got.Picked[0] != got.Setting {
		t.Errorf("after a tap: %+v, want %q", got, want)
	}
	if err := tab.Tap("#quality h2"); err != nil {
		t.Fatal(err)
	}
	if got := value[about](t, tab, readMarks); got.Tip != "" {
		t.Errorf("after a tap elsewhere there is still %q", got.Tip)
	}
}

// TestKeys reaches a row of the leaderboard by the keyboard, and marks its setting by Enter and by the space bar.
func TestKeys(t *testing.T) {
	t.Parallel()
	tab := open(t, sweeps[0].page(t), desk)
	value[bool](t, tab, `document.querySelector("#leaderboard input[type=search]").focus(), true`)
	steps := 0
	for ; steps < 20 && !value[bool](t, tab, `document.activeElement.matches("button.rank")`); steps++ {
		if err := tab.Press("\t"); err != nil {
			t.Fatal(err)
		}
	}
	if steps == 20 {
		t.Fatal("the Tab key does not lead to the rows")
	}
	setting := value[string](t, tab, `document.activeElement.closest("tr").dataset.s`)
	for i, press := range []string{"\r", "\r", " ", "\x1b"} {
		if err := tab.Press(press); err != nil {
			t.Fatal(err)
		}
		got := value[about](t, tab, readMarks)
		if on := i%2 == 0; (got.Pressed == 1) != on || on && (len(got.Picked) != 1 || got.Picked[0] != setting) || !on && len(got.Picked) > 0 {
			t.Errorf("after key %d: %+v, want setting %s to be marked: %t", i+1, got, setting, on)
		}
		if !value[bool](t, tab, `document.activeElement.matches("button.rank") && document.activeElement.closest("tr").dataset.s === "`+setting+`"`) {
			t.Errorf("after key %d the focus is elsewhere", i+1)
		}
	}
	value[bool](t, tab, `document.querySelector("#leaderboard thead th:nth-child(2) button").focus(), true`)
	if err := tab.Press("\r"); err != nil {
		t.Fatal(err)
	}
	if got := value[board](t, tab, readBoard); got.Sorts[1] != "ascending" {
		t.Errorf("Enter on a heading: %q", got.Sorts)
	}
}

// TestLegend switches a series off and on. It leaves its figure, and no other.
func TestLegend(t *testing.T) {
	t.Parallel()
	tab := open(t, sweeps[0].page(t), desk)
	const read = `(() => {
		const figures = [...document.querySelectorAll("figure")].filter((f) => f.querySelector(".legend button")), [first] = figures;
		const button = first.querySelector(".legend [data-series] button"), key = button.closest("[data-series]").dataset.series;
		const seen = (e) => { for (; e instanceof SVGElement; e = e.parentElement) if (getComputedStyle(e).display === "none") return false; return true; };
		const shown = (f) => [...f.querySelectorAll("svg [data-series]")].filter((g) => g.dataset.series.split(" ").includes(key) && seen(g)).length;
		const rest = (f) => [...f.querySelectorAll("svg [data-series]")].filter((g) => !g.dataset.series.split(" ").includes(key) && seen(g)).length;
		return { Shown: shown(first), Rest: rest(first), Elsewhere: figures.slice(1).reduce((n, f) => n + shown(f), 0), Pressed: button.getAttribute("aria-pressed") };
	})()`
	type state struct {
		Shown, Rest, Elsewhere int
		Pressed                string
	}
	before := value[state](t, tab, read)
	if before.Shown == 0 || before.Rest == 0 || before.Elsewhere == 0 || before.Pressed != "true" {
		t.Fatalf("at first: %+v", before)
	}
	for _, want := range []state{{0, before.Rest, before.Elsewhere, "false"}, before} {
		if err := tab.Click("figure:has(.legend button) .legend [data-series] button"); err != nil {
			t.Fatal(err)
		}
		if got := value[state](t, tab, read); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}
