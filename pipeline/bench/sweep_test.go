package bench

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flowsweep/pipeline/stage"
)

// tinySpec has every stage of a sweep.
const tinySpec = `name: tiny
target: moons
net: {width: 4, depth: 1}
train: {steps: 20, batch: 16}
seeds: 2
sample: {solver: [euler, tuned], steps: 2, count: 60}
reference: {count: 60}
metrics: [sliced-w2, excess-loss]
choose: {metric: sliced-w2, rule: best}
`

// TestTimeSweep: the sweep comes to its end, every stage took some time, and together they are the whole.
func TestTimeSweep(t *testing.T) { // not in parallel: TestHeapPeak counts the memory of all
	out := t.TempDir()
	speed, err := timeSweep(t.Context(), filepath.Join(t.TempDir(), "bench.db"), out, tinySpec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(out, "report.html")); err != nil {
		t.Error(err)
	}
	if speed.Fits != 2 || speed.Runs != 4 || speed.Cores < 1 || speed.Engine == "" || !(speed.Used > 0 && speed.Peak > 0) {
		t.Errorf("%+v", speed)
	}
	var share, seconds, processor float64
	seen := map[stage.Stage]bool{}
	for _, s := range speed.Stages {
		if !(s.Seconds > 0) || seen[s.Stage] {
			t.Errorf("stage %+v", s)
		}
		seen[s.Stage] = true
		share, seconds, processor = share+s.Share, seconds+s.Seconds, processor+s.Processor
	}
	// Only the rounding of sums of ten numbers may be missing.
	if math.Abs(share-1) > 1e-9 || math.Abs(seconds/speed.Seconds-1) > 1e-9 || math.Abs(processor/speed.Processor-1) > 1e-9 {
		t.Errorf("shares add up to %g, seconds to %g of %g, processor seconds to %g of %g", share, seconds, speed.Seconds, processor, speed.Processor)
	}
	for _, name := range []stage.Stage{stage.Train, stage.Tune, stage.Sample, stage.Measure, stage.Nulls, stage.Choose, stage.Fresh, stage.Export, stage.Page} {
		if !seen[name] {
			t.Errorf("no stage %s", name)
		}
	}
}

// TestSweepSpeedForms: the promised names, and a table of every stage.
func TestSweepSpeedForms(t *testing.T) {
	t.Parallel()
	var s sweepSpeed
	s.add([]stage.Spent{{Stage: stage.Train, Seconds: 3, Processor: 6}, {Stage: stage.Page, Seconds: 1, Processor: 1}})
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"engine":`, `"cores":`, `"fits":`, `"runs":`, `"seconds":4,`, `"cpu_seconds":7,`, `"cores_used":1.75,`, `"peak_megabytes":`,
		`"stages":[{"stage":"train","seconds":3,"share":0.75,"cpu_seconds":6,"cores_used":2},{"stage":"page","seconds":1,"share":0.25,"cpu_seconds":1,"cores_used":1}]`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	var table bytes.Buffer
	s.print(&table)
	for _, want := range []string{"train\t3.00\t75.0 %\t6.00\t2.00\t", "all\t4.00\t100 %\t7.00\t1.75\t"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("no %q in %s", want, table.String())
		}
	}
}
