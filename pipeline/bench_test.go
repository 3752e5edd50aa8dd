package pipeline

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flowsweep/pipeline/bench"
)

// TestBenchStore prints the promised fields and leaves nothing beside the store.
func TestBenchStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var stdout, stderr strings.Builder
	code := Main([]string{"bench", "store", "--json", "--time", "50ms", "--db", filepath.Join(dir, "runs.db")}, strings.NewReader(""), &stdout, &stderr)
	var speed map[string]float64
	if err := json.Unmarshal([]byte(stdout.String()), &speed); code != exitOK || err != nil {
		t.Fatalf("exit code %d, %v: %s%s", code, err, stdout.String(), stderr.String())
	}
	for _, field := range []string{"points_per_second", "points_per_second_limit", "runs_per_second"} {
		if !(speed[field] > 0) {
			t.Errorf("%s is %g", field, speed[field])
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
}

// TestBenchOne: one case on one engine and one thread is one row of train and one of sample, of as many steps as asked for.
func TestBenchOne(t *testing.T) { // not in parallel: it sets the cores of the process
	one := []string{"--case", "guide-standalone", "--engine", "go", "--threads", "1", "--json"}
	var rows []struct {
		Case, Engine            string
		Threads, Weights, Steps int
		Loss                    float64
	}
	for _, more := range [][]string{{"bench", "train", "--steps", "6", "--time", "1ms"}, {"bench", "sample", "--count", "20"}} {
		var stdout, stderr strings.Builder
		code := Main(append(more, one...), strings.NewReader(""), &stdout, &stderr)
		if err := json.Unmarshal([]byte(stdout.String()), &rows); code != exitOK || err != nil || len(rows) != 1 {
			t.Fatalf("%v: exit code %d, %v: %s%s", more, code, err, stdout.String(), stderr.String())
		}
		wantForm(t, "bench-"+more[1], stdout.String())
		r := rows[0]
		if r.Case != "guide-standalone" || r.Engine != "go" || r.Threads != 1 {
			t.Errorf("%v: the row is %+v", more, r)
		}
		// 3 layers of 64 on (t, x, y): 4*64 + 2*65*64 + 65*2 weights. A net that knows nothing has a loss of about 1.4.
		if more[1] == "train" && (r.Weights != 8706 || r.Steps != 6 || !(r.Loss > .5 && r.Loss < 2.5)) {
			t.Errorf("%d weights and a loss of %g after %d steps, want 8706 and about 1.4 after 6", r.Weights, r.Loss, r.Steps)
		}
	}
}

// TestBenchMemory runs the commands, in processes of their own, and leaves nothing. A process that loads onnxruntime takes
// more than 20 MB; 200,000 samples, 3 MB in the file, take no more than the small sweep.
func TestBenchMemory(t *testing.T) {
	t.Setenv(programVariable, "1") // so that the test binary is the program
	dir := t.TempDir()
	spec := "{name: bench, target: gaussians, net: {width: 8}, train: {steps: 20}, seeds: 1, sample: {solver: euler, steps: 2, count: 100}, metrics: [energy]}"
	rows, err := bench.Memory(t.Context(), os.Args[0], dir, spec, 200_000)
	if err != nil {
		t.Fatal(err)
	}
	wantForm(t, "bench-memory", rows)
	for i, start := range []string{"flowsweep sweep bench.yaml", "flowsweep report", "flowsweep sample --exact", "flowsweep sample --run"} {
		if !strings.HasPrefix(rows[i].Command, start) || !(rows[i].Seconds > 0) || !(rows[i].Peak > 20 && rows[i].Peak < 300) {
			t.Errorf("row %d is %+v, want %q", i, rows[i], start)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
}

// TestBenchCrew: what 100 workers in processes of their own send is in the store of the host, once, and nothing else is left.
func TestBenchCrew(t *testing.T) {
	t.Setenv(programVariable, "1") // so that the test binary is the program
	fits := 200
	if testing.Short() {
		fits = 40
	}
	dir := t.TempDir()
	s, err := bench.Crew(t.Context(), os.Args[0], dir, fits)
	if err != nil {
		t.Fatal(err)
	}
	wantForm(t, "bench-crew", s)
	if s.Fits != fits || s.Runs != 5*fits || s.Workers != 100 || s.Lost != 0 || s.Twice != 0 {
		t.Errorf("got %+v, want %d fits with 5 runs each by 100 workers, none lost or done twice", s, fits)
	}
	if s.Part < 250e3 || s.Part > 450e3 || !(s.Rate > 1 && s.Limit > s.Rate/2 && s.Take > 0) {
		t.Errorf("got %+v, want parts of about 350 kB, and rates", s)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
}

func TestBenchNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"bench", "gone"}, exitUsage},
		{[]string{"bench"}, exitUsage},
		{[]string{"bench", "store", "--time", "0s"}, exitUsage},
		{[]string{"bench", "train", "--case", "notebook"}, exitUsage},
		{[]string{"bench", "train", "--engine", "gone"}, exitUsage},
		{[]string{"bench", "train", "--threads", "-1"}, exitUsage},
		{[]string{"bench", "train", "--steps", "1"}, exitUsage},
		{[]string{"bench", "crew", "--count", "-1"}, exitUsage},
		{[]string{"bench", "--help"}, exitOK},
	} {
		var stdout, stderr strings.Builder
		if got := Main(c.args, strings.NewReader(""), &stdout, &stderr); got != c.want {
			t.Errorf("%v: exit code %d, want %d: %s", c.args, got, c.want, stderr.String())
		}
	}
}
