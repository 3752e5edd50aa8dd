package mlflow

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"flowsweep/export/tracked"
)

var (
	began = time.Date(2026, 3, 4, 5, 6, 7, 890_000_000, time.UTC)
	nan   = math.NaN()
)

func metric(name string, value, se, p float64) tracked.Metric {
	return tracked.Metric{Name: name, Value: value, SE: se, P: p}
}

// loss returns a loss some milliseconds after the start.
func loss(step int, train, heldOut float64, after time.Duration) tracked.Loss {
	return tracked.Loss{Step: step, Train: train, HeldOut: heldOut, Time: began.Add(after * time.Millisecond)}
}

// made writes sweeps, and returns the store and its folder. They will be at /home of a root that does not exist.
func made(t *testing.T, sweeps ...tracked.Sweep) (*sql.DB, string) {
	t.Helper()
	folder := t.TempDir()
	db, err := sql.Open("sqlite3", filepath.Join(folder, "mlflow.db")+"?_foreign_keys=on")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if err := Write(t.Context(), db, folder, filepath.FromSlash("/home/out"), sweeps); err != nil {
		t.Fatal(err)
	}
	var broken int
	if err := db.QueryRow(`SELECT count(*) FROM pragma_foreign_key_check`).Scan(&broken); err != nil || broken > 0 {
		t.Errorf("%d rows refer to none (%v)", broken, err)
	}
	return db, folder
}

// table returns the two columns of a query, the first as keys.
func table(t *testing.T, db *sql.DB, query string, args ...any) map[string]any {
	t.Helper()
	rows, err := db.Query(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := map[string]any{}
	for rows.Next() {
		var key string
		var value any
		if err := rows.Scan(&key, &value); err != nil {
			t.Fatal(err)
		}
		got[key] = value
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return got
}

// one returns a sweep with one run, and the id of that.
func one(r tracked.Run, params ...tracked.Param) (tracked.Sweep, string) {
	r.Key, r.Fit = "a1", "f1"
	return tracked.Sweep{Name: "odd", Started: began, Settings: []tracked.Setting{{Label: "euler", Params: params, Runs: []tracked.Run{r}}}}, runID("odd", "a1")
}

func TestValues(t *testing.T) {
	t.Parallel()
	s, id := one(tracked.Run{
		State: "finished", Seed: math.MaxUint64, End: began.Add(time.Second), NFE: 8,
		Metrics: []tracked.Metric{
			metric("mmd", 1./3, .125, .01),
			metric("nan", nan, nan, nan),
			metric("up", math.Inf(1), nan, nan),
			metric("down", math.Inf(-1), nan, nan),
			metric("w1 of class: 3%", 3, nan, nan),
			metric("w1 of class_ 3_", 4, nan, nan),
		},
		Losses: []tracked.Loss{loss(10, 2, nan, 0), loss(30, nan, .5, 2), loss(20, 1, .25, 1)},
	}, tracked.Param{Name: "train.rate", Value: 1e-5}, tracked.Param{Name: "net.width", Value: int64(8)}, tracked.Param{Name: "net.deep", Value: true}, tracked.Param{Name: "path", Value: "condot"})
	db, _ := made(t, s)

	want := map[string]any{
		"mmd": 1. / 3, "mmd.se": .125, "mmd.p": .01, "nan": nil, "up": math.MaxFloat64, "down": -math.MaxFloat64, "nfe": 8., "nfe_max": 0., "sample_seconds": 0.,
		"w1 of class_ 3_": 3., "w1 of class_ 3__2": 4., "loss": nil, "held_out_loss": .5,
	}
	if got := table(t, db, `SELECT key, iif(is_nan, NULL, value) FROM latest_metrics WHERE run_uuid = ?`, id); !reflect.DeepEqual(got, want) {
		t.Errorf("the metrics are %v, want %v", got, want)
	}
	losses := map[string]any{"10 1772600767890": 2., "20 1772600767891": 1., "30 1772600767892": nil}
	if got := table(t, db, `SELECT step || ' ' || timestamp, iif(is_nan, NULL, value) FROM metrics WHERE key = 'loss' AND run_uuid = ?`, id); !reflect.DeepEqual(got, losses) {
		t.Errorf("the losses are %v, want %v", got, losses)
	}
	params := map[string]any{"train.rate": "1e-05", "net.width": "8", "net.deep": "True", "path": "condot", "seed": "18446744073709551615"}
	if got := table(t, db, `SELECT key, value FROM params WHERE run_uuid = ?`, id); !reflect.DeepEqual(got, params) {
		t.Errorf("the parameters are %v, want %v", got, params)
	}
	if got := table(t, db, `SELECT name, artifact_location FROM experiments`); !reflect.DeepEqual(got, map[string]any{
		"odd": filepath.FromSlash("/home/out/mlruns/1"), "Default": filepath.FromSlash("/home/out/mlruns/0"),
	}) {
		t.Errorf("the experiments are %v", got)
	}
	if got := table(t, db, `SELECT key, value FROM experiment_tags`); got["mlflow.experimentKind"] != "custom_model_development" {
		t.Errorf("the tags of the experiment are %v", got)
	}
}

func TestLongTextsAreKeptWhole(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("äb", 6000)
	s, id := one(tracked.Run{State: "failed", Error: long, Note: "short", Tags: []string{"good", "mlflow.runName", "50%"}}, tracked.Param{Name: "sample.grid", Value: long})
	db, folder := made(t, s)
	for query, most := range map[string]int{
		`SELECT value FROM params WHERE key = 'sample.grid' AND run_uuid = ?`:   maxParam,
		`SELECT value FROM tags WHERE key = 'flowsweep.error' AND run_uuid = ?`: maxTag,
	} {
		var got string
		if err := db.QueryRow(query, id).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if cut, ok := strings.CutSuffix(got, "…"); !ok || len(got) > most || len(got) < most-3 || !strings.HasPrefix(long, cut) {
			t.Errorf("%s: %d bytes that end with %q", query, len(got), got[len(got)-10:])
		}
	}
	for _, name := range []string{"sample.grid.txt", "flowsweep.error.txt"} {
		got, err := os.ReadFile(filepath.Join(folder, "mlruns", "1", id, "artifacts", "whole", name))
		if err != nil || string(got) != long {
			t.Errorf("%s has %d bytes, want %d (%v)", name, len(got), len(long), err)
		}
	}
	tags := table(t, db, `SELECT key, value FROM tags WHERE run_uuid = ?`, id)
	for key, want := range map[string]string{
		"good": "True", "tag mlflow.runName": "True", "mlflow.runName": "euler · seed 0", "50_": "True", "mlflow.note.content": "short", "flowsweep.state": "failed", "flowsweep.kind": "run",
	} {
		if tags[key] != want {
			t.Errorf("the tag %s is %v, want %s", key, tags[key], want)
		}
	}
}

// TestStates checks the status of runs in each state, and that of settings of several.
func TestStates(t *testing.T) {
	t.Parallel()
	s := tracked.Sweep{Name: defaultName, State: "running", Started: began}
	for _, states := range []string{"finished finished", "finished failed", "killed queued", "queued queued", "lost running", "pruned finished"} {
		setting := tracked.Setting{Label: states, Params: []tracked.Param{{Name: "x", Value: states}}}
		for i, state := range strings.Fields(states) {
			setting.Runs = append(setting.Runs, tracked.Run{Key: states + state, Fit: "f", State: state, Seed: uint64(i)})
			if state == "queued" {
				setting.Runs[i].Key += string(rune('a' + i))
			}
			if states == "finished finished" {
				setting.Runs[i].Key += string(rune('a' + i))
			}
		}
		s.Settings = append(s.Settings, setting)
	}
	db, _ := made(t, s)
	want := map[string]any{
		"sweep Default":     "RUNNING",
		"finished finished": "FINISHED", "finished finished · seed 0": "FINISHED", "finished finished · seed 1": "FINISHED",
		"finished failed": "FAILED", "finished failed · seed 0": "FINISHED", "finished failed · seed 1": "FAILED",
		"killed queued": "KILLED", "killed queued · seed 0": "KILLED", "killed queued · seed 1": "SCHEDULED",
		"queued queued": "SCHEDULED", "queued queued · seed 0": "SCHEDULED", "queued queued · seed 1": "SCHEDULED",
		"lost running": "RUNNING", "lost running · seed 0": "FAILED", "lost running · seed 1": "RUNNING",
		"pruned finished": "KILLED", "pruned finished · seed 0": "KILLED", "pruned finished · seed 1": "FINISHED",
	}
	if got := table(t, db, `SELECT name, status FROM runs`); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := table(t, db, `SELECT name, experiment_id FROM experiments`); !reflect.DeepEqual(got, map[string]any{defaultName: int64(1)}) {
		t.Errorf("the experiments are %v", got)
	}
}

func TestModel(t *testing.T) {
	t.Parallel()
	s, id := one(tracked.Run{State: "finished", End: began, Metrics: []tracked.Metric{metric("mmd", .5, nan, nan), metric("nll", nan, nan, nan)}})
	file := func(name string) tracked.File {
		return tracked.File{Name: name, SHA256: "00ff", Size: 3, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte("net"))), nil }}
	}
	s.Models = []tracked.Model{
		{Run: "a1", File: file("moons/sampler.onnx"), Inputs: []tracked.Tensor{{Name: "noise", Type: "float32", Shape: []int{-1, 2}}, {Name: "ts", Type: "float32", Shape: []int{-1}, Optional: true}}},
		{Run: "b2", File: file("of a run that is left out.onnx")},
	}
	s.Files = []tracked.File{s.Models[0].File}
	db, folder := made(t, s)
	models := table(t, db, `SELECT name, model_id || ' ' || source_run_id || ' ' || status FROM logged_models`)
	if len(models) != 1 {
		t.Fatalf("the models are %v", models)
	}
	model, rest, _ := strings.Cut(models["moons-sampler"].(string), " ")
	if rest != id+" 2" {
		t.Errorf("the run and status of the model are %s", rest)
	}
	if got := table(t, db, `SELECT metric_name, metric_value FROM logged_model_metrics WHERE model_id = ?`, model); !reflect.DeepEqual(got, map[string]any{"mmd": .5}) {
		t.Errorf("the metrics of the model are %v", got)
	}
	at := filepath.Join(folder, "mlruns", "1", "models", model, "artifacts")
	if got, err := os.ReadFile(filepath.Join(at, "model.onnx")); string(got) != "net" {
		t.Errorf("the model is %q (%v)", got, err)
	}
	text, err := os.ReadFile(filepath.Join(at, "MLmodel"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Signature struct{ Inputs string } }
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if want := `[{"name":"noise","tensor-spec":{"dtype":"float32","shape":[-1,2]},"type":"tensor"}]`; got.Signature.Inputs != want {
		t.Errorf("the inputs are %s, want %s", got.Signature.Inputs, want)
	}
	if got, err := os.ReadFile(filepath.Join(folder, "mlruns", "1", identity("odd"), "artifacts", "moons", "sampler.onnx")); string(got) != "net" {
		t.Errorf("the file of the sweep is %q (%v)", got, err)
	}
}

func TestFilesStayInTheFolder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../x", "/x", `a\x`, ""} {
		s, _ := one(tracked.Run{State: "finished", Files: []tracked.File{textFile(name, "x")}})
		db, err := sql.Open("sqlite3", ":memory:")
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		if err := Write(t.Context(), db, t.TempDir(), "/home", []tracked.Sweep{s}); err == nil {
			t.Errorf("a file called %q is written", name)
		}
		db.Close()
	}
}
