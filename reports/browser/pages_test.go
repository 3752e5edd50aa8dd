package browser_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"flowsweep/pipeline"
	"flowsweep/reports/browser"
)

// sweeps are small ones, each with something else on its page.
var sweeps = []sweep{
	{name: "choice", spec: `
target: {name: moons, noise: 0.05}
net: {width: [8, 16], depth: 2}
train: {steps: 150, batch: 64, rate: 3e-3}
seeds: 3
sample: {solver: [euler, midpoint, heun], steps: [1, 2, 4, 8], count: 200}
metrics: [sliced-w2, mmd, path-rmse]
reference: {count: 200}
`},
	{name: "some-failed", code: 1, spec: `
target: {name: moons, noise: 0.05}
net: {width: 8, depth: 1}
train: {steps: 50, batch: 32, rate: [3e-3, 1e30]}
seeds: 2
sample: {solver: [euler, heun], steps: [1, 4], count: 100}
metrics: [sliced-w2]
reference: {count: 100}
`},
	{name: "no-choice", code: 1, slow: true, spec: `
target: {name: moons, noise: 0.05}
net: {width: 8, depth: 1}
train: {steps: 50, batch: 32, rate: 1e30}
seeds: 2
sample: {solver: euler, steps: [1, 2], count: 100}
metrics: [sliced-w2]
reference: {count: 100}
`},
	{name: "one-seed", slow: true, spec: `
target: {name: gaussians, count: 4, radius: 3, std: 0.4}
net: {width: 8, depth: 1}
train: {steps: 50, batch: 32}
seeds: 1
sample: {solver: [dopri5, bosh3], tolerance: [1e-2, 1e-3], count: 100}
metrics: [sliced-w2, mmd]
reference: {count: 100}
`},
	{name: "table", rows: true, slow: true, spec: `
target: {file: rows.csv}
net: {width: 8, depth: 1}
train: {steps: 50, batch: 32}
seeds: 2
sample: {solver: [euler, heun], steps: [2, 4], count: 100}
metrics: [sliced-w2, energy]
reference: {count: 100}
`},
	{name: "images", slow: true, spec: `
target: {name: digits, label: class}
net: {width: 16, depth: 1}
train: {steps: 30, batch: 32, drop: 0.1}
seeds: 1
sample: {solver: euler, steps: [1, 2], guidance: [1, 2], count: 60}
metrics: [sliced-w2]
reference: {count: 100}
baselines: []
`},
	{name: "conditional", slow: true, spec: `
target: {name: gaussians, count: 3, radius: 3, std: 0.4, label: component}
net: {width: 8, depth: 1}
train: {steps: 50, batch: 32, drop: 0.1}
seeds: 2
sample: {solver: euler, steps: [2, 4], guidance: [0, 1, 2], count: 100}
metrics: [sliced-w2, class-share]
reference: {count: 100}
`},
}

type sweep struct {
	name, spec string
	rows       bool   // it needs rows.csv
	code       int    // of its exit
	slow       bool   // not under -short
	file       string // of a page that is there already
}

// real are pages to try beside those of the small sweeps: go test ./reports/browser -run Axe -pages 'PATH/out/*/report.html'.
var real = flag.String("pages", "", "also try the pages that this `pattern` matches")

// page returns the report of the sweep, which runs once for all tests.
func (s sweep) page(t *testing.T) string {
	t.Helper()
	if s.slow && testing.Short() {
		t.Skip("runs a sweep for one more page")
	}
	if s.file != "" {
		return s.file
	}
	run, _ := done.LoadOrStore(s.name, sync.OnceValues(s.run))
	file, err := run.(func() (string, error))()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

var done sync.Map // names of sweeps to what run returns

// run does the sweep, and returns the file of its report.
func (s sweep) run() (string, error) {
	folder := filepath.Join(room, s.name)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", err
	}
	if s.rows {
		if err := os.WriteFile(filepath.Join(folder, "rows.csv"), rows(), 0o600); err != nil {
			return "", err
		}
	}
	spec := filepath.Join(folder, "spec.yaml")
	if err := os.WriteFile(spec, []byte("name: "+s.name+s.spec), 0o600); err != nil {
		return "", err
	}
	var out bytes.Buffer
	if code := pipeline.Main([]string{"sweep", spec, "--db", filepath.Join(folder, "runs.db"), "--out", folder}, strings.NewReader(""), io.Discard, &out); code != s.code {
		return "", fmt.Errorf("the sweep %s has the exit code %d, want %d: %s", s.name, code, s.code, &out)
	}
	return filepath.Join(folder, "report.html"), nil
}

// rows are those of a table with numbers, whole numbers and words.
func rows() []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "height,weight,visits,region,member")
	for i := range 300 {
		fmt.Fprintf(&b, "%d.%d,%d,%d,%s,%t\n", 150+i*31%50, i%10, 60+i*53%37, i*i%7, []string{"north", "south", "east"}[i*7%3], i%3 == 0)
	}
	return b.Bytes()
}

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
