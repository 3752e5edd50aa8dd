package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// asked is what testdata/scripts.js finds on a page.
type asked struct {
	First, Groups, Sorts, Filtered, Words, RunHead                []string
	Match, Wrong, RunPage, RunFirst, RunPage2, RunMatch, RunWidth string
	Told, Tip, Row, Setting, Off, Fresh, FreshMarks, Error        string
	All, Kept, Listed, Marked, Same, Escaped, FromRow             int
	Back, Away, Focused                                           bool
}

// TestScripts sorts, filters and pages the tables of a page in Chromium, taps on a mark, switches a series, and replaces the page.
func TestScripts(t *testing.T) {
	t.Parallel()
	page := fullPage(t)
	got := ask(t, render(t, page))
	if got.Error != "" {
		t.Fatal(got.Error)
	}
	got.checkBoard(t, len(page.Summaries))
	got.checkRuns(t, len(page.Sweep.Results))
	if got.Told == "" || got.Tip != got.Told || !got.Away {
		t.Errorf("tapped near a mark of %q, it says %q, and away from all nothing: %v", got.Told, got.Tip, got.Away)
	}
	if got.Marked < 1 || got.Marked != got.Same || got.Row != got.Setting || got.Escaped != 0 || got.FromRow < 3 {
		t.Errorf("%d of %d marks of a setting are marked, the row is %q, want %q; %d after Escape, %d from its row", got.Marked, got.Same, got.Row, got.Setting, got.Escaped, got.FromRow)
	}
	if !got.Focused {
		t.Error("a row that is marked by its button loses the focus")
	}
	if got.Off != "false" {
		t.Errorf("a legend's entry switches its series: %q", got.Off)
	}
	if want := fmt.Sprint(got.FromRow, 0, true, 5, true); got.Fresh != "ascending" || got.FreshMarks != want {
		t.Errorf("after a refresh: %q, %s, want %s", got.Fresh, got.FreshMarks, want)
	}
}

func (got asked) checkBoard(t *testing.T, settings int) {
	t.Helper()
	if len(got.First) < 10 || len(got.First) > 11 || len(got.Groups) != 2 || !regexp.MustCompile(`^1 [a-z0-9]+ · \d+ steps?.* \| \d+$`).MatchString(got.First[0]) {
		t.Errorf("at first: %q in %q", got.First, got.Groups)
	}
	sorts := strings.Join(got.Sorts, "\n")
	if !regexp.MustCompile(`^ascending \| \d+ width \d+ · euler · 1 step \| 1 \| Sorted by NFE, lowest first, without groups\.\n`+
		`descending \| \d+ width \d+ · rk4 · 16 steps.* \| 64 \| Sorted by NFE, highest first, without groups\.\nnone \| 1 `).MatchString(sorts) || !got.Back {
		t.Errorf("sorted by NFE: %s; back: %v", sorts, got.Back)
	}
	if got.All != settings {
		t.Errorf("all of %d settings: %d", settings, got.All)
	}
	if len(got.Filtered) != 4 || got.Match != fmt.Sprintf("4 of %d match.", settings) || len(got.Words) != 2 || !strings.Contains(got.Words[0], "heun · 16 steps") {
		t.Errorf("filtered: %q, %s; by words: %q", got.Filtered, got.Match, got.Words)
	}
	if !strings.HasPrefix(got.Wrong, "column 12: expected a field and not the end\n  nfe < 2 and\n") || got.Kept != 4 {
		t.Errorf("a wrong condition: %q, with %d rows", got.Wrong, got.Kept)
	}
}

func (got asked) checkRuns(t *testing.T, runs int) {
	t.Helper()
	if head := strings.Join(got.RunHead, " "); head != "setting NFE seed state mmd p sliced-w2 p fit s sample s run fit" {
		t.Errorf("the columns are %s", head)
	}
	if got.Listed != maxRuns || got.RunPage != fmt.Sprintf("50 | 1 to 50 of %d", runs) || got.RunPage2 != fmt.Sprintf("51 to 100 of %d", runs) || got.RunFirst != "2" {
		t.Errorf("listed without scripts %d; %s, then %s; the highest seed is %s", got.Listed, got.RunPage, got.RunPage2, got.RunFirst)
	}
	if got.RunMatch != fmt.Sprintf("5 | 5 of %d match.", runs) || got.RunWidth != "128" {
		t.Errorf("filtered: %s; width %s", got.RunMatch, got.RunWidth)
	}
}

// ask opens a page in Chromium and does what testdata/scripts.js says. Without Chromium it skips the test.
func ask(t *testing.T, page string) (got asked) {
	t.Helper()
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil && browser == "" {
			browser = path
		}
	}
	if browser == "" {
		t.Skip("scripts are tried in Chromium, which is not installed")
	}
	script, err := os.ReadFile(filepath.Join("testdata", "scripts.js"))
	if err != nil {
		t.Fatal(err)
	}
	page = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(page, "") // it lets no other script run
	page = strings.Replace(page, "<script>", `<script>const original = document.querySelector("main").outerHTML;</script><script>`, 1)
	end := `tries().catch((e) => { out.Error = e.stack; }).then(() => { document.title = "BEGIN" + JSON.stringify(out) + "END"; });`
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(strings.Replace(page, "</body>", "<script>"+string(script)+end+"</script></body>", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := []string{"--headless", "--disable-gpu", "--no-first-run", "--user-data-dir=" + t.TempDir(), "--window-size=1280,1000", "--virtual-time-budget=20000", "--dump-dom"}
	if os.Geteuid() == 0 { // as in a container, where the sandbox does not start
		args = append(args, "--no-sandbox")
	}
	dom, err := exec.CommandContext(ctx, browser, append(args, "file://"+file)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(dom), "<title>BEGIN")
	text, _, closed := strings.Cut(text, "END</title>")
	if !found || !closed {
		t.Fatalf("the page did not answer: %.300s", dom)
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(text)), &got); err != nil {
		t.Fatalf("%v in %.500s", err, text)
	}
	return got
}
