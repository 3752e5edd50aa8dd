package browser_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"flowsweep/pipeline"
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
