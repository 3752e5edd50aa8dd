package tensorboard

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"math"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"flowsweep/export/tracked"
)

var began = time.Date(2026, 3, 4, 5, 6, 7, 890123000, time.UTC)

// small is a sweep of two settings.
func small(t *testing.T) tracked.Sweep {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	run := func(key, state string, seed uint64, mmd float64) tracked.Run {
		return tracked.Run{
			Key: key, Fit: "f" + key, State: state, Seed: seed, Start: began, End: began.Add(time.Minute), NFE: 8, Seconds: .5,
			Picture: func() ([]byte, error) { return picture.Bytes(), nil },
			Metrics: []tracked.Metric{{Name: "mmd", Value: mmd}},
			Losses: []tracked.Loss{
				{Step: 100, Train: 1. / 3, HeldOut: .1, Time: began.Add(time.Second)}, {Step: 2500, Train: math.Inf(1), HeldOut: math.NaN(), Time: began.Add(time.Minute)},
			},
		}
	}
	return tracked.Sweep{
		Name: "small", Spec: []byte("name: small\n"), Started: began, Metric: "mmd",
		Settings: []tracked.Setting{
			{
				Label: "euler · 8 steps", Chosen: "a1", Runs: []tracked.Run{run("a1", "finished", 0, .1), run("a2", "finished", 1, .2)},
				Varied: []tracked.Param{{Name: "sample.solver", Value: "euler"}, {Name: "sample.steps", Value: int64(8)}, {Name: "flag", Value: true}, {Name: "free", Value: 1.5}, {Name: "rate", Value: int64(1)}},
			},
			{
				Label: "a/b", Runs: []tracked.Run{run("b1", "failed", 0, math.NaN()), {Key: "b2", State: "queued"}},
				Varied: []tracked.Param{
					{Name: "sample.solver", Value: "dopri5"}, {Name: "flag", Value: false}, {Name: "free", Value: "x"}, {Name: "rate", Value: .5},
				},
			},
		},
	}
}

// TestReads has TensorBoard's own reader read what is written: every number equal, at its step and its time.
func TestReads(t *testing.T) {
	dir := t.TempDir()
	if err := Write(t.Context(), dir, dir, []tracked.Sweep{small(t)}); err != nil {
		t.Fatal(err)
	}
	var runs map[string]struct {
		Scalars  map[string][][]any
		Pictures map[string][]int
		Texts    map[string]string
		HParams  []string
		Version  float64
	}
	python(t, &runs, "testdata/read.py", dir)
	if len(runs) != 4 {
		t.Errorf("there are %d runs, want the sweep and 3", len(runs))
	}
	run := runs["small/euler · 8 steps/seed 1"]
	const first, last = "1772600768.890123", "1772600827.890123"
	want := map[string][][]any{ // as float32
		"loss/train":    {{100., "0.3333333432674408", first}, {2500., "inf", last}},
		"loss/held-out": {{100., "0.10000000149011612", first}},
		"mmd":           {{2500., "0.20000000298023224", last}},
		"cost/nfe":      {{2500., "8.0", last}},
		"cost/seconds":  {{2500., "0.5", last}},
	}
	if !reflect.DeepEqual(run.Scalars, want) {
		t.Errorf("the scalars are %v, want %v", run.Scalars, want)
	}
	if got, want := run.Pictures["samples"], []int{2500, 30, 20, 30, 20}; !reflect.DeepEqual(got, want) {
		t.Errorf("the picture has step and sizes %v, want %v", got, want)
	}
	if text := run.Texts["run"]; !strings.Contains(text, "| mmd | 0.2 |") || !strings.Contains(text, "| setting | euler · 8 steps |") {
		t.Errorf("the text of the run is %s", text)
	}
	if got, want := runs["small"].Texts["spec"], "```yaml\nname: small\n\n```"; got != want {
		t.Errorf("the spec is %q, want %q", got, want)
	}
}

// TestGroups tells settings apart whose labels are the same in a path.
func TestGroups(t *testing.T) {
	var settings []tracked.Setting
	for _, label := range []string{"a/b", "a:b", "A:B", "..", strings.Repeat("x", 99) + "yz", strings.Repeat("x", 99) + "y"} {
		settings = append(settings, tracked.Setting{Label: label})
	}
	want := []string{"a-b", "1 a-b", "2 A-B", "3", strings.Repeat("x", 99) + "y", "5 " + strings.Repeat("x", 98)}
	if got := groupsOf(settings); !slices.Equal(got, want) {
		t.Errorf("the folders are %q, want %q", got, want)
	}
}

// TestServes asks TensorBoard for its table of hyperparameters and for curves, by each of its two readers.
func TestServes(t *testing.T) {
	dir := t.TempDir()
	if err := Write(t.Context(), dir, dir, []tracked.Sweep{small(t)}); err != nil {
		t.Fatal(err)
	}
	for _, fast := range []string{"false", "true"} {
		var got served
		python(t, &got, "testdata/serve.py", dir, "4", fast)
		run := "small/euler · 8 steps/seed 1"
		if loss := got.Scalars[run]["loss/train"]; len(loss) != 2 || loss[0][1] != 100. || loss[0][2] != float64(float32(1./3)) {
			t.Errorf("fast reader %s: the curve is %v", fast, loss)
		}
		if got, want := got.Pictures[run]["samples"], []string{"89504e47"}; !slices.Equal(got, want) { // the start of a PNG file
			t.Errorf("fast reader %s: the pictures start with %v, want %v", fast, got, want)
		}
		columns := []hparam{
			{"flag", "DATA_TYPE_BOOL", []any{true, false}, true},
			{"free", "DATA_TYPE_STRING", []any{"1.5", "x"}, true},
			{"rate", "DATA_TYPE_FLOAT64", []any{.5, 1.}, true},
			{"sample.solver", "DATA_TYPE_STRING", []any{"euler", "dopri5"}, true},
			{"sample.steps", "DATA_TYPE_FLOAT64", []any{8.}, true},
		}
		if !reflect.DeepEqual(got.Experiment.HParamInfos, columns) {
			t.Errorf("fast reader %s: the columns are %v, want %v", fast, got.Experiment.HParamInfos, columns)
		}
		group := got.Groups.SessionGroups[1]
		fields := map[string]any{"sample.solver": "euler", "sample.steps": 8., "flag": true, "free": "1.5", "rate": 1.}
		if group.Name != "small/euler · 8 steps" || !reflect.DeepEqual(group.HParams, fields) || len(group.Sessions) != 2 || group.Sessions[1].Status != "STATUS_SUCCESS" {
			t.Errorf("fast reader %s: the row is %+v", fast, group)
		}
		mean := (float64(float32(.1)) + float64(float32(.2))) / 2
		if m := group.MetricValues[0]; m.Name.Tag != "mmd" || m.Value != mean || m.TrainingStep != 2500 {
			t.Errorf("fast reader %s: the metric of the row is %+v, want the mean %v", fast, m, mean)
		}
		other := got.Groups.SessionGroups[0]
		if _, has := other.HParams["sample.steps"]; has || other.Sessions[0].Status != "STATUS_FAILURE" || other.MetricValues[0].Value != "NaN" {
			t.Errorf("fast reader %s: the failed row is %+v", fast, other)
		}
	}
}

// served is what TensorBoard answers.
type served struct {
	Runs       []string
	Scalars    map[string]map[string][][]any // time, step and value by run and tag
	Pictures   map[string]map[string][]string
	Experiment struct{ HParamInfos []hparam }
	Groups     struct {
		SessionGroups []struct {
			Name         string
			HParams      map[string]any
			Sessions     []struct{ Name, Status string }
			MetricValues []struct {
				Name         struct{ Tag string }
				Value        any
				TrainingStep int
			}
		}
	}
}

type hparam struct {
	Name, Type     string
	DomainDiscrete []any
	Differs        bool
}

// python runs a program and parses what it prints.
func python(t *testing.T, into any, args ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("TensorBoard takes a while to start")
	}
	if out, err := exec.Command("python3", "-c", "import tensorboard, PIL").CombinedOutput(); err != nil {
		t.Skipf("python3 has no package tensorboard to read with: %v %.80s", err, bytes.TrimSpace(out))
	}
	program := exec.Command("python3", args...)
	var stderr bytes.Buffer
	program.Stderr = &stderr
	out, err := program.Output()
	if err != nil {
		t.Fatalf("TensorBoard: %v\n%s", err, stderr.Bytes())
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
