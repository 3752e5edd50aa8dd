package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"flowsweep/experiments/engine/ort"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/table"
	"flowsweep/pipeline"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"flowsweep": func() { os.Exit(pipeline.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts uses the program as a user would. Each script starts with a comment on what it shows.
func TestScripts(t *testing.T) {
	t.Parallel()
	library, err := ort.FindLibrary()
	if err != nil {
		t.Fatal(err)
	}
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	python := numpyPython()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			// A script has its own home directory, without the user's caches.
			env.Setenv(ort.LibraryVariable, library.Path)
			env.Setenv("TESTDATA", testdata)
			env.Setenv("PYTHON", python)
			return nil
		},
		Condition: conditions(python),
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"jsonhas":     jsonHas,
			"samepoints":  samePoints,
			"jsonis":      jsonIs,
			"jsonbetween": jsonBetween,
			"perturb":     perturb,
			"exits":       exits,
			"firstkey":    firstKey,
			"sameresults": sameResults,
			"waitfor":     waitFor,
			"jsonsame":    jsonSame,
			"waitsaved":   waitSaved,
			"waittuned":   waitTuned,
			"unpack":      unpack,
			"alter":       alter,
			"remetric":    remetric,
			"truncate":    truncate,
			"twinkey":     twinKey,
			"cardhas":     cardHas,
			"eachrow":     eachRow,
		},
		RequireExplicitExec: true,
	})
}

// exits runs a command and checks its exit code: exits CODE COMMAND ARGS...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGS...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		m := regexp.MustCompile(`exit status (\d+)`).FindStringSubmatch(err.Error())
		if m == nil {
			ts.Fatalf("%v", err)
		}
		fmt.Sscan(m[1], &code)
	}
	if want := args[0]; fmt.Sprint(code) != want {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

// jsonAt returns the value in a JSON file at a path of keys and indices joined by dots.
func jsonAt(ts *testscript.TestScript, file, path string) any {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &v))
	for _, part := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(at) {
				ts.Fatalf("%s: no %s in a list of %d", file, path, len(at))
			}
			v = at[i]
		default:
			ts.Fatalf("%s: no %s: %v has no %s", file, path, v, part)
		}
	}
	return v
}

// eachRow checks the lines of a file after the first: eachrow FILE COUNT REGEXP, which each of them must match as a whole.
func eachRow(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: eachrow FILE COUNT REGEXP")
	}
	form := regexp.MustCompile("^(?:" + args[2] + ")$")
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n")[1:]
	if strconv.Itoa(len(lines)) != args[1] {
		ts.Fatalf("%s has %d rows, want %s", args[0], len(lines), args[1])
	}
	for i, line := range lines {
		if !form.MatchString(line) {
			ts.Fatalf("%s: row %d, %q, does not match %s", args[0], i+1, line, args[2])
		}
	}
}

// jsonIs compares a value in a JSON file, numbers within a tolerance: jsonis FILE PATH VALUE [TOLERANCE]
func jsonIs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: jsonis FILE PATH VALUE [TOLERANCE]")
	}
	got := jsonAt(ts, args[0], args[1])
	x, isNumber := got.(float64)
	if len(args) == 3 || !isNumber {
		if fmt.Sprint(got) != args[2] {
			ts.Fatalf("%s: %s is %v, want %s", args[0], args[1], got, args[2])
		}
		return
	}
	want, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	tolerance, err := strconv.ParseFloat(args[3], 64)
	ts.Check(err)
	if !(math.Abs(x-want) <= tolerance) {
		ts.Fatalf("%s: %s is %g, want %g within %g", args[0], args[1], x, want, tolerance)
	}
}

// jsonBetween checks the range of a number in a JSON file: jsonbetween FILE PATH LOW HIGH
func jsonBetween(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: jsonbetween FILE PATH LOW HIGH")
	}
	x, ok := jsonAt(ts, args[0], args[1]).(float64)
	low, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	high, err := strconv.ParseFloat(args[3], 64)
	ts.Check(err)
	if !ok || !(x >= low && x <= high) {
		ts.Fatalf("%s: %s is %v, want it between %g and %g", args[0], args[1], jsonAt(ts, args[0], args[1]), low, high)
	}
}

// samePoints compares two CSV files of points: samepoints FILE FILE TOLERANCE
func samePoints(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: samepoints FILE FILE TOLERANCE")
	}
	var points [2]flow.Batch
	for i := range points {
		t, err := table.Decode(args[i], []byte(ts.ReadFile(args[i])), table.Options{})
		ts.Check(err)
		points[i], err = t.Points(t.Names())
		ts.Check(err)
	}
	ts.Check(flow.CheckLike(points[0], points[1]))
	tolerance, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	for i, v := range points[0].Data {
		if !(math.Abs(v-points[1].Data[i]) <= tolerance) {
			ts.Fatalf("number %d is %g in %s and %g in %s", i, v, args[0], points[1].Data[i], args[1])
		}
	}
}

// jsonHas checks that an object, or each object of a list, in a JSON file has the fields: jsonhas FILE FIELD...
func jsonHas(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: jsonhas FILE FIELD...")
	}
	text := []byte(ts.ReadFile(args[0]))
	var list []map[string]any
	if err := json.Unmarshal(text, &list); err != nil {
		var one map[string]any
		ts.Check(json.Unmarshal(text, &one))
		list = append(list, one)
	}
	if len(list) == 0 {
		ts.Fatalf("%s holds no objects", args[0])
	}
	for _, object := range list {
		for _, field := range args[1:] {
			if _, ok := object[field]; !ok {
				ts.Fatalf("%s: no field %q in %v", args[0], field, object)
			}
		}
	}
}

// perturb flips the sign of one weight of an ONNX file, the first of its last bias, or sets it to NaN: perturb FILE
// [nan]
func perturb(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: perturb FILE [nan]")
	}
	file := []byte(ts.ReadFile(args[0]))
	// The raw data of the last bias follows its name in the file.
	at := regexp.MustCompile(`layers\.\d+\.bias\x4a.`).FindAllIndex(file, -1)
	if len(at) == 0 {
		ts.Fatalf("%s holds no bias", args[0])
	}
	number := file[at[len(at)-1][1]:]
	number[3] ^= 0x80 // the sign bit of a little-endian float32
	if len(args) == 2 {
		copy(number, "\x00\x00\xc0\x7f")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), file, 0o644))
}

// firstKey sets a variable to a prefix of the key of the first run in a JSON run table, or of its fit:
// firstkey FILE VARIABLE [run|fit|teacher]
func firstKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: firstkey FILE VARIABLE [run|fit|teacher]")
	}
	var list []struct{ Run, Fit, Teacher string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &list))
	if len(list) == 0 {
		ts.Fatalf("%s holds no runs", args[0])
	}
	key := list[0].Run
	if len(args) == 3 {
		key = map[string]string{"run": list[0].Run, "fit": list[0].Fit, "teacher": list[0].Teacher}[args[2]]
	}
	ts.Setenv(args[1], key[:8])
}

// waitFor waits until a run in the store runs.db is in a state: waitfor STATE
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor STATE")
	}
	for range 400 {
		cmd := exec.Command("flowsweep", "runs", "--json")
		cmd.Dir = ts.MkAbs(".")
		out, err := cmd.Output() // fails until the store exists
		if err == nil && strings.Contains(string(out), fmt.Sprintf(`"state": %q`, args[0])) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("no run is %s after 10 seconds", args[0])
}

// waitSaved waits until the checkpoint of a fit in the store runs.db is of a later step than the variable, and sets the
// variable to that step: waitsaved KEY VARIABLE
func waitSaved(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: waitsaved KEY VARIABLE")
	}
	before, _ := strconv.Atoi(ts.Getenv(args[1])) // 0 if it is not set
	for range 400 {
		cmd := exec.Command("flowsweep", "show", args[0], "--json")
		cmd.Dir = ts.MkAbs(".")
		out, err := cmd.Output() // fails until the store exists
		var fit struct{ Checkpoint int }
		if err == nil {
			ts.Check(json.Unmarshal(out, &fit))
		}
		if fit.Checkpoint > before {
			ts.Setenv(args[1], strconv.Itoa(fit.Checkpoint))
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("no checkpoint of %s after step %d in 10 seconds", args[0], before)
}

// waitTuned waits until the store runs.db holds a tuning of a fit: waittuned KEY
func waitTuned(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waittuned KEY")
	}
	for range 2400 {
		cmd := exec.Command("flowsweep", "show", args[0])
		cmd.Dir = ts.MkAbs(".")
		out, err := cmd.Output() // fails until the store exists
		if err == nil && strings.Contains(string(out), "\ntuned ") {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("nothing is tuned to %s after a minute", args[0])
}

// jsonSame compares a value in two JSON files, at the same path or at two paths: jsonsame FILE FILE PATH [PATH]
func jsonSame(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: jsonsame FILE FILE PATH [PATH]")
	}
	a, b := jsonAt(ts, args[0], args[2]), jsonAt(ts, args[1], args[len(args)-1])
	if a == nil || !reflect.DeepEqual(a, b) {
		ts.Fatalf("%s is %v in %s and %v in %s", args[2], a, args[0], b, args[1])
	}
}

// sameResults checks that two JSON run tables hold the same runs and results, except for times and the given fields:
// sameresults FILE FILE [FIELD...]
func sameResults(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: sameresults FILE FILE [FIELD...]")
	}
	read := func(file string) []map[string]any {
		var list []map[string]any
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &list))
		for _, row := range list {
			for _, field := range append([]string{"fit_seconds", "sample_seconds"}, args[2:]...) {
				delete(row, field)
			}
			for _, field := range []string{"steps", "nfe", "nfe_max", "params", "commit", "engine"} {
				if row[field] == 0. || row[field] == "" {
					delete(row, field) // versions before 0.1.0 wrote it where there was none
				}
			}
		}
		return list
	}
	a, b := read(args[0]), read(args[1])
	if len(a) == 0 || len(a) != len(b) {
		ts.Fatalf("%s holds %d results and %s holds %d", args[0], len(a), args[1], len(b))
	}
	for i := range a {
		if !reflect.DeepEqual(a[i], b[i]) {
			ts.Fatalf("result %d is\n%v\nin %s, and in %s\n%v", i, a[i], args[0], args[1], b[i])
		}
	}
}

// unpack copies a folder of testdata and the contents of its made.zip: unpack FOLDER
func unpack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: unpack FOLDER")
	}
	folder := filepath.Join("testdata", args[0])
	ts.Check(os.CopyFS(ts.MkAbs("."), os.DirFS(folder)))
	made, err := zip.OpenReader(filepath.Join(folder, "made.zip"))
	ts.Check(err)
	defer made.Close()
	ts.Check(os.CopyFS(ts.MkAbs("."), made))
}
