package sheet

import (
	"context"
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tryCases runs the cases of experiments/query/testdata/where.json and leaves in the page what differs.
const tryCases = `
const all = JSON.parse(document.getElementById("cases").textContent), wrong = [];
for (const c of all.cases) {
  const t = all.tables[c.of];
  const table = { columns: t.columns, size: t.rows.length, cell(i, column) { return flowsweep.data.cellOf(column, t.rows[i][t.columns.indexOf(column)]); } };
  let rows = [], error;
  try { rows = flowsweep.query.filter(flowsweep.query.parse(c.where), table); } catch (e) { error = e.message; }
  if (error !== c.error || String(rows) !== String(c.rows ?? [])) wrong.push({ where: c.where, got: error ?? String(rows), want: c.error ?? String(c.rows) });
}
document.body.textContent = "BEGIN" + JSON.stringify({ tried: all.cases.length, wrong }) + "END";
`

// TestWhereInABrowser: the page's filter box takes the conditions that the command does, and answers with the same words.
func TestWhereInABrowser(t *testing.T) {
	t.Parallel()
	cases, err := os.ReadFile(filepath.Join("..", "..", "experiments", "query", "testdata", "where.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(cases), "</script") {
		t.Fatal("the cases end their script")
	}
	page := `<!DOCTYPE html><html><head><meta charset="utf-8"></head><body><script type="application/json" id="cases">` + string(cases) + `</script><script>` +
		joined("start", "names", "query", "data") + tryCases + `</script></body></html>`
	var got struct {
		Tried int
		Wrong []struct{ Where, Got, Want string }
	}
	answer(t, page, &got)
	for _, w := range got.Wrong {
		t.Errorf("%s:\ngot %s\nwant %s", w.Where, w.Got, w.Want)
	}
	if got.Tried < 150 {
		t.Errorf("%d cases were tried", got.Tried)
	}
}

// answer opens a page in Chromium and reads the JSON between BEGIN and END that it then holds. Without Chromium it skips the test.
func answer(t *testing.T, page string, into any) {
	t.Helper()
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("scripts are tried in Chromium, which is not installed")
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := []string{"--headless", "--disable-gpu", "--no-first-run", "--user-data-dir=" + filepath.Join(t.TempDir(), "p"), "--dump-dom"}
	if os.Geteuid() == 0 { // as in a container, where the sandbox does not start
		args = append(args, "--no-sandbox")
	}
	dom, err := exec.CommandContext(ctx, browser, append(args, "file://"+file)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(dom), "<body>BEGIN")
	text, _, closed := strings.Cut(text, "END</body>")
	if !found || !closed {
		t.Fatalf("the page did not answer: %.2000s", dom)
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(text)), into); err != nil {
		t.Fatalf("%v in %.500s", err, text)
	}
}
