package browser_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"flowsweep/reports/browser"
)

// TestQuiet checks that a page asks for nothing but itself, that it offends against nothing, its own policy included, and that its
// scripts do not fail, whatever is unfolded and pressed.
func TestQuiet(t *testing.T) {
	t.Parallel()
	for _, s := range sweeps {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			page := s.page(t)
			text, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), "Content-Security-Policy") {
				t.Error("the page has no policy")
			}
			tab := open(t, page, browser.View{Width: 1440, Height: 900})
			unfold(t, tab)
			value[int](t, tab, `(() => { const all = [...document.querySelectorAll("button")]; all.forEach((b) => b.click()); return all.length; })()`)
			time.Sleep(50 * time.Millisecond) // what is asked for later
			if got := tab.Requests(); len(got) != 1 || !strings.HasPrefix(got[0], "file://") {
				t.Errorf("the page asks for %q, want only itself", got)
			}
			if got := tab.Messages(); len(got) > 0 {
				t.Errorf("the console has %q", got)
			}
		})
	}
}

// TestNoiseIsHeard checks that requests, failures and offences against a policy are seen where there are some.
func TestNoiseIsHeard(t *testing.T) {
	t.Parallel()
	view := browser.View{Width: 390, Height: 844}
	policy := `<meta http-equiv="Content-Security-Policy" content="default-src 'none'">`
	for name, c := range map[string]struct{ page, request, message string }{
		"image":     {page: `<img src="other.png">`, request: "/other.png"},
		"style":     {page: `<style>@import "other.css";</style>`, request: "/other.css"},
		"script":    {page: `<script>fetch("http://127.0.0.1:9/asked").catch(() => {});</script>`, request: "http://127.0.0.1:9/asked"},
		"exception": {page: `<script>none.of.this();</script>`, message: "none is not defined"},
		"console":   {page: `<script>console.warn("well");</script>`, message: "console: warning"},
		"policy":    {page: policy + `<script>document.title = "ran";</script>`, message: "Content Security Policy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := openText(t, c.page, view)
			time.Sleep(50 * time.Millisecond)
			requests, messages := strings.Join(tab.Requests(), " "), strings.Join(tab.Messages(), " ")
			if !strings.Contains(requests, c.request) || !strings.Contains(messages, c.message) {
				t.Errorf("requests %q and messages %q, want %q and %q", requests, messages, c.request, c.message)
			}
		})
	}
}
