package parquet

import (
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"flowsweep/export/tracked"
)

// sweeps returns a finished run with all that a run may have, and one that has not started.
func sweeps() []tracked.Sweep {
	nan, at := math.NaN(), time.Date(2026, 3, 4, 5, 6, 7, 890_123_000, time.FixedZone("", 3600))
	done := tracked.Run{
		Key: "a1", Fit: "f1", State: "finished", Seed: math.MaxUint64, Start: at, End: at.Add(time.Microsecond), NFE: 20.36, NFEMax: 21, Weights: 26,
		Metrics: []tracked.Metric{{Name: "mmd", Value: nan, SE: .5, P: nan}, {Name: "w2", Value: math.Inf(-1), SE: nan, P: nan}}, Note: "=1+1", Tags: []string{"a", "b"},
		Environment: []tracked.Param{{Name: "dirty", Value: false}},
	}
	return []tracked.Sweep{{
		Name: "s",
		Settings: []tracked.Setting{
			{
				Label: "first", Chosen: "a1", Runs: []tracked.Run{done}, Means: []tracked.Mean{{Name: "mmd", Value: .25, Low: nan, High: nan}},
				Params: []tracked.Param{{Name: "rate", Value: int64(1)}, {Name: "steps", Value: int64(8)}, {Name: "odd", Value: int64(3)}},
			},
			{
				Label: "second", Runs: []tracked.Run{{Key: "b2", Fit: "f2", State: "queued"}},
				Params: []tracked.Param{{Name: "rate", Value: .1}, {Name: "odd", Value: "x"}, {Name: "late", Value: "here"}},
			},
		},
		Fits: []tracked.Fit{{Key: "f1", Seed: 7, Losses: []tracked.Loss{{Step: 1, Train: nan, HeldOut: nan}, {Step: 2, Train: .1, HeldOut: .2}}}},
	}}
}

// wantRuns are the columns of the runs, with the values of both as CSV has them.
var wantRuns = [][3]string{
	{"sweep", "s", "s"},
	{"setting", "first", "second"},
	{"run", "a1", "b2"},
	{"fit", "f1", "f2"},
	{"state", "finished", "queued"},
	{"chosen", "true", "false"},
	{"seed", "18446744073709551615", "0"},
	{"rate", "1", "0.1"},
	{"steps", "8", ""},
	{"odd", "3", "x"},
	{"nfe", "20.36", ""},
	{"nfe_max", "21", ""},
	{"metrics.mmd", "nan", ""},
	{"metrics_se.mmd", "0.5", ""},
	{"metrics.w2", "-inf", ""},
	{"params", "26", ""},
	{"fit_seconds", "0", ""},
	{"sample_seconds", "0", ""},
	{"started", "2026-03-04T04:06:07.890123Z", ""},
	{"ended", "2026-03-04T04:06:07.890124Z", ""},
	{"error", "", ""},
	{"note", "'=1+1", ""},
	{"tags", `["a","b"]`, ""},
	{"environment.dirty", "false", ""},
	{"late", "", "here"},
}

func TestCSV(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := WriteCSV(t.Context(), folder, "", sweeps()); err != nil {
		t.Fatal(err)
	}
	read := func(name string) [][]string {
		file, err := os.Open(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		rows, err := csv.NewReader(file).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	want := make([][]string, 3)
	for _, column := range wantRuns {
		for i, value := range column {
			want[i] = append(want[i], value)
		}
	}
	if got := read("runs.csv"); !reflect.DeepEqual(got, want) {
		t.Errorf("the runs are\n%q\nwant\n%q", got, want)
	}
	if got, want := read("losses.csv"), [][]string{
		{"sweep", "fit", "seed", "step", "loss", "held_out_loss"}, {"s", "f1", "7", "1", "nan", ""}, {"s", "f1", "7", "2", "0.1", "0.2"},
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("the losses are %q, want %q", got, want)
	}
	if got, want := read("settings.csv"), [][]string{
		{"sweep", "setting", "chosen", "runs", "rate", "steps", "odd", "metrics.mmd", "late"},
		{"s", "first", "a1", "1", "1", "8", "3", "0.25", ""},
		{"s", "second", "", "1", "0.1", "", "x", "", "here"},
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("the settings are %q, want %q", got, want)
	}
}

// TestParquet reads the same values back, of the types that they have.
func TestParquet(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := Write(t.Context(), folder, "", sweeps()); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Join(folder, "runs.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := parquet.NewGenericReader[any](file)
	defer r.Close()
	rows := make([]parquet.Row, 3)
	if n, err := r.ReadRows(rows); n != 2 || !errors.Is(err, io.EOF) {
		t.Fatalf("read %d rows: %v", n, err)
	}
	types := map[string]string{
		"chosen": "BOOLEAN", "seed": "INT(64,false)", "rate": "DOUBLE", "steps": "INT(64,true)", "odd": "STRING", "nfe": "DOUBLE", "nfe_max": "INT(64,true)",
		"metrics.mmd": "DOUBLE", "started": "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)", "error": "STRING", "environment.dirty": "BOOLEAN",
	}
	var names []string
	for j, f := range r.Schema().Fields() {
		names = append(names, f.Name())
		if want, ok := types[f.Name()]; ok && f.Type().String() != want {
			t.Errorf("%s is a %s, want a %s", f.Name(), f.Type(), want)
		}
		for i := range 2 {
			if got, want := inCSV(f, rows[i][j]), wantRuns[j][i+1]; got != want {
				t.Errorf("%s of row %d is %s, want %s", f.Name(), i, got, want)
			}
		}
	}
	var want []string
	for _, column := range wantRuns {
		want = append(want, column[0])
	}
	if !slices.Equal(names, want) {
		t.Errorf("the columns are %q, want %q", names, want)
	}
}

// inCSV returns what CSV has in place of a value of a column.
func inCSV(f parquet.Field, v parquet.Value) string {
	switch of := f.Type().String(); {
	case v.IsNull():
		return ""
	case of == "DOUBLE":
		return words(v.Double())
	case of == "INT(64,false)":
		return words(v.Uint64())
	case strings.HasPrefix(of, "TIMESTAMP"):
		return words(time.UnixMicro(v.Int64()))
	default:
		return harmless(v.String())
	}
}
