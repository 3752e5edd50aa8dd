package serve_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"flowsweep/pipeline/serve"
	"flowsweep/reports/browser"
)

// theBrowser is one for all tests, which TestMain ends by endBrowser.
var (
	theBrowser = sync.OnceValues(func() (*browser.Browser, error) {
		b, err := browser.Start()
		if err == nil {
			endBrowser = func() { _ = b.Close() }
		}
		return b, err
	})
	endBrowser = func() {}
)

// opened opens a page, or skips the test where there is no browser.
func opened(t *testing.T, url string) *browser.Tab {
	t.Helper()
	b, err := theBrowser()
	if errors.Is(err, browser.ErrMissing) {
		t.Skip(err)
	}
	must(t, err)
	tab, err := b.Open(url, browser.View{Width: 1000, Height: 700})
	must(t, err)
	t.Cleanup(tab.Close)
	return tab
}

// eval returns the value of an expression in a page.
func eval[T any](t *testing.T, tab *browser.Tab, expression string) T {
	t.Helper()
	value, err := browser.Eval[T](tab, expression)
	must(t, err)
	return value
}

// until waits until an expression in a page is true.
func until(t *testing.T, tab *browser.Tab, expression string) {
	t.Helper()
	for begun := time.Now(); !eval[bool](t, tab, expression); time.Sleep(50 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatalf("it is never so: %s; the bar says %q", expression, eval[string](t, tab, barText))
		}
	}
}

const barText = `document.querySelector("#live > span").textContent`

// tag gives the sweep small a tag, which changes its page.
func tag(t *testing.T, dir, word string) {
	t.Helper()
	if said, err := program(dir, "tag", "small", word).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
}

// has is an expression: whether main holds a word.
func has(word string) string {
	return fmt.Sprintf(`document.querySelector("main").textContent.includes(%q)`, word)
}

// wantQuiet checks that a page has asked nobody but its server, and that nothing stands in the console but that the server was gone.
func wantQuiet(t *testing.T, tab *browser.Tab, url string, gone bool) {
	t.Helper()
	for _, r := range tab.Requests() {
		if r != url+"/" && !strings.HasPrefix(r, url+"/sweep/") {
			t.Errorf("it asks %s", r)
		}
	}
	for _, m := range tab.Messages() {
		if !gone || !strings.Contains(m, "ERR_CONNECTION_REFUSED") && !strings.Contains(m, "ERR_INCOMPLETE_CHUNKED_ENCODING") {
			t.Errorf("the console says %s", m)
		}
	}
}

// reader is what somebody has done to a page, and where it is.
const readerState = `({
	open: [...document.querySelectorAll("main details")].map((d) => d.open),
	sorted: [...document.querySelectorAll("main th[aria-sort]")].map((h) => h.textContent + " " + h.getAttribute("aria-sort")),
	first: document.querySelector("#leaderboard tbody th").textContent,
	focused: document.activeElement.matches("#all-runs > summary"),
})`

// TestOpenPage checks that an open page takes over a new version where the reader is, and that the scripts of the page work on it.
func TestOpenPage(t *testing.T) {
	t.Parallel()
	dir, file := storeIn(t)
	s := serving(t, serve.Options{File: file}, 5)
	tab := opened(t, s.url+"/")
	until(t, tab, barText+` === "finished"`)
	eval[any](t, tab, `(() => {
		const headings = [...document.querySelectorAll("#leaderboard thead button")];
		headings[1].click(); headings[1].click();
		[...document.querySelectorAll("main details")].at(-1).open = true;
		document.querySelector("#all-runs > summary").focus({ preventScroll: true });
		scrollTo({ top: document.querySelector("#training").offsetTop - 50, behavior: "instant" });
		window.before = document.querySelector("main");
	})()`)
	const top = `document.querySelector("#training").getBoundingClientRect().top`
	before, wasAt := eval[map[string]any](t, tab, readerState), eval[float64](t, tab, top)
	if sorted := before["sorted"].([]any); len(sorted) != 1 || !strings.HasSuffix(sorted[0].(string), " descending") {
		t.Fatalf("the leaderboard is sorted by %v", sorted)
	}
	if before["focused"] != true {
		t.Fatal("nothing has the focus")
	}
	tag(t, dir, "marvellous")
	until(t, tab, has("marvellous"))
	if eval[bool](t, tab, `window.before === document.querySelector("main")`) {
		t.Error("main is the same element")
	}
	if after := eval[map[string]any](t, tab, readerState); !reflect.DeepEqual(before, after) {
		t.Errorf("before: %v\nafter:  %v", before, after)
	}
	if at := eval[float64](t, tab, top); math.Abs(at-wasAt) > 1.5 { // browsers scroll by whole pixels
		t.Errorf("the section that is read has moved from %g to %g", wasAt, at)
	}
	sorted := `[...document.querySelectorAll("#leaderboard th[aria-sort]")].map((h) => h.textContent).join()`
	by := eval[string](t, tab, sorted)
	eval[any](t, tab, `document.querySelectorAll("#leaderboard thead button")[0].click()`)
	if now := eval[string](t, tab, sorted); now == by || now == "" {
		t.Errorf("a click on a heading of the new version does nothing: it was sorted by %q, and is by %q", by, now)
	}
	if n := eval[int](t, tab, `document.querySelectorAll("#leaderboard thead button button, #live ~ #live").length`); n != 0 {
		t.Errorf("a script ran twice on the same elements")
	}
	wantQuiet(t, tab, s.url, false)
}

// TestOpenPageWaits checks that a page does not change under the hands of its reader: while a text is selected, the new version waits.
func TestOpenPageWaits(t *testing.T) {
	t.Parallel()
	dir, file := storeIn(t)
	s := serving(t, serve.Options{File: file}, 5)
	tab := opened(t, s.url+"/sweep/small")
	until(t, tab, barText+` === "finished"`)
	eval[any](t, tab, `getSelection().selectAllChildren(document.querySelector("#verdict h2"))`)
	tag(t, dir, "selected")
	until(t, tab, barText+`.endsWith("new results wait until no text is selected") || `+has("selected"))
	if eval[bool](t, tab, has("selected")) {
		t.Error("the page has changed although a text is selected")
	}
	eval[any](t, tab, `getSelection().removeAllRanges()`)
	until(t, tab, has("selected")+" && "+barText+` === "finished"`)
}
