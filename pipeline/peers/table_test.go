package main

import (
	"math"
	"strings"
	"testing"
)

var (
	step = task{Case: "small", Cores: 2, Work: training}
	draw = task{Case: "small", Cores: 2, Work: sampling}
)

// TestTable: a ratio is the median of those within each round, not the ratio of medians, and has its range. The slow round of
// the machine below slows both programs.
func TestTable(t *testing.T) {
	t.Parallel()
	figures := []figure{
		{task: step, Program: ours, Round: 0, PerSecond: 2000},
		{task: step, Program: ours, Round: 1, PerSecond: 1000},
		{task: step, Program: ours, Round: 2, PerSecond: 4000},
		{task: step, Program: "pytorch", Round: 0, PerSecond: 1000},
		{task: step, Program: "pytorch", Round: 1, PerSecond: 250},
		{task: step, Program: "pytorch", Round: 2, PerSecond: 1250},
		{task: step, Program: "pytorch-compiled", Round: 1, Error: "no C++ compiler | found\nanywhere"},
		{task: draw, Program: ours, How: "stepping", PerSecond: 12345},
		{task: draw, Program: ours, How: "sampler.onnx", PerSecond: 24690},
		{task: draw, Program: "jax", PerSecond: 49380},
	}
	want := `| case | cores | flowsweep | A | B | C |
| --- | --- | --- | --- | --- | --- |
| small, a training step, ms | 2 | 0.5 | 1, **3.20** (2.00 to 4.00) | no: no C++ compiler \| found anywhere | - |
| small, samples/s, stepping | 2 | 12300 | - | - | 49400, **0.25** (0.25 to 0.25) |
| small, samples/s, sampler.onnx | 2 | 24700 | - | - | 49400, **0.50** (0.50 to 0.50) |
`
	if got := table([]string{"flowsweep", "A", "B", "C"}, []task{step, draw}, figures); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 3, 2, 1}, 2.5}} {
		if got := median(c.values); got != c.want {
			t.Errorf("the median of %v is %g, want %g", c.values, got, c.want)
		}
	}
}

// TestCheck: another net, another loss and a failure of ours are errors; a peer that cannot run is not.
func TestCheck(t *testing.T) {
	t.Parallel()
	mine := figure{task: step, Program: ours, Weights: 10, Loss: 1}
	for _, c := range []struct {
		name string
		f    figure
		want string
	}{
		{"the same", figure{task: step, Program: "jax", Weights: 10, Loss: 1.09}, ""},
		{"another net", figure{task: step, Program: "jax", Weights: 11, Loss: 1}, "11 weights"},
		{"another loss", figure{task: step, Program: "jax", Weights: 10, Loss: 1.2}, "the loss of jax is 1.2"},
		{"a loss that is not a number", figure{task: step, Program: "jax", Weights: 10, Loss: math.NaN()}, "the loss of jax is NaN"},
		{"another task", figure{task: draw, Program: "jax", Weights: 11, Loss: 2}, ""},
		{"a peer that cannot run", figure{task: step, Program: "jax", Error: "no"}, ""},
		{"ours that cannot run", figure{task: draw, Program: ours, Error: "no"}, "sample small on 2 cores: no"},
	} {
		err := check([]figure{mine, c.f})
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// TestPinned: the titles of the table have the versions that are fetched.
func TestPinned(t *testing.T) {
	t.Parallel()
	text := "# a==1\nmy-torch==1\ntorch==2.15.0 \\\n    --hash=sha256:0\njax==0.10.2\n"
	for name, want := range map[string]string{"torch": "2.15.0", "jax": "0.10.2", "gone": ""} {
		if got := pinned(text, name); got != want {
			t.Errorf("%s is pinned to %q, want %q", name, got, want)
		}
	}
}

// TestTasks: every case is trained and sampled as bench does it.
func TestTasks(t *testing.T) {
	t.Parallel()
	tasks, err := listTasks(1, false)
	if err != nil {
		t.Fatal(err)
	}
	want := task{
		Case: "guide-standalone", Cores: 1, Work: training, Target: "moons", Width: 64, Depth: 3, Activation: "elu",
		Batch: 256, Rate: 1e-2, SampleSteps: 20, Count: 2000,
	}
	if tasks[0] != want {
		t.Errorf("the first task is %+v, want %+v", tasks[0], want)
	}
	if len(tasks) != 4 || tasks[len(tasks)-1].Work != sampling {
		t.Errorf("%d tasks, the last is %v", len(tasks), tasks[len(tasks)-1])
	}
}
