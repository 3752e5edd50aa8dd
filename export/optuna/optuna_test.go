package optuna

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"math"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"flowsweep/export/tracked"
)

// made writes sweeps to a storage and returns its path.
func made(t *testing.T, sweeps ...tracked.Sweep) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "studies.db")
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := Write(t.Context(), db, "", "", sweeps); err != nil {
		t.Fatal(err)
	}
	return path
}

// small is a sweep with a setting in each state.
func small() tracked.Sweep {
	at := time.Date(2026, 3, 4, 5, 6, 7, 890123000, time.UTC)
	run := func(key, state string, seed uint64, mmd float64, losses ...tracked.Loss) tracked.Run {
		return tracked.Run{
			Key: key, State: state, Seed: seed, Start: at.Add(time.Duration(seed) * time.Second), End: at.Add(time.Minute),
			Metrics: []tracked.Metric{{Name: "mmd", Value: mmd}}, Losses: losses,
		}
	}
	loss := func(step int, train, heldOut float64) tracked.Loss {
		return tracked.Loss{Step: step, Train: train, HeldOut: heldOut}
	}
	setting := func(label string, mean float64, varied []tracked.Param, runs ...tracked.Run) tracked.Setting {
		return tracked.Setting{Label: label, Varied: varied, Means: []tracked.Mean{{Name: "mmd", Value: mean, Low: math.NaN(), High: math.NaN()}}, NFE: 8, Runs: runs}
	}
	s := tracked.Sweep{
		Name: "small", Spec: []byte("name: small\n"), Metric: "mmd",
		Ranges: []tracked.Range{{Name: "train.rate", Low: 1e-4, High: .1, Log: true}, {Name: "net.width", Low: 4, High: 64, Whole: true, Log: true}},
		Settings: []tracked.Setting{
			setting("euler · 8 steps", 1./3, []tracked.Param{{Name: "sample.solver", Value: "euler"}, {Name: "sample.steps", Value: int64(8)}, {Name: "train.rate", Value: .00012345}, {Name: "net.width", Value: int64(5)}},
				run("a1", "finished", 0, .1, loss(100, 2, 1), loss(200, math.NaN(), .5)), run("a2", "finished", 1, .2, loss(100, 3, 2), loss(200, 1, math.Inf(1)))),
			setting("dopri5", .25, []tracked.Param{{Name: "sample.solver", Value: "dopri5"}, {Name: "train.rate", Value: .1}, {Name: "net.width", Value: int64(64)}}, run("b1", "finished", 0, .25, loss(100, 7, math.NaN()))),
			setting("nan", math.NaN(), []tracked.Param{{Name: "sample.solver", Value: "dopri5"}, {Name: "flag", Value: true}, {Name: "free", Value: 1.}}, run("c1", "finished", 0, math.NaN())),
			setting("inf", math.Inf(1), []tracked.Param{{Name: "flag", Value: false}, {Name: "free", Value: "x"}}, run("d1", "finished", 0, math.Inf(1))),
			setting("failed", .1, nil, run("e1", "finished", 0, .1), tracked.Run{Key: "e2", State: "failed", Seed: 1, Error: "the loss is NaN"}),
			setting("pruned", .1, nil, run("f1", "pruned", 0, .1, loss(100, 4, math.NaN()))),
			setting("running", .1, nil, run("g1", "finished", 0, .1), run("g2", "queued", 1, .1)),
			setting("queued", .1, nil, tracked.Run{Key: "h1", State: "queued"}),
		},
	}
	s.Settings[0].Runs[0].Fit = "fa1"
	s.Fits = []tracked.Fit{{Key: "fa1", Start: at.Add(-time.Hour), End: at}}
	s.Settings[1].Chosen = "b1"
	return s
}

// TestOptunaReads has Optuna read what is written.
func TestOptunaReads(t *testing.T) {
	got := read(t, made(t, small(), tracked.Sweep{Name: "other", Metric: "mmd", Settings: small().Settings[1:2]}))
	study := got["small"]
	if study.Direction != "MINIMIZE" || got["other"].Rows != 1 || !reflect.DeepEqual(study.Metrics, []string{"mmd"}) || study.Best != 1 || study.Rows != 8 {
		t.Errorf("the study is %+v", study)
	}
	solver, width, rate := "CategoricalDistribution(choices=('euler', 'dopri5'))", "IntDistribution(high=64, log=True, low=4, step=1)",
		"FloatDistribution(high=0.1, log=True, low=0.0001, step=None)"
	want := []trialRead{
		{
			State: "COMPLETE", Value: "0.3333333333333333", Params: map[string]any{"sample.solver": "euler", "sample.steps": 8., "train.rate": .00012345, "net.width": 5.},
			Distributions: map[string]string{"sample.solver": solver, "sample.steps": "CategoricalDistribution(choices=(8,))", "train.rate": rate, "net.width": width},
			Intermediate:  map[string]string{"100": "1.5", "200": "inf"},
		},
		{
			State: "COMPLETE", Value: "0.25", Params: map[string]any{"sample.solver": "dopri5", "train.rate": .1, "net.width": 64.},
			Distributions: map[string]string{"sample.solver": solver, "train.rate": rate, "net.width": width}, Intermediate: map[string]string{"100": "7.0"},
		},
	}
	for i, w := range want {
		g := study.Trials[i]
		if g.State != w.State || g.Value != w.Value || !reflect.DeepEqual(g.Params, w.Params) || !reflect.DeepEqual(g.Distributions, w.Distributions) ||
			!reflect.DeepEqual(g.Intermediate, w.Intermediate) {
			t.Errorf("trial %d is %+v, want %+v", i, g, w)
		}
	}
	for i, state := range []string{"COMPLETE", "COMPLETE", "FAIL", "COMPLETE", "FAIL", "PRUNED", "RUNNING", "WAITING"} {
		if g := study.Trials[i]; g.State != state || g.Number != i {
			t.Errorf("trial %d is trial %d, %s, want %s", i, g.Number, g.State, state)
		}
	}
	checkDetails(t, study)
}

// checkDetails checks times, attributes, and values of several types or none.
func checkDetails(t *testing.T, study studyRead) {
	t.Helper()
	if v := study.Trials[3].Value; v != "inf" {
		t.Errorf("an infinite mean is %s", v)
	}
	first := study.Trials[0]
	if first.Start != "2026-03-04T04:06:07.890123" || first.End != "2026-03-04T05:07:07.890123" {
		t.Errorf("trial 0 lasts from %s to %s", first.Start, first.End)
	}
	if got, want := first.Attributes["mmd of seeds"], []any{.1, .2}; !reflect.DeepEqual(got, want) {
		t.Errorf("the values of the seeds are %v, want %v", got, want)
	}
	if v := study.Trials[2].Attributes["mmd"]; v != "nan" {
		t.Errorf("a mean that is no number is %v", v)
	}
	if free := study.Trials[2].Distributions["free"]; free != "CategoricalDistribution(choices=(1.0, 'x'))" {
		t.Errorf("a number and a word are drawn from %s", free)
	}
}

// TestDashboard asks optuna-dashboard, over HTTP.
func TestDashboard(t *testing.T) {
	var got map[string]struct {
		Trials []struct {
			Number             int
			State              string
			Values             []any
			Params             []struct{ Name, ParamExternalValue string }
			IntermediateValues []struct {
				Step  int
				Value any
			} `json:"intermediate_values"`
		}
		BestTrials     []struct{ Number int } `json:"best_trials"`
		ObjectiveNames []string               `json:"objective_names"`
		Note           struct{ Body string }
	}
	python(t, &got, "import optuna_dashboard", "testdata/dashboard.py", made(t, small()))
	study := got["small"]
	if len(study.Trials) != 8 || len(study.BestTrials) != 1 || study.BestTrials[0].Number != 1 || !slices.Equal(study.ObjectiveNames, []string{"mmd"}) {
		t.Fatalf("the study is %+v", study)
	}
	first := study.Trials[0]
	if first.State != "Complete" || first.Values[0] != 1./3 || len(first.Params) != 4 || first.IntermediateValues[1].Step != 200 || first.IntermediateValues[1].Value != "inf" {
		t.Errorf("trial 0 is %+v", first)
	}
	if len(study.Trials[1].Params) != 3 {
		t.Errorf("trial 1, which has no steps, has the parameters %+v", study.Trials[1].Params)
	}
	if !strings.Contains(study.Note.Body, "The sweep chose trial 1: dopri5.") {
		t.Errorf("the note of the study is %q", study.Note.Body)
	}
}

type studyRead struct {
	Direction  string
	Metrics    []string
	Attributes map[string]any
	Trials     []trialRead
	Best, Rows int
	Columns    []string
}

type trialRead struct {
	Number        int
	State         string
	Value         string
	Params        map[string]any
	Start, End    string
	Distributions map[string]string
	Intermediate  map[string]string
	Attributes    map[string]any
}

// read returns the studies as Optuna prints them.
func read(t *testing.T, path string) (studies map[string]studyRead) {
	t.Helper()
	python(t, &studies, "import optuna", "testdata/read.py", path)
	return studies
}

// python runs a program that needs a package, and parses what it prints.
func python(t *testing.T, into any, needs string, args ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("Optuna takes a while to start")
	}
	if out, err := exec.Command("python3", "-c", needs).CombinedOutput(); err != nil {
		t.Skipf("python3 cannot %s, to read with: %v %.80s", needs, err, bytes.TrimSpace(out))
	}
	program := exec.Command("python3", args...)
	program.Env = append(program.Environ(), "TZ=UTC")
	var stderr bytes.Buffer
	program.Stderr = &stderr
	out, err := program.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", args[0], err, stderr.Bytes())
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatalf("%s: %v: %s", args[0], err, out)
	}
}
