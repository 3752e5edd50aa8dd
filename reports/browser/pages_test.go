package browser_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"flowsweep/reports/browser"
)

var (
	room   string // a folder for all files of the tests
	chrome = sync.OnceValues(browser.Start)
)

func TestMain(m *testing.M) { os.Exit(inRoom(m)) }

func inRoom(m *testing.M) (code int) {
	flag.Parse()
	pages, err := filepath.Glob(*real)
	if err != nil || (*real != "" && len(pages) == 0) {
		fmt.Fprintf(os.Stderr, "no pages are %q: give an absolute path (%v)\n", *real, err)
		return 2
	}
	for _, page := range pages {
		sweeps = append(sweeps, sweep{name: filepath.Base(filepath.Dir(page)), file: page})
	}
	if room, err = os.MkdirTemp("", "pages"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(room)
	code = m.Run()
	if b, err := chrome(); err == nil {
		b.Close()
	}
	return code
}

// open opens a page in the browser of all tests, or skips the test if there is none.
func open(t *testing.T, page string, v browser.View) *browser.Tab {
	t.Helper()
	b, err := chrome()
	if errors.Is(err, browser.ErrMissing) {
		t.Skip("pages are not tried:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	tab, err := b.Open(page, v)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tab.Close)
	return tab
}

// openText opens a page that is written for one test, such as one with a fault.
func openText(t *testing.T, html string, v browser.View) *browser.Tab {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, file, v)
}

// value returns the value of an expression in a page.
func value[T any](t *testing.T, tab *browser.Tab, expression string) T {
	t.Helper()
	v, err := browser.Eval[T](tab, expression)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// unfold opens whatever is folded.
func unfold(t *testing.T, tab *browser.Tab) {
	t.Helper()
	value[bool](t, tab, `document.querySelectorAll("details").forEach((d) => { d.open = true; }), true`)
}

// looks are the windows in which pages are looked at, in both modes.
var looks = []browser.View{
	{Width: 390, Height: 844, Dark: true},
	{Width: 1440, Height: 900},
	{Width: 390, Height: 844},
	{Width: 1440, Height: 900, Dark: true},
}

// inEach runs a test for every page, unfolded, in both widths and modes, and for the first page in each width with each mode.
func inEach(t *testing.T, test func(t *testing.T, tab *browser.Tab)) {
	for i, s := range sweeps {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			tab := open(t, s.page(t), looks[0])
			unfold(t, tab)
			for k, v := range looks {
				if i > 0 && k > 1 {
					break
				}
				t.Run(fmt.Sprintf("%d px, dark %t", v.Width, v.Dark), func(t *testing.T) {
					look(t, tab, v)
					test(t, tab)
				})
			}
		})
	}
}

// look changes how a page is looked at.
func look(t *testing.T, tab *browser.Tab, v browser.View) {
	t.Helper()
	if err := tab.Look(v); err != nil {
		t.Fatal(err)
	}
}
