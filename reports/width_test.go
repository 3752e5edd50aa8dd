package reports

import (
	"context"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/target"
	"flowsweep/reports/browser"
)

// long is a value of 1,000 letters in which a browser finds no place to break a line.
func long(letter string) string { return strings.Repeat(letter, 1000) }

// longPage returns a page whose names, labels, errors and files are all 1,000 letters long, and two of whose solvers take grids
// of 301 times that differ in one.
func longPage(t *testing.T) Page {
	t.Helper()
	grid := make([]string, 301)
	for i := range grid {
		grid[i] = fmt.Sprintf("%.6f", float64(i)/300)
	}
	first := strings.Join(grid, ", ")
	grid[150] = "0.501"
	spec := parse(t, fmt.Sprintf(`name: long
target: moons
net: {width: [32, 128]}
seeds: 3
sample: {solver: [euler, midpoint, heun, rk4], grid: [{name: explicit, times: [%s]}, {name: explicit, times: [%s]}]}
metrics: [mmd, sliced-w2, nll]
choose: {metric: sliced-w2}
`, first, strings.Join(grid, ", ")))
	sweep := sweepOf(t, spec)
	for i := range sweep.Results {
		r := &sweep.Results[i]
		if r.Setting.Net.Width == 128 {
			r.Setting.Net.Activation.Name = long("a") + "b"
			r.Setting.Target = target.Target{Name: "data", Params: map[string]any{"columns": []string{long("c"), long("d")}}}
		} else {
			r.Setting.Net.Activation.Name = long("a") + "c"
		}
	}
	p := pageOf(t, sweep)
	full := fullPage(t)
	p.Samples, p.Curves, p.Checks, p.Artifacts = full.Samples, full.Curves, full.Checks, full.Artifacts
	for i := range p.Samples {
		p.Samples[i].Title = fmt.Sprint(long("s"), i)
	}
	for i := range p.Curves { // as of a caller that does not shorten
		p.Curves[i].Group = long("g") + p.Curves[i].Group
	}
	p.Sweep.Name, p.Command, p.Sweep.Environment.CPU = long("n"), "flowsweep sweep "+long("f"), long("p")
	for i, state := range []experiments.State{experiments.Failed, experiments.Lost} {
		p.Sweep.Results[i].State, p.Sweep.Results[i].Error = state, long("e")
	}
	p.Checks[0].Error, p.Checks[0].OK, p.Checks[0].File, p.Artifacts[0].Name = long("x"), false, long("o"), long("o")
	p.Choice.Reason = long("r")
	p.Sweep.Results[0].Machine = long("m")
	p.Sweep.Machines = []experiments.Machine{{Name: long("m"), CPU: long("p"), Rounding: long("0")}, {Rounding: long("1")}}
	return p
}

var (
	svgText  = regexp.MustCompile(`(?s)<text [^>]*>([^<]*)</text>`)
	hidden   = regexp.MustCompile(`(?s)<(script|style|title|desc|pre|details)\b.*?</(script|style|title|desc|pre|details)>|<[^>]*>`)
	anyAttr  = regexp.MustCompile(` title="[^"]*"`)
	labelled = regexp.MustCompile(`(?s)<t[hd][^>]*>(.*?)</t[hd]>`)
)

// TestLongValues checks without a browser that labels are short and distinct, whole in a tooltip, and broken where they are long.
func TestLongValues(t *testing.T) {
	t.Parallel()
	p := longPage(t)
	r, err := newReport(p)
	if err != nil {
		t.Fatal(err)
	}
	page := render(t, p)
	seen := map[string]bool{}
	for i := range p.Summaries {
		label := r.labels.Setting(i)
		if n := len([]rune(label)); n > 250 || seen[label] {
			t.Errorf("setting %d has a label of %d letters, or that of another setting: %.300s", i, n, label)
		}
		seen[label] = true
		if !strings.Contains(page, `title="`+html.EscapeString(r.labels.Full(i))+`"`) {
			t.Errorf("setting %d is nowhere whole", i)
		}
	}
	for _, m := range svgText.FindAllStringSubmatch(page, -1) {
		if n := len([]rune(html.UnescapeString(m[1]))); n > 70 {
			t.Errorf("a text of %d letters is drawn: %.100s", n, m[1])
		}
	}
	for _, m := range labelled.FindAllStringSubmatch(page, -1) {
		text := html.UnescapeString(hidden.ReplaceAllString(anyAttr.ReplaceAllString(m[1], ""), ""))
		if n := len([]rune(text)); n > 500 && !strings.HasPrefix(text, "ooo") && !strings.HasPrefix(text, "ggg") { // the file's name, and what the page got
			t.Errorf("a cell has %d letters: %.100s", n, text)
		}
	}
	for _, want := range []string{"overflow-wrap: anywhere;\n  font:", ".label, .words { white-space: normal; overflow-wrap: anywhere; }"} {
		if !strings.Contains(page, want) {
			t.Errorf("the style sheet lacks %q, without which a long word widens the page", want)
		}
	}
	if n := strings.Count(page, `<details class="reason"><summary>`+strings.Repeat("e", 80)+"…"); n != 2 {
		t.Errorf("%d long errors are shortened, with the whole behind them, want 2", n)
	}
}

// measure is a script that writes into the title of a page how wide it is, how far the widest drawn text leaves its drawing,
// and where the first error of the failures ends.
const measure = `<script>
let out = 0;
for (const text of document.querySelectorAll("svg text")) {
  const a = text.getBoundingClientRect(), b = text.closest("svg").getBoundingClientRect();
  if (b.width > 0) out = Math.max(out, b.left - a.left, a.right - b.right);
}
const reason = document.querySelector(".reason");
document.title = "page " + document.documentElement.scrollWidth + " text " + Math.round(out) + " error " + (reason ? Math.round(reason.getBoundingClientRect().right) : 0);
</script>`

// TestPageWidth measures pages in Chromium, where one is installed.
func TestPageWidth(t *testing.T) {
	t.Parallel()
	chromium, err := browser.Find()
	if err != nil {
		t.Skip("the width of a page is not measured:", err)
	}
	failed := fullPage(t)
	failed.Sweep.Results[3].State, failed.Sweep.Results[3].Error = experiments.Failed, "the loss is not finite at step 100"
	folder := t.TempDir()
	var frames []frameSize
	for name, page := range map[string]string{"ordinary": render(t, failed), "long": render(t, longPage(t))} {
		page = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(page, "")
		if err := os.WriteFile(filepath.Join(folder, name+".html"), []byte(strings.Replace(page, "</body>", measure+"</body>", 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{360, 390, 1280} {
			frames = append(frames, frameSize{name: name, width: width})
		}
	}
	measureFrames(t, chromium, folder, frames)
	for _, f := range frames {
		if f.page > f.width {
			t.Errorf("%s: the page is %d px wide in a window of %d", f.name, f.page, f.width)
		}
		if f.text > 2 { // rounding, and the side bearings of letters
			t.Errorf("%s, %d px: a text leaves its drawing by %d px", f.name, f.width, f.text)
		}
		if f.reason <= 0 || f.reason > f.width {
			t.Errorf("%s, %d px: the error of a failure ends at %d px", f.name, f.width, f.reason)
		}
	}
}

// frameSize is what the script measures of a page in a frame of some width.
type frameSize struct {
	name                      string
	width, page, text, reason int
}

// measureFrames fills in what the script measures. Pages are in frames, as a window of Chromium is at least 500 px wide.
func measureFrames(t *testing.T, chromium, folder string, frames []frameSize) {
	t.Helper()
	var outer strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&outer, "<iframe style=\"border:0\" width=\"%d\" height=\"900\" src=\"%s.html\"></iframe>\n", f.width, f.name)
	}
	outer.WriteString(`<script>window.onload = () => { document.title = [...document.querySelectorAll("iframe")].map((f) => f.contentDocument.title).join(";"); };</script>`)
	file := filepath.Join(folder, "outer.html")
	if err := os.WriteFile(file, []byte(outer.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := []string{"--headless", "--disable-gpu", "--no-first-run", "--allow-file-access-from-files", "--user-data-dir=" + t.TempDir(), "--dump-dom"}
	if os.Geteuid() == 0 { // as in a container, where the sandbox does not start
		args = append(args, "--no-sandbox")
	}
	dump, err := exec.CommandContext(ctx, chromium, append(args, "file://"+file)...).Output()
	if err != nil {
		t.Fatalf("run %s: %v", chromium, err)
	}
	found := regexp.MustCompile(`<title>(page[^<]*)</title>`).FindSubmatch(dump)
	if found == nil {
		t.Fatalf("the script did not run: %.300s", dump)
	}
	for i, text := range strings.Split(string(found[1]), ";") {
		f := &frames[i]
		if _, err := fmt.Sscanf(text, "page %d text %d error %d", &f.page, &f.text, &f.reason); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	}
}
